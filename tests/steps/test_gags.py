"""The Global Acne Grading System over the parts of a face (Doshi et al. 1997)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cutis.core.assessment import Finding
from cutis.core.face import FaceCrop, RegionMap
from cutis.core.masks import ConditionMap, SkinMask
from cutis.core.scores import Grade, NotMeasured, NotMeasuredCode
from cutis.core.vocabulary import Condition, LesionType, Region
from cutis.steps.scoring import score_face
from cutis.steps.scoring.gags import LOCATIONS, grade_gags
from cutis.testing import sample_crop

SIDE = 110
MM_PER_PX = 1.0


def crop_of(*regions: Region) -> FaceCrop:
    """A flat crop in even stripes."""
    rows = np.array_split(np.arange(SIDE), len(regions))
    labels = np.zeros((SIDE, SIDE), np.uint8)
    for own, region in zip(rows, regions, strict=True):
        labels[own] = region.label
    none = np.zeros((SIDE, SIDE), bool)
    return replace(
        sample_crop(),
        rgb=np.full((SIDE, SIDE, 3), (196, 150, 128), np.uint8),
        linear=np.full((SIDE, SIDE, 3), (0.55, 0.30, 0.22), np.float32),
        regions=RegionMap(labels),
        oval=~none,
        excluded=none,
        creases=none,
        box=(0, 0, SIDE, SIDE),
        mm_per_px=MM_PER_PX,
    )


def lesion(kind: LesionType, region: Region, **changes: object) -> Finding:
    finding = Finding(
        Condition.ACNE, kind, (0, 0, 4, 4), 0.9, region, area_mm2=5.0, type_probability=0.9
    )
    return replace(finding, **changes)


def graded(*findings: Finding, crop: FaceCrop | None = None, typed: bool = True) -> object:
    crop = crop or crop_of(*Region)
    none = np.zeros(crop.shape, bool)
    skin = SkinMask(~none, none, none, "drawn", 1.0)
    zero = np.zeros(crop.shape, np.float32)
    maps = {Condition.ACNE: ConditionMap(Condition.ACNE, zero, ~none, "learned:drawn 1")}
    return score_face(crop, skin, maps, findings, typed=typed).grades["GAGS"]


def test_the_factors_are_the_published_ones():
    assert [(p.name, p.factor) for p in LOCATIONS] == [
        ("forehead", 2), ("right cheek", 2), ("left cheek", 2), ("nose", 1), ("chin", 1),
    ]  # fmt: skip
    counted = [region for place in LOCATIONS for region in place.regions]
    assert sorted(counted) == sorted(Region)


def test_the_worst_lesion_of_each_part_counts_by_its_factor():
    """Forehead papule 2 × 2, right cheek nodule 2 × 4, nose comedone 1 × 1, chin pustule 1 × 3."""
    grade = graded(
        lesion(LesionType.OPEN_COMEDONE, Region.FOREHEAD),
        lesion(LesionType.PAPULE, Region.GLABELLA),
        lesion(LesionType.NODULE, Region.SUBJECT_RIGHT_JAW),
        lesion(LesionType.CLOSED_COMEDONE, Region.NOSE),
        lesion(LesionType.PUSTULE, Region.PERIORAL),
        lesion(LesionType.MOLE, Region.SUBJECT_LEFT_CHEEK, condition=Condition.PIGMENTATION),
    )
    assert isinstance(grade, Grade)
    assert grade.grade == 4 + 8 + 1 + 3
    assert "chest and back not seen" in grade.label
    assert "doi:" in grade.source


def test_a_clear_face_has_0_and_the_worst_one_32():
    clear = graded()
    assert isinstance(clear, Grade)
    assert clear.grade == 0
    worst = graded(*(lesion(LesionType.NODULE, region) for region in Region))
    assert isinstance(worst, Grade)
    assert worst.grade == 32


@pytest.mark.parametrize("changes", [
    {"probability": 0.4}, {"type_probability": 0.4}, {"type_probability": None},
], ids=str)  # fmt: skip
def test_what_is_unsure_does_not_count(changes: dict[str, object]):
    named = lesion(LesionType.PAPULE, Region.CHIN)
    grade = graded(named, lesion(LesionType.NODULE, Region.NOSE, **changes))
    assert isinstance(grade, Grade)
    assert grade.grade == 2


def test_where_most_spots_are_of_no_sure_type_there_is_no_grade():
    named = lesion(LesionType.PAPULE, Region.CHIN)
    plain = lesion(LesionType.INFLAMED_SPOT, Region.NOSE)
    assert isinstance(graded(named, plain), Grade)
    unsure = graded(named, plain, lesion(LesionType.NODULE, Region.NOSE, type_probability=0.4))
    assert isinstance(unsure, NotMeasured)
    assert unsure.code is NotMeasuredCode.NO_METHOD
    assert "of 3 acne spots only 1" in unsure.reason
    faint = lesion(LesionType.NODULE, Region.NOSE, probability=0.4)
    assert isinstance(graded(named, faint, faint), Grade)


def test_without_types_or_with_a_hidden_part_there_is_no_grade():
    untyped = graded(typed=False)
    assert isinstance(untyped, NotMeasured)
    assert untyped.code is NotMeasuredCode.NO_METHOD
    hidden = graded(crop=crop_of(Region.FOREHEAD, Region.NOSE, Region.CHIN))
    assert isinstance(hidden, NotMeasured)
    assert hidden.code is NotMeasuredCode.TOO_LITTLE_SKIN
    assert "right cheek, left cheek" in hidden.reason
    why = NotMeasured(NotMeasuredCode.TOO_COARSE, "Too coarse.")
    assert grade_gags(why, (), crop_of(*Region), None) is why


def test_comedones_are_no_inflamed_spots():
    crop = crop_of(*Region)
    none = np.zeros(crop.shape, bool)
    zero = np.zeros(crop.shape, np.float32)
    acne = ConditionMap(Condition.ACNE, zero, ~none, "learned:drawn 1")
    found = [lesion(LesionType.OPEN_COMEDONE, Region.NOSE)] * 6
    found += [lesion(LesionType.PAPULE, Region.NOSE)] * 4
    skin = SkinMask(~none, none, none, "drawn", 1.0)
    scoring = score_face(crop, skin, {Condition.ACNE: acne}, found, typed=True)
    hayashi = scoring.grades["Hayashi"]
    assert isinstance(hayashi, Grade)
    assert hayashi.basis.value == 2
    counts = {m.name: m.value for m in scoring.measures}
    assert counts["inflamed spots"] == 4
    assert counts["comedones"] == 6
