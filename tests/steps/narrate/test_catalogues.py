"""No sentence is missing in any language, places agree, and the wording stays kind."""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from cutis.core.language import Language
from cutis.core.scores import NotMeasuredCode
from cutis.core.vocabulary import Condition, LesionType, MeasureName, Region, Verdict
from cutis.steps.narrate import read_catalogue
from cutis.steps.narrate.catalogue import Catalogue
from cutis.steps.narrate.plurals import categories

OTHERS = [language for language in Language if language is not Language.ENGLISH]
UNSAID = {"asks", "words", "avoid"}
"""Tables of words that are listened for; they are never spoken."""

NOT_SPOKEN_ALONE = {
    "lists.comma",
    "lists.last",
    "sentences.type_count",
    "sentences.condition_value",
}
"""Signs and places only; a language may write them as English does."""

SAME_WORD = {
    (Language.SPANISH, "types.comedone"),
    (Language.FRENCH, "conditions.pigmentation"),
    (Language.FRENCH, "conditions.pores"),
    (Language.FRENCH, "types.papule"),
    (Language.FRENCH, "types.pustule"),
    (Language.FRENCH, "types.nodule"),
    (Language.PORTUGUESE, "conditions.acne"),
}
"""Words that are spelled alike in both languages."""

SAME_SIGN = {"units.percent"}

PROBES: Mapping[Language, str] = {
    Language.ENGLISH: "This is a flaw.",
    Language.SPANISH: "Tu piel tiene un defecto.",
    Language.FRENCH: "Un défaut de la peau.",
    Language.HINDI: "त्वचा का दोष।",
    Language.ARABIC: "هذا عيب.",
    Language.CHINESE: "皮肤有瑕疵。",
    Language.PORTUGUESE: "Um defeito na pele.",
}


def spoken(language: Language) -> dict[str, str]:
    """Return every spoken sentence by its dotted key; plural forms have a key of their own."""
    tables = read_catalogue(language).tables
    return dict(flat({k: v for k, v in tables.items() if k not in UNSAID}))


def flat(tree: Mapping[str, Any], where: str = "") -> Iterator[tuple[str, str]]:
    for key, value in tree.items():
        dotted = f"{where}.{key}" if where else key
        if isinstance(value, Mapping):
            yield from flat(value, dotted)
        else:
            yield dotted, value


def places_in(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def unkind(words: Catalogue, text: str) -> list[str]:
    """Return the words to avoid that stand in ``text``; whole words where a script has spaces."""
    if words.language is Language.CHINESE:
        return [bad for bad in words.tables["avoid"]["words"] if bad in text]
    signs = str.maketrans(dict.fromkeys("،,.;:!?()।؛؟«»’'", " "))
    plain = f" {' '.join(text.casefold().translate(signs).split())} "
    return [bad for bad in words.tables["avoid"]["words"] if f" {bad.casefold()} " in plain]


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_has_the_keys_of_english(language: Language):
    ours = {key for key in spoken(language) if not key.startswith("plurals.")}
    theirs = {key for key in spoken(Language.ENGLISH) if not key.startswith("plurals.")}
    assert ours == theirs


@pytest.mark.parametrize("language", Language)
def test_plurals_have_the_forms_of_the_language(language: Language):
    plurals = read_catalogue(language).tables["plurals"]
    assert set(plurals) == set(read_catalogue(Language.ENGLISH).tables["plurals"])
    for forms in plurals.values():
        assert set(forms) == set(categories(language))


@pytest.mark.parametrize("language", Language)
def test_listening_tables_agree(language: Language):
    tables, english = read_catalogue(language).tables, read_catalogue(Language.ENGLISH).tables
    for table in UNSAID:
        assert set(tables[table]) == set(english[table])
        assert all(words and all(map(str.strip, words)) for words in tables[table].values())


@pytest.mark.parametrize("language", Language)
def test_nothing_is_empty(language: Language):
    assert all(text.strip() for text in spoken(language).values())


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_was_left_in_english(language: Language):
    english = spoken(Language.ENGLISH)
    same = {key for key, text in spoken(language).items() if text == english.get(key)}
    allowed = {key for tongue, key in SAME_WORD if tongue is language}
    assert same - NOT_SPOKEN_ALONE - SAME_SIGN == allowed


@pytest.mark.parametrize("language", OTHERS)
def test_places_agree(language: Language):
    english = spoken(Language.ENGLISH)
    for key, text in spoken(language).items():
        *plural, form = key.split(".")
        if plural[:1] != ["plurals"]:
            assert places_in(text) == places_in(english[key]), key
            continue
        wanted = places_in(english[".".join([*plural, "other"])])
        missing = wanted - places_in(text)
        may_miss = {"zero": wanted, "one": {"n"}, "two": {"n"}}.get(form, set())
        assert places_in(text) <= wanted, key
        assert missing <= may_miss, key


@pytest.mark.parametrize("language", Language)
def test_the_vocabulary_can_be_said(language: Language):
    tables = read_catalogue(language).tables
    for table, words in (
        ("conditions", Condition),
        ("places", Region),
        ("types", LesionType),
        ("reasons", NotMeasuredCode),
        ("fixes", MeasureName),
        ("verdicts", Verdict),
    ):
        assert set(tables[table]) == {word.value for word in words}


@pytest.mark.parametrize("language", Language)
def test_wording_is_kind(language: Language):
    words = read_catalogue(language)
    assert not {key: text for key, text in spoken(language).items() if unkind(words, text)}


@pytest.mark.parametrize("language", Language)
def test_an_unkind_word_is_caught(language: Language):
    assert unkind(read_catalogue(language), PROBES[language])


SCRIPTS = {Language.HINDI: "ऀ-ॿ", Language.ARABIC: "؀-ۿ", Language.CHINESE: "一-鿿"}


@pytest.mark.parametrize("language", SCRIPTS)
def test_sentences_are_in_the_languages_own_script(language: Language):
    first, last = SCRIPTS[language].split("-")
    for key, text in spoken(language).items():
        if key not in NOT_SPOKEN_ALONE | SAME_SIGN:
            assert any(first <= letter <= last for letter in text), key
