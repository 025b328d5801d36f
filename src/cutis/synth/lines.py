"""What is long and thin: wrinkles, capillaries, hair, strap marks, tattoos."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from cutis.core.arrays import Gray
from cutis.core.vocabulary import Condition
from cutis.synth.layers import Layers, Window, as_densities, window_around
from cutis.synth.noise import smooth_noise
from cutis.synth.parameters import Line, LineKind

_INK = as_densities((1.1, 0.95, 0.75))
_GREY = 3**0.5
_SUB = 4


def paint_lines(layers: Layers, lines: tuple[Line, ...]) -> None:
    """Paint the lines in order."""
    for line in lines:
        _paint(layers, line)


@dataclass(frozen=True, slots=True, eq=False)
class _Trace:
    """A curve in its window: the distance to it in px, and a factor that fades at its ends."""

    at: Window
    distance: Gray
    fade: Gray


def _trace(line: Line, layers: Layers, half_px: float) -> _Trace | None:
    points = _smooth_curve(np.array(line.points))
    middle, reach = (points.max(0) + points.min(0)) / 2, np.ptp(points, axis=0).max() / 2
    x, y = (float(v) for v in middle)
    at = window_around(x, y, float(reach) + 5 * half_px + 4, layers.canvas.shape)
    if at is None:
        return None
    top, left = at[0].start, at[1].start
    canvas = np.full((at[0].stop - top, at[1].stop - left), 255, np.uint8)
    scaled = np.round((points - (left, top)) * 2**_SUB).astype(np.int32)
    cv2.polylines(canvas, [scaled], isClosed=False, color=0, thickness=1, shift=_SUB)
    if canvas.min() == 255:
        return None
    distance = cv2.distanceTransform(canvas, cv2.DIST_L2, 3)
    centre = points.mean(axis=0) - (left, top)
    length = max(float(np.linalg.norm(points - points.mean(axis=0), axis=1).max()), 2.0)
    ys = np.arange(canvas.shape[0], dtype=np.float32)[:, None] - np.float32(centre[1])
    xs = np.arange(canvas.shape[1], dtype=np.float32)[None] - np.float32(centre[0])
    far = np.sqrt(xs * xs + ys * ys) * np.float32(1 / length)
    return _Trace(at, distance, np.clip((1.05 - far) / 0.35, 0, 1))


def _smooth_curve(points: np.ndarray) -> np.ndarray:
    """Return a Catmull–Rom curve through the points, 12 steps a span."""
    if len(points) < 3:
        return points
    padded = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    t = np.linspace(0, 1, 12, endpoint=False)[:, None]
    spans = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        spans.append(
            0.5
            * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2
               + (3 * b - a - 3 * c + d) * t**3)
        )  # fmt: skip
    return np.vstack([*spans, points[-1:]])


def _paint(layers: Layers, line: Line) -> None:
    half = max(line.width_mm / layers.canvas.mm_per_px / 2, 0.45)
    trace = _trace(line, layers, half)
    if trace is None:
        return
    at, cover = trace.at, layers.canvas.cover[trace.at]
    ink = np.clip(1.4 - trace.distance / np.float32(half), 0, 1) * np.float32(line.strength)
    if line.kind is LineKind.WRINKLE:
        _wrinkle(layers, line, trace, half)
    elif line.kind is LineKind.CAPILLARY:
        _capillary(layers, line, trace, half)
    elif line.kind is LineKind.STRAP_MARK:
        body = np.exp(-0.5 * (trace.distance / np.float32(half)) ** 2) * np.float32(line.strength)
        layers.height_mm[at] -= np.float32(0.3) * body * cover
        layers.haemoglobin[at] += np.float32(0.04) * body * cover
    elif line.kind is LineKind.TATTOO:
        layers.add_colour(at, ink, _INK)
    else:
        layers.grey[at] += ink * np.float32(_GREY)


def _capillary(layers: Layers, line: Line, trace: _Trace, half: float) -> None:
    at, distance = trace.at, trace.distance
    skin = layers.canvas.skin[at]
    body = np.exp(-0.5 * (distance / np.float32(half)) ** 2)
    amount = np.float32(line.strength) * body * trace.fade * layers.canvas.cover[at]
    layers.haemoglobin[at] += amount
    layers.mark_label(Condition.REDNESS, (distance < half + 0.6) & skin & (amount > 0.02), at)
    layers.mark_ignore(Condition.REDNESS, (distance < half + 2.5) & skin, at)


def _wrinkle(layers: Layers, line: Line, trace: _Trace, half: float) -> None:
    """Fold the skin: a groove with raised sides, its depth varying along the line."""
    at, distance, mm = trace.at, trace.distance, layers.canvas.mm_per_px
    drift = smooth_noise(distance.shape, 5.0 / mm, line.seed)
    along = np.clip(1 + np.float32(0.35) * drift, 0.3, 1.5) * np.float32(line.strength)
    depth = trace.fade * along * layers.canvas.cover[at]
    relative = distance / np.float32(half)
    groove = np.exp(-0.5 * relative**2)
    sides = np.exp(-0.5 * ((relative - 2.2) / 1.4) ** 2)
    layers.height_mm[at] += (
        depth * np.float32(line.width_mm) * (np.float32(0.12) * sides - np.float32(0.30) * groove)
    )
    layers.grey[at] += depth * groove * np.float32(0.09 * _GREY)
    layers.haemoglobin[at] += depth * groove * np.float32(0.03)
    skin = layers.canvas.skin[at]
    sure = (distance < half + 0.7) & (depth > 0.22) & skin
    layers.mark_label(Condition.WRINKLES, sure, at)
    near = (distance < half + 2.5) & (trace.fade > 0) & skin & ~sure
    layers.mark_ignore(Condition.WRINKLES, near, at)
