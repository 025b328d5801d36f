"""The sentences of one language, read from its TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from cutis.core.facts import AnswerWords, Lexicon
from cutis.core.language import Digits, Language
from cutis.steps.narrate.numbers import NumberStyle
from cutis.steps.narrate.plurals import plural_category

RIGHT_TO_LEFT_MARK = "\u200f"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The words of a language, and how it writes numbers.

    ``tables`` is the TOML file: tables of sentences by key; in ``plurals`` a table per sentence.
    """

    language: Language
    numbers: NumberStyle
    tables: Mapping[str, Mapping[str, Any]]

    def say(self, table: str, key: str, **values: str) -> str:
        """Return a sentence with its places filled."""
        text: str = self.tables[table][key]
        return self.numbers.own_digits(text.format(**values))

    def count(self, key: str, n: int, **values: str) -> str:
        """Return the form of a sentence that fits ``n``, written where it says ``{n}``."""
        form: str = self.tables["plurals"][key][plural_category(self.language, n)]
        return self.numbers.own_digits(form.format(n=self.numbers.number(n), **values))

    def join(self, words: Iterable[str]) -> str:
        """Return ``words`` as a list in a sentence: *a, b and c*."""
        *first, last = words
        if not first:
            return last
        before = self.say("lists", "comma").join(first)
        return self.say("lists", "last", before=before, last=last)

    def flow(self, *sentences: str) -> str:
        """Return sentences one after the other; Chinese puts no space between them."""
        return ("" if self.language is Language.CHINESE else " ").join(sentences)

    def asks(self, *keys: str) -> tuple[str, ...]:
        """Return the words by which people ask for what ``keys`` name."""
        return tuple(word for key in keys for word in self.tables["asks"][key])

    def lexicon(self) -> Lexicon:
        """Return the words with which a question in this language is read."""
        words = self.tables["words"]
        return Lexicon(
            stop=frozenset(words["stop"]),
            negations=frozenset(words["negations"]),
            red_flags=tuple(words["red_flags"]),
            distress=tuple(words["distress"]),
            segmented=self.language is not Language.CHINESE,
        )

    def answer_words(self) -> AnswerWords:
        """Return the sentences of an answer that are no facts."""
        said = self.tables["answers"]
        return AnswerWords(said["unknown"], said["hint"], said["refer"], said["distress"])

    def as_line(self, text: str) -> str:
        """Return ``text`` as a line of plain text that runs the right way."""
        return f"{RIGHT_TO_LEFT_MARK}{text}" if self.language.right_to_left else text


def read_catalogue(language: Language, digits: Digits = Digits.LATIN) -> Catalogue:
    """Read the words of ``language`` that ship with the package."""
    return Catalogue(language, NumberStyle(language, digits), _tables(language))


@cache
def _tables(language: Language) -> Mapping[str, Mapping[str, Any]]:
    file = resources.files("cutis.steps.narrate").joinpath("catalogues", f"{language.value}.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))
