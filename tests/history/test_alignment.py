"""A face that was moved, turned and bent comes back to its place; a painted disc is found there."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest

from cutis.core.assessment import Examination
from cutis.core.capture import CaptureInfo, Photo
from cutis.core.errors import InputError
from cutis.core.face import FaceCrop, Landmarks
from cutis.core.masks import ConditionMap, SkinMask
from cutis.core.vocabulary import Condition, Region
from cutis.history import AlignedPair, align_pair
from cutis.history.panel import draw_panel, encode_png
from cutis.history.warp import fit_similarity, triangulate, warp_between
from cutis.imaging.colour import linear_to_rgb, rgb_to_linear
from cutis.imaging.skin_optics import absorption_vectors
from cutis.steps.landmarks import LandmarkLimits, find_faces, full_mirror_order
from cutis.steps.regions import crop_face
from cutis.testing import (
    FakeFace,
    FakeLandmarker,
    FakeSkinSegmenter,
    drawn_face,
    sample_assessment,
    sample_examination,
    sample_photo,
)

WITHIN_PX = 1.5
TURN = cv2.getRotationMatrix2D((300.0, 380.0), 6.0, 0.9) + np.array([[0, 0, 9.4], [0, 0, -6.1]])
BEND_PX, BEND_LENGTH_PX = 5.0, 90.0


def bent(points: np.ndarray) -> np.ndarray:
    """Shift points sideways by a wave down the face, as another expression might."""
    wave = BEND_PX * np.sin(points[:, 1] / BEND_LENGTH_PX)
    return points + np.stack([wave, np.zeros_like(wave)], axis=1)


def moved(points: np.ndarray) -> np.ndarray:
    return (bent(points) @ TURN[:, :2].T + TURN[:, 2]).astype(np.float32)


def move(picture: np.ndarray, how: int = cv2.INTER_CUBIC) -> np.ndarray:
    """Show the picture bent by the wave, then turned, made smaller and shifted."""
    shown = picture.astype(np.uint8) if picture.dtype == bool else picture
    height, width = picture.shape[:2]
    x, y = (g.astype(np.float32) for g in np.meshgrid(np.arange(width), np.arange(height)))
    x -= np.float32(BEND_PX) * np.sin((y + 0.5) / BEND_LENGTH_PX).astype(np.float32)
    shown = cv2.remap(shown, x, y, how, borderMode=cv2.BORDER_REPLICATE)
    matrix = TURN.copy()  # OpenCV counts from pixel centres
    matrix[:, 2] += TURN[:, :2] @ (0.5, 0.5) - 0.5
    shown = cv2.warpAffine(shown, matrix, (width, height), flags=how)
    return shown.astype(picture.dtype)


def face(rgb: np.ndarray, landmarks: Landmarks, skin: SkinMask) -> Examination:
    """Return an examination of a crop with other pixels, landmarks and skin."""
    sample = sample_examination()
    crop = replace(sample.crop, rgb=rgb, linear=rgb_to_linear(rgb), landmarks=landmarks)
    return replace(sample, crop=crop, skin=skin)


@cache
def plain() -> Examination:
    sample = sample_examination()
    return face(np.ascontiguousarray(sample.crop.rgb), sample.crop.landmarks, sample.skin)


def later(rgb: np.ndarray) -> Examination:
    """Return ``rgb``, in the frame of the sample crop, as a moved later photo."""
    crop, skin = plain().crop, plain().skin
    points = moved(crop.landmarks.points)
    masks = [move(m, cv2.INTER_NEAREST) for m in (skin.skin, skin.deep_shadow, skin.glare)]
    landmarks = replace(crop.landmarks, points=points)
    return face(move(rgb), landmarks, SkinMask(*masks, "drawn", 1.0))


def dots(crop: FaceCrop) -> tuple[np.ndarray, np.ndarray]:
    """Return landmarks on clear skin, far from each other, and a picture with a dot on each."""
    skin = plain().skin.skin
    room = cv2.distanceTransform(skin.astype(np.uint8), cv2.DIST_L2, 5)
    chosen: list[np.ndarray] = []
    for x, y in crop.landmarks.points[:468]:
        inside = 0 <= y < skin.shape[0] and 0 <= x < skin.shape[1] and room[int(y), int(x)] > 14
        if inside and all(np.hypot(*(p - (x, y))) > 40 for p in chosen):
            chosen.append(np.array([x, y]))
    picture = np.zeros(crop.shape, np.float32)
    rows, columns = np.indices(crop.shape) + 0.5
    for x, y in chosen:
        picture += np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * 2.5**2))
    return np.array(chosen), picture


def test_landmarks_come_back_to_their_place():
    """The dots are painted into the pixels, so that the picture itself is followed."""
    crop = plain().crop
    places, picture = dots(crop)
    assert len(places) >= 12
    with_dots = np.clip(crop.rgb + 100 * picture[..., None], 0, 255).astype(np.uint8)
    shown = [align_pair(plain(), later(rgb)).after.astype(float) for rgb in (with_dots, crop.rgb)]
    brighter = np.clip((shown[0] - shown[1]).mean(axis=2) - 8, 0, None)
    rows, columns = np.indices(crop.shape) + 0.5
    for x, y in places:
        part = slice(int(y) - 14, int(y) + 15), slice(int(x) - 14, int(x) + 15)
        near, u, v = brighter[part], columns[part], rows[part]
        found = np.array([(near * u).sum(), (near * v).sum()]) / near.sum()
        assert np.hypot(*(found - (x, y))) < WITHIN_PX


def painted(density: float, centre: tuple[int, int], radius: int) -> np.ndarray:
    crop = plain().crop
    disc = cv2.circle(np.zeros(crop.shape, np.float32), centre, radius, 1.0, -1, cv2.LINE_AA)
    vector = absorption_vectors()[1].astype(np.float32)
    darker = rgb_to_linear(crop.rgb) * 10 ** (-density * disc[..., None] * vector)
    return linear_to_rgb(darker.astype(np.float32))


def cheek() -> tuple[int, int]:
    rows, columns = np.nonzero(plain().crop.regions.mask(Region.SUBJECT_LEFT_CHEEK))
    return int(columns.mean()), int(rows.mean())


@pytest.mark.parametrize("gain", [(1.0, 1.0, 1.0), (0.8, 0.8, 0.8), (0.88, 0.8, 0.74)])
def test_a_red_disc_shows_at_its_place_in_any_light(gain: tuple[float, float, float]):
    (x, y), radius = cheek(), 12
    linear = rgb_to_linear(painted(0.2, (x, y), radius)) * np.array(gain, np.float32)
    pair = align_pair(plain(), later(linear_to_rgb(linear.astype(np.float32))))
    rows, columns = np.indices(pair.seen.shape)
    away = np.hypot(columns - x, rows - y)
    inside, outside = away < radius - 3, pair.seen & (away > radius + 6)
    assert np.median(pair.haemoglobin[inside]) == pytest.approx(0.2, abs=0.04)
    assert abs(np.median(pair.haemoglobin[outside])) < 0.015
    assert np.quantile(np.abs(pair.haemoglobin[outside]), 0.95) < 0.06
    assert np.median(np.abs(pair.melanin[inside])) < 0.05
    top, left = np.unravel_index(pair.haemoglobin.argmax(), pair.seen.shape)
    assert np.hypot(left - x, top - y) < radius


def test_a_face_against_itself_differs_nowhere():
    pair = align_pair(plain(), plain())
    np.testing.assert_array_equal(pair.before, pair.after)
    assert float(np.abs(pair.haemoglobin).max()) < 1e-3
    assert float(np.abs(pair.melanin).max()) < 1e-3
    assert set(pair.conditions) == set(plain().maps)
    assert all(float(np.abs(m).max()) < 1e-3 for m in pair.conditions.values())
    assert pair.seen.sum() > 0.98 * plain().skin.skin.sum()


def test_differences_are_of_skin_seen_in_both():
    half = plain().skin.skin.copy()
    half[:, : half.shape[1] // 2] = False
    none = np.zeros_like(half)
    hidden = replace(plain(), skin=SkinMask(half, none, none, "drawn", 1.0))
    there, back = align_pair(plain(), hidden), align_pair(hidden, plain())
    for pair in (there, back):
        assert not pair.seen[:, : half.shape[1] // 2 - 2].any()
        assert pair.seen.any()
        for values in (pair.haemoglobin, pair.melanin, *pair.conditions.values()):
            assert not values[~pair.seen].any()


def test_maps_are_taken_from_each_other():
    looked_at = plain().skin.skin
    maps = [
        {
            c: ConditionMap(c, np.where(looked_at, np.float32(p), np.float32(0)), looked_at, m)
            for c, p, m in rows
        }
        for rows in (
            [(Condition.REDNESS, 0.2, "a"), (Condition.ACNE, 0.2, "a")],
            [(Condition.REDNESS, 0.7, "a"), (Condition.ACNE, 0.7, "b")],
        )
    ]
    pair = align_pair(replace(plain(), maps=maps[0]), replace(plain(), maps=maps[1]))
    assert set(pair.conditions) == {Condition.REDNESS}  # another method is no comparison
    assert np.median(pair.conditions[Condition.REDNESS][pair.seen]) == pytest.approx(0.5, abs=1e-3)


def test_a_refused_photo_is_told():
    with pytest.raises(InputError, match="refused"):
        align_pair(plain(), sample_examination(refused=True))


def photographed(rgb: np.ndarray, face_there: FakeFace) -> Examination:
    """Find, cut and segment the face, as the pipeline does."""
    height, width = rgb.shape[:2]
    photo = Photo(rgb, CaptureInfo("PNG", width, height, 8, "sRGB", "0", 1, lossy=False))
    landmarker = FakeLandmarker((face_there,))
    order = full_mirror_order(landmarker.canonical)
    limits = LandmarkLimits(search_px=10_000, trace_px=10_000)
    crop = crop_face(photo, find_faces(photo, landmarker, limits)[0], order)
    skin = FakeSkinSegmenter().segment(crop)
    return Examination(sample_assessment(), photo, crop, skin, {})


def test_photos_of_other_size_and_lean_are_brought_together():
    """Through the pipeline's own crops: 30 % smaller, leaning by 5 degrees, elsewhere."""
    rgb = np.ascontiguousarray(sample_photo())
    there = drawn_face()
    matrix = cv2.getRotationMatrix2D(there.centre, -5.0, 0.7)  # OpenCV turns the other way
    turned = cv2.warpAffine(rgb, matrix, rgb.shape[1::-1], flags=cv2.INTER_AREA)
    after = FakeFace(there.centre, 0.7 * there.inter_eye_px, roll_deg=5.0)
    pair = align_pair(photographed(rgb, there), photographed(turned, after))
    gray = [
        cv2.cvtColor(p, cv2.COLOR_RGB2GRAY).astype(np.float32) for p in (pair.before, pair.after)
    ]
    window = cv2.createHanningWindow((128, 128), cv2.CV_32F)
    height, width = pair.seen.shape
    for row, column in ((0.25, 0.3), (0.25, 0.6), (0.45, 0.4), (0.6, 0.3), (0.6, 0.55)):
        y, x = int(row * height), int(column * width)
        cut = [np.ascontiguousarray(g[y : y + 128, x : x + 128]) for g in gray]
        (dx, dy), _ = cv2.phaseCorrelate(*cut, window)
        assert np.hypot(dx, dy) < WITHIN_PX


