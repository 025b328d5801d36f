"""A drawn face: an ellipsoid head lit from above, painted in millimetres; no real person.

Coordinates are millimetres on the picture plane: x to the right, y down, the origin between the
pupils. The subject's right side is therefore at negative x. Every line comes from a seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float32

from cutis.core.arrays import RGB, Mask
from cutis.core.vocabulary import LesionType

Plane = Float32[np.ndarray, "h w"]
Colour = tuple[float, float, float]
Tone = Literal["light", "medium", "dark"]

INTER_EYE_MM = 63.0
"""Mean distance between adult pupil centres (Dodgson 2004, doi:10.1117/12.529999)."""

IRIS_RADIUS_MM = 5.85
"""Half the mean visible iris diameter of 11.7 mm (Rüfer, Schröder, Erb 2005, *Cornea* 24:259)."""

WIDTH_MM, HEIGHT_MM = 220.0, 275.0
EYE_LINE_MM = 118.0
"""Depth of the eye line below the upper edge of the picture."""

_SKIN: dict[str, Colour] = {
    "light": (0.63, 0.40, 0.29),
    "medium": (0.40, 0.235, 0.155),
    "dark": (0.155, 0.082, 0.052),
}


@dataclass(frozen=True, slots=True)
class Spot:
    """A spot painted on the drawn face: centre and radius in millimetres, and its kind."""

    x_mm: float
    y_mm: float
    radius_mm: float
    type: LesionType


SPOTS = (
    Spot(-43, 38, 2.6, LesionType.INFLAMED_SPOT),
    Spot(-36, 50, 1.9, LesionType.INFLAMED_SPOT),
    Spot(-50, 52, 1.6, LesionType.INFLAMED_SPOT),
    Spot(41, 46, 2.2, LesionType.INFLAMED_SPOT),
    Spot(9, 96, 2.0, LesionType.INFLAMED_SPOT),
    Spot(-12, -44, 1.7, LesionType.INFLAMED_SPOT),
    Spot(47, 27, 2.4, LesionType.DARK_SPOT),
    Spot(37, 33, 1.5, LesionType.DARK_SPOT),
    Spot(-47, 23, 1.6, LesionType.DARK_SPOT),
    Spot(24, -48, 1.8, LesionType.DARK_SPOT),
)
"""What is painted on the drawn face, so that a test knows the truth."""

FOREHEAD_LINES_Y_MM = (-50.0, -40.0)
"""Where two fine lines cross the drawn forehead."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The picture plane: x and y in millimetres for every pixel."""

    x: Plane
    y: Plane
    px_per_mm: float

    @classmethod
    def of(cls, px_per_mm: float) -> Sheet:
        """Return the plane of the whole picture at ``px_per_mm``."""
        width, height = round(WIDTH_MM * px_per_mm), round(HEIGHT_MM * px_per_mm)
        x = (np.arange(width, dtype=np.float32) + np.float32(0.5)) / px_per_mm - WIDTH_MM / 2
        y = (np.arange(height, dtype=np.float32) + np.float32(0.5)) / px_per_mm - EYE_LINE_MM
        grid = np.meshgrid(x.astype(np.float32), y.astype(np.float32))
        return cls(grid[0], grid[1], px_per_mm)


def draw_face(px_per_mm: float = 4.0, tone: Tone = "medium", seed: int = 7) -> RGB:
    """Draw a frontal face with spots, fine lines and rosy cheeks.

    The picture is 220 × 275 mm; at 4 px/mm it is 880 × 1100 px and the pupils are 252 px apart.
    """
    sheet = Sheet.of(px_per_mm)
    rng = np.random.default_rng(seed)
    picture = _background(sheet)
    light = _shading(sheet)
    skin = _complexion(sheet, _SKIN[tone], rng)
    _blend(picture, _hair(sheet, rng), hair_shape(sheet))
    _blend(picture, skin * 0.52, _neck(sheet))
    _blend(picture, _cloth(sheet), _shirt(sheet))
    face = skin * light[..., None]
    for paint in (_paint_lips, _paint_nostrils, _paint_eyes, _paint_brows):
        paint(sheet, face, rng)
    _blend(picture, face, face_shape(sheet))
    _blend(picture, _hair(sheet, rng), _fringe(sheet))
    noise = rng.normal(0, 0.0035, picture.shape).astype(np.float32)
    return _to_srgb(picture + noise * np.sqrt(np.clip(picture, 0.02, 1)))


