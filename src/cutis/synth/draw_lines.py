"""Draws lines: wrinkles where faces fold, capillaries, and hair, straps and ink."""

from __future__ import annotations

import numpy as np

from cutis.core.vocabulary import Region
from cutis.synth.parameters import Line, LineKind
from cutis.synth.places import ANY_PLACE, CHEEKS, pick_points, weights
from cutis.synth.view import Canvas

_FOLDS = {
    Region.FOREHEAD: (0.0, 28.0),
    Region.GLABELLA: (85.0, 14.0),
    Region.SUBJECT_LEFT_PERIORBITAL: (15.0, 12.0),
    Region.SUBJECT_RIGHT_PERIORBITAL: (-15.0, 12.0),
    Region.SUBJECT_LEFT_CHEEK: (65.0, 14.0),
    Region.SUBJECT_RIGHT_CHEEK: (-65.0, 14.0),
    Region.PERIORAL: (90.0, 7.0),
    Region.CHIN: (0.0, 10.0),
}
"""For each region the direction of its lines, in degrees, and their length in mm."""


def draw_lines(canvas: Canvas, rng: np.random.Generator, level: int) -> tuple[Line, ...]:
    """Draw the lines of one view; ``level`` 0–3 is the severity."""
    lines: list[Line] = []
    if level and rng.random() < 0.35:
        lines += wrinkles(canvas, rng, level)
    if level and rng.random() < 0.12:
        lines += _capillaries(canvas, rng)
    return tuple(lines + _lookalikes(canvas, rng))


def _axis_deg(canvas: Canvas) -> float:
    """Return the direction of the eyes' line in the view, in degrees."""
    left, right = canvas.points[263], canvas.points[33]
    return float(np.degrees(np.arctan2(left[1] - right[1], left[0] - right[0])))


def _curve(
    at: tuple[float, float], deg: float, length_px: float, rng: np.random.Generator
) -> tuple[tuple[float, float], ...]:
    """Return five points of a gently bent, slightly wandering line around ``at``."""
    turn = np.deg2rad(deg)
    along = np.array([np.cos(turn), np.sin(turn)])
    across = np.array([-along[1], along[0]])
    t = np.linspace(-0.5, 0.5, 5)
    bend = rng.normal(0, 0.25) * (t**2 - 0.08)
    off = (bend + rng.normal(0, 0.018, 5)) * length_px
    points = np.array(at) + t[:, None] * length_px * along + off[:, None] * across
    return tuple((round(float(x), 2), round(float(y), 2)) for x, y in points)


def wrinkles(canvas: Canvas, rng: np.random.Generator, level: int) -> list[Line]:
    """Draw wrinkles where faces fold; a higher level has more and deeper ones."""
    lines: list[Line] = []
    tilt = _axis_deg(canvas)
    for region, (deg, length_mm) in _FOLDS.items():
        where = (canvas.regions == region.label) & canvas.skin
        if where.sum() < 60 or rng.random() > 0.3 + 0.2 * level:
            continue
        count = 1 + rng.poisson(1.2 * level)
        lean = rng.normal(0, 7)
        depth = (0.2 + 0.2 * level) * np.exp(rng.normal(0, 0.4))
        for x, y in pick_points(canvas, rng, where.astype(np.float32), count):
            length = length_mm * np.exp(rng.normal(0, 0.45)) / canvas.mm_per_px
            angle = tilt + deg + lean + rng.normal(0, 4)
            lines.append(
                Line(
                    kind=LineKind.WRINKLE,
                    points=_curve((float(x), float(y)), angle, float(length), rng),
                    width_mm=round(float(np.clip(0.7 * np.exp(rng.normal(0, 0.45)), 0.25, 2.2)), 3),
                    strength=round(float(np.clip(depth * np.exp(rng.normal(0, 0.35)), 0.1, 2)), 3),
                    seed=int(rng.integers(2**31)),
                )
            )
    return lines


def _capillaries(canvas: Canvas, rng: np.random.Generator) -> list[Line]:
    """Draw small vessels on nose and cheeks."""
    places = {Region.NOSE: 2.0, **dict.fromkeys(CHEEKS, 1.2)}
    lines = []
    for x, y in pick_points(canvas, rng, weights(canvas, places), int(rng.integers(2, 14))):
        length = rng.uniform(2, 9) / canvas.mm_per_px
        points = _curve((float(x), float(y)), float(rng.uniform(0, 180)), float(length), rng)
        lines.append(
            Line(LineKind.CAPILLARY, points, round(float(rng.uniform(0.2, 0.5)), 3),
                 round(float(rng.uniform(0.04, 0.22)), 3), int(rng.integers(2**31)))
        )  # fmt: skip
    return lines


def _lookalikes(canvas: Canvas, rng: np.random.Generator) -> list[Line]:
    """Draw hair over the skin, marks of straps and masks, ink."""
    lines: list[Line] = []
    everywhere = weights(canvas, ANY_PLACE)
    for kind, chance, most, width, strength, length in (
        (LineKind.HAIR, 0.18, 14, (0.08, 0.3), (0.2, 1.1), (15, 70)),
        (LineKind.STRAP_MARK, 0.05, 2, (1.0, 3.0), (0.2, 0.8), (25, 60)),
        (LineKind.TATTOO, 0.03, 5, (0.5, 1.8), (0.3, 0.9), (4, 20)),
    ):
        if rng.random() > chance:
            continue
        deg = float(rng.uniform(0, 180))
        for x, y in pick_points(canvas, rng, everywhere, int(rng.integers(1, most + 1))):
            px = float(rng.uniform(*length)) / canvas.mm_per_px
            points = _curve((float(x), float(y)), deg + float(rng.normal(0, 18)), px, rng)
            lines.append(
                Line(kind, points, round(float(rng.uniform(*width)), 3),
                     round(float(rng.uniform(*strength)), 3), int(rng.integers(2**31)))
            )  # fmt: skip
    return lines
