"""Draws single spots: acne by type, the marks it leaves, pigment, scars, and look-alikes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from cutis.core.vocabulary import Region
from cutis.synth.parameters import Mark, MarkKind
from cutis.synth.places import (
    ACNE_PLACES,
    ANY_PLACE,
    COMEDONE_PLACES,
    SUN_PLACES,
    clustered,
    near_skin,
    pick_points,
    skin_cm2,
    weights,
)
from cutis.synth.view import Canvas

_MOST = 140
_ACNE_PER_CM2 = ((0, 0), (0.08, 0.5), (0.4, 1.5), (1.2, 3.5))
_SPOTS_PER_CM2 = ((0, 0), (0.05, 0.4), (0.3, 1.5), (1.0, 3.5))
_SCARS_PER_CM2 = ((0, 0), (0.03, 0.2), (0.15, 0.6), (0.5, 1.4))
_SKIN_COLOURED = 0.25
"""Share of papules that only their relief shows, as on many foreheads."""


def draw_marks(canvas: Canvas, rng: np.random.Generator, level: int) -> tuple[Mark, ...]:
    """Draw the spots of one view; ``level`` 0–3 is the severity."""
    marks: list[Mark] = []
    if level and rng.random() < 0.8:
        marks += acne(canvas, rng, level)
    if level and rng.random() < 0.3:
        marks += _pigment(canvas, rng, int(rng.integers(1, level + 1)))
    if level and rng.random() < 0.22:
        marks += scars(canvas, rng, int(rng.integers(1, level + 1)))
    marks += look_alikes(canvas, rng)
    order = rng.permutation(len(marks))
    return tuple(marks[i] for i in order)


def _count(rng: np.random.Generator, canvas: Canvas, per_cm2: tuple[float, float]) -> int:
    mean = rng.uniform(*per_cm2) * skin_cm2(canvas)
    return int(min(_MOST, rng.poisson(mean)))


def _lognormal(rng: np.random.Generator, middle: float, spread: float) -> float:
    return float(middle * np.exp(rng.normal(0, spread)))


def acne(
    canvas: Canvas, rng: np.random.Generator, level: int, *, count: int | None = None
) -> list[Mark]:
    """Draw acne: comedones, papules, pustules, nodules and the marks they leave.

    ``count`` spots and marks, or as many as the level has on so much skin.
    """
    count = _count(rng, canvas, _ACNE_PER_CM2[level]) if count is None else count
    inflamed = rng.beta(3, 1.5)
    left_marks = rng.beta(1.1, 1.6)
    face_tone = np.exp(rng.normal(0, 0.35))
    marks = []
    for x, y in clustered(canvas, rng, weights(canvas, ACNE_PLACES), count):
        if rng.random() < left_marks:
            kind = (
                MarkKind.POST_INFLAMMATORY_ERYTHEMA
                if rng.random() < 0.6
                else MarkKind.POST_INFLAMMATORY_PIGMENTATION
            )
        elif rng.random() < inflamed:
            odds = (0.66, 0.24, 0.1) if level > 1 else (0.75, 0.22, 0.03)
            kind = MarkKind(
                rng.choice([MarkKind.PAPULE, MarkKind.PUSTULE, MarkKind.NODULE], p=odds)
            )
        else:
            kind = MarkKind.CLOSED_COMEDONE
        marks.append(_MAKERS[kind](float(x), float(y), rng, float(face_tone)))
    comedones = int(count * rng.uniform(0, 0.35))
    for x, y in clustered(canvas, rng, weights(canvas, COMEDONE_PLACES), comedones):
        marks.append(_MAKERS[MarkKind.OPEN_COMEDONE](float(x), float(y), rng, 1.0))
    return marks


def _mark(kind: MarkKind, at: tuple[float, float], rng: np.random.Generator, **own: float) -> Mark:
    rounded = {name: round(float(value), 4) for name, value in own.items()}
    return Mark(
        kind=kind,
        x=round(at[0], 2),
        y=round(at[1], 2),
        elongation=round(float(1 + abs(rng.normal(0, 0.3))), 3),
        angle_deg=round(float(rng.uniform(0, 180)), 1),
        seed=int(rng.integers(2**31)),
        **rounded,
    )


def _papule(x: float, y: float, rng: np.random.Generator, tone: float) -> Mark:
    radius = np.clip(_lognormal(rng, 1.25, 0.38), 0.6, 3.2)
    blood, rise = np.clip(_lognormal(rng, 0.1 * tone, 0.5), 0.02, 0.5), rng.uniform(0.08, 0.45)
    if rng.random() < _SKIN_COLOURED:
        blood, rise = blood * rng.uniform(0.0, 0.3), rng.uniform(0.25, 0.6)
    return _mark(
        MarkKind.PAPULE, (x, y), rng,
        radius_mm=radius,
        softness=rng.uniform(0.35, 1.0),
        haemoglobin=blood,
        melanin=max(0.0, rng.normal(0.012, 0.03)),
        height_mm=radius * rise,
        halo=rng.uniform(0.1, 0.75),
        gloss=rng.uniform(0.03, 0.5) if rng.random() < 0.45 else 0.0,
    )  # fmt: skip


def _pustule(x: float, y: float, rng: np.random.Generator, tone: float) -> Mark:
    radius = np.clip(_lognormal(rng, 1.4, 0.35), 0.7, 3.0)
    return _mark(
        MarkKind.PUSTULE, (x, y), rng,
        radius_mm=radius,
        softness=rng.uniform(0.3, 0.8),
        haemoglobin=np.clip(_lognormal(rng, 0.13 * tone, 0.45), 0.03, 0.5),
        height_mm=radius * rng.uniform(0.1, 0.45),
        halo=rng.uniform(0.3, 0.8),
        gloss=rng.uniform(0.1, 0.8) if rng.random() < 0.5 else 0.0,
    )  # fmt: skip


def _nodule(x: float, y: float, rng: np.random.Generator, tone: float) -> Mark:
    radius = np.clip(_lognormal(rng, 3.2, 0.3), 2.3, 6.5)
    return _mark(
        MarkKind.NODULE, (x, y), rng,
        radius_mm=radius,
        softness=rng.uniform(0.6, 1.1),
        haemoglobin=np.clip(_lognormal(rng, 0.12 * tone, 0.45), 0.03, 0.4),
        melanin=max(0.0, rng.normal(0.01, 0.02)),
        height_mm=radius * rng.uniform(0.05, 0.3),
        halo=rng.uniform(0.2, 0.6),
        gloss=rng.uniform(0.05, 0.3) if rng.random() < 0.4 else 0.0,
    )  # fmt: skip


def _closed_comedone(x: float, y: float, rng: np.random.Generator, tone: float) -> Mark:
    radius = np.clip(_lognormal(rng, 0.8, 0.35), 0.4, 1.6)
    return _mark(
        MarkKind.CLOSED_COMEDONE, (x, y), rng,
        radius_mm=radius,
        softness=rng.uniform(0.4, 0.9),
        haemoglobin=max(0.0, rng.normal(0.015, 0.02)) * tone,
        pale=max(0.0, rng.normal(0.02, 0.02)),
        height_mm=radius * rng.uniform(0.15, 0.5),
        gloss=rng.uniform(0.05, 0.3) if rng.random() < 0.3 else 0.0,
    )  # fmt: skip


def _open_comedone(x: float, y: float, rng: np.random.Generator, _tone: float) -> Mark:
    return _mark(
        MarkKind.OPEN_COMEDONE, (x, y), rng,
        radius_mm=np.clip(_lognormal(rng, 0.5, 0.35), 0.25, 1.2),
        softness=rng.uniform(0.3, 0.8),
        haemoglobin=abs(rng.normal(0, 0.02)),
        melanin=np.clip(_lognormal(rng, 0.12, 0.5), 0.04, 0.5),
        height_mm=rng.uniform(-0.05, 0.05),
    )  # fmt: skip


def _erythema(x: float, y: float, rng: np.random.Generator, tone: float) -> Mark:
    return _mark(
        MarkKind.POST_INFLAMMATORY_ERYTHEMA, (x, y), rng,
        radius_mm=np.clip(_lognormal(rng, 1.5, 0.4), 0.7, 4.0),
        softness=rng.uniform(0.6, 1.2),
        haemoglobin=np.clip(_lognormal(rng, 0.09 * tone, 0.5), 0.025, 0.35),
        melanin=max(0.0, rng.normal(0.0, 0.015)),
        height_mm=-abs(rng.normal(0, 0.03)),
    )  # fmt: skip


def _brown_mark(x: float, y: float, rng: np.random.Generator, _tone: float) -> Mark:
    return _mark(
        MarkKind.POST_INFLAMMATORY_PIGMENTATION, (x, y), rng,
        radius_mm=np.clip(_lognormal(rng, 1.4, 0.4), 0.6, 4.0),
        softness=rng.uniform(0.5, 1.2),
        haemoglobin=max(0.0, rng.normal(0.01, 0.015)),
        melanin=np.clip(_lognormal(rng, 0.09, 0.5), 0.025, 0.35),
    )  # fmt: skip


_MAKERS: Mapping[MarkKind, Callable[[float, float, np.random.Generator, float], Mark]] = {
    MarkKind.PAPULE: _papule,
    MarkKind.PUSTULE: _pustule,
    MarkKind.NODULE: _nodule,
    MarkKind.CLOSED_COMEDONE: _closed_comedone,
    MarkKind.OPEN_COMEDONE: _open_comedone,
    MarkKind.POST_INFLAMMATORY_ERYTHEMA: _erythema,
    MarkKind.POST_INFLAMMATORY_PIGMENTATION: _brown_mark,
}


def _pigment(canvas: Canvas, rng: np.random.Generator, level: int) -> list[Mark]:
    """Draw freckles, many and small, and lentigines, few and larger."""
    tone = float(np.exp(rng.normal(0, 0.3)))
    count = _count(rng, canvas, _SPOTS_PER_CM2[level]) if rng.random() < 0.7 else 0
    marks = freckles(canvas, rng, count, tone=tone)
    return marks + lentigines(canvas, rng, rng.poisson(1.5 * level))


def freckles(
    canvas: Canvas, rng: np.random.Generator, count: int, *, tone: float = 1.0
) -> list[Mark]:
    """Draw freckles; ``tone`` is how much darker than usual they are."""
    marks = []
    for x, y in clustered(canvas, rng, weights(canvas, SUN_PLACES), count):
        marks.append(
            _mark(
                MarkKind.FRECKLE,
                (float(x), float(y)),
                rng,
                radius_mm=np.clip(_lognormal(rng, 0.8, 0.35), 0.35, 1.8),
                softness=rng.uniform(0.4, 1.0),
                melanin=np.clip(_lognormal(rng, 0.09 * tone, 0.5), 0.025, 0.35),
                haemoglobin=max(0.0, rng.normal(0.0, 0.01)),
            )
        )
    return marks


def lentigines(canvas: Canvas, rng: np.random.Generator, count: int) -> list[Mark]:
    """Draw sun spots."""
    marks = []
    for x, y in pick_points(canvas, rng, weights(canvas, SUN_PLACES), count):
        marks.append(
            _mark(
                MarkKind.LENTIGO,
                (float(x), float(y)),
                rng,
                radius_mm=np.clip(_lognormal(rng, 2.6, 0.4), 1.3, 7.0),
                softness=rng.uniform(0.15, 0.7),
                melanin=np.clip(_lognormal(rng, 0.1, 0.45), 0.03, 0.35),
                haemoglobin=max(0.0, rng.normal(0.005, 0.01)),
            )
        )
    return marks


def brown_marks(canvas: Canvas, rng: np.random.Generator, count: int) -> list[Mark]:
    """Draw post-inflammatory pigmentation."""
    points = clustered(canvas, rng, weights(canvas, ACNE_PLACES), count)
    return [_brown_mark(float(x), float(y), rng, 1.0) for x, y in points]


def scars(canvas: Canvas, rng: np.random.Generator, level: int) -> list[Mark]:
    """Draw pitted scars: ice-pick, boxcar, rolling."""
    count = _count(rng, canvas, _SCARS_PER_CM2[level])
    sizes = {
        MarkKind.ICE_PICK_SCAR: (0.6, 0.3, 0.8),
        MarkKind.BOXCAR_SCAR: (1.5, 0.3, 0.35),
        MarkKind.ROLLING_SCAR: (2.8, 0.3, 0.18),
    }
    places: dict[Region, float] = {r: w for r, w in ACNE_PLACES.items() if r != Region.NOSE}
    marks = []
    for x, y in clustered(canvas, rng, weights(canvas, places), count):
        kind = MarkKind(rng.choice(list(sizes), p=(0.4, 0.35, 0.25)))
        middle, spread, depth = sizes[kind]
        radius = np.clip(_lognormal(rng, middle, spread), 0.35, 5.0)
        marks.append(
            _mark(
                kind,
                (float(x), float(y)),
                rng,
                radius_mm=radius,
                softness=rng.uniform(0.2, 0.6),
                haemoglobin=max(0.0, rng.normal(0.005, 0.015)),
                melanin=max(0.0, rng.normal(0.005, 0.012)),
                pale=max(0.0, rng.normal(0.0, 0.01)),
                height_mm=-radius * depth * rng.uniform(0.4, 1.2),
            )
        )
    return marks


def look_alikes(canvas: Canvas, rng: np.random.Generator) -> list[Mark]:
    """Draw what is no defect of these kinds: moles, glints, jewels, and spots beside the skin."""
    marks = []
    everywhere = weights(canvas, ANY_PLACE)
    for x, y in pick_points(canvas, rng, everywhere, int(rng.poisson(0.5))):
        marks.append(
            _mark(
                MarkKind.MOLE,
                (float(x), float(y)),
                rng,
                radius_mm=np.clip(_lognormal(rng, 1.2, 0.4), 0.5, 3.5),
                softness=rng.uniform(0.05, 0.35),
                melanin=rng.uniform(0.25, 1.1),
                haemoglobin=rng.uniform(0, 0.08),
                height_mm=rng.uniform(0, 0.6),
            )
        )
    if rng.random() < 0.2:
        glints = int(rng.integers(5, 60))
        for x, y in pick_points(canvas, rng, everywhere, glints):
            marks.append(
                _mark(MarkKind.GLINT, (float(x), float(y)), rng,
                      radius_mm=rng.uniform(0.4, 1.2), gloss=rng.uniform(0.1, 1.0))
            )  # fmt: skip
    if rng.random() < 0.04:
        for x, y in pick_points(canvas, rng, everywhere, 1):
            marks.append(
                _mark(MarkKind.JEWEL, (float(x), float(y)), rng, radius_mm=rng.uniform(1, 2.5),
                      pale=rng.uniform(-0.5, 0.6), softness=0.1, gloss=1.5)
            )  # fmt: skip
    if rng.random() < 0.2:
        beside = near_skin(canvas, 12).astype(np.float32)
        for x, y in pick_points(canvas, rng, beside, int(rng.integers(1, 12))):
            marks.append(
                _mark(MarkKind.SMUDGE, (float(x), float(y)), rng,
                      radius_mm=rng.uniform(0.6, 2.5), haemoglobin=rng.uniform(0.03, 0.2),
                      melanin=rng.uniform(0, 0.1), softness=0.6)
            )  # fmt: skip
    return marks
