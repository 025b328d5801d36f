"""Smoothing, morphology and second derivatives: laws, and scipy as the reference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from cutis.imaging.filters import (
    blur,
    clean,
    components,
    curvature,
    fill_in,
    grow,
    logistic,
    robust_deviation,
    shrink,
)
from cutis.testing import mask, show

law = settings(deadline=None, max_examples=30, derandomize=True)
sigmas = st.sampled_from([0.2, 0.7, 1.5, 2.9, 3.0, 6.0, 13.0, 40.0])
masks = hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, min_side=3, max_side=24))
radii = st.floats(0, 6)


def texture(shape: tuple[int, int] = (160, 200), seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 1, shape).astype(np.float32)


@law
@given(st.floats(-5, 5, width=32), sigmas)
def test_what_is_even_stays_even(value: float, sigma: float):
    even = np.full((37, 51), value, np.float32)
    assert blur(even, sigma) == pytest.approx(even, abs=1e-5)


@pytest.mark.parametrize("sigma", [0.7, 1.5, 2.9])
def test_narrow_smoothing_equals_scipy(sigma: float):
    values = texture()
    expected = ndimage.gaussian_filter(values, sigma, mode="reflect", truncate=6)
    assert blur(values, sigma) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("sigma", [3.0, 4.2, 6.0, 9.0, 17.0, 30.0])
def test_wide_smoothing_is_close_to_scipy(sigma: float):
    """Made on a reduced picture: within 6 % of what it smooths, away from the border."""
    values = ndimage.gaussian_filter(texture((260, 320)), 1.5)
    values += np.sin(np.arange(320) / (2 * sigma)).astype(np.float32) * values.std()
    expected = ndimage.gaussian_filter(values, sigma, mode="reflect")
    error = (blur(values, sigma) - expected)[30:-30, 30:-30]
    assert error.std() < 0.06 * values.std()


@pytest.mark.parametrize("sigma", [1.0, 5.0, 12.0])
@pytest.mark.parametrize("width", [200, 202, 206])
def test_smoothing_an_even_width_knows_no_left_and_right(sigma: float, width: int):
    values = texture((90, width))
    mirrored = blur(np.ascontiguousarray(values[:, ::-1]), sigma)[:, ::-1]
    assert mirrored == pytest.approx(blur(values, sigma), abs=1e-5)


@law
@given(masks, st.sampled_from([0.8, 3.0, 10.0]))
def test_filling_in_keeps_the_inside(inside: np.ndarray, sigma: float):
    values = texture(inside.shape) + np.float32(4)
    filled = fill_in(values, inside, sigma)
    assert np.array_equal(filled[inside], values[inside])
    if inside.any():
        low, high = values[inside].min(), values[inside].max()
        assert ((filled >= low - 1e-3) & (filled <= high + 1e-3)).all()


def test_filling_in_leaves_no_edge():
    inside = np.zeros((80, 80), bool)
    inside[:, 40:] = True
    filled = fill_in(np.where(inside, np.float32(0.3), np.float32(9)), inside, 3.0)
    assert filled == pytest.approx(0.3, abs=1e-4)


def test_filling_in_of_nothing_is_nothing():
    assert not fill_in(texture((5, 5)), np.zeros((5, 5), bool), 2.0).any()


def test_robust_deviation_is_that_of_a_normal_distribution():
    values = texture((300, 300), 3) * np.float32(0.25)
    assert robust_deviation(values.ravel()) == pytest.approx(0.25, rel=0.02)
    assert robust_deviation(values[:0].ravel()) == 0


@law
@given(st.floats(-1, 1, width=32), st.floats(0.005, 0.5))
def test_the_soft_threshold_rises_through_one_half(middle: float, width: float):
    around = np.linspace(-40, 40, 81, dtype=np.float32)[None] * np.float32(width) + np.float32(
        middle
    )
    found = logistic(around, middle, width)
    assert found[0, 40] == pytest.approx(0.5, abs=1e-3)
    assert (np.diff(found[0]) >= 0).all()
    assert 0 <= found.min() < 1e-6
    assert 1 - 1e-6 < found.max() <= 1
    assert found[0, 42] == pytest.approx(0.88, abs=0.005)


def test_curvature_equals_the_second_derivatives():
    y, x = np.mgrid[-20:21, -20:21].astype(np.float32)
    bend = curvature(np.asarray(0.03 * x**2 - 0.01 * y**2, np.float32), 2.0)
    assert bend.high[20, 20] == pytest.approx(0.06 * 4, rel=1e-3)
    assert bend.low[20, 20] == pytest.approx(-0.02 * 4, rel=1e-3)


@pytest.mark.parametrize("turn_deg", [0, 30, 45, 90])
def test_curvature_of_a_line_is_alike_at_every_angle(turn_deg: float):
    y, x = np.mgrid[-30:31, -30:31].astype(np.float32)
    turn = np.radians(turn_deg)
    across = x * np.float32(np.cos(turn)) + y * np.float32(np.sin(turn))
    bend = curvature(np.exp(-0.5 * (across / 4) ** 2), 4.0)
    assert bend.low[30, 30] == pytest.approx(-1.0, rel=0.05)
    assert bend.high[30, 30] == pytest.approx(0.0, abs=0.05)
    assert (bend.high >= bend.low).all()


def test_pieces_touch_at_corners():
    labels, rows = components(
        mask("""
        #..##
        .#...
        ....#
        """)
    )
    assert len(rows) == 4
    assert labels[0, 0] == labels[1, 1] != labels[0, 3]
    assert sorted(rows[1:, 4].tolist()) == [1, 2, 2]
    x, y, width, height, _ = rows[labels[0, 3]]
    assert (x, y, width, height) == (3, 0, 2, 1)


@law
@given(masks, radii)
def test_growing_never_loses_a_pixel(some: np.ndarray, by_px: float):
    assert not (some & ~grow(some, by_px)).any()
    assert not (shrink(some, by_px) & ~some).any()


@law
@given(masks, radii)
def test_shrinking_undoes_growing(some: np.ndarray, by_px: float):
    """What was there is there again; narrow gaps may have closed."""
    assert not (some & ~shrink(grow(some, by_px), by_px)).any()
    assert not (grow(shrink(some, by_px), by_px) & ~some).any()


@law
@given(masks, masks, radii)
def test_growing_more_skin_gives_more(some: np.ndarray, other: np.ndarray, by_px: float):
    more = some.copy()
    more[: other.shape[0], : other.shape[1]] |= other[: some.shape[0], : some.shape[1]]
    assert not (grow(some, by_px) & ~grow(more, by_px)).any()


def test_growing_is_by_a_disc():
    assert show(
        grow(
            mask("""
        .......
        .......
        .......
        ...#...
        .......
        .......
        .......
        """),
            2,
        )
    ) == show(
        mask("""
        .......
        ...#...
        .#####.
        .#####.
        .#####.
        ...#...
        .......
        """)
    )


def test_the_edge_of_the_picture_does_not_shrink():
    everything = np.ones((9, 9), bool)
    assert shrink(everything, 3).all()


def test_cleaning_removes_specks_and_fills_pinholes():
    blob = np.zeros((30, 30), bool)
    blob[5:25, 5:25] = True
    spoilt = blob.copy()
    spoilt[2, 28], spoilt[15, 15] = True, False
    assert np.array_equal(clean(spoilt, 1), clean(blob, 1))
