"""What lies on a face without growing there: hands, hats, scarves, masks, things held up."""

from __future__ import annotations

import cv2
import numpy as np

from cutis.core.arrays import Gray, Points
from cutis.core.face_parts import FacePart
from cutis.datasets.skin_occluders.canvas import (
    Canvas,
    Colour,
    bezier,
    cloth,
    draw_line,
    fill_shape,
    soften,
)


def draw_hand(canvas: Canvas) -> None:
    """Draw fingers and a part of the palm, in the face's own skin colour, over cheek or chin."""
    rng = canvas.rng
    side = float(rng.choice([-1.0, 1.0]))
    wrist = canvas.at(side * rng.uniform(0.5, 1.3), rng.uniform(1.1, 1.8))
    aim = canvas.at(side * rng.uniform(0.1, 0.7), rng.uniform(-0.2, 0.9))
    along = (aim - wrist) / max(1.0, float(np.linalg.norm(aim - wrist)))
    beside = np.array([-along[1], along[0]], np.float32)
    cover, creases = canvas.blank(), canvas.blank()
    width = canvas.eye_px * float(rng.uniform(0.15, 0.22))
    knuckles = aim - along * canvas.eye_px * rng.uniform(0.1, 0.5)
    fingers = int(rng.integers(1, 5))
    for number in range(fingers):
        place = (number - (fingers - 1) / 2) * width * 1.02
        root = knuckles + beside * place
        reach = along + beside * rng.normal(0.05 * (number - 1.5), 0.08)
        tip = root + reach * canvas.eye_px * rng.uniform(0.3, 0.7)
        _finger((cover, creases), (root, tip), width)
    half = beside * width * (fingers / 2 + 0.2)
    palm = np.stack([knuckles - half, knuckles + half, wrist + half * 1.1, wrist - half * 1.1])
    fill_shape(cover, palm.astype(np.float32))
    _lay_hand(canvas, cover, creases)


def _finger(layers: tuple[Gray, Gray], ends: tuple[Points, Points], width: float) -> None:
    cover, creases = layers
    line = np.stack(ends).astype(np.float32)
    draw_line(cover, line, width)
    cv2.circle(cover, tuple(int(v) for v in ends[1]), round(width / 2), 1.0, -1)
    side = (
        line + (line[1] - line[0])[::-1] / np.linalg.norm(line[1] - line[0]) * [-1, 1] * width / 2
    )
    draw_line(creases, side.astype(np.float32), max(1.0, width * 0.12))


def _lay_hand(canvas: Canvas, cover: Gray, creases: Gray) -> None:
    """Give the hand the skin's own colour, a little other in tone, with shade at its edge."""
    cover = soften(np.minimum(cover, 1), 0.7)
    skin = canvas.labels == FacePart.FACE_SKIN.label
    own = np.median(canvas.rgb[skin], axis=0) if skin.any() else np.array([180, 140, 120])
    colour = own * np.exp(canvas.rng.normal(0, 0.12) + canvas.rng.normal(0, 0.04, 3))
    inside = cv2.distanceTransform((cover > 0.5).astype(np.uint8), cv2.DIST_L2, 3)
    round_shade = 0.72 + 0.28 * np.clip(inside / (0.08 * canvas.eye_px), 0, 1)
    shade = round_shade * (1 - 0.35 * soften(creases, 1.2))
    picture = colour * shade[..., None] + canvas.rng.normal(0, 3, (*cover.shape, 1))
    _cast(canvas, cover)
    canvas.lay(cover, np.clip(picture, 0, 255).astype(np.uint8), FacePart.COVERING)


def draw_hat(canvas: Canvas) -> None:
    """Draw a hat, a cap or a band over the forehead, its lower edge straight or arched."""
    rng = canvas.rng
    low = rng.uniform(-0.75, -0.22)
    arch, tilt = rng.uniform(-0.25, 0.15), rng.normal(0, 0.06)
    edge = bezier(
        np.stack(
            [
                canvas.at(-1.2, low + 0.1 - tilt),
                canvas.at(0, low + arch * 2),
                canvas.at(1.2, low + 0.1 + tilt),
            ]
        )
    )
    top = np.stack([canvas.at(1.3, -3.0), canvas.at(-1.3, -3.0)])
    cover = canvas.blank()
    fill_shape(cover, np.concatenate([edge, top]).astype(np.float32))
    cover = soften(cover, 0.7)
    _cast(canvas, cover)
    canvas.lay(cover, cloth(cover.shape, _any_colour(canvas), rng), FacePart.COVERING)
    if rng.random() < 0.4:  # a band or a brim of another shade
        band = canvas.blank()
        draw_line(band, edge, canvas.eye_px * float(rng.uniform(0.05, 0.2)))
        canvas.lay(soften(band, 0.7), _any_colour(canvas), FacePart.COVERING)


def draw_scarf(canvas: Canvas) -> None:
    """Draw a headscarf or hood: cloth all around an oval opening."""
    rng = canvas.rng
    wide, high, low = rng.uniform(0.62, 0.8), rng.uniform(0.45, 0.75), rng.uniform(1.0, 1.35)
    t = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    down = np.where(np.sin(t) < 0, np.sin(t) * high, np.sin(t) * low)
    wave = 1 + 0.03 * np.sin(3 * t + rng.uniform(0, 6))
    ring = [
        canvas.at(float(a), float(d)) for a, d in zip(np.cos(t) * wide * wave, down, strict=True)
    ]
    cover = canvas.blank() + np.float32(1)
    fill_shape(cover, np.stack(ring), 0.0)
    reach = canvas.blank()
    outer = [canvas.at(float(np.cos(a)) * 1.35, float(np.sin(a)) * 1.7 + 0.2) for a in t]
    fill_shape(reach, np.stack(outer))
    cover = soften(cover * reach, 0.7)
    _cast(canvas, cover)
    canvas.lay(cover, cloth(cover.shape, _any_colour(canvas), rng), FacePart.COVERING)


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
    colour = np.array([225, 232, 238], np.float32) if white else _any_colour(canvas)
    _cast(canvas, cover)
    canvas.lay(cover, cloth(cover.shape, colour, rng), FacePart.COVERING)


def draw_thing(canvas: Canvas) -> None:
    """Draw a bar or a blob before the face: a microphone, a cup, a phone."""
    rng = canvas.rng
    cover = canvas.blank()
    start = canvas.at(rng.uniform(-1, 1), rng.uniform(0.8, 1.6))
    end = canvas.at(rng.uniform(-0.6, 0.6), rng.uniform(0.1, 0.9))
    draw_line(cover, np.stack([start, end]), canvas.eye_px * float(rng.uniform(0.1, 0.45)))
    cover = soften(cover, 0.7)
    _cast(canvas, cover)
    canvas.lay(cover, cloth(cover.shape, _any_colour(canvas), rng), FacePart.COVERING)


def _any_colour(canvas: Canvas) -> Colour:
    rng = canvas.rng
    grey = rng.uniform(15, 235)
    return np.clip(grey + rng.normal(0, 45, 3) * (rng.random() < 0.7), 0, 255).astype(np.float32)


def _cast(canvas: Canvas, cover: Gray) -> None:
    """Darken what lies just below, as a thing's shadow does; skin stays skin."""
    rng = canvas.rng
    down, sigma = rng.uniform(0.0, 0.06) * canvas.eye_px, rng.uniform(0.02, 0.06) * canvas.eye_px
    cast = soften(np.roll(cover, round(down), axis=0), sigma)
    canvas.lay(cast * np.float32(rng.uniform(0.0, 0.45)), np.zeros(3, np.float32), None)
