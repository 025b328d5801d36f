"""Faces found and described, with a stand-in that knows where they are."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from cutis.core.arrays import RGB, Points3
from cutis.core.capture import CaptureInfo, Photo
from cutis.core.errors import InputError
from cutis.core.face import Detection, FaceSquare, Trace
from cutis.steps.landmarks import (
    LEFT_IRIS,
    RIGHT_IRIS,
    LandmarkLimits,
    _spans,
    describe_face,
    find_faces,
    full_mirror_order,
    metric_scale,
)
from cutis.testing import FakeFace, FakeLandmarker, average_face

law = settings(deadline=None, max_examples=60, derandomize=True)
WHOLE = LandmarkLimits(search_px=10_000, trace_px=10_000)  # stand-ins know full-size pictures only


def blank(width: int, height: int) -> Photo:
    info = CaptureInfo("PNG", width, height, 8, "sRGB", "0" * 64, size_bytes=1, lossy=False)
    return Photo(np.zeros((height, width, 3), np.uint8), info)


def test_a_face_is_found_where_it_is():
    face = FakeFace((300.0, 260.0), 90.0)
    found = find_faces(blank(640, 560), FakeLandmarker((face,)), WHOLE)
    assert len(found) == 1
    assert found[0].points == pytest.approx(face.points()[:, :2], abs=1e-3)
    assert found[0].inter_eye_px == pytest.approx(90.0)
    assert found[0].confidence == 1.0


def test_no_face_is_an_empty_answer():
    assert find_faces(blank(200, 200), FakeLandmarker(())) == ()


def test_the_largest_face_comes_first():
    faces = FakeFace((150.0, 200.0), 40.0), FakeFace((450.0, 220.0), 80.0)
    found = find_faces(blank(640, 480), FakeLandmarker(faces), WHOLE)
    assert [round(f.inter_eye_px) for f in found] == [80, 40]


def test_no_more_faces_than_allowed():
    faces = tuple(FakeFace((120.0 + 160 * i, 200.0), 40.0) for i in range(4))
    limits = replace(WHOLE, max_faces=2)
    assert len(find_faces(blank(800, 400), FakeLandmarker(faces), limits)) == 2


def test_a_face_is_reported_once_though_tiles_overlap():
    face = FakeFace((320.0, 240.0), 60.0)
    photo = blank(640, 480)
    photo.rgb[240, 320] = 255
    assert len(find_faces(photo, TileReader(face, smallest=0.2), WHOLE)) == 1


@dataclass(frozen=True)
class TileReader:
    """Sees the one bright pixel as a face, and only in pictures that the face fills well."""

    face: FakeFace
    inner: FakeLandmarker = field(init=False)
    smallest: float = 0.3

    def __post_init__(self) -> None:
        object.__setattr__(self, "inner", FakeLandmarker((self.face,)))

    @property
    def canonical(self) -> Points3:
        return self.inner.canonical

    def detect(self, rgb: RGB) -> list[Detection]:
        rows, cols = np.nonzero(rgb[..., 0])
        width = 2.1 * self.face.inter_eye_px
        if len(rows) == 0 or width < self.smallest * max(rgb.shape[:2]):
            return []
        x, y = float(cols.mean() + 0.5), float(rows.mean() + 0.5)
        half, eye = width / 2, self.face.inter_eye_px / 2
        box = (x - half, y - half, x + half, y + half)
        return [Detection(box, ((x - eye, y), (x + eye, y)), 0.9)]

    def trace(self, rgb: RGB, square: FaceSquare, *, mirror: bool = False) -> Trace:
        return self.inner.trace(rgb, square, mirror=mirror)

    def express(self, points: Points3) -> dict[str, float]:
        return {}

    def uses(self) -> tuple[()]:
        return ()


@pytest.mark.parametrize("inter_eye_px", [90.0, 40.0, 25.0])
@pytest.mark.parametrize("at", [(100.0, 90.0), (517.0, 301.0), (320.0, 240.0)])
def test_small_faces_are_found_in_tiles(inter_eye_px: float, at: tuple[float, float]):
    photo = blank(640, 480)
    photo.rgb[int(at[1]), int(at[0])] = 255
    found = find_faces(photo, TileReader(FakeFace(at, inter_eye_px)), WHOLE)
    assert len(found) == 1
    assert found[0].inter_eye_px == pytest.approx(inter_eye_px, rel=1e-3)


@law
@given(st.integers(1, 900), st.integers(1, 500))
def test_windows_cover_everything_alike_from_both_ends(length: int, side: int):
    spans = _spans(length, side)
    assert spans[0][0] == 0
    assert spans[-1][1] == length
    assert sorted((length - end, length - start) for start, end in spans) == spans
    overlaps = [before[1] - after[0] for before, after in itertools.pairwise(spans)]
    assert all(overlap >= min(side, length) // 2 - 2 for overlap in overlaps)


@pytest.mark.parametrize("yaw", [-40.0, 0.0, 25.0])
@pytest.mark.parametrize("pitch", [-15.0, 20.0])
@pytest.mark.parametrize("roll", [-30.0, 10.0])
def test_the_pose_of_a_turned_face(yaw: float, pitch: float, roll: float):
    face = describe_face(turned_face(yaw, pitch, roll), 0.9, FakeLandmarker(), LandmarkLimits())
    pose = face.pose
    assert (pose.yaw_deg, pose.pitch_deg, pose.roll_deg) == pytest.approx(
        (yaw, pitch, roll), abs=0.3
    )
    assert face.confidence == 0.9


def turned_face(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """The average face turned in space and seen from the front, 4 pixels a millimetre."""
    turn = Rotation.from_euler("ZXY", [-roll, -pitch, yaw], degrees=True).as_matrix()
    points = average_face() @ turn.T.astype(np.float32) * np.array([4, -4, -4], np.float32)
    return (points + np.array([500, 500, 0], np.float32)).astype(np.float32)


def test_turning_to_the_subjects_left_moves_the_nose_right_in_the_picture():
    straight, turned = turned_face(0, 0, 0), turned_face(30, 0, 0)
    assert turned[1, 0] > straight[1, 0] + 20


@pytest.mark.parametrize("px_per_mm", [1.0, 4.0, 10.0])
def test_the_scale_of_an_average_face(px_per_mm: float):
    points = average_face() * np.array([1, -1, -1], np.float32) * np.float32(px_per_mm)
    face = describe_face(points.astype(np.float32), 1.0, FakeLandmarker(), LandmarkLimits())
    assert face.scale.mm_per_px == pytest.approx(1 / px_per_mm, rel=0.06)
    assert 0.02 < face.scale.relative_error < 0.07


def points_with_iris(radius_px: float) -> np.ndarray:
    points = average_face()[:, :2] * np.array([4, -4], np.float32)
    for iris in (RIGHT_IRIS, LEFT_IRIS):
        ring = np.array([[0, 0], [1, 0], [0, -1], [-1, 0], [0, 1]]) * radius_px
        points[iris] = points[iris][0] + ring
    return points.astype(np.float32)


def test_a_larger_iris_means_a_finer_scale():
    limits = LandmarkLimits()
    scales = [metric_scale(points_with_iris(r), 0.25, 0.0, limits).mm_per_px for r in (18, 23, 30)]
    assert scales == sorted(scales, reverse=True)
    exact = metric_scale(points_with_iris(11.71 * 4 / 2), 0.25, 0.0, limits)
    assert exact.mm_per_px == pytest.approx(0.25, rel=1e-3)


def test_two_estimates_are_surer_than_one_and_doubt_grows_with_turn_and_distance():
    limits = LandmarkLimits()
    near = metric_scale(points_with_iris(23), 0.25, 0.0, limits).relative_error
    assert near < min(0.42 / 11.71, 3.83 / 63.36)
    assert metric_scale(points_with_iris(23), 0.25, 35.0, limits).relative_error > near
    far = points_with_iris(23) / 8
    assert metric_scale(far.astype(np.float32), 2.0, 0.0, limits).relative_error > near


@pytest.mark.parametrize(("yaw", "nearer"), [(30.0, RIGHT_IRIS), (-30.0, LEFT_IRIS)])
def test_of_a_turned_face_the_nearer_eye_counts(yaw: float, nearer: slice):
    """Who turns to the subject's left shows the right eye."""
    points = points_with_iris(23)
    other = LEFT_IRIS if nearer is RIGHT_IRIS else RIGHT_IRIS
    shrunk = points.copy()
    shrunk[other] = shrunk[other][0] + (shrunk[other] - shrunk[other][0]) * 0.3
    limits = LandmarkLimits()
    expected = metric_scale(points, 0.25, yaw, limits).mm_per_px
    assert metric_scale(shrunk, 0.25, yaw, limits).mm_per_px == pytest.approx(expected)


def test_the_mirror_order_pairs_irises_too(order: np.ndarray):
    assert np.array_equal(order[order], np.arange(478))
    assert order[468] == 473
    points = average_face()
    mirrored = points[order] * np.array([-1, 1, 1], np.float32)
    assert mirrored[:468] == pytest.approx(points[:468], abs=1e-3)
    assert mirrored[468:] == pytest.approx(points[468:], abs=0.5)


def test_a_lopsided_canonical_face_is_refused():
    lopsided = average_face()[:468].copy()
    lopsided[:200, 0] += 40
    with pytest.raises(InputError, match="mirror symmetric"):
        full_mirror_order(lopsided)