def face_shape(sheet: Sheet) -> Plane:
    """Return how much each pixel belongs to the face, 0–1: a wide brow, a narrower jaw."""
    half = 67.0 - 0.0030 * np.clip(sheet.y - 14, 0, None) ** 2 - 0.06 * np.clip(-sheet.y, 0, None)
    half = np.clip(half, 32, None)
    round_off = np.where(sheet.y > 18, (sheet.y - 18) / 92, (18 - sheet.y) / 100)
    edge = np.sqrt((sheet.x / half) ** 2 + np.abs(round_off) ** 3.4) - 1
    return _soft(edge * 66, sheet)


def hair_shape(sheet: Sheet) -> Plane:
    """Return how much each pixel belongs to the hair behind the face, 0–1."""
    edge = np.hypot(sheet.x / 84, (sheet.y + 8) / 96) - 1
    bob = np.maximum(np.abs(sheet.x) - 82 + 0.0022 * (sheet.y - 20) ** 2, sheet.y - 78)
    shape: Plane = np.maximum(_soft(edge * 84, sheet), _soft(np.maximum(bob, -sheet.y), sheet))
    return shape


def hairline_mm(sheet: Sheet) -> Plane:
    """Return the height of the hairline above each pixel."""
    return plane(-64 + 0.0062 * (sheet.x - 5) ** 2)


def spot_mask(sheet: Sheet, spots: tuple[Spot, ...], grow: float = 1.0) -> Mask:
    """Return where ``spots`` lie, their radii multiplied by ``grow``."""
    mask = np.zeros(sheet.x.shape, dtype=bool)
    for spot in spots:
        mask |= _distance(sheet, (spot.x_mm, spot.y_mm)) < spot.radius_mm * grow
    return mask


def plane(values: np.ndarray) -> np.ndarray:
    """Return ``values`` in single precision, the precision of all painting."""
    return np.asarray(values, dtype=np.float32)


def bump(sheet: Sheet, centre: tuple[float, float], size: tuple[float, float]) -> Plane:
    """Return a Gaussian hill of height 1 with the standard deviations ``size`` in mm."""
    dx, dy = (sheet.x - centre[0]) / size[0], (sheet.y - centre[1]) / size[1]
    hill: Plane = np.exp(-0.5 * (dx * dx + dy * dy))
    return hill


def _background(sheet: Sheet) -> Float32[np.ndarray, "h w 3"]:
    fall = 1 - 0.35 * np.hypot(sheet.x / 140, (sheet.y - 10) / 190)
    return plane(fall[..., None] * np.array([0.50, 0.54, 0.57]))


def _relief(sheet: Sheet) -> Plane:
    """Return the depth of the head towards the camera in mm."""
    x, y = sheet.x, sheet.y
    ball = 1 - (x / 84) ** 2 - ((y - 18) / 130) ** 2
    relief = 78 * np.sqrt(np.clip(ball, 0.04, None))
    along = np.clip((y + 6) / 46, 0, 1) ** 1.4
    tip = 1 / (1 + np.exp((y - 45) / 2.2))
    relief += (2 + 15 * along) * tip * np.exp(-0.5 * (x / (5.0 + 4.5 * along)) ** 2)
    for side in (-1, 1):
        relief += 5.5 * bump(sheet, (side * 13, 41), (4.6, 4.6))
        relief -= 5.0 * bump(sheet, (side * 31, 0), (15, 9))
        relief += 3.2 * bump(sheet, (side * 31.5, 0), (10, 6))
        relief += 2.6 * bump(sheet, (side * 32, -17), (16, 5))
        relief += 4.0 * bump(sheet, (side * 42, 30), (17, 17))
    relief += 3.4 * bump(sheet, (0, 61), (15, 3.6)) + 4.2 * bump(sheet, (0, 71), (13, 4.2))
    relief -= 1.6 * bump(sheet, (0, 54), (2.6, 4)) + 2.4 * bump(sheet, (0, 81), (13, 4))
    relief += 6.0 * bump(sheet, (0, 98), (14, 10))
    return plane(relief)


