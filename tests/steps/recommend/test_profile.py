"""What a person states: read from TOML, ages into groups, wrong words refused with a guess."""

from __future__ import annotations

import re

import pytest
from made_assessments import made

from cutis.core.advice import AgeGroup, Medicine, Pregnancy, Profile
from cutis.core.errors import InputError
from cutis.steps.recommend import read_profile, recommend

WRONG = [
    ("pregnant = true", "Did you mean pregnancy"),
    ('pregnancy = "yes"', "Known: breastfeeding, no, pregnant, trying"),
    ('pregnancy = "pregnent"', "Did you mean pregnant"),
    ('medicines = ["isotretinon"]', "Did you mean isotretinoin"),
    ('medicines = "isotretinoin"', "takes a list"),
    ('diagnoses = ["rosacia"]', "Did you mean rosacea"),
    ('signs = ["changing mole"]', "Did you mean changing_mole"),
    ('allergies = ["fragrances"]', "Did you mean fragrance"),
    ('sensitive = "yes"', "takes true or false; 'yes' came"),
    ('age_years = "34"', "takes a whole number"),
    ("age_years = 34.5", "takes a whole number"),
    ("age_years = true", "takes a whole number"),
    ("age_years = -1", "An age is 0 to 120 years"),
    ("age_years = 130", "An age is 0 to 120 years"),
    ('age_years = 15\nage_group = "adult"', "age_years says teenager and age_group says adult"),
    ('age_group = "teen"', "Did you mean teenager"),
    ('sun_reaction = "7"', "Known: I, II, III, IV, V, VI"),
    ("age_years: 34", "must be TOML"),
]


@pytest.mark.parametrize(("text", "message"), WRONG)
def test_a_wrong_profile_is_refused(text: str, message: str):
    with pytest.raises(InputError, match=re.escape(message)):
        read_profile(text)


def test_an_unknown_unwanted_class_is_refused():
    with pytest.raises(InputError, match="Did you mean retinoid"):
        recommend(made(), Profile(unwanted=("retinol_oid",)))


def test_absent_is_unknown_and_empty_is_none():
    assert read_profile("") == Profile()
    assert read_profile("").medicines is None
    assert read_profile("medicines = []").medicines == ()
    assert "medicines" in read_profile("").not_stated
    assert "medicines" not in read_profile("medicines = []").not_stated


def test_a_whole_profile():
    text = 'age_years = 34\npregnancy = "trying"\nmedicines = ["tetracycline"]'
    profile = read_profile(text)
    assert profile == Profile(
        age_years=34, pregnancy=Pregnancy.TRYING, medicines=(Medicine.TETRACYCLINE,)
    )
    assert profile.age is AgeGroup.ADULT


@pytest.mark.parametrize(
    ("years", "group"),
    [
        (0, AgeGroup.INFANT), (1, AgeGroup.CHILD), (12, AgeGroup.CHILD), (13, AgeGroup.TEENAGER),
        (17, AgeGroup.TEENAGER), (18, AgeGroup.ADULT), (64, AgeGroup.ADULT), (65, AgeGroup.OLDER),
    ],
)  # fmt: skip
def test_years_are_grouped(years: int, group: AgeGroup):
    profile = Profile(age_years=years)
    assert profile.age is group
    assert profile.is_minor is (years < 18)
    assert "age" not in profile.not_stated


def test_an_age_group_is_an_age():
    assert Profile(age_group=AgeGroup.CHILD).is_minor
    assert "age" not in Profile(age_group=AgeGroup.ADULT).not_stated
    assert not Profile().is_minor
