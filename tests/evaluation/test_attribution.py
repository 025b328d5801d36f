"""Measures of explanations against values worked out by hand, and against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.stats import spearmanr

from cutis.core.errors import InputError
from cutis.evaluation.attribution import (
    area_under,
    chance_of_pointing,
    deletion_curve,
    insertion_curve,
    mean_ranks,
    peak_of,
    points_at,
    random_map,
    rank_correlation,
)
from cutis.testing import mask

ALL = np.ones((2, 5), bool)
VALUES = np.array([[0.1, 0.9, 0.2, 0.0, 0.3], [0.4, 0.8, -1.0, 0.5, 0.6]], np.float32)


def test_the_peak_is_the_largest_value_within():
    assert peak_of(VALUES, ALL) == (0, 1)
    assert peak_of(VALUES, mask("..###\n#..##")) == (1, 4)
    with pytest.raises(InputError, match="empty"):
        peak_of(VALUES, ~ALL)


@pytest.mark.parametrize(
    ("drawn", "tolerance_px", "hit"),
    [
        ((".#...", "....."), 0, True),
        (("..#..", "....."), 0, False),
        (("..#..", "....."), 1, True),
        (("...#.", "....."), 1.9, False),
        ((".....", "..#.."), 1.5, True),
        ((".....", "....."), 9, False),
    ],
)
def test_the_pointing_game(drawn: tuple[str, ...], tolerance_px: float, *, hit: bool):
    assert points_at(VALUES, mask("\n".join(drawn)), within=ALL, tolerance_px=tolerance_px) is hit


def test_a_map_without_a_positive_value_points_at_nothing():
    assert not points_at(-np.abs(VALUES) - 1, ALL, within=ALL)


def test_chance_is_the_share_of_the_area():
    truth = mask("#....\n.....")
    assert chance_of_pointing(truth, within=ALL) == pytest.approx(0.1)
    assert chance_of_pointing(truth, within=ALL, tolerance_px=1) == pytest.approx(0.3)
    assert chance_of_pointing(truth, within=mask("##...\n.....")) == pytest.approx(0.5)
    assert chance_of_pointing(~ALL, within=ALL) == 0


def test_curves_of_a_sum_worked_out_by_hand():
    """What is left of 4 + 3 + 2 + 1 when the best are hidden first: 10, 6, 3, 1, 0."""
    values = np.array([[3, 1, 4, 2]], np.float32)
    within = np.ones((1, 4), bool)

    def left(hidden: np.ndarray) -> float:
        return float(values[~hidden].sum())

    deleted = deletion_curve(values, left, within=within, steps=4)
    assert deleted.tolist() == [10, 6, 3, 1, 0]
    assert area_under(deleted, 10) == pytest.approx((8 + 4.5 + 2 + 0.5) / 40)
    assert insertion_curve(values, left, within=within, steps=4).tolist() == [0, 4, 7, 9, 10]
    worst = deletion_curve(-values, left, within=within, steps=4)
    assert worst.tolist() == [10, 9, 7, 4, 0]


def test_only_what_is_within_is_hidden():
    seen = []

    def left(hidden: np.ndarray) -> float:
        seen.append(hidden.copy())
        return 0.0

    within = mask(".###.\n.....")
    deletion_curve(VALUES, left, within=within, steps=3)
    assert [h.sum() for h in seen] == [0, 1, 2, 3]
    assert np.array_equal(seen[-1], within)
    assert seen[1][0, 1]


def test_a_straight_fall_has_half_the_area():
    assert area_under(np.linspace(7, 0, 11), 7) == pytest.approx(0.5)
    with pytest.raises(InputError, match="positive whole"):
        area_under([1, 0], 0)
    with pytest.raises(InputError, match="two steps"):
        area_under([1], 1)


@given(
    arrays.arrays(np.float32, (4, 5), elements=st.integers(-3, 3)),
    arrays.arrays(np.float32, (4, 5), elements=st.integers(-3, 3)),
)
def test_rank_correlation_is_that_of_scipy(first: np.ndarray, second: np.ndarray):
    within = np.ones((4, 5), bool)
    found = rank_correlation(first, second, within=within)
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        assert np.isnan(found)
    else:
        assert found == pytest.approx(spearmanr(first.ravel(), second.ravel()).statistic)


def test_ties_share_their_mean_rank():
    assert mean_ranks(np.array([10, 20, 20, 5])).tolist() == [2, 3.5, 3.5, 1]


@given(st.integers(0, 2**31))
def test_any_order_ends_at_the_same_places(seed: int):
    """However the map looks, deletion starts with all and ends with nothing of an additive sum."""
    rng = np.random.default_rng(seed)
    values, parts = rng.random((2, 6, 6)).astype(np.float32)
    curve = deletion_curve(
        values, lambda hidden: float(parts[~hidden].sum()), within=np.ones((6, 6), bool), steps=5
    )
    assert curve[0] == pytest.approx(parts.sum())
    assert curve[-1] == 0
    assert (np.diff(curve) <= 1e-6).all()


def test_noise_has_the_grain_that_was_asked_for():
    rough = random_map((64, 64), 0, np.random.default_rng(1))
    smooth = random_map((64, 64), 4, np.random.default_rng(1))
    assert np.array_equal(smooth, random_map((64, 64), 4, np.random.default_rng(1)))
    beside = [np.corrcoef(m[:, 1:].ravel(), m[:, :-1].ravel())[0, 1] for m in (rough, smooth)]
    assert abs(beside[0]) < 0.1
    assert beside[1] > 0.9


def test_maps_of_two_sizes_are_refused():
    with pytest.raises(InputError, match="one size"):
        points_at(VALUES, np.ones((3, 3), bool), within=ALL)
