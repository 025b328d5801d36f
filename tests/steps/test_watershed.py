"""Spots of learned maps: touching ones told apart, thresholds that follow the face."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import cv2
import numpy as np
import pytest

from cutis.core.face import FaceCrop, RegionMap
from cutis.core.masks import ConditionMap
from cutis.core.vocabulary import Condition, LesionType, Region
from cutis.steps.lesions import (
    LesionLimits,
    SplitLimits,
    adaptive_threshold,
    find_lesions,
    split_spots,
)
from cutis.testing import sample_crop

ROWS, COLS = 120, 200
MM_PER_PX = 0.25
LIMITS = SplitLimits()


@pytest.fixture(scope="module")
def crop() -> FaceCrop:
    """A crop of one cheek at 0.25 mm per pixel."""
    none = np.zeros((ROWS, COLS), bool)
    return replace(
        sample_crop(),
        rgb=np.zeros((ROWS, COLS, 3), np.uint8),
        linear=np.zeros((ROWS, COLS, 3), np.float32),
        regions=RegionMap(np.full((ROWS, COLS), Region.SUBJECT_LEFT_CHEEK.label, np.uint8)),
        oval=~none,
        excluded=none,
        creases=none,
        box=(0, 0, COLS, ROWS),
        mm_per_px=MM_PER_PX,
    )


def bumps(spots: Iterable[tuple[float, float, float, float]], ground: float = 0.0) -> np.ndarray:
    """Return Gaussian bumps of ``(x, y, sigma, peak)`` on even ground."""
    y, x = np.mgrid[:ROWS, :COLS]
    values = np.full((ROWS, COLS), ground)
    for cx, cy, sigma, peak in spots:
        bump = peak * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * sigma**2))
        values = np.maximum(values, bump)
    return values.astype(np.float32)


def learned(probability: np.ndarray, condition: Condition = Condition.ACNE) -> ConditionMap:
    return ConditionMap(condition, probability, np.ones(probability.shape, bool), "learned:drawn 1")


def test_two_touching_spots_are_two(crop: FaceCrop):
    """A classical map takes them for one, a learned one does not."""
    found = learned(bumps([(80, 60, 6, 0.95), (93, 60, 6, 0.9)]))
    spots = find_lesions(crop, {Condition.ACNE: found})
    assert [round((f.bbox_xyxy[0] + f.bbox_xyxy[2]) / 2) for f in spots] == pytest.approx(
        [80, 93], abs=2
    )
    assert all(f.type is LesionType.INFLAMED_SPOT for f in spots)
    (whole,) = find_lesions(crop, {Condition.ACNE: replace(found, method="classical")})
    assert whole.area_mm2 < sum(f.area_mm2 for f in spots)


def test_a_shallow_valley_does_not_part_a_spot():
    ragged = bumps([(80, 60, 6, 0.9), (88, 60, 6, 0.9)])
    noise = np.random.default_rng(5).normal(0, 0.02, ragged.shape).astype(np.float32)
    spots = split_spots(learned(np.clip(ragged + noise, 0, 1)), MM_PER_PX, LIMITS)
    assert spots.max() == 1


def test_depth_decides_when_a_valley_parts():
    found = learned(bumps([(80, 60, 5, 0.9), (92, 60, 5, 0.9)]))
    valley = float(found.probability[60, 86]) / 0.9
    counts = [
        split_spots(found, MM_PER_PX, replace(LIMITS, floor=0.2, depth=depth)).max()
        for depth in (1 - valley - 0.1, 1 - valley + 0.1)
    ]
    assert counts == [2, 1]


def test_a_flat_top_is_one_spot():
    probability = np.zeros((ROWS, COLS), np.float32)
    cv2.circle(probability, (90, 60), 12, 1.0, -1)
    spots = split_spots(learned(probability), MM_PER_PX, LIMITS)
    assert spots.max() == 1
    assert np.array_equal(spots > 0, probability >= LIMITS.floor)


def test_every_spot_is_one_piece_and_none_is_lost():
    rng = np.random.default_rng(11)
    spots = [(rng.uniform(8, 192), rng.uniform(8, 112), rng.uniform(3, 7), 0.9) for _ in range(40)]
    found = learned(bumps(spots))
    numbers = split_spots(found, MM_PER_PX, LIMITS)
    assert np.array_equal(numbers > 0, found.probability >= adaptive_threshold(found, LIMITS))
    for number in range(1, int(numbers.max()) + 1):
        pieces, _ = cv2.connectedComponents((numbers == number).astype(np.uint8), connectivity=8)
        assert pieces == 2


def test_mirrored_maps_give_mirrored_spots():
    rng = np.random.default_rng(12)
    spots = [(rng.uniform(8, 192), rng.uniform(8, 112), rng.uniform(2, 7), 0.9) for _ in range(40)]
    found = learned(bumps(spots))
    turned = learned(np.ascontiguousarray(found.probability[:, ::-1]))
    numbers = split_spots(found, MM_PER_PX, LIMITS)
    other = split_spots(turned, MM_PER_PX, LIMITS)[:, ::-1]
    pairs = np.unique(np.stack([numbers.ravel(), other.ravel()]), axis=1)
    assert numbers.max() == other.max() > 15
    moved = sum(
        np.count_nonzero((numbers == a) & (other == b)) for a, b in pairs.T if (a > 0) != (b > 0)
    )
    assert moved == 0


def test_the_threshold_follows_the_unrest_of_the_face():
    """Calm skin: the floor. Haze all over: its own level. Never above one half."""
    rng = np.random.default_rng(7)
    spots = [(60, 60, 4, 0.95)]
    for low, high, expected in ((0, 0.1, LIMITS.floor), (0.2, 0.42, 0.415), (0.3, 0.9, 0.5)):
        haze = rng.uniform(low, high, (ROWS, COLS)).astype(np.float32)
        found = learned(np.maximum(bumps(spots), haze))
        assert adaptive_threshold(found, LIMITS) == pytest.approx(expected, abs=0.01)


def test_haze_is_no_spot_where_faint_spots_on_calm_skin_are(crop: FaceCrop):
    faint = bumps([(60, 60, 5, 0.55)])
    assert len(find_lesions(crop, {Condition.ACNE: learned(faint)})) == 1
    haze = np.full((ROWS, COLS), 0.45, np.float32)
    assert not find_lesions(crop, {Condition.ACNE: learned(haze)})


def test_skin_that_was_not_looked_at_counts_for_nothing():
    found = learned(bumps([(60, 60, 5, 0.9), (150, 60, 5, 0.9)]))
    looked_at = found.looked_at.copy()
    looked_at[:, :100] = False
    numbers = split_spots(replace(found, looked_at=looked_at), MM_PER_PX, LIMITS)
    assert numbers.max() == 1
    assert not numbers[:, :100].any()
    blind = replace(found, looked_at=np.zeros_like(looked_at))
    assert adaptive_threshold(blind, LIMITS) == LIMITS.floor
    assert split_spots(blind, MM_PER_PX, LIMITS).max() == 0


def test_size_and_peak_limits_hold(crop: FaceCrop):
    tiny, fit, huge = (20, 20, 0.8, 0.95), (60, 60, 5, 0.95), (140, 60, 40, 0.95)
    found = learned(bumps([tiny, fit, huge]))
    (finding,) = find_lesions(crop, {Condition.ACNE: found})
    x0, y0, x1, y1 = finding.bbox_xyxy
    assert x0 < 60 < x1
    assert y0 < 60 < y1
    strict = replace(LesionLimits(), split=replace(LIMITS, peak=0.97))
    assert not find_lesions(crop, {Condition.ACNE: found}, strict)


def test_all_kinds_of_spots_are_split(crop: FaceCrop):
    for condition in (Condition.ACNE, Condition.PIGMENTATION, Condition.SCARRING):
        found = learned(bumps([(80, 60, 6, 0.95), (93, 60, 6, 0.9)]), condition)
        assert len(find_lesions(crop, {condition: found})) == 2
