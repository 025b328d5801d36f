"""Points against ellipses: every rule of the match, the FROC curve, and merging."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutis.core.errors import InputError
from cutis.evaluation.detection import Ellipses, FrocTally, Tolerance, match
from cutis.testing import mask

law = settings(deadline=None, max_examples=40, derandomize=True)
EXACT = Tolerance(0.0, 0.0)


def lesions(*rows: tuple[float, ...]) -> Ellipses:
    return Ellipses(np.array(rows, np.float64).reshape(-1, 5))


def test_an_ellipse_is_grown_by_the_tolerance_and_no_more():
    one = lesions((50, 50, 8, 4, 0))
    at = np.array([[62.0, 50], [62.1, 50], [50, 57], [50, 57.1]])  # 8·1.25 + 2 and 4·1.25 + 2
    assert (one.distance(at, Tolerance())[:, 0] <= 1).tolist() == [True, False, True, False]


def test_an_ellipse_turns_from_x_towards_y():
    turned = lesions((50, 50, 10, 2, 90))
    at = np.array([[50.0, 59], [59, 50]])
    assert (turned.distance(at, EXACT)[:, 0] <= 1).tolist() == [True, False]


def test_the_mask_of_an_ellipse_is_its_pixels_and_is_cut_by_the_edge():
    drawn = mask("""
        ..#..
        .###.
        #####
        .###.
        ..#..
    """)
    assert np.array_equal(lesions((2.5, 2.5, 2.1, 2.1, 0)).mask((5, 5)), drawn)
    assert np.array_equal(
        lesions((0.5, 2.5, 2.1, 2.1, 0)).mask((5, 5)), np.roll(drawn, -2, 1) & (np.arange(5) < 3)
    )
    assert not lesions((90, 90, 5, 5, 0)).mask((5, 5)).any()


def test_the_area_of_a_mask_is_that_of_the_ellipse():
    assert lesions((60, 60, 40, 20, 30)).mask((120, 120)).sum() == pytest.approx(
        np.pi * 40 * 20, rel=0.01
    )


def test_a_second_point_on_a_lesion_is_neither_hit_nor_false():
    hits, false = match(
        np.array([[10.0, 10], [11, 10], [40, 40]]),
        np.array([0.5, 0.9, 0.3]),
        lesions((10, 10, 4, 4, 0)),
    )
    assert hits.tolist() == [[1, 0]]
    assert false.tolist() == [2]


def test_a_point_in_two_lesions_takes_the_nearest_and_leaves_the_other_to_the_next():
    two = lesions((10, 10, 6, 6, 0), (18, 10, 6, 6, 0))
    hits, false = match(np.array([[13.0, 10], [13, 10]]), np.array([0.9, 0.8]), two)
    assert hits.tolist() == [[0, 0], [1, 1]]
    assert false.size == 0


def test_no_lesions_and_no_points():
    hits, false = match(np.zeros((0, 2)), np.zeros(0), lesions((1, 1, 1, 1, 0)))
    assert hits.shape == (0, 2)
    assert false.size == 0
    hits, false = match(np.array([[1.0, 1]]), np.ones(1), lesions())
    assert hits.size == 0
    assert false.tolist() == [0]


def test_recall_rises_with_the_false_positives_that_are_allowed():
    points = np.array([[10.0, 10], [90, 90], [30, 30], [95, 10]])
    tally = FrocTally.empty().update(
        points,
        np.array([0.9, 0.8, 0.7, 0.6]),
        lesions((10, 10, 3, 3, 0), (30, 30, 8, 8, 0), (60, 60, 3, 3, 0)),
    )
    assert tally.recall_at(0) == pytest.approx(1 / 3)
    assert tally.recall_at(1) == pytest.approx(2 / 3)
    assert tally.threshold_at(2) == float("-inf")
    assert tally.recall_at(1, radius_px=(5, np.inf)) == 1
    assert tally.recall_at(0, radius_px=(5, np.inf)) == 0
    assert np.isnan(tally.recall_at(1, radius_px=(20, np.inf)))
    assert tally.false_per_image_above(0.7) == 1


def test_equally_sure_false_positives_count_together():
    far = np.array([[90.0, 90], [80, 90], [70, 90], [10, 10]])
    tally = FrocTally.empty().update(far, np.full(4, 0.5), lesions((10, 10, 3, 3, 0)))
    assert tally.recall_at(2) == 0
    assert tally.recall_at(3) == 1


def test_the_mean_of_false_positives_is_over_pictures():
    tally = FrocTally.empty()
    for sure in (0.9, 0.8, 0.7, 0.6):
        tally = tally.update(
            np.array([[10.0, 10], [90, 90]]),
            np.array([sure - 0.05, sure]),
            lesions((10, 10, 3, 3, 0)),
        )
    assert tally.threshold_at(0.5) == pytest.approx(0.7)
    assert tally.recall_at(0.5) == pytest.approx(2 / 4)
    assert tally.recall_at(1) == 1


@st.composite
def pictures(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, Ellipses]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, m = draw(st.integers(0, 12)), draw(st.integers(0, 8))
    sizes = rng.uniform(1, 12, (m, 2))
    rows = np.hstack(
        [rng.uniform(0, 60, (m, 2)), np.sort(sizes)[:, ::-1], rng.uniform(0, 90, (m, 1))]
    )
    return rng.uniform(0, 60, (n, 2)), rng.uniform(0, 1, n), Ellipses(rows)


@law
@given(st.lists(pictures(), min_size=1, max_size=5), st.integers(0, 5))
def test_shards_add_up_to_the_whole(cases: list[tuple], cut: int):
    whole, shards = FrocTally.empty(), [FrocTally.empty(), FrocTally.empty()]
    for number, case in enumerate(cases):
        whole = whole.update(*case)
        shards[number >= cut] = shards[number >= cut].update(*case)
    merged = shards[1] + shards[0]
    for allowed in (0, 0.5, 1, 3, 100):
        assert merged.recall_at(allowed) == pytest.approx(whole.recall_at(allowed), nan_ok=True)


@law
@given(pictures(), st.floats(0, 1))
def test_dropping_unsure_points_changes_no_surer_match(case: tuple, threshold: float):
    points, confidence, labelled = case
    kept = confidence > threshold
    tally = FrocTally.empty().update(*case)
    fewer = FrocTally.empty().update(points[kept], confidence[kept], labelled)
    assert (
        fewer.hit_confidence.tolist()
        == tally.hit_confidence[tally.hit_confidence > threshold].tolist()
    )
    assert fewer.false_per_image_above(-1) == tally.false_per_image_above(threshold)


def test_a_confidence_is_needed_for_every_point():
    with pytest.raises(InputError, match="2 points and 1 confidences"):
        FrocTally.empty().update(np.zeros((2, 2)), np.zeros(1), lesions())
