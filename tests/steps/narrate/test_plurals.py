"""Plural categories against the samples that CLDR 46 prints beside its rules."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cutis.core.language import Language
from cutis.steps.narrate.plurals import Plural, categories, plural_category

SAMPLES: dict[Language, dict[str, str]] = {
    Language.ENGLISH: {"one": "1", "other": "0 2 16 100 1000000 0.0 1.0 1.5"},
    Language.SPANISH: {"one": "1 1.0", "many": "1000000", "other": "0 2 16 1000 0.0 0.9 1.1"},
    Language.FRENCH: {"one": "0 1 0.0 1.5", "many": "1000000", "other": "2 17 1000 2.0 3.5"},
    Language.PORTUGUESE: {"one": "0 1 0.0 1.5", "many": "1000000", "other": "2 17 1000 2.0 3.5"},
    Language.HINDI: {"one": "0 1 0.0 0.9 1.0", "other": "2 17 100 1000000 1.1 2.6"},
    Language.CHINESE: {"other": "0 1 15 100 1000000 0.0 1.5"},
    Language.ARABIC: {
        "zero": "0 0.0",
        "one": "1 1.0",
        "two": "2 2.0",
        "few": "3 10 103 110 1003 3.0",
        "many": "11 26 111 1011 11.0",
        "other": "100 102 200 202 1000000 0.1 10.1",
    },
}


@pytest.mark.parametrize("language", SAMPLES)
def test_samples_of_cldr(language: Language):
    for category, samples in SAMPLES[language].items():
        for sample in samples.split():
            assert plural_category(language, Decimal(sample)) is Plural(category), sample


@pytest.mark.parametrize("language", SAMPLES)
def test_every_category_has_a_sample(language: Language):
    assert {c.value for c in categories(language)} == set(SAMPLES[language])


def test_a_sign_does_not_matter():
    assert plural_category(Language.ENGLISH, -1) is Plural.ONE
