"""Skin by landmarks and own colour: marks and highlights stay in, hair and cloth go out."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from cutis.core.capture import CaptureInfo, Photo
from cutis.core.face import FaceCrop, RegionMap
from cutis.core.masks import SkinMask
from cutis.core.vocabulary import Region
from cutis.imaging.chromophores import absorption_vectors
from cutis.imaging.colour import encode_srgb, rgb_to_linear
from cutis.steps.landmarks import LandmarkLimits, describe_face, full_mirror_order
from cutis.steps.regions import crop_face
from cutis.steps.skin import ColourSkinSegmenter, SkinLimits
from cutis.testing import FakeLandmarker, drawn_face, mask, sample_photo, show
from cutis.testing.drawing import Sheet

TONES = ("light", "medium", "dark")
SHEET = Sheet.of(4.0)
ORDER = full_mirror_order(FakeLandmarker().canonical)


def disc(x: float, y: float, radius: float) -> np.ndarray:
    """A disc in millimetres on the drawn photo."""
    return np.hypot(SHEET.x - x, SHEET.y - y) < radius


@cache
def drawn(tone: str) -> tuple[FaceCrop, SkinMask]:
    crop = crop_of(sample_photo(tone))
    return crop, segment(crop)


def crop_of(rgb: np.ndarray) -> FaceCrop:
    height, width = rgb.shape[:2]
    info = CaptureInfo("PNG", width, height, 8, "sRGB", "0" * 64, size_bytes=1, lossy=False)
    face = describe_face(drawn_face().points(), 1.0, FakeLandmarker(), LandmarkLimits())
    return crop_face(Photo(rgb, info), face, ORDER)


def segment(crop: FaceCrop) -> SkinMask:
    return ColourSkinSegmenter().segment(crop)


def inside(crop: FaceCrop, where: np.ndarray) -> np.ndarray:
    x0, y0, x1, y1 = crop.box
    return where[y0:y1, x0:x1]


def painted(tone: str, where: np.ndarray, colour: tuple[int, int, int]) -> FaceCrop:
    rgb = sample_photo(tone).copy()
    rgb[where] = colour
    return crop_of(rgb)


def in_light(tone: str, where: np.ndarray, by: np.ndarray | float) -> FaceCrop:
    """Multiply the linear light of a part of the photo."""
    linear = rgb_to_linear(sample_photo(tone)).astype(np.float64)
    linear[where] *= by
    return crop_of(np.round(encode_srgb(np.clip(linear, 0, 1)) * 255).astype(np.uint8))


@pytest.mark.parametrize("tone", TONES)
def test_most_of_the_drawn_face_is_skin(tone: str):
    crop, skin = drawn(tone)
    expected = crop.oval & ~crop.excluded
    assert (skin.skin & expected).sum() > 0.93 * expected.sum()
    assert not (skin.skin & ~expected).any()
    assert skin.confidence == pytest.approx(skin.skin.sum() / expected.sum())
    assert skin.method == ColourSkinSegmenter.method


@pytest.mark.parametrize("tone", TONES)
@pytest.mark.parametrize("colour", [(38, 26, 20), (40, 90, 190), (30, 120, 60)], ids=str)
def test_hair_and_cloth_are_out(tone: str, colour: tuple[int, int, int]):
    where = disc(42, 45, 14)
    if tone == "dark" and colour == (38, 26, 20):
        colour = (8, 6, 5)
    crop = painted(tone, where, colour)
    skin = segment(crop)
    assert skin.skin[inside(crop, disc(42, 45, 12))].mean() < 0.02
    assert skin.skin[inside(crop, disc(-42, 45, 12))].mean() > 0.9


def test_the_background_is_out():
    """The far half of the face lies beyond the picture's subject: a wall in its place."""
    crop = painted("medium", SHEET.x > 20, (170, 178, 184))
    skin = segment(crop)
    assert skin.skin[inside(crop, SHEET.x > 23)].mean() < 0.01
    assert skin.skin[inside(crop, disc(-42, 45, 12))].mean() > 0.9


@pytest.mark.parametrize("tone", TONES)
def test_red_spots_stay_in(tone: str):
    where = disc(40, 40, 4) | disc(-30, 62, 3) | disc(0, -35, 3)
    redder = 10 ** (-0.3 * absorption_vectors()[1])
    crop = in_light(tone, where, redder)
    assert segment(crop).skin[inside(crop, where)].mean() > 0.98


