"""Single spots: how each kind changes colour, relief and gloss, and what of it is labelled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cutis.core.arrays import Gray
from cutis.core.vocabulary import Condition
from cutis.synth.layers import Layers, Window, as_densities, window_around
from cutis.synth.parameters import ACNE_MARKS, MARK_TARGET, Mark, MarkKind

VISIBLE_DENSITY = 0.03
"""A spot whose density stays below is not labelled: nobody could mark it."""
_PUS = as_densities((-0.07, -0.055, 0.01))
_GREY = 3**0.5
"""The grey density of one unit in each channel."""
_REACH = 2.6


@dataclass(frozen=True, slots=True, eq=False)
class _Shape:
    """A spot in its window: distance in radii, body 0–1, distance from the centre in mm."""

    at: Window
    rho: Gray
    body: Gray


def paint_marks(layers: Layers, marks: tuple[Mark, ...]) -> None:
    """Paint the spots in order."""
    for mark in marks:
        shape = _shape(mark, layers)
        if shape is not None:
            _paint(layers, mark, shape)


def _shape(mark: Mark, layers: Layers) -> _Shape | None:
    """Return an irregular, soft-edged spot: an ellipse whose radius wanders with the angle."""
    radius = mark.radius_mm / layers.canvas.mm_per_px
    at = window_around(mark.x, mark.y, radius * _REACH + 2, layers.canvas.shape)
    if at is None:
        return None
    ys = np.arange(at[0].start, at[0].stop, dtype=np.float32)[:, None] - np.float32(mark.y)
    xs = np.arange(at[1].start, at[1].stop, dtype=np.float32)[None] - np.float32(mark.x)
    turn = np.deg2rad(mark.angle_deg)
    along = xs * np.float32(np.cos(turn)) + ys * np.float32(np.sin(turn))
    across = (ys * np.float32(np.cos(turn)) - xs * np.float32(np.sin(turn))) * mark.elongation
    distance = np.sqrt(along**2 + across**2)
    rho = distance / (radius * _outline(along, across, distance, mark.seed))
    soft = 0.15 + 0.85 * mark.softness
    body = np.clip((1 + soft / 2 - rho) / soft, 0, 1)
    body = body * body * (3 - 2 * body)
    return _Shape(at, rho.astype(np.float32), body.astype(np.float32))


def _outline(along: Gray, across: Gray, distance: Gray, seed: int) -> Gray:
    """Return a radius factor around 1 that wanders with the angle."""
    rng = np.random.default_rng(seed)
    far = distance + np.float32(1e-3)
    unit = along / far + 1j * (across / far)
    squared = unit * unit
    wander = np.ones_like(distance)
    for k, power in ((2, squared), (3, squared * unit), (5, squared * squared * unit)):
        size, phase = rng.normal(0, 0.28 / k), rng.uniform(0, 6.3)
        wander += (power * np.complex64(size * np.exp(1j * phase))).real
    return np.clip(wander, 0.45, 1.6)


def _paint(layers: Layers, mark: Mark, shape: _Shape) -> None:
    at = shape.at
    cover = layers.canvas.cover[at]
    if mark.kind in (MarkKind.SMUDGE, MarkKind.JEWEL):
        cover = np.ones_like(cover)
    halo = np.exp(-((shape.rho / 1.3) ** 2)) if mark.halo else np.float32(0)
    blood = mark.haemoglobin * ((1 - mark.halo) * shape.body + mark.halo * halo)
    layers.haemoglobin[at] += blood * cover
    if mark.melanin or mark.pale:
        layers.add_colour(at, shape.body * cover, (mark.melanin, 0, -_GREY * mark.pale))
    _paint_centre(layers, mark, shape, cover)
    if mark.height_mm:
        layers.height_mm[at] += mark.height_mm * _profile(mark, shape) * cover
    if mark.gloss:
        layers.gloss[at] += mark.gloss * _highlight(mark, shape, layers) * cover
    _label(layers, mark, shape)


def _paint_centre(layers: Layers, mark: Mark, shape: _Shape, cover: Gray) -> None:
    """Paint what a pustule or an open comedone has in the middle."""
    if mark.kind not in (MarkKind.PUSTULE, MarkKind.OPEN_COMEDONE):
        return
    core = np.clip(1.6 - 3.2 * shape.rho, 0, 1) * cover
    if mark.kind is MarkKind.PUSTULE:
        amount = 0.6 + 0.8 * (mark.seed % 7) / 7
        layers.add_colour(shape.at, core * np.float32(amount), _PUS)
    else:
        layers.grey[shape.at] += core * np.float32(0.5 * _GREY * mark.melanin)


def _profile(mark: Mark, shape: _Shape) -> Gray:
    """Return the relief 0–1: a dome, or for boxcar scars a pit with steep walls."""
    if mark.kind is MarkKind.BOXCAR_SCAR:
        return np.clip((1.1 - shape.rho) / 0.25, 0, 1).astype(np.float32)
    return np.exp(-((shape.rho / 0.75) ** 2)).astype(np.float32)


def _highlight(mark: Mark, shape: _Shape, layers: Layers) -> Gray:
    """Return a small mirror spot on the side of the light."""
    x, y = layers.canvas.light
    radius = mark.radius_mm / layers.canvas.mm_per_px
    dx, dy = (0.35 * radius * v for v in (x, y))
    ys = np.arange(shape.at[0].start, shape.at[0].stop)[:, None] - (mark.y + dy)
    xs = np.arange(shape.at[1].start, shape.at[1].stop)[None] - (mark.x + dx)
    width = max(0.6, 0.28 * radius)
    return np.exp(-(xs**2 + ys**2) / (2 * width**2)).astype(np.float32)


def contrast(mark: Mark) -> float:
    """Return the strongest change of optical density that a mark makes, in colour alone."""
    centre = {MarkKind.PUSTULE: 0.04, MarkKind.OPEN_COMEDONE: mark.melanin * 0.5}
    return abs(mark.haemoglobin) + abs(mark.melanin) + abs(mark.pale) + centre.get(mark.kind, 0.0)


def _label(layers: Layers, mark: Mark, shape: _Shape) -> None:
    condition = MARK_TARGET.get(mark.kind)
    if condition is None:
        return
    on_skin = layers.canvas.skin[shape.at]
    radius_px = mark.radius_mm / layers.canvas.mm_per_px
    ring = 1 + min(0.6, 1.0 / max(radius_px, 0.5))
    around = (shape.rho < ring) & on_skin
    inside = (shape.rho < 1.0) & on_skin
    if not inside.any():
        return
    relief = abs(mark.height_mm) / max(mark.radius_mm, 0.1)
    if contrast(mark) + 0.15 * relief < VISIBLE_DENSITY or radius_px < 0.8:
        layers.mark_ignore(condition, around, shape.at)
        return
    layers.mark_ignore(condition, around & ~inside, shape.at)
    layers.mark_label(condition, inside, shape.at)
    # a flat mark that acne left is no lesion: for acne it stays what it looks like, background
    if mark.kind in ACNE_MARKS and mark.haemoglobin > 0:
        layers.mark_ignore(Condition.REDNESS, around, shape.at)
    layers.lesions.append((mark.kind.value, _box(mark, radius_px)))


def _box(mark: Mark, radius_px: float) -> tuple[int, int, int, int]:
    return (
        int(mark.x - radius_px),
        int(mark.y - radius_px),
        int(np.ceil(mark.x + radius_px)),
        int(np.ceil(mark.y + radius_px)),
    )
