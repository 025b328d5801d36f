"""Rotations there and back, mirrored orders, areas of polygons."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from cutis.imaging.geometry import (
    fit_rotation,
    mirror_order,
    rotation_to_angles,
    smooth_polygon,
)
from cutis.testing import average_face

law = settings(deadline=None, max_examples=50, derandomize=True)
SQUARE = np.array([[0, 0], [4, 0], [4, 4], [0, 4]], np.float32)


def rotation_of(yaw_deg: float, pitch_deg: float, roll_deg: float) -> np.ndarray:
    """Roll about z, pitch about x, yaw about y; up and the subject's left are positive."""
    return Rotation.from_euler("ZXY", [-roll_deg, -pitch_deg, yaw_deg], degrees=True).as_matrix()


@law
@given(st.floats(-89, 89), st.floats(-80, 80), st.floats(-170, 170))
def test_angles_of_a_rotation_return(yaw: float, pitch: float, roll: float):
    assert rotation_to_angles(rotation_of(yaw, pitch, roll)) == pytest.approx(
        (yaw, pitch, roll), abs=1e-6
    )


@pytest.mark.parametrize(
    ("angles", "nose_moves", "crown_moves"),
    [
        ((30.0, 0.0, 0.0), (1, 0), (0, 0)),  # to the subject's left
        ((0.0, 30.0, 0.0), (0, 1), (0, 0)),  # up
        ((0.0, 0.0, 30.0), (0, 0), (1, 0)),  # towards the subject's left shoulder
    ],
)
def test_signs_of_the_angles(
    angles: tuple[float, ...], nose_moves: tuple[int, int], crown_moves: tuple[int, int]
):
    """X grows to the subject's left, y up, z out of the face."""
    turn = rotation_of(*angles)
    nose, crown = turn @ [0, 0, 1], turn @ [0, 1, 0]
    assert np.sign(np.round(nose[:2], 6)).tolist() == list(nose_moves)
    assert np.sign(np.round(crown[0], 6)) == crown_moves[0]


@law
@given(st.floats(-60, 60), st.floats(-40, 40), st.floats(-90, 90), st.floats(0.1, 50))
def test_a_known_turn_and_scale_are_found(yaw: float, pitch: float, roll: float, scale: float):
    face = average_face()[:468].astype(np.float64)
    turn = rotation_of(yaw, pitch, roll)
    moved = scale * face @ turn.T + [70, -30, 12]
    rotation, found_scale = fit_rotation(face.astype(np.float32), moved.astype(np.float32))
    assert rotation == pytest.approx(turn, abs=1e-4)
    assert found_scale == pytest.approx(scale, rel=1e-4)


def test_a_fit_is_never_a_reflection():
    face = average_face()[:468]
    rotation, _ = fit_rotation(face, face * np.array([-1, 1, 1], np.float32))
    assert np.linalg.det(rotation) == pytest.approx(1.0)


def test_mirror_order_pairs_the_sides():
    points = np.array([[-2, 0, 0], [2, 0, 0], [0, 3, 0], [-1, 5, 2], [1, 5, 2]], np.float32)
    assert mirror_order(points).tolist() == [1, 0, 2, 4, 3]


def test_mirror_order_refuses_what_is_not_symmetric():
    with pytest.raises(ValueError, match="not mirror symmetric"):
        mirror_order(np.array([[-2, 0, 0], [-1, 0, 0], [0.5, 0, 0]], np.float32))


def test_corners_are_cut_and_the_polygon_shrinks():
    once, twice = smooth_polygon(SQUARE, 1), smooth_polygon(SQUARE, 2)
    assert (len(once), len(twice)) == (8, 16)
    assert 16 > polygon_area(once) > polygon_area(twice) > 12
    assert smooth_polygon(SQUARE, 0) == pytest.approx(SQUARE)


def polygon_area(points: np.ndarray) -> float:
    """Area by the shoelace formula."""
    x, y = points.astype(np.float64).T
    return float(abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2)