@pytest.mark.parametrize("tone", TONES)
def test_highlights_stay_in(tone: str):
    where = disc(0, 30, 4) | disc(10, -35, 5)
    rgb = sample_photo(tone).astype(np.float64)
    rgb[where] += 0.5 * (255 - rgb[where])
    crop = crop_of(np.round(rgb).astype(np.uint8))
    skin = segment(crop)
    assert skin.skin[inside(crop, where)].mean() > 0.98
    assert not skin.glare.any()


def test_clipped_highlights_are_glare():
    where = disc(10, -35, 5)
    crop = painted("medium", where, (255, 255, 252))
    skin = segment(crop)
    here = inside(crop, where)
    assert skin.glare[here].mean() > 0.98
    assert not skin.glare[~here].any()
    assert not skin.measurable[here & skin.glare].any()


def test_deep_shadow_is_skin_that_cannot_be_measured():
    """The darkest shade that still has the colour of skin."""
    where = disc(-46, 70, 5)
    crop = in_light("medium", where, 10**-0.5)
    limits = SkinLimits(max_distance=60.0, shadow_density=0.3)
    skin = ColourSkinSegmenter(limits).segment(crop)
    here = inside(crop, where)
    assert skin.skin[here].mean() > 0.98
    assert skin.deep_shadow[here].mean() > 0.9
    assert not (skin.measurable & skin.deep_shadow).any()


def test_shade_from_the_side_does_not_take_skin_away():
    crop = in_light("medium", SHEET.x < 0, 0.55)
    expected = crop.oval & ~crop.excluded
    assert segment(crop).skin[expected].mean() > 0.85


def test_a_mirrored_face_has_the_mirrored_skin():
    crop, skin = drawn("medium")
    flipped = {
        name: np.ascontiguousarray(getattr(crop, name)[:, ::-1])
        for name in ("rgb", "linear", "oval", "excluded", "creases")
    }
    table = np.array([0, *(r.mirrored.label for r in Region)], np.uint8)
    regions = RegionMap(np.ascontiguousarray(table[crop.regions.labels[:, ::-1]]))
    other = segment(replace(crop, **flipped, regions=regions))
    agree = (other.skin[:, ::-1] == skin.skin).mean()
    assert agree > 0.999


def tiny(oval: str, rgb: tuple[int, int, int]) -> FaceCrop:
    """A crop of a few pixels, 1 mm each, in one colour, without regions."""
    inner = mask(oval)
    none = np.zeros(inner.shape, bool)
    picture = np.empty((*inner.shape, 3), np.uint8)
    picture[:] = rgb
    return replace(
        drawn("medium")[0],
        rgb=picture,
        linear=rgb_to_linear(picture),
        regions=RegionMap(none.astype(np.uint8)),
        oval=inner,
        excluded=none,
        creases=none,
        box=(0, 0, inner.shape[1], inner.shape[0]),
        mm_per_px=1.0,
    )


def test_an_even_face_is_skin_as_far_as_the_oval_goes():
    drawing = "........\n..####..\n.######.\n.######.\n..####..\n........"
    skin = segment(tiny(drawing, (190, 140, 120)))
    assert show(skin.skin) == drawing
    assert not skin.deep_shadow.any()
    assert not skin.glare.any()


@pytest.mark.parametrize("rgb", [(190, 140, 120), (0, 0, 0), (255, 255, 255)])
def test_no_face_in_the_crop_is_no_skin(rgb: tuple[int, int, int]):
    skin = segment(tiny("\n".join(["......"] * 5), rgb))
    assert not skin.skin.any()
    assert not skin.measurable.any()
    assert skin.confidence == 0


@pytest.mark.parametrize(("rgb", "name"), [((0, 0, 0), "deep_shadow"), ((255, 255, 255), "glare")])
def test_a_black_or_white_picture_has_nothing_to_measure(rgb: tuple[int, int, int], name: str):
    skin = segment(tiny("......\n.####.\n.####.\n.####.\n......", rgb))
    assert np.array_equal(getattr(skin, name), skin.skin)
    assert not skin.measurable.any()


def test_no_model_takes_part():
    assert ColourSkinSegmenter().uses() == ()
