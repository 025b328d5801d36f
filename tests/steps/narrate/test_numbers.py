"""Numbers as each language writes them."""

from __future__ import annotations

import pytest

from cutis.core.language import Digits, Language
from cutis.steps.narrate.numbers import NumberStyle


@pytest.mark.parametrize(
    ("language", "number", "percent"),
    [
        (Language.ENGLISH, "3.5", "35%"),
        (Language.SPANISH, "3,5", "35\u00a0%"),
        (Language.FRENCH, "3,5", "35\u202f%"),
        (Language.PORTUGUESE, "3,5", "35%"),
        (Language.HINDI, "3.5", "35%"),
        (Language.CHINESE, "3.5", "35%"),
        (Language.ARABIC, "3.5", "35\u200e%\u200e"),
    ],
)
def test_latin_digits_are_the_default(language: Language, number: str, percent: str):
    style = NumberStyle(language)
    assert (style.number(3.5, 1), style.percent(0.35)) == (number, percent)


@pytest.mark.parametrize(
    ("language", "number", "percent"),
    [
        (Language.HINDI, "३.५", "३५%"),
        (Language.ARABIC, "٣٫٥", "٣٥٪\u061c"),
        (Language.FRENCH, "3,5", "35\u202f%"),
    ],
)
def test_native_digits_on_request(language: Language, number: str, percent: str):
    style = NumberStyle(language, Digits.NATIVE)
    assert (style.number(3.5, 1), style.percent(0.35)) == (number, percent)


def test_zero_has_no_sign():
    assert NumberStyle(Language.ENGLISH).number(-0.2) == "0"