def test_the_similarity_is_exact_where_there_is_one():
    rng = np.random.default_rng(0)
    source = rng.uniform(0, 400, (30, 2)).astype(np.float32)
    target = (source @ TURN[:, :2].T + TURN[:, 2]).astype(np.float32)
    turn, shift = fit_similarity(source, target)
    np.testing.assert_allclose(turn, TURN[:, :2], atol=1e-5)
    np.testing.assert_allclose(shift, TURN[:, 2], atol=1e-2)


def test_triangles_cover_the_hull_once():
    points = np.random.default_rng(1).uniform(0, 300, (60, 2)).astype(np.float32)
    triangles = triangulate(points)
    a, b, c = (points[triangles[:, i]] for i in range(3))
    u, v = b - a, c - a
    areas = np.abs(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]) / 2
    hull = cv2.contourArea(cv2.convexHull(points))
    assert float(areas.sum()) == pytest.approx(hull, rel=0.01)


def test_other_landmarks_are_told():
    points = np.random.default_rng(2).uniform(0, 300, (10, 2)).astype(np.float32)
    with pytest.raises(InputError, match="same landmarks"):
        warp_between(points, points[:9], (300, 300))


def test_the_panel_shows_the_disc_in_red():
    (x, y), radius = cheek(), 12
    pair = align_pair(
        plain(), face(painted(0.3, (x, y), radius), plain().crop.landmarks, plain().skin)
    )
    shown = draw_panel(pair)
    height, width = pair.seen.shape
    assert shown.shape[1] == 4 * width + 3 * 8
    third = shown[shown.shape[0] - height :, 2 * (width + 8) : 2 * (width + 8) + width].astype(int)
    red = third[..., 0] - third[..., 2]
    assert red[y, x] > 100
    assert (
        np.abs(
            red[
                pair.seen
                & (np.hypot(*np.indices(red.shape)[::-1] - np.array([x, y])[:, None, None]) > 20)
            ]
        ).max()
        < 60
    )
    assert encode_png(shown).startswith(b"\x89PNG")


def test_pairs_know_their_scale():
    pair: AlignedPair = align_pair(plain(), plain())
    assert pair.mm_per_px == plain().crop.mm_per_px