def _shading(sheet: Sheet) -> Plane:
    """Return the light that reaches each point: a soft lamp above the camera and the room."""
    slope_y, slope_x = np.gradient(_relief(sheet), 1 / sheet.px_per_mm)
    length = np.sqrt(slope_x**2 + slope_y**2 + 1)
    lamp = np.array([-0.12, -0.42, 0.90])
    cosine = (-slope_x * lamp[0] - slope_y * lamp[1] + lamp[2]) / length
    light: Plane = (0.34 + 0.74 * np.clip(cosine, 0, None)).astype(np.float32)
    return light


def _complexion(
    sheet: Sheet, base: Colour, rng: np.random.Generator
) -> Float32[np.ndarray, "h w 3"]:
    """Return the skin's reflectance: mottle, rosy cheeks and nose, dark circles, spots, lines."""
    skin = np.ones((*sheet.x.shape, 3), np.float32) * np.asarray(base, np.float32)
    for size_mm, strength in ((9.0, 0.022), (2.2, 0.018), (0.5, 0.022)):
        skin *= 1 + strength * _grain(sheet, size_mm, rng)[..., None]
    rosy = bump(sheet, (-42, 34), (16, 14)) + bump(sheet, (42, 34), (14, 12))
    rosy += 0.8 * bump(sheet, (0, 38), (10, 9))
    tint(skin, 0.55 * rosy, (0.06, 0.42, 0.36))
    circles = bump(sheet, (-31, 13), (13, 4)) + bump(sheet, (31, 13), (13, 4))
    tint(skin, 0.6 * circles, (0.30, 0.34, 0.24))
    for spot in SPOTS:
        red = spot.type is LesionType.INFLAMED_SPOT
        disc = _soft((_distance(sheet, (spot.x_mm, spot.y_mm)) - spot.radius_mm) * 1.0, sheet, 1.0)
        tint(skin, disc, (0.10, 0.75, 0.70) if red else (0.45, 0.62, 0.75))
    for line_y in FOREHEAD_LINES_Y_MM:
        bend = line_y + 0.0022 * sheet.x**2
        groove = np.exp(-0.5 * ((sheet.y - bend) / 0.45) ** 2) * bump(sheet, (0, line_y), (22, 30))
        tint(skin, groove, (0.32, 0.36, 0.36))
    return skin


def tint(picture: Float32[np.ndarray, "h w 3"], amount: Plane, density: Colour) -> None:
    """Darken ``picture`` in place by ``amount`` of an absorber of the natural ``density``."""
    part = _touched(amount)
    picture[part] *= np.exp(-amount[part][..., None] * np.asarray(density, np.float32))


def _grain(sheet: Sheet, size_mm: float, rng: np.random.Generator) -> Plane:
    """Return smooth noise of unit variance whose patches are about ``size_mm`` wide."""
    import cv2  # noqa: PLC0415

    step = max(1.0, size_mm * sheet.px_per_mm / 2)
    rows, cols = sheet.x.shape
    coarse = rng.normal(0, 1, (int(rows / step) + 3, int(cols / step) + 3)).astype(np.float32)
    grain = cv2.resize(coarse, (cols, rows), interpolation=cv2.INTER_CUBIC)
    return np.asarray(grain / grain.std(), np.float32)


