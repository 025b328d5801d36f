"""Headscarves, hats and caps: cloth with folds that follows the head, and the shade below it."""

from __future__ import annotations

import cv2
import numpy as np

from cutis.core.arrays import RGB, Gray, Points
from cutis.core.face_parts import FacePart
from cutis.datasets.skin_occluders.canvas import (
    Canvas,
    any_colour,
    bezier,
    cast_shadow,
    cloth,
    draw_line,
    fill_shape,
    soften,
)

_OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
"""The outline of the face from the middle of the forehead over the subject's left cheek."""


def draw_scarf(canvas: Canvas) -> None:
    """Draw a headscarf or hood that lies along the face, over the neck and the shoulders."""
    rng = canvas.rng
    opening = _opening(canvas)
    middle = opening.mean(axis=0)
    outer = middle + (opening - middle) * np.float32(rng.uniform(1.35, 1.75))
    lifted = outer - canvas.axes[2] * np.float32(rng.uniform(0.1, 0.5))
    low, wide = np.float32(canvas.labels.shape[0]), canvas.size_px * float(rng.uniform(1.0, 2.0))
    chin = canvas.points[152]
    drape = np.array([[chin[0] - wide, low], [chin[0] + wide, low]], np.float32)
    around, hole = canvas.blank(), canvas.blank()
    fill_shape(
        around, cv2.convexHull(np.concatenate([outer, lifted, drape]).astype(np.float32))[:, 0]
    )
    fill_shape(hole, opening)
    if rng.random() < 0.35:  # a band below the scarf
        band = canvas.blank()
        draw_line(band, opening[14:34], canvas.size_px * float(rng.uniform(0.08, 0.2)))
        _lay_cloth(canvas, soften(band, 0.7), cloth(band.shape, any_colour(canvas), rng))
    cover = soften(np.clip(around - hole, 0, 1), 0.7)
    _lay_cloth(canvas, cover, _folded(canvas, hole, middle))


def _opening(canvas: Canvas) -> Points:
    """Return the ring in which the face is left free: along its outline, or inside it."""
    rng = canvas.rng
    ring = canvas.points[list(_OVAL)]
    middle = (ring.min(axis=0) + ring.max(axis=0)) / 2
    t = np.linspace(0, 2 * np.pi, len(ring), endpoint=False)
    wave = 0.015 * np.sin(3 * t + rng.uniform(0, 6)) + 0.01 * np.sin(7 * t + rng.uniform(0, 6))
    sides, top, chin = rng.uniform(0.86, 1.04), rng.uniform(0.72, 1.05), rng.uniform(0.93, 1.05)
    ends = np.where(np.cos(t) > 0, top, chin)
    scale = sides + (ends - sides) * np.cos(t) ** 2 + wave
    free = (middle + (ring - middle) * scale[:, None]).astype(np.float32)
    return np.asarray(_round(free, middle), np.float32)


def _round(ring: Points, middle: Points) -> Points:
    """Return a ring widened where a turned head folds it, its points evenly around the middle."""
    hull = cv2.convexHull(ring)[:, 0]
    turn = np.arctan2(hull[:, 0] - middle[0], middle[1] - hull[:, 1])
    order = np.argsort(turn)
    angles = np.linspace(-np.pi, np.pi, 48, endpoint=False) + np.pi / 48
    away = np.linalg.norm(hull - middle, axis=1)
    reach = np.interp(angles, turn[order], away[order], period=2 * np.pi)
    return middle + np.stack([np.sin(angles), -np.cos(angles)], axis=1) * reach[:, None]


def _folded(canvas: Canvas, hole: Gray, middle: Points) -> RGB:
    """Return cloth whose folds run around the opening, its hem rolled, with or without pattern."""
    rng, shape = canvas.rng, canvas.labels.shape
    away = cv2.distanceTransform((hole < 0.5).astype(np.uint8), cv2.DIST_L2, 5) / canvas.size_px
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    turn = np.arctan2(y - middle[1], x - middle[0])
    warp = cv2.resize(
        rng.normal(0, 1, (6, 6)).astype(np.float32), shape[::-1], interpolation=cv2.INTER_CUBIC
    )
    folds = np.zeros(shape, np.float32)
    for _ in range(3):
        lean = float(rng.integers(-2, 3))
        phase = away * rng.uniform(2, 9) + lean * turn / (2 * np.pi) + warp * rng.uniform(0.2, 0.7)
        folds += np.abs(np.sin(np.pi * phase)) ** rng.uniform(0.4, 1.5) - 0.6
    hem = rng.uniform(0.02, 0.06)
    rolled = 0.8 + 0.35 * np.sin(np.pi * np.clip(away / hem, 0, 1)) - 0.15 * (away < 0.3 * hem)
    shade = (1 + rng.uniform(0.08, 0.3) * folds) * np.where(away < hem, rolled, 1.0)
    woven = cloth(shape, any_colour(canvas), rng).astype(np.float32)
    return np.clip(woven * np.clip(shade, 0.15, 1.5)[..., None], 0, 255).astype(np.uint8)


