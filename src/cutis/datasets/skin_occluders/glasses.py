"""Glasses over a face: frames of several shapes, clear, tinted and dark lenses, reflections."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32

from cutis.core.arrays import Points
from cutis.core.face_parts import FacePart
from cutis.datasets.skin_occluders.canvas import Canvas, draw_line, fill_shape, soften


def draw_glasses(canvas: Canvas) -> None:
    """Draw glasses or sunglasses; frame and lenses are one part."""
    rng = canvas.rng
    rings = _rings(canvas)
    lens, frame = canvas.blank(), canvas.blank()
    thin = rng.random() < 0.4
    width = canvas.eye_px * float(rng.uniform(0.012, 0.025) if thin else rng.uniform(0.03, 0.085))
    for ring in rings:
        fill_shape(lens, ring)
        if rng.random() < 0.97:
            draw_line(frame, np.concatenate([ring, ring[:2]]), width)
    _bridge(canvas, frame, rings, width)
    lens, frame = soften(lens, 0.5), soften(frame, 0.5)
    _shadow(canvas, frame)
    _lenses(canvas, lens)
    dark = rng.random() < 0.6
    level = rng.uniform(5, 60) if dark else rng.uniform(60, 210)
    colour = np.clip(level + rng.normal(0, 30 if not dark else 8, 3), 0, 255).astype(np.float32)
    canvas.lay(np.clip(frame * 1.2, 0, 1), colour, FacePart.GLASSES)


def _rings(canvas: Canvas) -> list[Points]:
    """Return the outlines of both lenses, alike but mirrored; superellipses around the eyes."""
    rng = canvas.rng
    half_w, half_h = rng.uniform(0.2, 0.31), rng.uniform(0.12, 0.27)
    power = rng.choice([2.0, 2.5, 3.5, 6.0])
    drop, apart, slant = rng.uniform(0.0, 0.08), rng.uniform(0.29, 0.33), rng.normal(0, 0.04)
    aviator = rng.random() < 0.25
    t = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    x = np.sign(np.cos(t)) * np.abs(np.cos(t)) ** (2 / power) * half_w
    y = np.sign(np.sin(t)) * np.abs(np.sin(t)) ** (2 / power) * half_h
    if aviator:
        y = np.where(y > 0, y * 1.35, y) + 0.25 * x * (y > 0)
    rings = []
    for side in (-1.0, 1.0):
        across = side * (apart + x)
        down = drop + y - slant * x
        rings.append(
            np.stack([canvas.at(float(a), float(d)) for a, d in zip(across, down, strict=True)])
        )
    return rings


def _bridge(canvas: Canvas, frame: np.ndarray, rings: list[Points], width: float) -> None:
    right, left = rings
    middle = canvas.at(0, 0)
    inner = [ring[np.argmin(np.linalg.norm(ring - middle, axis=1))] for ring in (right, left)]
    arch = canvas.at(0, float(canvas.rng.uniform(-0.08, 0.0)))
    draw_line(frame, np.stack([inner[0], arch, inner[1]]), width)
    for side, ring in ((-1.0, right), (1.0, left)):
        outer = ring[np.argmax(np.linalg.norm(ring - middle, axis=1))]
        draw_line(frame, np.stack([outer, canvas.at(side * 0.9, -0.05)]), width)


def _shadow(canvas: Canvas, frame: np.ndarray) -> None:
    down = round(0.04 * canvas.eye_px)
    cast = soften(np.roll(frame, down, axis=0), 0.02 * canvas.eye_px)
    canvas.lay(cast * np.float32(canvas.rng.uniform(0.1, 0.35)), np.zeros(3, np.float32), None)


def _lenses(canvas: Canvas, lens: np.ndarray) -> None:
    """Tint the lenses; where they are nearly clear they still are glasses."""
    rng = canvas.rng
    kind = rng.random()
    opaque = 0.0 if kind < 0.4 else rng.uniform(0.15, 0.6) if kind < 0.6 else rng.uniform(0.8, 1.0)
    rows = np.linspace(1.0, rng.uniform(0.5, 1.0), lens.shape[0], dtype=np.float32)[:, None]
    tint = np.clip(rng.uniform(5, 70) + rng.normal(0, 15, 3), 0, 255).astype(np.float32)
    canvas.lay(lens * np.float32(opaque) * rows, tint, None)
    canvas.labels[lens >= 0.5] = FacePart.GLASSES.label
    if rng.random() < 0.5:
        canvas.lay(lens * _reflection(canvas), np.array([235, 240, 245], np.float32), None)


def _reflection(canvas: Canvas) -> Float32[np.ndarray, "h w"]:
    """Return a slanted streak of light."""
    rng = canvas.rng
    y, x = np.mgrid[: canvas.labels.shape[0], : canvas.labels.shape[1]].astype(np.float32)
    angle, period = rng.uniform(0.4, 1.2), canvas.eye_px * rng.uniform(0.3, 0.8)
    wave = np.sin(
        (x * np.cos(angle) + y * np.sin(angle)) * (2 * np.pi / period) + rng.uniform(0, 6)
    )
    return np.asarray(np.clip((wave - 0.6) * 2, 0, 1) * rng.uniform(0.1, 0.6), np.float32)
