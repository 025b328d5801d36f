"""Faces found in real pictures by the real networks: small, turned, two, none; left and right."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from cutis.core.capture import CaptureInfo, Photo
from cutis.core.face import Landmarks
from cutis.core.ports import Landmarker
from cutis.models.face_landmarker import FaceLandmarkerBundle
from cutis.steps.landmarks import find_faces, full_mirror_order
from cutis.testing import sample_photo

pytestmark = pytest.mark.model
FACE = (slice(20, 260), slice(120, 330))
"""Where the face is in the astronaut's portrait, with hair and collar."""


def faces_in(rgb: np.ndarray, landmarker: Landmarker) -> tuple[Landmarks, ...]:
    height, width = rgb.shape[:2]
    info = CaptureInfo("PNG", width, height, 8, "sRGB", "0" * 64, size_bytes=1, lossy=False)
    return find_faces(Photo(np.ascontiguousarray(rgb), info), landmarker)


@pytest.fixture(scope="module")
def face(astronaut: np.ndarray, landmarker: FaceLandmarkerBundle) -> Landmarks:
    (found,) = faces_in(astronaut, landmarker)
    return found


def gradient(width: int, height: int) -> np.ndarray:
    across = np.linspace(60, 190, width)[None, :, None]
    down = np.linspace(0, 40, height)[:, None, None]
    return np.broadcast_to(across + down, (height, width, 3)).astype(np.uint8)


def pasted(canvas: np.ndarray, face: np.ndarray, at: tuple[int, int]) -> np.ndarray:
    x, y = at
    rgb = canvas.copy()
    rgb[y : y + face.shape[0], x : x + face.shape[1]] = face
    return rgb


def test_the_adapter_fits_the_port(landmarker: FaceLandmarkerBundle):
    assert isinstance(landmarker, Landmarker)
    (use,) = landmarker.uses()
    assert re.fullmatch(r"[0-9a-f]{64}", use.sha256)
    assert use.runtime.startswith("openvino ")
    assert use.precision == "f32"


def test_the_average_face_is_symmetric_and_in_millimetres(landmarker: FaceLandmarkerBundle):
    points = landmarker.canonical
    order = full_mirror_order(points)
    assert points[order[:468]] * [-1, 1, 1] == pytest.approx(points, abs=0.01)
    width, height, _ = np.ptp(points, axis=0)
    assert 130 < width < 170  # a face is about 14 cm wide and 18 cm high
    assert 160 < height < 200


def test_the_astronauts_face_is_found(face: Landmarks):
    x0, y0, x1, y1 = face.box
    assert (x0, y0, x1, y1) == pytest.approx((170, 70, 275, 190), abs=15)
    assert face.confidence > 0.9
    assert abs(face.pose.yaw_deg) < 20
    assert 0.9 < face.scale.mm_per_px < 1.7
    assert 0.02 < face.scale.relative_error < 0.15


def test_the_subjects_left_is_on_the_right_in_the_photo(face: Landmarks):
    right_eye, left_eye, right_mouth, left_mouth = face.points[[33, 263, 61, 291], 0]
    assert right_eye < left_eye
    assert right_mouth < left_mouth
    assert face.points[468, 0] < face.points[473, 0]


def test_the_smile_is_seen(face: Landmarks):
    assert min(face.blendshapes["mouthSmileLeft"], face.blendshapes["mouthSmileRight"]) > 0.5
    assert max(face.blendshapes["eyeBlinkLeft"], face.blendshapes["eyeBlinkRight"]) < 0.4


def test_a_mirrored_photo_gives_the_mirrored_face(
    astronaut: np.ndarray, face: Landmarks, landmarker: FaceLandmarkerBundle
):
    (other,) = faces_in(astronaut[:, ::-1], landmarker)
    back = other.points[full_mirror_order(landmarker.canonical)]
    back[:, 0] = 512 - back[:, 0]
    assert np.abs(back - face.points).max() < 0.5
    assert other.pose.yaw_deg == pytest.approx(-face.pose.yaw_deg, abs=0.5)
    assert other.pose.roll_deg == pytest.approx(-face.pose.roll_deg, abs=0.5)
    assert other.pose.pitch_deg == pytest.approx(face.pose.pitch_deg, abs=0.5)
    assert other.scale.mm_per_px == pytest.approx(face.scale.mm_per_px, rel=0.005)


