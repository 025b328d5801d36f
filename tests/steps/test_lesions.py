"""From drawn probability maps to findings with place, size and type."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import cv2
import numpy as np
import pytest

from cutis.core.assessment import Finding
from cutis.core.face import FaceCrop, RegionMap
from cutis.core.masks import ConditionMap
from cutis.core.vocabulary import Condition, LesionType, Region
from cutis.steps.lesions import (
    LesionLimits,
    find_lesions,
    line_length_px,
    pore_peaks,
    region_at,
)
from cutis.testing import labels, mask, sample_crop

ROWS, COLS = 160, 240
SPOT_SIZES = {
    Condition.ACNE: LesionLimits().acne,
    Condition.PIGMENTATION: LesionLimits().pigmentation,
    Condition.SCARRING: LesionLimits().scarring,
}


@pytest.fixture(scope="module")
def crop() -> FaceCrop:
    """A crop at 0.25 mm per pixel: left half the subject's right cheek, right half the left one."""
    regions = np.full((ROWS, COLS), Region.SUBJECT_RIGHT_CHEEK.label, np.uint8)
    regions[:, COLS // 2 :] = Region.SUBJECT_LEFT_CHEEK.label
    regions[:20] = 0
    none = np.zeros((ROWS, COLS), bool)
    return replace(
        sample_crop(),
        rgb=np.zeros((ROWS, COLS, 3), np.uint8),
        linear=np.zeros((ROWS, COLS, 3), np.float32),
        regions=RegionMap(regions),
        oval=~none,
        excluded=none,
        creases=none,
        box=(0, 0, COLS, ROWS),
        mm_per_px=0.25,
    )


def drawn(condition: Condition, discs: Iterable[tuple[int, int, int, float]]) -> ConditionMap:
    """A map with discs of ``(x, y, radius, probability)`` in pixels."""
    probability = np.zeros((ROWS, COLS), np.float32)
    for x, y, radius, value in discs:
        cv2.circle(probability, (x, y), radius, value, -1)
    return mapped(condition, probability)


def mapped(condition: Condition, probability: np.ndarray) -> ConditionMap:
    return ConditionMap(condition, probability, np.ones(probability.shape, bool), "drawn")


def found_in(crop: FaceCrop, *maps: ConditionMap) -> tuple[Finding, ...]:
    return find_lesions(crop, {m.condition: m for m in maps})


BLOBS = ((40, 60, 6, 0.9), (200, 100, 9, 0.8), (90, 140, 7, 0.75))
BOXES = ((34, 54, 47, 67), (191, 91, 210, 110), (83, 133, 98, 148))
AREAS_MM2 = tuple(np.pi * r * r / 16 for _, _, r, _ in BLOBS)


@pytest.mark.parametrize(("condition", "kind"), [
    (Condition.ACNE, LesionType.INFLAMED_SPOT),
    (Condition.PIGMENTATION, LesionType.DARK_SPOT),
    (Condition.SCARRING, LesionType.UNSPECIFIED),
])  # fmt: skip
def test_three_blobs_are_three_findings(crop: FaceCrop, condition: Condition, kind: LesionType):
    findings = found_in(crop, drawn(condition, BLOBS))
    assert [f.bbox_xyxy for f in findings] == list(BOXES)
    assert [f.probability for f in findings] == pytest.approx([0.9, 0.8, 0.75])
    assert [f.area_mm2 for f in findings] == pytest.approx(AREAS_MM2, rel=0.12)
    assert [f.region for f in findings] == [
        Region.SUBJECT_RIGHT_CHEEK, Region.SUBJECT_LEFT_CHEEK, Region.SUBJECT_RIGHT_CHEEK,
    ]  # fmt: skip
    assert {f.condition for f in findings} == {condition}
    assert {f.type for f in findings} == {kind}
    assert {f.length_mm for f in findings} == {None}


def test_boxes_are_in_photo_pixels(crop: FaceCrop):
    """A crop at half the photo's scale, cut out at (300, 500)."""
    half = replace(crop, box=(300, 500, 300 + 2 * COLS, 500 + 2 * ROWS), crop_per_photo=0.5)
    findings = found_in(half, drawn(Condition.ACNE, BLOBS))
    assert [f.bbox_xyxy for f in findings] == [
        (300 + 2 * x0, 500 + 2 * y0, 300 + 2 * x1, 500 + 2 * y1) for x0, y0, x1, y1 in BOXES
    ]
    assert [f.area_mm2 for f in findings] == pytest.approx(AREAS_MM2, rel=0.12)


def test_a_box_does_not_leave_the_crop(crop: FaceCrop):
    odd = replace(crop, box=(10, 20, 10 + 799, 20 + 532), crop_per_photo=0.3)
    (finding,) = found_in(odd, drawn(Condition.ACNE, [(COLS - 1, ROWS - 1, 8, 0.9)]))
    assert finding.bbox_xyxy[2:] == (809, 552)
    assert finding.bbox_xyxy[0] == 10 + int((COLS - 9) * 799 / COLS)


def test_areas_follow_the_scale(crop: FaceCrop):
    (fine,) = found_in(crop, drawn(Condition.ACNE, [(60, 60, 6, 0.9)]))
    (coarse,) = found_in(replace(crop, mm_per_px=0.5), drawn(Condition.ACNE, [(60, 60, 6, 0.9)]))
    assert coarse.area_mm2 == pytest.approx(4 * fine.area_mm2)


@pytest.mark.parametrize("condition", SPOT_SIZES, ids=lambda c: c.value)
def test_what_is_too_small_too_large_or_too_faint_is_dropped(crop: FaceCrop, condition: Condition):
    sizes = SPOT_SIZES[condition]
    small = int(np.sqrt(sizes.smallest_mm2 / np.pi) / 0.25)
    large = int(np.sqrt(sizes.largest_mm2 / np.pi) / 0.25) + 2
    faint = sizes.peak - 0.02
    assert not found_in(crop, drawn(condition, [(60, 60, small - 1, 0.95)]))
    assert not found_in(crop, drawn(condition, [(120, 80, large, 0.95)]))
    assert not found_in(crop, drawn(condition, [(60, 60, small + 4, faint)]))
    assert len(found_in(crop, drawn(condition, [(60, 60, small + 4, faint + 0.04)]))) == 1
    assert len(found_in(crop, drawn(condition, [(120, 80, large - 4, 0.95)]))) == 1


def test_nothing_is_found_where_nothing_was_looked_for(crop: FaceCrop):
    found = drawn(Condition.ACNE, BLOBS)
    looked_at = found.looked_at.copy()
    looked_at[:, :80] = False
    findings = found_in(crop, replace(found, looked_at=looked_at))
    assert [f.bbox_xyxy for f in findings] == list(BOXES[1:])


def test_the_surest_come_first_and_no_more_than_allowed(crop: FaceCrop):
    rng = np.random.default_rng(2)
    discs = [
        (20 + 25 * i, 40 + 30 * j, 5, rng.uniform(0.61, 1)) for i in range(9) for j in range(4)
    ]
    found = drawn(Condition.ACNE, discs)
    findings = found_in(crop, found)
    sure = [f.probability for f in findings]
    assert sure == sorted(sure, reverse=True)
    assert len(sure) == 36
    fewest = find_lesions(crop, {Condition.ACNE: found}, replace(LesionLimits(), most=5))
    assert fewest == findings[:5]


def test_every_condition_gives_its_own_findings(crop: FaceCrop):
    findings = found_in(
        crop, drawn(Condition.ACNE, BLOBS[:1]), drawn(Condition.PIGMENTATION, BLOBS[1:2])
    )
    assert [(f.condition, f.bbox_xyxy) for f in findings] == [
        (Condition.ACNE, BOXES[0]), (Condition.PIGMENTATION, BOXES[1]),
    ]  # fmt: skip


@pytest.mark.parametrize("condition", [
    Condition.REDNESS, Condition.DRYNESS, Condition.OILINESS,
], ids=lambda c: c.value)  # fmt: skip
def test_areas_are_patches_from_60_mm2_on(crop: FaceCrop, condition: Condition):
    findings = found_in(crop, drawn(condition, [(60, 80, 22, 0.8), (180, 80, 12, 0.8)]))
    assert [(f.type, f.bbox_xyxy) for f in findings] == [(LesionType.PATCH, (38, 58, 83, 103))]


def test_what_has_no_places_gives_no_findings(crop: FaceCrop):
    for condition in (Condition.TEXTURE, Condition.PORES, Condition.DARK_CIRCLES):
        assert not found_in(crop, drawn(condition, BLOBS))


@pytest.mark.parametrize("end", [(180, 60), (60, 140), (150, 130), (170, 90)])
@pytest.mark.parametrize("width", [3, 5])
def test_a_line_is_a_wrinkle_with_its_length(crop: FaceCrop, end: tuple[int, int], width: int):
    probability = np.zeros((ROWS, COLS), np.float32)
    cv2.line(probability, (60, 60), end, 0.9, width)
    (wrinkle,) = found_in(crop, mapped(Condition.WRINKLES, probability))
    length_mm = np.hypot(end[0] - 60, end[1] - 60) * 0.25
    assert wrinkle.type is LesionType.WRINKLE
    assert wrinkle.length_mm == pytest.approx(length_mm, rel=0.1)
    assert wrinkle.area_mm2 == pytest.approx((probability > 0).sum() * 0.25**2)


def test_a_bent_line_is_measured_along_its_bend(crop: FaceCrop):
    probability = np.zeros((ROWS, COLS), np.float32)
    cv2.ellipse(probability, (120, 130), (70, 70), 0, 200, 340, 0.9, 3)
    (wrinkle,) = found_in(crop, mapped(Condition.WRINKLES, probability))
    assert wrinkle.length_mm == pytest.approx(np.radians(140) * 70 * 0.25, rel=0.1)


def test_branches_add_up():
    tee = np.zeros((120, 120), np.float32)
    cv2.line(tee, (10, 20), (110, 20), 1, 3)
    cv2.line(tee, (60, 20), (60, 100), 1, 3)
    assert line_length_px(tee > 0) == pytest.approx(180, rel=0.1)


@pytest.mark.parametrize("what", ["short", "faint", "broad"])
def test_what_is_no_line_is_no_wrinkle(crop: FaceCrop, what: str):
    probability = np.zeros((ROWS, COLS), np.float32)
    value = 0.72 if what == "faint" else 0.9
    length, width = {"short": (16, 3), "faint": (100, 3), "broad": (40, 31)}[what]
    cv2.line(probability, (60, 80), (60 + length, 80), value, width)
    assert not found_in(crop, mapped(Condition.WRINKLES, probability))


def test_pore_peaks_counts_drawn_dots():
    probability = np.zeros((ROWS, COLS), np.float32)
    dots = [(x, y) for x in range(10, 230, 12) for y in range(10, 150, 14)]
    for x, y in dots:
        probability[y, x] = 1.0
    soft = cv2.GaussianBlur(probability, (0, 0), 1.2)
    peaks = pore_peaks(mapped(Condition.PORES, soft / soft.max() * np.float32(0.9)), 0.15)
    assert sorted(map(tuple, np.argwhere(peaks).tolist())) == sorted((y, x) for x, y in dots)


def test_faint_dots_and_dots_outside_are_no_pores():
    probability = np.zeros((40, 40), np.float32)
    probability[10, 10], probability[10, 30], probability[30, 10] = 0.9, 0.49, 0.9
    looked_at = np.ones((40, 40), bool)
    looked_at[25:] = False
    peaks = pore_peaks(ConditionMap(Condition.PORES, probability, looked_at, "drawn"), 0.15)
    assert np.argwhere(peaks).tolist() == [[10, 10]]


def test_two_pores_closer_than_0_4_mm_count_once():
    probability = np.zeros((20, 40), np.float32)
    probability[10, 10], probability[10, 12] = 0.9, 0.8
    assert pore_peaks(mapped(Condition.PORES, probability), 0.1).sum() == 1
    assert pore_peaks(mapped(Condition.PORES, probability), 0.25).sum() == 2


def test_the_region_is_that_of_the_pixel(crop: FaceCrop):
    tiny = replace(crop, regions=RegionMap(labels("..1\n4.b")))
    assert region_at(tiny, (0, 2)) is Region.FOREHEAD
    assert region_at(tiny, (1, 0)) is Region.SUBJECT_LEFT_CHEEK
    assert region_at(tiny, (1, 2)) is Region.SUBJECT_RIGHT_JAW
    assert region_at(tiny, (0, 0)) is None


def test_a_finding_outside_all_regions_has_none(crop: FaceCrop):
    (finding,) = found_in(crop, drawn(Condition.ACNE, [(60, 10, 5, 0.9)]))
    assert finding.region is None


def test_a_drawn_bar_is_as_long_as_it_is_drawn():
    bar = mask("""
        ............
        .##########.
        .##########.
        ............
    """)
    assert line_length_px(bar) == pytest.approx(10, rel=0.1)