def draw_hat(canvas: Canvas) -> None:
    """Draw a hat, a cap or a knitted one: a crown, often a brim or peak, and their shade."""
    rng = canvas.rng
    right, left = canvas.points[127], canvas.points[356]
    middle, half = (right + left) / 2, (left - right) / 2 * np.float32(rng.uniform(1.05, 1.3))
    up = -canvas.axes[2]
    low, arch, tilt = rng.uniform(0.12, 0.6), rng.uniform(-0.2, 0.15), rng.normal(0, 0.05)
    ends = middle - half + up * (low - 0.1 - tilt), middle + half + up * (low - 0.1 + tilt)
    edge = bezier(np.stack([ends[0], middle + up * (low + 2 * arch), ends[1]]).astype(np.float32))
    high = float(rng.uniform(1.3, 2.3))
    corners = [ends[1], middle + half * 1.25 + up * high, middle - half * 1.25 + up * high, ends[0]]
    cover = canvas.blank()
    fill_shape(cover, np.concatenate([edge, bezier(np.stack(corners).astype(np.float32))]))
    colour = any_colour(canvas)
    _lay_cloth(canvas, soften(cover, 0.7), _rounded(canvas, cover, colour))
    kind = rng.random()
    if kind < 0.6:
        brim = _brim(canvas, (middle + up * (low + arch), half, up), wide=kind < 0.3)
        _shade(canvas, brim)
        _lay_cloth(canvas, soften(brim, 0.7), _rounded(canvas, brim, colour * rng.uniform(0.6, 1)))
    elif kind < 0.85:
        band = canvas.blank()
        draw_line(band, edge, canvas.size_px * float(rng.uniform(0.05, 0.22)))
        _lay_cloth(canvas, soften(band, 0.7), cloth(band.shape, any_colour(canvas), rng))


def _brim(canvas: Canvas, frame: tuple[Points, Points, Points], *, wide: bool) -> Gray:
    """Return a brim that reaches beyond the head, or a peak in front of it."""
    rng = canvas.rng
    middle, half, up = frame
    reach = rng.uniform(1.35, 1.9) if wide else rng.uniform(0.65, 0.95)
    thick, drop = rng.uniform(0.06, 0.22), rng.uniform(0.0, 0.14)
    t = np.linspace(0, 2 * np.pi, 48, endpoint=False, dtype=np.float32)[:, None]
    sag = np.cos(t) ** 2 * np.float32(rng.uniform(-0.12, 0.15))
    ring = middle + np.cos(t) * half * reach + (np.sin(t) * thick - drop + sag) * up
    brim = canvas.blank()
    fill_shape(brim, ring.astype(np.float32))
    return brim


def _shade(canvas: Canvas, brim: Gray) -> None:
    """Darken the face below a brim down to a soft edge; skin stays skin."""
    down = canvas.axes[2] * np.float32(canvas.rng.uniform(0.05, 0.6))
    shade = brim.copy()
    for share in np.linspace(0.1, 1, 10):
        moved = np.array([[1, 0, down[0] * share], [0, 1, down[1] * share]], np.float32)
        shade = np.maximum(shade, cv2.warpAffine(brim, moved, brim.shape[::-1]))
    soft = soften(shade, 0.04 * canvas.size_px) * np.float32(canvas.rng.uniform(0.2, 0.7))
    canvas.lay(soft, np.zeros(3, np.float32), None)


def _rounded(canvas: Canvas, cover: Gray, colour: np.ndarray) -> RGB:
    """Return cloth that turns away from the light at its rim."""
    inside = cv2.distanceTransform((cover > 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    shade = 0.55 + 0.5 * np.clip(inside / (0.25 * canvas.size_px), 0, 1) ** 0.6
    woven = cloth(cover.shape, np.asarray(colour, np.float32), canvas.rng).astype(np.float32)
    return np.clip(woven * shade[..., None], 0, 255).astype(np.uint8)


def _lay_cloth(canvas: Canvas, cover: Gray, picture: RGB) -> None:
    cast_shadow(canvas, cover)
    canvas.lay(cover, picture, FacePart.COVERING)
