"""Whether a text about symptoms was pasted from a known one: shingles of words held in common.

Source: A. Broder 1997, On the resemblance and containment of documents,
doi:10.1109/SEQUEN.1997.666900. The containment of A in B is the share of A's shingles (runs of k
words) that stand in B as well. Texts here are short, so all shingles are compared; no sketch is
drawn. A high share is no reproach: it tells a reader that the words may be someone else's.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cutis.core.errors import InputError

MOST_CHARACTERS = 20_000
"""A longer text is no statement of symptoms."""


@dataclass(frozen=True, slots=True)
class OriginalityLimits:
    """What counts as a passage held in common.

    * ``shingle_words``: words of a shingle. Five words in a row seldom meet by chance.
    """

    shingle_words: int = 5


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of words, as they stand in the text, that a known text has too; half open."""

    source: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Originality:
    """How much of a text is known: 0–1 of its shingles, by source, and the passages.

    ``known_share`` is None where the text is shorter than a shingle: that says nothing.
    """

    known_share: float | None
    by_source: Mapping[str, float]
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class _Word:
    plain: str
    start: int
    end: int


_Shingle = tuple[str, ...]


def check_originality(
    text: str, known: Mapping[str, str], limits: OriginalityLimits | None = None
) -> Originality:
    """Compare ``text`` with ``known`` texts by name.

    Raises:
        InputError: the text is too long.
    """
    if len(text) > MOST_CHARACTERS:
        raise InputError(
            f"A text of at most {MOST_CHARACTERS} characters is checked; {len(text)} came. "
            "Check it in parts."
        )
    k = (limits or OriginalityLimits()).shingle_words
    words = _words(text)
    own = _shingles(words, k)
    if not own:
        return Originality(None, {}, ())
    held = {name: _held(own, set(_shingles(_words(other), k))) for name, other in known.items()}
    shares = {name: len(places) / len(own) for name, places in held.items() if places}
    union = set().union(*held.values())
    passages = [
        p for name, places in held.items() for p in _passages(name, text, words, (places, k))
    ]
    return Originality(len(union) / len(own), shares, tuple(sorted(passages, key=_place)))


def _words(text: str) -> list[_Word]:
    """Return the words of a text, folded, and where they stand; Han characters one by one."""
    found: list[_Word] = []
    start: int | None = None
    for place, character in enumerate(f"{text} "):
        han = "一" <= character <= "鿿"
        if start is not None and (han or not _in_word(character)):
            found.append(_word(text, start, place))
            start = None
        if han:
            found.append(_word(text, place, place + 1))
        elif start is None and _in_word(character):
            start = place
    return found


def _word(text: str, start: int, end: int) -> _Word:
    return _Word(unicodedata.normalize("NFKC", text[start:end]).casefold(), start, end)


def _in_word(character: str) -> bool:
    return unicodedata.category(character)[0] in "LMN"


def _shingles(words: Sequence[_Word], k: int) -> list[_Shingle]:
    return [tuple(w.plain for w in words[i : i + k]) for i in range(len(words) - k + 1)]


def _held(own: Sequence[_Shingle], others: set[_Shingle]) -> set[int]:
    return {i for i, shingle in enumerate(own) if shingle in others}


def _passages(
    source: str, text: str, words: Sequence[_Word], found: tuple[set[int], int]
) -> list[Passage]:
    """Join neighbouring shingles into passages; ``found`` are their first words, and k."""
    places, k = found
    runs: list[list[int]] = []
    for place in sorted(places):
        if runs and place <= runs[-1][1]:
            runs[-1][1] = place + k
        else:
            runs.append([place, place + k])
    spans = [(words[first].start, words[last - 1].end) for first, last in runs]
    return [Passage(source, text[start:end], start, end) for start, end in spans]


def _place(passage: Passage) -> tuple[int, str]:
    return passage.start, passage.source
