"""The crop at its measuring scale, and the anatomical regions in it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutis.core.capture import Photo
from cutis.core.face import FaceCrop, Landmarks
from cutis.core.vocabulary import Region
from cutis.imaging.colour import rgb_to_linear
from cutis.steps.landmarks import LandmarkLimits, find_faces
from cutis.steps.regions import CropLimits, _span, crop_face, draw_regions
from cutis.testing import FakeFace, FakeLandmarker

law = settings(deadline=None, max_examples=200, derandomize=True)
IOU = 0.97


def centre_of(crop: FaceCrop, region: Region) -> np.ndarray:
    rows, cols = np.nonzero(crop.regions.mask(region))
    return np.array([cols.mean(), rows.mean()])


def face_at(photo: Photo, face: FakeFace) -> Landmarks:
    return find_faces(
        photo, FakeLandmarker((face,)), LandmarkLimits(search_px=10_000, trace_px=10_000)
    )[0]


def flipped(photo: Photo) -> Photo:
    return Photo(np.ascontiguousarray(photo.rgb[:, ::-1]), photo.info)


def iou(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / max((a | b).sum(), 1))


def test_every_region_is_there(crop: FaceCrop):
    assert set(np.unique(crop.regions.labels)) == {0, *(region.label for region in Region)}


def test_left_is_the_subjects_left(crop: FaceCrop):
    """On the right in a photo that is not mirrored."""
    for name in ("cheek", "periorbital", "jaw"):
        left, right = Region(f"subject_left_{name}"), Region(f"subject_right_{name}")
        assert centre_of(crop, right)[0] < crop.shape[1] / 2 < centre_of(crop, left)[0]


def test_regions_lie_in_the_order_of_a_face(crop: FaceCrop):
    names = (Region.FOREHEAD, Region.GLABELLA, Region.NOSE, Region.PERIORAL, Region.CHIN)
    heights = [centre_of(crop, region)[1] for region in names]
    assert heights == sorted(heights)
    middle = crop.shape[1] / 2
    assert [centre_of(crop, region)[0] for region in names] == pytest.approx([middle] * 5, abs=4)


def test_sides_are_equally_large(crop: FaceCrop):
    for region in Region:
        sizes = [int(crop.regions.mask(r).sum()) for r in (region, region.mirrored)]
        assert sizes[0] == pytest.approx(sizes[1], rel=0.03)


def test_regions_stay_within_the_lifted_oval(crop: FaceCrop):
    outside = (crop.regions.labels > 0) & ~crop.oval
    assert outside.sum() < 0.02 * (crop.regions.labels > 0).sum()


def test_eyes_brows_lips_and_nostrils_are_left_out(crop: FaceCrop):
    points = crop.landmarks.points
    for index in (468, 473, 105, 334, 13, 20, 250):  # pupils, brows, mouth, nostrils
        x, y = points[index].astype(int)
        assert crop.excluded[y, x]
    for index in (151, 50, 280, 199):  # forehead, cheeks, chin
        x, y = points[index].astype(int)
        assert not crop.excluded[y, x]


def test_creases_run_along_the_nose(crop: FaceCrop):
    for index in (129, 358):  # the wings of the nose
        x, y = crop.landmarks.points[index].astype(int)
        assert crop.creases[y - 3 : y + 4, x - 6 : x + 7].any()
    for index in (50, 280, 151):
        x, y = crop.landmarks.points[index].astype(int)
        assert not crop.creases[y, x]


def test_the_crop_is_the_photo_where_no_scale_is_needed(photo: Photo, crop: FaceCrop):
    x0, y0, x1, y1 = crop.box
    assert crop.crop_per_photo == 1.0
    assert np.array_equal(crop.rgb, photo.rgb[y0:y1, x0:x1])
    assert np.array_equal(crop.linear, rgb_to_linear(crop.rgb))


@pytest.mark.parametrize("times", [2, 3])
def test_a_fine_photo_is_reduced_to_the_measuring_scale(
    photo: Photo, order: np.ndarray, times: int
):
    large = cv2.resize(photo.rgb, None, fx=times, fy=times, interpolation=cv2.INTER_CUBIC)
    big = Photo(large, photo.info)
    face = FakeFace((440.0 * times, 472.0 * times), 252.0 * times)
    crop = crop_face(_resized(big), face_at(_resized(big), face), order)
    assert crop.mm_per_px == pytest.approx(CropLimits().target_mm_per_px, rel=1e-6)
    assert crop.crop_per_photo < 1
    width = crop.box[2] - crop.box[0]
    assert crop.shape[1] == pytest.approx(width * crop.crop_per_photo, abs=1)
    back = crop.landmarks.points / crop.crop_per_photo + crop.box[:2]
    assert back == pytest.approx(face.points()[:, :2], abs=1.0 / crop.crop_per_photo)


def _resized(photo: Photo) -> Photo:
    return Photo(photo.rgb, photo.info)


def test_a_coarse_photo_is_never_enlarged(photo: Photo, order: np.ndarray):
    small = Photo(cv2.resize(photo.rgb, (220, 275), interpolation=cv2.INTER_AREA), photo.info)
    crop = crop_face(small, face_at(small, FakeFace((110.0, 118.0), 63.0)), order)
    assert crop.crop_per_photo == 1.0
    assert crop.mm_per_px == pytest.approx(1.0, rel=0.05)


def test_sixteen_bits_reach_the_linear_light(photo: Photo, order: np.ndarray):
    deep = Photo(photo.rgb, photo.info, (photo.rgb.astype(np.uint16) * 257 + 100).clip(0, 65535))
    plain = crop_face(photo, face_at(photo, FakeFace((440.0, 472.0), 252.0)), order)
    fine = crop_face(deep, face_at(deep, FakeFace((440.0, 472.0), 252.0)), order)
    assert np.array_equal(fine.rgb, plain.rgb)
    assert (fine.linear >= plain.linear).all()
    assert (fine.linear > plain.linear).mean() > 0.9


@pytest.mark.parametrize("centre", [(40.0, 300.0), (850.0, 480.0), (440.0, 60.0), (440.0, 1050.0)])
def test_a_face_at_the_edge_stays_within_the_photo(
    photo: Photo, order: np.ndarray, centre: tuple[float, float]
):
    crop = crop_face(photo, _described(FakeFace(centre, 252.0)), order)
    x0, y0, x1, y1 = crop.box
    assert 0 <= x0 < x1 <= photo.width_px
    assert 0 <= y0 < y1 <= photo.height_px
    assert crop.rgb.shape[:2] == (y1 - y0, x1 - x0)


def _described(face: FakeFace) -> Landmarks:
    from cutis.steps.landmarks import describe_face  # noqa: PLC0415

    return describe_face(face.points(), 1.0, FakeLandmarker(), LandmarkLimits())


@pytest.mark.parametrize("face", [
    FakeFace((440.0, 472.0), 252.0),
    FakeFace((301.3, 420.7), 131.9, roll_deg=17.0),
    FakeFace((803.2, 600.1), 310.0, roll_deg=-8.0),
])  # fmt: skip
def test_a_mirrored_face_gives_mirrored_regions(photo: Photo, order: np.ndarray, face: FakeFace):
    width = photo.width_px
    other = FakeFace((width - face.centre[0], face.centre[1]), face.inter_eye_px, -face.roll_deg)
    plain = crop_face(photo, _described(face), order)
    mirrored = crop_face(flipped(photo), _described(other), order)
    assert (width - mirrored.box[2], width - mirrored.box[0]) == (plain.box[0], plain.box[2])
    assert np.array_equal(mirrored.rgb[:, ::-1], plain.rgb)
    for region in Region:
        own, swapped = plain.regions.mask(region), mirrored.regions.mask(region.mirrored)[:, ::-1]
        assert own.sum() < 20 or iou(own, swapped) >= IOU, region
    for name in ("oval", "excluded", "creases"):
        assert iou(getattr(plain, name), getattr(mirrored, name)[:, ::-1]) >= IOU, name


def test_where_regions_meet_the_smaller_one_wins(crop: FaceCrop, order: np.ndarray):
    again = draw_regions(crop.landmarks.points, order, crop.shape)
    assert again.dtype == np.uint8
    assert (again == Region.NOSE.label).sum() > 500


@law
@given(st.integers(2, 300), st.floats(-100, 350), st.floats(0.5, 250))
def test_a_span_is_even_inside_and_the_same_in_a_mirror(side: int, low: float, length: float):
    first, last = _span(low, low + length, side)
    assert 0 <= first < last <= side
    assert (last - first) % 2 == 0
    cut_on_both_sides = low < 1 and low + length > side - 1
    beside = low + length < 3 or low > side - 3
    halves = 2 * low + length, length / 2  # where rounding has no side, a mirror has none either
    tie = any(abs(half - round(half)) < 1e-6 for half in halves)
    if not cut_on_both_sides and not beside and not tie:
        other = _span(side - low - length, side - low, side)
        assert (side - other[1], side - other[0]) == (first, last)
