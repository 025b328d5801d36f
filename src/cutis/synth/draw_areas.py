"""Draws what covers areas: redness, pigment, roughness, flakes; make-up, shade, beard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from cutis.core.vocabulary import Region
from cutis.imaging.colour import LUMA
from cutis.synth.draw_marks import acne, scars
from cutis.synth.parameters import Area, AreaKind, Mark, MarkKind
from cutis.synth.places import (
    ANY_PLACE,
    CHEEKS,
    JAWS,
    T_ZONE,
    pick_points,
    weights,
)
from cutis.synth.view import Canvas

_BUTTERFLY: Mapping[Region, float] = {Region.NOSE: 1.5, **dict.fromkeys(CHEEKS, 1.5)}
_PERIORAL: Mapping[Region, float] = {Region.PERIORAL: 2.0, Region.CHIN: 1.0}
MELASMA_PLACES: Mapping[Region, float] = {
    Region.FOREHEAD: 1.0,
    Region.PERIORAL: 0.7,
    **dict.fromkeys(CHEEKS, 1.5),
}
_BEARD: Mapping[Region, float] = {
    Region.CHIN: 2.0,
    Region.PERIORAL: 2.0,
    **dict.fromkeys(JAWS, 1.5),
}
_OILY: Mapping[Region, float] = {**dict.fromkeys(T_ZONE, 1.5), **dict.fromkeys(CHEEKS, 0.8)}
PORE_PLACES: Mapping[Region, float] = {Region.NOSE: 2.0, **dict.fromkeys(CHEEKS, 1.5)}


_CENTROFACIAL = (
    (Region.SUBJECT_LEFT_CHEEK, 0.95, 21.0),
    (Region.SUBJECT_RIGHT_CHEEK, 0.95, 21.0),
    (Region.NOSE, 0.85, 15.0),
    (Region.CHIN, 0.45, 13.0),
    (Region.GLABELLA, 0.35, 12.0),
    (Region.FOREHEAD, 0.2, 22.0),
)
"""Where rosacea reddens: region, how often, radius in mm."""
_EVEN_SHARE = 0.4
"""How often such redness is as even as a flush after sport, with soft borders."""
_LIGHT_SKIN = 0.3
"""Luminance of light skin in a usual photo (L* of 62); on darker skin a flush is drawn denser."""
_MOST_MORE = 2.0
"""Skin of L* below 23 is in shadow; a flush is at most so many times as dense."""


def draw_areas(canvas: Canvas, rng: np.random.Generator, level: int) -> tuple[Area, ...]:
    """Draw the areas of one view; ``level`` 0–3 is the severity."""
    areas: list[Area] = []
    if level:
        areas += _flushes(canvas, rng, level)
        if rng.random() < 0.2:
            areas += spread(canvas, rng, AreaKind.MELASMA, MELASMA_PLACES, level=level)
        if rng.random() < 0.25:
            areas += spread(canvas, rng, AreaKind.ROUGHNESS, ANY_PLACE, level=level)
        if rng.random() < 0.2:
            areas += spread(canvas, rng, AreaKind.FLAKES, ANY_PLACE, level=level)
        if rng.random() < 0.3:
            areas += spread(canvas, rng, AreaKind.PORES, PORE_PLACES, level=level)
    return tuple(areas + look_alikes(canvas, rng))


def _flushes(canvas: Canvas, rng: np.random.Generator, level: int) -> list[Area]:
    """Draw redness: butterfly, perioral, patches, or all over; alike to see on every tone."""
    if rng.random() > 0.45:
        return []
    kind = rng.random()
    if kind < 0.5:
        areas = centrofacial(canvas, rng, level)
    else:
        places = _PERIORAL if kind < 0.65 else ANY_PLACE
        areas = spread(canvas, rng, AreaKind.FLUSH, places, level=level)
    more = more_to_look_alike(canvas)
    return [replace(area, strength=round(area.strength * more, 4)) for area in areas]


def more_to_look_alike(canvas: Canvas) -> float:
    """Return how many times the density looks as strong on this skin as it does on light skin.

    L*, a* and b* are differences of cube roots (CIE 1976), so that a small change of optical
    density changes them in proportion to L* + 16, that is, to the cube root of the luminance.
    """
    if not canvas.skin.any():
        return 1.0
    luminance = float(np.median(canvas.linear[canvas.skin] @ LUMA))
    return float(np.clip(np.cbrt(_LIGHT_SKIN / luminance), 1.0, _MOST_MORE))


def centrofacial(canvas: Canvas, rng: np.random.Generator, level: int) -> list[Area]:
    """Draw the redness of rosacea: both cheeks and the nose alike, often chin and forehead."""
    strength = _strength(rng, AreaKind.FLUSH, level) * float(rng.uniform(0.8, 1.8))
    mottling, softness = rng.uniform(0.1, 0.9), rng.uniform(0.3, 1.3)
    if rng.random() < _EVEN_SHARE:
        mottling, softness = rng.uniform(0.0, 0.12), rng.uniform(0.7, 1.6)
    areas = []
    for region, chance, radius_mm in _CENTROFACIAL:
        where = canvas.regions == region.label
        if rng.random() > chance or int(where.sum()) < 40:
            continue
        rows, cols = np.nonzero(where)
        at = float(cols.mean() + rng.normal(0, 3)), float(rows.mean() + rng.normal(0, 3))
        area = _area(AreaKind.FLUSH, at, rng, strength)
        areas.append(
            replace(
                area,
                radius_mm=round(radius_mm * float(np.exp(rng.normal(0, 0.25))), 2),
                mottling=round(float(mottling), 3),
                softness=round(float(softness), 3),
            )
        )
    return areas


_STRENGTH = {
    AreaKind.FLUSH: (0.12, 0.5),
    AreaKind.MELASMA: (0.11, 0.45),
    AreaKind.ROUGHNESS: (0.9, 0.4),
    AreaKind.FLAKES: (0.9, 0.4),
    AreaKind.PORES: (0.9, 0.35),
    AreaKind.BLUSH: (0.07, 0.4),
    AreaKind.SHINE: (0.5, 0.5),
    AreaKind.SHADOW: (0.3, 0.4),
    AreaKind.STUBBLE: (0.35, 0.5),
}
_RADIUS_MM = {
    AreaKind.FLUSH: (5, 30),
    AreaKind.MELASMA: (5, 22),
    AreaKind.ROUGHNESS: (6, 28),
    AreaKind.FLAKES: (4, 22),
    AreaKind.PORES: (8, 25),
    AreaKind.BLUSH: (12, 30),
    AreaKind.SHINE: (6, 30),
    AreaKind.SHADOW: (10, 50),
    AreaKind.STUBBLE: (15, 50),
}
_GRAIN_MM = {
    AreaKind.FLUSH: (1.5, 9.0),
    AreaKind.MELASMA: (1.5, 8.0),
    AreaKind.ROUGHNESS: (0.6, 1.8),
    AreaKind.FLAKES: (0.7, 2.5),
    AreaKind.PORES: (0.35, 0.7),
    AreaKind.SHINE: (0.5, 1.5),
    AreaKind.STUBBLE: (0.4, 1.6),
}


def spread(
    canvas: Canvas,
    rng: np.random.Generator,
    kind: AreaKind,
    places: Mapping[Region, float],
    *,
    level: int = 2,
) -> list[Area]:
    """Draw one to three areas of a kind; a higher level makes them stronger and more."""
    count = 1 + int(rng.random() < 0.5) + int(level > 1 and rng.random() < 0.4)
    points = pick_points(canvas, rng, weights(canvas, places), count)
    strength = _strength(rng, kind, level)
    return [_area(kind, (float(x), float(y)), rng, strength) for x, y in points]


def _strength(rng: np.random.Generator, kind: AreaKind, level: int) -> float:
    middle, spread = _STRENGTH[kind]
    value = middle * (0.65 + 0.25 * level) * np.exp(rng.normal(0, spread))
    colours = AreaKind.FLUSH, AreaKind.MELASMA, AreaKind.BLUSH
    return float(np.clip(value, 0.02, 0.4) if kind in colours else np.clip(value, 0.15, 2.0))


def _area(
    kind: AreaKind, at: tuple[float, float], rng: np.random.Generator, strength: float
) -> Area:
    low, high = _GRAIN_MM.get(kind, (1.0, 4.0))
    return Area(
        kind=kind,
        x=round(at[0], 1),
        y=round(at[1], 1),
        radius_mm=round(float(np.exp(rng.uniform(*np.log(_RADIUS_MM[kind])))), 2),
        strength=round(strength * float(rng.uniform(0.75, 1.25)), 4),
        elongation=round(float(1 + abs(rng.normal(0, 0.5))), 3),
        angle_deg=round(float(rng.uniform(0, 180)), 1),
        softness=round(float(rng.uniform(0.2, 1.3)), 3),
        mottling=round(float(rng.uniform(0.05, 0.7)), 3),
        grain_mm=round(float(rng.uniform(low, high)), 3),
        seed=int(rng.integers(2**31)),
    )


def look_alikes(canvas: Canvas, rng: np.random.Generator) -> list[Area]:
    """Draw what is no skin condition: blush, shine, shadow, shaven or bearded skin."""
    areas: list[Area] = []
    for kind, places, chance in (
        (AreaKind.BLUSH, _BUTTERFLY, 0.12),
        (AreaKind.SHINE, _OILY, 0.3),
        (AreaKind.SHADOW, ANY_PLACE, 0.3),
        (AreaKind.STUBBLE, _BEARD, 0.15),
    ):
        if rng.random() < chance:
            areas += spread(canvas, rng, kind, places)
    return areas


PATCH_KINDS = ("acne", "redness", "pigmentation", "texture", "dryness", "scarring")
_PATCH_AREA = {
    "acne": AreaKind.FLUSH,
    "redness": AreaKind.FLUSH,
    "pigmentation": AreaKind.MELASMA,
    "texture": AreaKind.ROUGHNESS,
    "dryness": AreaKind.FLAKES,
    "scarring": AreaKind.ROUGHNESS,
}


_PATCH_STRENGTH = {
    "acne": (0.08, 0.2),
    "redness": (0.25, 0.55),
    "pigmentation": (0.22, 0.5),
    "texture": (1.3, 2.2),
    "dryness": (1.2, 2.2),
    "scarring": (0.4, 0.8),
}
"""How strong a patch is: as clear as an inpainted one, for its whole area is to be found."""

_PATCH_GRAIN_PX = {"texture": (2.2, 3.6), "dryness": (2.0, 3.2)}
"""How coarse a patch of relief is in the picture: finer than two pixels nothing is left of it."""


def draw_patch(
    canvas: Canvas, rng: np.random.Generator
) -> tuple[str, tuple[Area, ...], tuple[Mark, ...]]:
    """Draw one affected area, as plain to see on every tone: its name, itself, spots within it."""
    name = str(rng.choice(PATCH_KINDS))
    face = weights(canvas, ANY_PLACE) * (canvas.regions > 0)
    points = pick_points(canvas, rng, face, 1)
    if len(points) == 0:
        return name, (), ()
    more = more_to_look_alike(canvas)
    strength = more * float(rng.uniform(*_PATCH_STRENGTH[name]))
    area = _area(_PATCH_AREA[name], (float(points[0, 0]), float(points[0, 1])), rng, strength)
    area = replace(
        area,
        radius_mm=round(float(rng.uniform(12, 28)), 2),
        softness=round(float(rng.uniform(0.1, 0.3)), 3),
        mottling=round(float(rng.uniform(0.1, 0.35)), 3),
    )
    if name in _PATCH_GRAIN_PX:
        grain_px = float(rng.uniform(*_PATCH_GRAIN_PX[name]))
        area = replace(area, grain_mm=round(grain_px * canvas.mm_per_px, 3))
    marks = _patch_marks(name, area, canvas, rng) if name in ("acne", "scarring") else ()
    return name, (area,), tuple(_clearer(mark, more) for mark in marks)


def _patch_marks(
    name: str, area: Area, canvas: Canvas, rng: np.random.Generator
) -> tuple[Mark, ...]:
    """Fill the area with spots."""
    make = acne if name == "acne" else scars
    kept: list[Mark] = []
    reach = 0.9 * area.radius_mm / canvas.mm_per_px
    for _ in range(8):
        drawn = make(canvas, rng, 3)
        kept += [m for m in drawn if (m.x - area.x) ** 2 + (m.y - area.y) ** 2 < reach**2]
        if len(kept) > 40:
            break
    return tuple(m for m in kept if m.kind is not MarkKind.OPEN_COMEDONE)[:80]


def _clearer(mark: Mark, more: float) -> Mark:
    """Return a spot half as large again and, on light skin, twice as strong."""
    return replace(
        mark,
        radius_mm=round(1.5 * mark.radius_mm, 4),
        haemoglobin=round(more * min(0.5, 2 * mark.haemoglobin), 4),
        melanin=round(more * min(0.4, 2 * mark.melanin), 4),
        height_mm=round(more * 2 * mark.height_mm, 4),
    )
