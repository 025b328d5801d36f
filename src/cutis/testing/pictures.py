"""The drawn face as the pipeline's pictures: crop, regions, skin and condition maps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

import numpy as np
from jaxtyping import Float32

from cutis.core.arrays import RGB, LabelMap, Mask
from cutis.core.face import FaceCrop, Landmarks, Pose, RegionMap, Scale
from cutis.core.masks import ConditionMap, SkinMask
from cutis.core.vocabulary import Condition, LesionType, Region
from cutis.testing.drawing import (
    FOREHEAD_LINES_Y_MM,
    SPOTS,
    Plane,
    Sheet,
    Tone,
    bump,
    draw_face,
    face_shape,
    hairline_mm,
    plane,
    spot_mask,
)
from cutis.testing.fakes import drawn_face

PX_PER_MM = 4.0
CROP_BOX = (136, 176, 744, 948)
"""The cut around the drawn face, in pixels of the drawn photo."""


@cache
def sample_photo(tone: Tone = "medium") -> RGB:
    """Return the drawn face, 880 × 1100 px, read-only: the same pixels every time."""
    picture = draw_face(PX_PER_MM, tone)
    picture.flags.writeable = False
    return picture


def sample_crop(tone: Tone = "medium") -> FaceCrop:
    """Return the crop of the drawn face, at the scale of the photo."""
    sheet = _crop_sheet()
    rgb = _cut(sample_photo(tone))
    labels = _regions(sheet)
    excluded = _eyes(sheet) | _brows(sheet) | _lips(sheet) | _nostrils(sheet)
    return FaceCrop(
        rgb=rgb,
        linear=((rgb / 255.0) ** 2.2).astype(np.float32),
        landmarks=sample_landmarks(CROP_BOX[:2]),
        regions=RegionMap(labels),
        oval=_oval(sheet),
        excluded=excluded,
        creases=_upper_lids(sheet) & ~excluded,
        box=CROP_BOX,
        crop_per_photo=1.0,
        mm_per_px=1 / PX_PER_MM,
    )


def sample_landmarks(origin: tuple[int, int] = (0, 0)) -> Landmarks:
    """Return the landmarks of the drawn face, seen from ``origin`` in photo pixels."""
    points = drawn_face(PX_PER_MM).points() - np.array([*origin, 0], np.float32)
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    return Landmarks(
        points=points[:, :2],
        points3=points,
        box=(float(low[0]), float(low[1]), float(high[0]), float(high[1])),
        confidence=0.99,
        pose=Pose(yaw_deg=0.6, pitch_deg=-1.8, roll_deg=0.2),
        scale=Scale(1 / PX_PER_MM, 0.045, "iris"),
        inter_eye_px=252.0,
        blendshapes={},
    )


def sample_skin(crop: FaceCrop) -> SkinMask:
    """Return the drawn skin: the face below the hairline without eyes, brows, lips, nostrils."""
    none = np.zeros(crop.shape, dtype=bool)
    return SkinMask(crop.oval & ~crop.excluded, none, none, "drawn", 1.0)


def sample_maps(skin: SkinMask) -> Mapping[Condition, ConditionMap]:
    """Return a map per condition that follows from what is painted; some conditions have none."""
    sheet, labels = _crop_sheet(), _regions(_crop_sheet())
    return {
        condition: _condition_map(condition, draw(sheet), skin.skin & _where(labels, regions))
        for condition, (draw, regions) in _MAPS.items()
    }


def _condition_map(condition: Condition, raw: Plane, looked_at: Mask) -> ConditionMap:
    probability = np.where(looked_at, np.clip(raw, 0, 1), 0).astype(np.float32)
    return ConditionMap(condition, probability, looked_at, "drawn")


def _where(labels: LabelMap, regions: tuple[Region, ...]) -> Mask:
    if not regions:
        return np.ones(labels.shape, dtype=bool)
    return np.isin(labels, [region.label for region in regions])


def _spots_of(kind: LesionType) -> Callable[[Sheet], Plane]:
    def draw(sheet: Sheet) -> Plane:
        spots = tuple(spot for spot in SPOTS if spot.type is kind)
        inner, halo = spot_mask(sheet, spots, 1.25), spot_mask(sheet, spots, 1.8)
        return plane(0.92 * inner + 0.35 * (halo & ~inner))

    return draw


def _cheeks_glow(sheet: Sheet) -> Plane:
    glow = bump(sheet, (-42, 34), (16, 14)) + bump(sheet, (42, 34), (14, 12))
    glow += 0.8 * bump(sheet, (0, 38), (10, 9)) + _spots_of(LesionType.INFLAMED_SPOT)(sheet)
    return plane(0.85 * glow)


def _forehead_lines(sheet: Sheet) -> Plane:
    lines = np.zeros(sheet.x.shape, np.float32)
    for y in FOREHEAD_LINES_Y_MM:
        bend = y + 0.0022 * sheet.x**2
        lines += np.exp(-0.5 * ((sheet.y - bend) / 0.7) ** 2) * bump(sheet, (0, y), (26, 30))
    return lines


def _dots(sheet: Sheet) -> Plane:
    pattern = np.cos(sheet.x * 3.1) * np.cos(sheet.y * 3.4 + np.sin(sheet.x))
    dots: Plane = np.where(pattern > 0.55, pattern, 0) * bump(sheet, (0, 30), (26, 20))
    return plane(dots)


def _rough(sheet: Sheet) -> Plane:
    wave = 0.5 + 0.5 * np.sin(sheet.x * 0.9) * np.sin(sheet.y * 0.8 + 1)
    return plane(0.7 * wave * (bump(sheet, (-44, 42), (14, 12)) + 0.4))


def _shine(sheet: Sheet) -> Plane:
    shine = 0.9 * bump(sheet, (0, -38), (17, 9)) + bump(sheet, (0, 26), (4, 14))
    return plane(shine)


def _circles(sheet: Sheet) -> Plane:
    return bump(sheet, (-31, 13), (13, 5)) * 0.8 + bump(sheet, (31, 13), (13, 5)) * 0.7


_UNDER_EYES = (Region.SUBJECT_LEFT_PERIORBITAL, Region.SUBJECT_RIGHT_PERIORBITAL)
_MAPS: dict[Condition, tuple[Callable[[Sheet], Plane], tuple[Region, ...]]] = {
    Condition.ACNE: (_spots_of(LesionType.INFLAMED_SPOT), ()),
    Condition.REDNESS: (_cheeks_glow, ()),
    Condition.PIGMENTATION: (_spots_of(LesionType.DARK_SPOT), ()),
    Condition.WRINKLES: (_forehead_lines, (Region.FOREHEAD, Region.GLABELLA, *_UNDER_EYES)),
    Condition.PORES: (
        _dots,
        (Region.NOSE, Region.SUBJECT_LEFT_CHEEK, Region.SUBJECT_RIGHT_CHEEK),
    ),
    Condition.TEXTURE: (_rough, (Region.SUBJECT_LEFT_CHEEK, Region.SUBJECT_RIGHT_CHEEK)),
    Condition.OILINESS: (_shine, ()),
    Condition.DARK_CIRCLES: (_circles, _UNDER_EYES),
}


def _cut(array: np.ndarray) -> np.ndarray:
    x0, y0, x1, y1 = CROP_BOX
    return array[y0:y1, x0:x1]


@cache
def _crop_sheet() -> Sheet:
    sheet = Sheet.of(PX_PER_MM)
    return Sheet(_cut(sheet.x), _cut(sheet.y), PX_PER_MM)


def _oval(sheet: Sheet) -> Mask:
    oval: Mask = (face_shape(sheet) > 0.5) & (sheet.y > hairline_mm(sheet))
    return oval


def _regions(sheet: Sheet) -> LabelMap:
    """Return the label map of the drawn regions; later ones lie over earlier ones."""
    x, y, oval = sheet.x, sheet.y, _oval(sheet)
    labels = np.zeros(x.shape, np.uint8)
    nose_half = 8 + 10 * np.clip((y + 4) / 46, 0, 1)
    shapes: tuple[tuple[Region, Float32[np.ndarray, "h w"] | Mask], ...] = (
        (Region.FOREHEAD, (y < -26) & (np.hypot(x / 60, (y + 26) / 48) < 1)),
        (Region.GLABELLA, (np.abs(x) < 12) & (y > -26) & (y < -8)),
        (Region.SUBJECT_RIGHT_JAW, (x < -18) & (y > 56)),
        (Region.SUBJECT_LEFT_JAW, (x > 18) & (y > 56)),
        (Region.SUBJECT_RIGHT_CHEEK, _cheek(sheet, -39)),
        (Region.SUBJECT_LEFT_CHEEK, _cheek(sheet, 39)),
        (Region.SUBJECT_RIGHT_PERIORBITAL, np.hypot((x + 32) / 24, (y - 3) / 17) < 1),
        (Region.SUBJECT_LEFT_PERIORBITAL, np.hypot((x - 32) / 24, (y - 3) / 17) < 1),
        (Region.CHIN, np.hypot(x / 24, (y - 98) / 20) < 1),
        (Region.PERIORAL, np.hypot(x / 32, (y - 66) / 17) < 1),
        (Region.NOSE, (np.abs(x) < nose_half) & (y > -8) & (y < 50)),
    )
    for region, shape in shapes:
        labels[shape & oval] = region.label
    return labels


def _cheek(sheet: Sheet, centre_mm: float) -> Mask:
    cheek: Mask = ((sheet.x - centre_mm) / 25) ** 4 + ((sheet.y - 36) / 23) ** 4 < 1
    return cheek


def _eyes(sheet: Sheet) -> Mask:
    eyes: Mask = np.hypot((np.abs(sheet.x) - 31.5) / 17, sheet.y / 7.5) < 1
    return eyes


def _upper_lids(sheet: Sheet) -> Mask:
    lids: Mask = np.hypot((np.abs(sheet.x) - 31.5) / 20, (sheet.y + 6) / 6) < 1
    return lids


def _brows(sheet: Sheet) -> Mask:
    brows: Mask = np.hypot((np.abs(sheet.x) - 31) / 21, (sheet.y + 20) / 5) < 1
    return brows


def _lips(sheet: Sheet) -> Mask:
    lips: Mask = np.hypot(sheet.x / 27, (sheet.y - 67) / 10.5) < 1
    return lips


def _nostrils(sheet: Sheet) -> Mask:
    nostrils: Mask = np.hypot((np.abs(sheet.x) - 6.8) / 5, (sheet.y - 47) / 2.6) < 1
    return nostrils
