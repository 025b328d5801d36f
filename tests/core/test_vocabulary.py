"""Enums: labels, mirrored regions, codes."""

from __future__ import annotations

import re

import pytest

from cutis.core.vocabulary import Condition, ItaGroup, MeasureName, Region


def test_labels_are_small_and_distinct():
    assert [region.label for region in Region] == list(range(1, 12))


@pytest.mark.parametrize("region", Region)
def test_mirroring_twice_is_nothing(region: Region):
    assert region.mirrored.mirrored is region


def test_only_sided_regions_change_in_a_mirror():
    changed = {region for region in Region if region.mirrored is not region}
    assert changed == {region for region in Region if region.value.startswith("subject_")}
    assert Region.SUBJECT_LEFT_CHEEK.mirrored is Region.SUBJECT_RIGHT_CHEEK


@pytest.mark.parametrize("condition", Condition)
def test_codes_are_icd_10(condition: Condition):
    assert condition.icd10 is None or re.fullmatch(r"[A-Z]\d\d(\.\d)?", condition.icd10)


def test_the_numbers_of_words():
    assert (len(Condition), len(ItaGroup), len(MeasureName)) == (10, 6, 18)
