"""The adapter's arithmetic, without its networks: squares, rows, merging, sampling."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutis.core.errors import ModelError
from cutis.core.face import FaceSquare
from cutis.models.face_landmarker import (
    TRACE_SIDE,
    FaceLandmarkerBundle,
    _cut,
    _decode,
    _iou,
    _letterbox,
    _merge,
    _mirror_rows,
    _square_to_photo,
)
from cutis.models.runtime import Runtime
from cutis.testing import sample_photo

law = settings(deadline=None, max_examples=40, derandomize=True)
squares = st.builds(
    FaceSquare,
    centre=st.tuples(st.floats(100, 700), st.floats(100, 900)),
    side_px=st.floats(60, 900),
    roll_deg=st.floats(-180, 180),
)


@pytest.mark.parametrize("size", [(640, 480), (480, 640), (33, 500), (128, 128), (20, 30)])
def test_a_picture_fits_into_the_middle_of_the_square(size: tuple[int, int]):
    width, height = size
    square, ratio, offset = _letterbox(np.full((height, width, 3), 200, np.uint8), 128)
    rows, cols = np.nonzero(square[..., 0])
    assert square.shape == (128, 128, 3)
    assert (cols.min() + cols.max(), rows.min() + rows.max()) == (127, 127)
    assert max(np.ptp(cols), np.ptp(rows)) == 127
    corner = np.array([width, height]) * ratio + offset
    assert corner == pytest.approx([cols.max() + 1, rows.max() + 1])


def test_a_mirrored_picture_fits_in_mirrored():
    rgb = sample_photo()[:, :-3]
    plain = _letterbox(rgb, 128)[0]
    mirrored = _letterbox(np.ascontiguousarray(rgb[:, ::-1]), 128)[0]
    assert np.abs(mirrored[:, ::-1] - plain).max() <= 1


def row(x0: float, y0: float, x1: float, y1: float) -> np.ndarray:
    cx, cy = (x0 + x1) / 2, (y0 + y1) / 2
    points = [x0, cy, x1, cy, cx, cy, cx, y1, x0 - 0.02, cy, x1 + 0.02, cy]
    return np.array([x0, y0, x1, y1, *points], np.float32)


def test_a_row_read_in_a_mirror_swaps_its_sides():
    """Right eye, left eye, nose, mouth, right ear, left ear, after the box."""
    mirrored = _mirror_rows(row(0.1, 0.2, 0.4, 0.5)[None])[0]
    assert mirrored == pytest.approx(row(0.6, 0.2, 0.9, 0.5), abs=1e-6)
    assert _mirror_rows(mirrored[None])[0] == pytest.approx(row(0.1, 0.2, 0.4, 0.5), abs=1e-6)


def test_rows_are_decoded_around_their_anchor():
    raw = np.zeros((1, 16), np.float32)
    raw[0, :4] = 0, 12.8, 25.6, 51.2
    decoded = _decode(raw, np.array([[0.5, 0.5]], np.float32))[0]
    assert decoded[:4] == pytest.approx([0.4, 0.4, 0.6, 0.8], abs=1e-6)
    assert decoded[4:] == pytest.approx(0.5)


def test_overlapping_rows_become_one_face_by_confidence():
    rows = np.stack([row(10, 10, 50, 50), row(14, 10, 54, 50), row(100, 10, 140, 50)])
    faces = _merge(rows, np.array([0.9, 0.3, 0.7], np.float32))
    assert [f.confidence for f in faces] == pytest.approx([0.9, 0.7])
    assert faces[0].box == pytest.approx((11, 10, 51, 50))
    assert faces[0].eyes == (pytest.approx((11, 30)), pytest.approx((51, 30)))
    assert _merge(rows[:0], np.zeros(0, np.float32)) == []


def test_overlap_of_boxes():
    box = np.array([0, 0, 2, 2])
    beside, apart = box + np.array([1, 0, 1, 0]), box + 5
    assert _iou(box, box) == 1.0
    assert _iou(box, beside) == pytest.approx(1 / 3)
    assert _iou(box, apart) == 0.0
    assert _iou(box * 0, box * 0) == 0.0


@law
@given(squares)
def test_the_middle_of_the_network_picture_is_the_middle_of_the_square(square: FaceSquare):
    for mirror in (False, True):
        matrix = _square_to_photo(square, mirror=mirror)
        middle = matrix @ [TRACE_SIDE / 2, TRACE_SIDE / 2, 1]
        assert middle == pytest.approx(square.centre, abs=1e-2)
        turn = np.linalg.det(matrix[:, :2])
        assert turn == pytest.approx(
            (square.side_px / TRACE_SIDE) ** 2 * (-1 if mirror else 1), rel=1e-3
        )


def test_a_square_without_turn_is_a_plain_cut():
    rgb = sample_photo()
    square = FaceSquare((440.0, 472.0), 256.0, 0.0)
    picture = _cut(rgb, square, _square_to_photo(square, mirror=False))
    assert np.abs(picture.astype(int) - rgb[344:600, 312:568]).max() <= 1
    mirrored = _cut(rgb, square, _square_to_photo(square, mirror=True))
    assert np.abs(mirrored[:, ::-1].astype(int) - picture).max() <= 1


@law
@given(squares)
def test_a_mirrored_photo_gives_the_mirrored_network_picture(square: FaceSquare):
    rgb = sample_photo()
    other = FaceSquare((880 - square.centre[0], square.centre[1]), square.side_px, -square.roll_deg)
    plain = _cut(rgb, square, _square_to_photo(square, mirror=False))
    flipped = np.ascontiguousarray(rgb[:, ::-1])
    mirrored = _cut(flipped, other, _square_to_photo(other, mirror=True))
    assert np.abs(mirrored.astype(int) - plain).mean() < 0.2


def test_a_large_square_is_averaged_and_does_not_alias():
    rgb = np.random.default_rng(0).integers(0, 256, (1024, 1024, 3), dtype=np.uint8)
    square = FaceSquare((512.0, 512.0), 1024.0, 0.0)
    picture = _cut(rgb, square, _square_to_photo(square, mirror=False))
    assert picture.std() < 0.45 * rgb.std()
    assert picture.mean() == pytest.approx(rgb.mean(), abs=1)


def test_a_square_outside_the_photo_is_black():
    square = FaceSquare((-900.0, -900.0), 300.0, 0.0)
    assert not _cut(sample_photo(), square, _square_to_photo(square, mirror=False)).any()


def test_another_file_is_refused_with_what_to_run(tmp_path: Path):
    for name, make in {"empty": lambda p: p.write_bytes(b""), "zip": _zip_without_networks}.items():
        path = tmp_path / name
        make(path)
        with pytest.raises(ModelError, match="cutis models pull") as refusal:
            FaceLandmarkerBundle(path, "0" * 64, Runtime())
        assert str(tmp_path) not in str(refusal.value)


def _zip_without_networks(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "nothing")


def test_a_network_that_cannot_be_compiled_is_a_model_error():
    with pytest.raises(ModelError, match=r"'face detector' cannot be compiled by openvino \d"):
        Runtime().compile(b"no network", "face detector")