def _hair(sheet: Sheet, rng: np.random.Generator) -> Float32[np.ndarray, "h w 3"]:
    import cv2  # noqa: PLC0415

    rows, cols = sheet.x.shape
    strands = rng.normal(0, 1, (max(4, rows // 90), cols // 2)).astype(np.float32)
    strands = cv2.resize(strands, (cols, rows), interpolation=cv2.INTER_CUBIC)
    gloss = 1 + 1.3 * bump(sheet, (-20, -82), (46, 12))
    shade = np.clip(0.030 * gloss * (1 + 0.28 * strands), 0.004, 1)
    return plane(shade[..., None] * np.array([1.25, 0.85, 0.62]))


def _fringe(sheet: Sheet) -> Plane:
    """Return the hair that covers the top of the forehead."""
    above = sheet.y - hairline_mm(sheet)
    return _soft(np.maximum(above, 1 - 9 * hair_shape(sheet)), sheet, 2.0)


def _neck(sheet: Sheet) -> Plane:
    half = 38 + 0.004 * np.clip(sheet.y - 100, 0, None) ** 2
    return _soft(np.maximum(np.abs(sheet.x) - half, 60 - sheet.y), sheet, 2.0)


def _shirt(sheet: Sheet) -> Plane:
    collar = 128 + 10 * np.exp(-0.5 * (sheet.x / 24) ** 2) + 0.0016 * sheet.x**2
    return _soft(collar - sheet.y, sheet, 1.0)


def _cloth(sheet: Sheet) -> Float32[np.ndarray, "h w 3"]:
    shade = 1 - 0.25 * (sheet.x / 110) ** 2
    return plane(shade[..., None] * np.array([0.10, 0.17, 0.20]))


def _paint_lips(sheet: Sheet, face: Float32[np.ndarray, "h w 3"], rng: np.random.Generator) -> None:
    """Paint closed lips around y = 66 mm, 50 mm wide."""
    x, y = sheet.x, sheet.y
    line = 66 + 0.0016 * x**2 + 1.1 * np.exp(-0.5 * (x / 3.5) ** 2)
    taper = np.clip(1 - (x / 25.5) ** 2, 0, None)
    bow = 1 - 0.28 * np.exp(-0.5 * (x / 3.2) ** 2)
    upper, lower = line - 7.2 * taper**0.8 * bow, line + 9.2 * taper**0.7
    inside = np.maximum(np.maximum(upper - y, y - lower), np.abs(x) - 25.5)
    lips = _soft(inside, sheet, 0.9)
    tint(face, lips * (1 + 0.10 * _grain(sheet, 1.2, rng)), (0.20, 0.72, 0.56))
    seam = np.exp(-0.5 * ((y - line) / 0.7) ** 2) * (np.abs(x) < 25)
    tint(face, seam.astype(np.float32), (1.1, 1.5, 1.3))


def _paint_nostrils(
    sheet: Sheet, face: Float32[np.ndarray, "h w 3"], _rng: np.random.Generator
) -> None:
    for side in (-1, 1):
        tint(face, bump(sheet, (side * 6.6, 47.0), (2.7, 1.3)), (1.7, 2.0, 2.0))
        tint(face, bump(sheet, (side * 17.0, 42), (1.3, 4.2)), (0.30, 0.42, 0.42))
        tint(face, bump(sheet, (side * 9.5, 18), (2.4, 16)), (0.13, 0.17, 0.17))


def _paint_eyes(
    sheet: Sheet, face: Float32[np.ndarray, "h w 3"], _rng: np.random.Generator
) -> None:
    for side in (-1, 1):
        x, y = (sheet.x - side * INTER_EYE_MM / 2) * side, sheet.y
        taper = np.clip(1 - (x / 14.6) ** 2, 0, None)
        top, bottom = -5.6 * taper**0.75 - 0.05 * x, 4.6 * taper**0.9 - 0.05 * x
        opening = _soft(np.maximum(np.maximum(top - y, y - bottom), np.abs(x) - 14.6), sheet, 0.6)
        shade = 1 - 0.35 * np.clip((top + 3 - y) / 3, 0, 1)
        ball = np.ones_like(face) * np.array([0.62, 0.60, 0.58], np.float32) * shade[..., None]
        radius = np.hypot(x, y)
        _blend(ball, np.array([0.085, 0.046, 0.026]), _soft(radius - IRIS_RADIUS_MM, sheet, 0.7))
        _blend(ball, np.array([0.004, 0.004, 0.004]), _soft(radius - 2.1, sheet, 0.5))
        glint = _soft(np.hypot(sheet.x - side * INTER_EYE_MM / 2 + 1.6, y + 1.9) - 0.9, sheet, 0.4)
        _blend(ball, np.array([0.95, 0.95, 0.95]), glint)
        _blend(face, ball.astype(np.float32), opening)
        lash = np.exp(-0.5 * ((y - top) / 0.75) ** 2) * (np.abs(x) < 15.2)
        tint(face, lash.astype(np.float32), (2.6, 2.6, 2.6))
        fold = np.exp(-0.5 * ((y - top + 3.6) / 0.8) ** 2) * np.clip(taper, 0, 1)
        tint(face, fold.astype(np.float32), (0.5, 0.6, 0.6))
        rim = np.exp(-0.5 * ((y - bottom) / 0.6) ** 2) * (np.abs(x) < 14.6)
        tint(face, rim.astype(np.float32), (0.6, 0.75, 0.7))


def _paint_brows(
    sheet: Sheet, face: Float32[np.ndarray, "h w 3"], rng: np.random.Generator
) -> None:
    for side in (-1, 1):
        along = (sheet.x * side - 12) / 38
        arch = -17.5 - 4.5 * np.sin(np.clip(along, 0, 1) * 2.6)
        thick = 2.7 * np.sqrt(np.clip(1 - (1.35 * np.clip(along, 0, 1) - 0.35) ** 4, 0, 1))
        thick *= 1 - 0.55 * np.clip(along, 0, 1)
        inside = np.maximum(np.abs(sheet.y - arch) - thick, np.abs(along - 0.5) * 38 - 19)
        hairs = 1 + 0.25 * _grain(sheet, 0.9, rng)
        tint(face, _soft(inside, sheet, 2.6) * np.clip(hairs, 0.2, 2), (1.3, 1.4, 1.4))


def _distance(sheet: Sheet, centre: tuple[float, float]) -> Plane:
    distance: Plane = np.hypot(sheet.x - centre[0], sheet.y - centre[1])
    return distance


def _soft(signed_mm: Plane, sheet: Sheet, width_mm: float = 0.5) -> Plane:
    """Return 1 where ``signed_mm`` is negative, 0 where positive, soft over ``width_mm``."""
    width = max(width_mm, 1 / sheet.px_per_mm)
    return plane(np.clip(0.5 - signed_mm / width, 0, 1))


def _blend(picture: Float32[np.ndarray, "h w 3"], paint: np.ndarray, amount: Plane) -> None:
    part = _touched(amount)
    layer = paint[part] if paint.ndim == 3 else paint
    picture[part] += amount[part][..., None] * (layer - picture[part])


def _touched(amount: Plane) -> tuple[slice, slice]:
    """Return the rows and columns in which ``amount`` is more than a trace."""
    seen = amount > 1e-3
    rows, cols = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    if not len(rows):
        return slice(0, 0), slice(0, 0)
    return slice(rows[0], rows[-1] + 1), slice(cols[0], cols[-1] + 1)


def _to_srgb(linear: Float32[np.ndarray, "h w 3"]) -> RGB:
    """Encode linear light as 8-bit sRGB (IEC 61966-2-1)."""
    linear = np.clip(linear, 0, 1)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.round(encoded * 255).astype(np.uint8)
