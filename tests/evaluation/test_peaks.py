"""Peaks of maps: where spots were drawn, one each, the surest first."""

from __future__ import annotations

import numpy as np
import pytest

from cutis.core.masks import ConditionMap
from cutis.core.vocabulary import Condition
from cutis.evaluation.peaks import map_peaks


def spots(*at: tuple[float, float, float], shape: tuple[int, int] = (60, 80)) -> np.ndarray:
    ys, xs = np.mgrid[: shape[0], : shape[1]] + 0.5
    values = np.zeros(shape)
    for x, y, height in at:
        values = np.maximum(
            values, height * np.exp(-((xs - x) ** 2 + (ys - y) ** 2) / (2 * 2.5**2))
        )
    return values.astype(np.float32)


def as_map(values: np.ndarray, looked_at: np.ndarray | None = None) -> ConditionMap:
    seen = np.ones(values.shape, bool) if looked_at is None else looked_at
    return ConditionMap(Condition.ACNE, values, seen, "drawn")


def test_every_spot_is_one_point_the_surest_first():
    points, confidence = map_peaks(as_map(spots((20.5, 30.5, 0.6), (50.5, 12.5, 0.9))), 0.25)
    assert points.tolist() == [[50.5, 12.5], [20.5, 30.5]]
    assert confidence[0] > confidence[1] > 0.4


def test_a_flat_peak_is_one_point_in_its_middle():
    values = np.zeros((40, 40), np.float32)
    values[10:21, 10:21] = 1
    points, _ = map_peaks(as_map(values), 0.25, smoothing_mm=0.0)
    assert points.tolist() == [[15.5, 15.5]]


def test_of_two_near_peaks_the_higher_stays():
    two = as_map(spots((20.5, 20.5, 0.9), (26.5, 20.5, 0.7)))
    assert len(map_peaks(two, 0.25, apart_mm=0.5)[0]) == 2
    points, _ = map_peaks(two, 0.25, apart_mm=2.0)
    assert points.tolist() == [[20.5, 20.5]]


def test_nothing_is_found_where_nobody_looked_or_nothing_is():
    values = spots((20.5, 30.5, 0.9))
    unseen = np.ones(values.shape, bool)
    unseen[20:40, 10:30] = False
    assert len(map_peaks(as_map(values, unseen), 0.25, faintest=0.05)[0]) == 0
    assert len(map_peaks(as_map(np.zeros((20, 20), np.float32)), 0.25)[0]) == 0


def test_a_mirrored_map_has_mirrored_peaks():
    values = spots((20.5, 30.5, 0.6), (50.5, 12.5, 0.9), (61.0, 40.0, 0.4))
    plain, sure = map_peaks(as_map(values), 0.3)
    mirrored, as_sure = map_peaks(as_map(np.ascontiguousarray(values[:, ::-1])), 0.3)
    assert sure == pytest.approx(as_sure, abs=1e-6)
    assert np.abs(80 - mirrored[:, 0] - plain[:, 0]).max() <= 1
