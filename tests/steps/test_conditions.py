"""Conditions painted on the drawn face are seen where they are, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

import cv2
import numpy as np
import pytest

from cutis.core.capture import CaptureInfo, Photo
from cutis.core.face import FaceCrop, RegionMap
from cutis.core.masks import ConditionMap, SkinMask
from cutis.core.vocabulary import Condition, Region
from cutis.imaging.chromophores import absorption_vectors
from cutis.imaging.colour import encode_srgb, rgb_to_linear
from cutis.steps.conditions import ClassicalConditionSegmenter, ConditionLimits, SkinMaps
from cutis.steps.conditions.reduce import reduce_crop
from cutis.steps.landmarks import LandmarkLimits, describe_face, full_mirror_order
from cutis.steps.regions import crop_face
from cutis.steps.skin import ColourSkinSegmenter
from cutis.testing import FakeLandmarker, drawn_face, sample_photo
from cutis.testing.drawing import Sheet

TONES = ("light", "medium", "dark")
MELANIN, HAEMOGLOBIN = absorption_vectors()
GREY = np.ones(3)
SHEET = Sheet.of(4.0)
ORDER = full_mirror_order(FakeLandmarker().canonical)
Seen = Mapping[Condition, ConditionMap]


@dataclass(frozen=True, eq=False)
class Paint:
    """Something painted: how much of an absorber where (in density), or mirrored light."""

    amount: np.ndarray
    absorber: np.ndarray | None

    @property
    def core(self) -> np.ndarray:
        """Where at least two thirds of it lie."""
        return np.abs(self.amount) > 0.66 * np.abs(self.amount).max()


def disc(x: float, y: float, radius: float) -> np.ndarray:
    return np.clip(0.5 - (np.hypot(SHEET.x - x, SHEET.y - y) - radius) / 0.5, 0, 1)


def hill(x: float, y: float, width: float, height: float) -> np.ndarray:
    return np.exp(-0.5 * (((SHEET.x - x) / width) ** 2 + ((SHEET.y - y) / height) ** 2))


def across(y: float, width: float) -> np.ndarray:
    """A line of 40 mm across the forehead, tapering off."""
    return np.exp(-0.5 * ((SHEET.y - y) / width) ** 2) * (np.abs(SHEET.x) < 20)


def waves(x: float, y: float, reach: float) -> np.ndarray:
    inside = (np.abs(SHEET.x - x) < reach) & (np.abs(SHEET.y - y) < reach)
    return np.sin(2 * np.pi * SHEET.x / 2.6) * np.sin(2 * np.pi * SHEET.y / 2.6) * inside


PAINTS = {
    "red spot": Paint(0.35 * disc(-38, 66, 2.2), HAEMOGLOBIN),
    "brown spot": Paint(0.35 * disc(38, 66, 2.2), MELANIN),
    "dark line": Paint(0.12 * across(-32, 0.5), GREY),
    "white patch": Paint(hill(36, 28, 4, 4), None),
    "under-eye": Paint(0.15 * (hill(-31, 13, 13, 5) + hill(31, 13, 13, 5)), MELANIN + HAEMOGLOBIN),
    "roughness": Paint(0.16 * waves(-44, 36, 14), GREY),
}
ROUGH = (np.abs(SHEET.x + 44) < 10) & (np.abs(SHEET.y - 36) < 10)


def paint(rgb: np.ndarray, paints: Mapping[str, Paint]) -> np.ndarray:
    linear = rgb_to_linear(rgb).astype(np.float64)
    usual = np.median(linear[600:700, 500:600])
    for layer in paints.values():
        if layer.absorber is None:
            linear = linear + (1.2 * usual * layer.amount)[..., None]
        else:
            linear = linear * 10 ** (-layer.amount[..., None] * layer.absorber)
    return np.round(encode_srgb(np.clip(linear, 0, 1)) * 255).astype(np.uint8)


def crop_of(rgb: np.ndarray) -> FaceCrop:
    height, width = rgb.shape[:2]
    info = CaptureInfo("PNG", width, height, 8, "sRGB", "0" * 64, size_bytes=1, lossy=False)
    face = describe_face(drawn_face().points(), 1.0, FakeLandmarker(), LandmarkLimits())
    return crop_face(Photo(rgb, info), face, ORDER)


def segment(crop: FaceCrop, skin: SkinMask | None = None) -> Seen:
    return ClassicalConditionSegmenter(ORDER).segment(
        crop, ColourSkinSegmenter().segment(crop) if skin is None else skin
    )


@cache
def plain(tone: str) -> tuple[FaceCrop, Seen]:
    crop = crop_of(sample_photo(tone))
    return crop, segment(crop)


@cache
def with_paint(tone: str) -> tuple[FaceCrop, Seen]:
    crop = crop_of(paint(sample_photo(tone), PAINTS))
    return crop, segment(crop)


def at(seen: tuple[FaceCrop, Seen], condition: Condition, where: np.ndarray) -> np.ndarray:
    """The probabilities within a part of the photo, where it was looked at."""
    crop, maps = seen
    x0, y0, x1, y1 = crop.box
    found = maps[condition]
    inside = where[y0:y1, x0:x1] & found.looked_at
    assert inside.sum() > 0.5 * where[y0:y1, x0:x1].sum()
    return found.probability[inside]


@pytest.mark.parametrize("tone", TONES)
@pytest.mark.parametrize(("name", "condition", "least"), [
    ("red spot", Condition.ACNE, 0.6),
    ("red spot", Condition.REDNESS, 0.3),
    ("brown spot", Condition.PIGMENTATION, 0.6),
    ("dark line", Condition.WRINKLES, 0.6),
    ("white patch", Condition.OILINESS, 0.6),
    ("under-eye", Condition.DARK_CIRCLES, 0.8),
    ("roughness", Condition.TEXTURE, 0.4),
])  # fmt: skip
def test_what_is_painted_is_seen(tone: str, name: str, condition: Condition, least: float):
    where = ROUGH if name == "roughness" else PAINTS[name].core
    before = float(at(plain(tone), condition, where).mean())
    after = float(at(with_paint(tone), condition, where).mean())
    assert after > least
    assert after > before + 0.25


@pytest.mark.parametrize("tone", TONES)
@pytest.mark.parametrize(("name", "condition"), [
    ("dark line", Condition.ACNE),
    ("dark line", Condition.PIGMENTATION),
    ("red spot", Condition.PIGMENTATION),
    ("brown spot", Condition.ACNE),
    ("under-eye", Condition.OILINESS),
    ("brown spot", Condition.REDNESS),
])  # fmt: skip
def test_one_condition_is_not_taken_for_another(tone: str, name: str, condition: Condition):
    values = at(with_paint(tone), condition, PAINTS[name].core & (SHEET.x < 60))
    assert float(np.quantile(values, 0.95)) < 0.3


@pytest.mark.parametrize("tone", ["medium"])
def test_a_bright_line_is_no_wrinkle(tone: str):
    bright = Paint(-0.12 * across(-32, 0.5), GREY)
    crop = crop_of(paint(sample_photo(tone), {"bright line": bright}))
    assert float(at((crop, segment(crop)), Condition.WRINKLES, bright.core).mean()) < 0.2


@pytest.mark.parametrize("tone", ["light", "dark"])
def test_a_stronger_paint_is_more_surely_seen(tone: str):
    values = []
    for amount in (0.06, 0.15):
        spot = Paint(amount * disc(-38, 66, 2.2), HAEMOGLOBIN)
        crop = crop_of(paint(sample_photo(tone), {"spot": spot}))
        values.append(float(at((crop, segment(crop)), Condition.ACNE, spot.core).mean()))
    values.append(float(at(with_paint(tone), Condition.ACNE, PAINTS["red spot"].core).mean()))
    assert values == sorted(values)
    assert values[0] < 0.3 < values[-1]


@pytest.mark.parametrize("tone", TONES)
def test_nothing_is_claimed_where_nothing_was_looked_at(tone: str):
    crop, maps = with_paint(tone)
    for condition, found in maps.items():
        assert found.condition is condition
        assert found.method == "classical"
        assert found.probability.shape == found.looked_at.shape == crop.shape
        assert 0 <= found.probability.min() <= found.probability.max() <= 1
        assert not (found.looked_at & crop.excluded).any(), condition
        assert not (found.looked_at & ~crop.oval).any(), condition
        beside = ~cv2.dilate(found.looked_at.astype(np.uint8), np.ones((3, 3))).astype(bool)
        assert not (beside & (found.probability > 0.5)).any(), condition


@pytest.mark.parametrize("tone", TONES)
def test_the_drawn_face_is_mostly_clear(tone: str):
    _, maps = plain(tone)
    limits = {Condition.REDNESS: 0.15, Condition.TEXTURE: 0.2}
    for condition, found in maps.items():
        share = float((found.probability[found.looked_at] > 0.5).mean())
        assert share < limits.get(condition, 0.06), condition


def test_conditions_are_looked_for_in_their_own_regions():
    crop, maps = plain("medium")
    within = {
        Condition.WRINKLES: set(Region) - {Region.NOSE, Region.CHIN},
        Condition.TEXTURE: set(Region) - {Region.NOSE, Region.PERIORAL, Region.GLABELLA},
    }
    for condition, regions in within.items():
        own = np.isin(crop.regions.labels, [r.label for r in regions])
        looked_at = maps[condition].looked_at
        assert (looked_at & own).sum() > 0.98 * looked_at.sum() > 0
    for condition in (Condition.ACNE, Condition.PIGMENTATION, Condition.WRINKLES):
        eroded = cv2.erode(crop.creases.astype(np.uint8), np.ones((3, 3))).astype(bool)
        assert not (maps[condition].looked_at & eroded).any()


# Scale


def flat(mm_per_px: float, rgb: np.ndarray, region: Region = Region.NOSE) -> FaceCrop:
    """A flat piece of skin, all of one region, at any scale."""
    shape = rgb.shape[:2]
    none = np.zeros(shape, bool)
    return replace(
        plain("medium")[0],
        rgb=rgb,
        linear=rgb_to_linear(rgb),
        regions=RegionMap(np.full(shape, region.label, np.uint8)),
        oval=~none,
        excluded=none,
        creases=none,
        box=(0, 0, shape[1], shape[0]),
        mm_per_px=mm_per_px,
    )


def all_skin(crop: FaceCrop) -> SkinMask:
    none = np.zeros(crop.shape, bool)
    return SkinMask(crop.oval & ~crop.excluded, none, none, "drawn", 1.0)


def dotted(tone: tuple[int, int, int], mm_per_px: float) -> tuple[np.ndarray, np.ndarray]:
    """Skin with dark dots of 0.4 mm every 3 mm, and where their middles are."""
    side, step = 120, round(3 / mm_per_px)
    y, x = np.mgrid[:side, :side]
    dots = np.zeros((side, side), np.float32)
    for cy in range(step, side - step // 2, step):
        for cx in range(step, side - step // 2, step):
            dots += np.exp(-0.5 * np.hypot(x - cx, y - cy) ** 2 / (0.2 / mm_per_px) ** 2)
    light = rgb_to_linear(np.full((side, side, 3), tone, np.uint8)) * 10 ** (
        -0.12 * dots[..., None]
    )
    rgb = np.round(encode_srgb(light) * 255)
    rgb += np.random.default_rng(1).normal(0, 0.7, rgb.shape)
    return np.clip(rgb, 0, 255).astype(np.uint8), dots > 0.9


@pytest.mark.parametrize("tone", [(214, 170, 148), (168, 130, 105), (112, 82, 64)])
def test_small_dark_dots_are_pores_in_a_close_photo(tone: tuple[int, int, int]):
    rgb, dots = dotted(tone, 0.1)
    crop = flat(0.1, rgb)
    found = segment(crop, all_skin(crop))[Condition.PORES]
    inner = dots & found.looked_at
    assert inner.any()
    assert found.probability[inner].min() > 0.7
    between = found.looked_at & ~cv2.dilate(dots.astype(np.uint8), np.ones((9, 9))).astype(bool)
    assert found.probability[between].mean() < 0.1


def test_bright_dots_are_no_pores():
    rgb, dots = dotted((168, 130, 105), 0.1)
    crop = flat(0.1, np.clip(2.0 * np.array([168, 130, 105]) - rgb, 0, 255).astype(np.uint8))
    found = segment(crop, all_skin(crop))[Condition.PORES]
    assert found.probability[dots & found.looked_at].max() < 0.3


@pytest.mark.parametrize("mm_per_px", [0.15, 0.25, 0.35, 0.42, 0.6, 0.9, 1.05, 1.5, 2.0])
def test_what_is_too_fine_for_the_photo_is_left_out(mm_per_px: float):
    segmenter = ClassicalConditionSegmenter(ORDER)
    crop = flat(mm_per_px, np.full((60, 60, 3), (168, 130, 105), np.uint8), Region.FOREHEAD)
    seen = segmenter.segment(crop, all_skin(crop))
    assert set(seen) == {c for c in Condition if mm_per_px <= segmenter.coarsest(c)}
    assert list(seen) == [c for c in Condition if c in seen]


def test_fine_conditions_go_first():
    segmenter = ClassicalConditionSegmenter(ORDER)
    assert segmenter.conditions == frozenset(Condition)
    assert segmenter.uses() == ()
    order = sorted(Condition, key=segmenter.coarsest)
    assert order[:2] == [Condition.PORES, Condition.DRYNESS]
    assert set(order[-2:]) == {Condition.REDNESS, Condition.OILINESS}


def test_no_skin_gives_maps_without_a_claim():
    crop, _ = plain("medium")
    none = np.zeros(crop.shape, bool)
    for found in segment(crop, SkinMask(none, none, none, "drawn", 0.0)).values():
        assert not found.looked_at.any()
        assert not found.probability.any()


# Reduction


@pytest.mark.parametrize("to_mm_per_px", [0.4, 0.51, 0.77])
def test_a_reduced_crop_keeps_regions_and_geometry(to_mm_per_px: float):
    crop, _ = plain("medium")
    skin = all_skin(crop)
    small, small_skin = reduce_crop(crop, skin, to_mm_per_px)
    by = crop.mm_per_px / to_mm_per_px
    assert small.mm_per_px == to_mm_per_px
    assert small.crop_per_photo == pytest.approx(crop.crop_per_photo * by)
    assert small.box == crop.box
    assert small.shape == pytest.approx([side * by for side in crop.shape], abs=0.51)
    assert small_skin.skin.shape == small.linear.shape[:2] == small.shape
    for region in Region:
        before, after = crop.regions.mask(region), small.regions.mask(region)
        assert after.sum() == pytest.approx(before.sum() * by * by, rel=0.05)
        assert middle(after) == pytest.approx(middle(before) * by, abs=1)
    for name in ("oval", "excluded", "creases"):
        before, after = getattr(crop, name), getattr(small, name)
        assert after.sum() == pytest.approx(before.sum() * by * by, rel=0.05)
    assert small.landmarks.points == pytest.approx(crop.landmarks.points * by, rel=1e-5)
    assert small.linear.mean() == pytest.approx(crop.linear.mean(), rel=0.02)


def middle(where: np.ndarray) -> np.ndarray:
    rows, cols = np.nonzero(where)
    return np.array([cols.mean() + 0.5, rows.mean() + 0.5])


def test_a_crop_is_never_enlarged():
    crop, _ = plain("medium")
    skin = all_skin(crop)
    assert reduce_crop(crop, skin, 0.1) == (crop, skin)


def test_shine_is_not_matte_and_the_border_is_not_inner():
    crop, _ = with_paint("medium")
    maps = SkinMaps(crop, ColourSkinSegmenter().segment(crop), ConditionLimits())
    x0, y0, x1, y1 = crop.box
    shiny = (hill(36, 28, 4, 4) > 0.8)[y0:y1, x0:x1]
    assert maps.measurable[shiny].all()
    assert not maps.matte[shiny].any()
    assert maps.inner.sum() < maps.measurable.sum()
    assert not (maps.inner & ~maps.measurable).any()