@pytest.mark.parametrize("turn_deg", [-35, -15, 15, 35])
def test_roll_follows_the_turned_photo(
    astronaut: np.ndarray, face: Landmarks, landmarker: FaceLandmarkerBundle, turn_deg: float
):
    """Turned clockwise, the head leans to the right in the picture: the subject's left."""
    matrix = cv2.getRotationMatrix2D((222.0, 130.0), -turn_deg, 1.0)
    turned = cv2.warpAffine(astronaut, matrix, (512, 512), borderMode=cv2.BORDER_REPLICATE)
    found = faces_in(turned, landmarker)[0]
    assert found.pose.roll_deg == pytest.approx(face.pose.roll_deg + turn_deg, abs=3)
    assert found.pose.yaw_deg == pytest.approx(face.pose.yaw_deg, abs=6)
    assert found.scale.mm_per_px == pytest.approx(face.scale.mm_per_px, rel=0.05)


@pytest.mark.parametrize("at", [(300, 250), (2760, 1700), (5400, 3300)])
def test_a_face_of_8_percent_is_found_in_24_megapixels(
    astronaut: np.ndarray, landmarker: FaceLandmarkerBundle, at: tuple[int, int]
):
    face = cv2.resize(astronaut[FACE], None, fx=2.27, fy=2.27, interpolation=cv2.INTER_CUBIC)
    assert face.shape[1] <= 0.08 * 6000
    found = faces_in(pasted(gradient(6000, 4000), face, at), landmarker)
    assert len(found) == 1
    x0, y0, x1, y1 = found[0].box
    assert at[0] < x0 < x1 < at[0] + face.shape[1]
    assert at[1] < y0 < y1 < at[1] + face.shape[0]
    assert found[0].inter_eye_px == pytest.approx(2.27 * 47, rel=0.15)


@pytest.mark.parametrize("turn_deg", [0, 30, 90, -90, 135, 180])
def test_small_turned_faces_are_found(
    astronaut: np.ndarray, landmarker: FaceLandmarkerBundle, turn_deg: float
):
    matrix = cv2.getRotationMatrix2D((220.0, 140.0), -turn_deg, 0.55)
    matrix[:, 2] += 350 - 220, 260 - 140
    turned = cv2.warpAffine(astronaut[:300], matrix, (800, 600), borderValue=(128, 130, 132))
    found = faces_in(turned, landmarker)
    assert len(found) == 1
    error = (found[0].pose.roll_deg - turn_deg + 180) % 360 - 180
    assert abs(error) < 15


def test_two_faces_are_found_the_larger_first(
    astronaut: np.ndarray, landmarker: FaceLandmarkerBundle
):
    small = cv2.resize(astronaut[FACE], None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA)
    both = pasted(pasted(gradient(800, 500), small, (560, 200)), astronaut[FACE], (80, 120))
    found = faces_in(both, landmarker)
    assert len(found) == 2
    assert found[0].box[0] < 300
    assert found[1].box[0] > 560
    assert found[0].inter_eye_px > 1.2 * found[1].inter_eye_px


def test_no_face_is_seen_where_there_is_none(landmarker: FaceLandmarkerBundle):
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (480, 640, 3), dtype=np.uint8)
    circles = gradient(640, 480).copy()
    for i in range(1, 8):
        cv2.circle(circles, (320, 240), 30 * i, (250 - 30 * i, 40, 30 * i), 3)
    for rgb in (noise, gradient(640, 480), circles, np.zeros((480, 640, 3), np.uint8)):
        assert faces_in(rgb, landmarker) == ()


def test_the_drawn_face_is_found_too(landmarker: FaceLandmarkerBundle):
    """The stand-in picture is a face to the networks; its scale is known."""
    found = faces_in(sample_photo(), landmarker)
    assert len(found) == 1
    assert found[0].scale.mm_per_px == pytest.approx(0.25, rel=0.08)
    assert found[0].inter_eye_px == pytest.approx(252, rel=0.03)


@pytest.mark.shared
@pytest.mark.slow
def test_yaw_follows_the_angle_in_the_file_name(landmarker: FaceLandmarkerBundle, shared_dir: Path):
    """FASSEG's poses: 40 of them, up to 60° to either side; evaluation only.

    There, positive is to the subject's right, as a look at the pictures tells.
    """
    folder = shared_dir / "data" / "dev" / "fasseg"
    paths = sorted(p for p in folder.glob("pose_*.jpg") if abs(_named_yaw(p)) <= 60)
    rng = np.random.default_rng(0)
    rows = []
    for path in rng.permutation(np.array(paths, object))[:40]:
        rgb = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
        found = faces_in(rgb, landmarker)
        if found:
            rows.append((_named_yaw(path), found[0].pose.yaw_deg))
    named, measured = np.array(rows).T
    assert len(rows) >= 38
    assert np.corrcoef(named, measured)[0, 1] > 0.95
    assert np.abs(named - measured).mean() < 12


def _named_yaw(path: Path) -> int:
    """The angle towards the subject's left."""
    found = re.search(r"yaw([+-]?\d+)", path.name)
    assert found is not None
    return -int(found.group(1))
