"""Masks over nose and mouth, and things held up before a face."""

from __future__ import annotations

import numpy as np

from cutis.core.face_parts import FacePart
from cutis.datasets.skin_occluders.canvas import (
    Canvas,
    any_colour,
    cast_shadow,
    cloth,
    draw_line,
    fill_shape,
    soften,
)


def draw_mask(canvas: Canvas) -> None:
    """Draw a face mask over nose, mouth and chin."""
    rng = canvas.rng
    top = rng.uniform(0.2, 0.5)
    corners = [
        (-0.62, top + 0.1),
        (-0.3, top),
        (0, top - 0.12),
        (0.3, top),
        (0.62, top + 0.1),
        (0.5, 0.95),
        (0.2, 1.3),
        (-0.2, 1.3),
        (-0.5, 0.95),
    ]
    ring = np.stack([canvas.at(*c) for c in corners])
    cover, straps = canvas.blank(), canvas.blank()
    fill_shape(cover, ring)
    for a, b in ((0, -0.95), (4, 0.95)):
        draw_line(straps, np.stack([ring[a], canvas.at(b, 0.2)]), 0.02 * canvas.eye_px)
    cover = soften(np.maximum(cover, straps), 0.7)
    white = rng.random() < 0.5
    colour = np.array([225, 232, 238], np.float32) if white else any_colour(canvas)
    cast_shadow(canvas, cover)
    canvas.lay(cover, cloth(cover.shape, colour, rng), FacePart.COVERING)


def draw_thing(canvas: Canvas) -> None:
    """Draw a bar or a blob before the face: a microphone, a cup, a phone."""
    rng = canvas.rng
    cover = canvas.blank()
    start = canvas.at(rng.uniform(-1, 1), rng.uniform(0.8, 1.6))
    end = canvas.at(rng.uniform(-0.6, 0.6), rng.uniform(0.1, 0.9))
    draw_line(cover, np.stack([start, end]), canvas.eye_px * float(rng.uniform(0.1, 0.45)))
    cover = soften(cover, 0.7)
    cast_shadow(canvas, cover)
    canvas.lay(cover, cloth(cover.shape, any_colour(canvas), rng), FacePart.COVERING)
