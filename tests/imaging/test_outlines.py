"""Outlines on the mesh, and filled polygons: drawn cases, scikit-image as the reference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from skimage.measure import points_in_poly

from cutis.core.vocabulary import Region
from cutis.imaging.geometry import mirror_order
from cutis.imaging.outlines import (
    BROW_RIGHT,
    CHEEK_PATCH_RIGHT,
    CROWS_FEET_RIGHT,
    EYE_RIGHT,
    HALVES,
    LIPS_RIGHT,
    NOSTRIL_RIGHT,
    OVAL_RIGHT,
    SIDES,
    UNDER_EYE_RIGHT,
    UPPER_LID_RIGHT,
    Outline,
    closed,
    fill,
    lift_forehead,
    mirrored,
    outline_points,
)
from cutis.testing import average_face, mask, show

law = settings(deadline=None, max_examples=40, derandomize=True)
SIDED = [
    EYE_RIGHT, BROW_RIGHT, NOSTRIL_RIGHT, UPPER_LID_RIGHT, UNDER_EYE_RIGHT, CHEEK_PATCH_RIGHT,
    CROWS_FEET_RIGHT, *SIDES.values(),
]  # fmt: skip
HALF = [OVAL_RIGHT, LIPS_RIGHT, *HALVES.values()]
ORDER = mirror_order(average_face()[:468])


def on_canvas(side: int = 400) -> np.ndarray:
    """The average face in the middle of a square picture; the subject's right is on the left."""
    points = average_face()[:, :2] * np.array([1, -1], np.float32) * np.float32(2)
    return points + np.float32(side / 2)


def test_a_pixel_belongs_if_its_centre_does():
    triangle = np.array([[1, 1], [7, 1], [1, 7]], np.float32)
    assert show(fill(triangle, (8, 8), rounds=0)) == show(
        mask("""
        ........
        .#####..
        .####...
        .###....
        .##.....
        .#......
        ........
        ........
        """)
    )


def test_cut_corners_make_a_square_round():
    square = np.array([[0.1, 0.1], [7.9, 0.1], [7.9, 7.9], [0.1, 7.9]], np.float32)
    assert show(fill(square, (8, 8))) == show(
        mask("""
        ..####..
        .######.
        ########
        ########
        ########
        ########
        .######.
        ..####..
        """)
    )


def test_what_leaves_the_picture_is_cut_off():
    square = np.array([[-5, 2], [3, 2], [3, 20], [-5, 20]], np.float32)
    assert show(fill(square, (5, 6), rounds=0)) == show(
        mask("""
        ......
        ......
        ###...
        ###...
        ###...
        """)
    )
    assert not fill(square + 100, (5, 6), rounds=0).any()
    assert not fill(square - 100, (5, 6), rounds=0).any()


@st.composite
def polygons(draw: st.DrawFn) -> np.ndarray:
    count = draw(st.integers(3, 12))
    coordinate = st.floats(-10, 50).map(lambda v: round(v, 2) + 0.003)
    return np.array([[draw(coordinate), draw(coordinate)] for _ in range(count)], np.float32)


@law
@given(polygons())
def test_filling_equals_scikit_image(polygon: np.ndarray):
    y, x = np.mgrid[:40, :40] + 0.5
    inside = points_in_poly(np.stack([x.ravel(), y.ravel()], axis=1), polygon).reshape(40, 40)
    assert show(fill(polygon, (40, 40), rounds=0)) == show(inside)


@law
@example(
    np.array([[0.003, 0.003], [33.003, 32.003], [1.003, 0.003]], np.float32), 0
)  # its edge runs through the centres
@given(polygons(), st.integers(0, 2))
def test_a_mirrored_polygon_gives_the_mirrored_mask(polygon: np.ndarray, rounds: int):
    flipped = polygon * np.array([-1, 1], np.float32) + np.array([40, 0], np.float32)
    plain, other = (fill(p, (40, 40), rounds=rounds) for p in (polygon, flipped[::-1]))
    on_line = np.zeros((40, 40), bool)  # a centre on the very line may round either way
    for step in ((0.01, 0.0), (0.0, 0.01)):
        fore, back = (
            fill(polygon + way * np.array(step, np.float32), (40, 40), rounds=rounds)
            for way in (1, -1)
        )
        on_line |= fore ^ back
    assert not ((plain ^ other[:, ::-1]) & ~on_line).any()


@pytest.mark.parametrize("outline", SIDED)
def test_sided_outlines_are_on_the_subjects_right(outline: Outline):
    right = outline_points(outline, on_canvas())
    left = outline_points(mirrored(outline, ORDER), on_canvas())
    assert right[:, 0].mean() < 200 < left[:, 0].mean()
    assert np.sort(left[:, 0]) == pytest.approx(np.sort(400 - right[:, 0]), abs=0.01)


@pytest.mark.parametrize("outline", SIDED)
def test_mirroring_an_outline_twice_is_nothing(outline: Outline):
    assert mirrored(mirrored(outline, ORDER), ORDER) == outline


@pytest.mark.parametrize("outline", HALF)
def test_half_outlines_start_and_end_on_the_midline(outline: Outline):
    points = outline_points(closed(outline, ORDER), on_canvas())
    ends = outline_points((outline[0], outline[-1]), on_canvas())
    assert ends[:, 0] == pytest.approx([200, 200], abs=0.01)
    filled = fill(points, (400, 400))
    assert filled.any()
    assert (filled ^ filled[:, ::-1]).mean() < 1e-4


def test_every_region_has_an_outline():
    assert set(HALVES) | {side for pair in SIDES for side in pair} == set(Region)
    assert all(right.mirrored is left for right, left in SIDES)


def test_pairs_are_midpoints():
    points = np.array([[0, 0], [4, 2]], np.float32)
    assert outline_points(((0, 1), 1), points).tolist() == [[2, 1], [4, 2]]


def test_the_forehead_is_lifted_and_nothing_else():
    points, order = on_canvas(), np.arange(478)
    order[:468] = ORDER
    lifted = lift_forehead(points, order, 0.12)
    moved = np.flatnonzero((lifted != points).any(axis=1))
    assert {10, 109, 338, 67, 297}.issubset(moved)
    assert len(moved) == 11
    assert (lifted[moved, 1] < points[moved, 1]).all()
    height = points[152, 1] - points[10, 1]
    assert points[10, 1] - lifted[10, 1] == pytest.approx(0.12 * height, rel=1e-4)
