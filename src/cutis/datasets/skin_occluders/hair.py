"""Hair over a face: bangs of many strands, curtains at the sides, single strands."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float32

from cutis.core.arrays import Gray
from cutis.core.face_parts import FacePart
from cutis.datasets.skin_occluders.canvas import Canvas, Colour, bezier, draw_line, soften

COLOURS = np.array(
    [
        (22, 18, 17), (38, 28, 24), (62, 42, 32), (92, 64, 46), (124, 88, 60), (160, 120, 82),
        (196, 160, 114), (220, 192, 150), (138, 62, 34), (150, 146, 142), (206, 202, 198),
    ],
    np.float32,
)  # fmt: skip
"""sRGB of hair from black over brown and red to blond, grey and white."""


def draw_bangs(canvas: Canvas) -> None:
    """Draw bangs from the hairline over the forehead, sometimes to the brows or the eyes."""
    rng = canvas.rng
    length = rng.uniform(0.25, 0.75)
    lean = rng.normal(0, 0.25)
    gap = rng.uniform(-0.5, 0.5) if rng.random() < 0.4 else None
    strands = int(rng.integers(90, 220))
    starts = rng.uniform(-0.75, 0.75, strands)
    cover, shade = canvas.blank(), canvas.blank()
    for start in starts:
        if gap is not None and abs(start - gap) < 0.12:
            continue
        reach = length * (1 - 0.35 * start**2) * rng.uniform(0.75, 1.1)
        root = canvas.at(start * 0.9, -0.95 - 0.1 * rng.random())
        tip = canvas.at(start + lean * reach + rng.normal(0, 0.03), -0.85 + reach)
        bend = canvas.at(start + rng.normal(0.5 * lean, 0.04), -0.85 + 0.5 * reach)
        _strand(canvas, (cover, shade), np.stack([root, bend, tip]))
    _finish(canvas, cover, shade)


def draw_curtain(canvas: Canvas) -> None:
    """Draw hair that hangs over one side of the face."""
    rng = canvas.rng
    side = rng.choice([-1.0, 1.0])
    inner = rng.uniform(0.35, 0.75)
    cover, shade = canvas.blank(), canvas.blank()
    for _ in range(int(rng.integers(80, 180))):
        place = inner + rng.exponential(0.18)
        root = canvas.at(side * place * rng.uniform(0.2, 0.9), -1.0)
        bend = canvas.at(side * (place + 0.12), rng.uniform(-0.5, 0.1))
        tip = canvas.at(side * (place + rng.normal(0.05, 0.06)), rng.uniform(0.7, 1.8))
        _strand(canvas, (cover, shade), np.stack([root, bend, tip]))
    _finish(canvas, cover, shade)


def draw_strands(canvas: Canvas) -> None:
    """Draw a few loose strands across the face."""
    rng = canvas.rng
    cover, shade = canvas.blank(), canvas.blank()
    for _ in range(int(rng.integers(2, 7))):
        start = rng.uniform(-0.7, 0.7)
        corners = [canvas.at(start, -1.0)]
        corners += [canvas.at(start + rng.normal(0, 0.3), d) for d in (-0.5, rng.uniform(-0.2, 1))]
        middle = np.stack(corners)
        for _ in range(int(rng.integers(6, 20))):
            _strand(canvas, (cover, shade), middle + rng.normal(0, 0.02 * canvas.eye_px, (3, 2)))
    _finish(canvas, cover, shade)


def _strand(canvas: Canvas, layers: tuple[Gray, Gray], corners: np.ndarray) -> None:
    """Draw one strand into the cover, and its own brightness into the shade."""
    line = bezier(corners.astype(np.float32), 16)
    width = canvas.eye_px * float(canvas.rng.uniform(0.008, 0.03))
    cover, shade = layers
    draw_line(cover, line, width)
    draw_line(shade, line, width, float(canvas.rng.normal(0, 1)))


def _finish(canvas: Canvas, cover: Gray, shade: Gray) -> None:
    """Give the strands a colour, often that of the hair which is there, and a soft shadow."""
    colour = hair_colour(canvas)
    cover = np.clip(soften(cover, 0.6), 0, 1)
    dark = soften(np.roll(cover, max(1, round(0.02 * canvas.eye_px)), axis=0), 0.03 * canvas.eye_px)
    canvas.lay(dark * np.float32(0.25), np.zeros(3, np.float32), None)
    contrast = canvas.rng.uniform(0.08, 0.28)
    bright = 1 + contrast * soften(shade, 0.7)[..., None]
    shine = 1 + 0.35 * canvas.rng.random() * _shine(canvas)[..., None]
    picture = np.clip(colour * bright * shine, 0, 255).astype(np.uint8)
    canvas.lay(cover, picture, FacePart.HAIR)


def hair_colour(canvas: Canvas) -> Colour:
    """Return a colour of hair in the light of the picture, often that of the hair seen there."""
    hair = canvas.labels == FacePart.HAIR.label
    if canvas.rng.random() < 0.6 and np.count_nonzero(hair) > 200:
        return np.asarray(np.median(canvas.rgb[hair], axis=0), np.float32)
    colour: Float32[np.ndarray, "3"] = COLOURS[canvas.rng.integers(len(COLOURS))]
    light = np.float32(np.clip(canvas.rgb.mean() / 120, 0.5, 1.3) * canvas.rng.uniform(0.75, 1.2))
    return np.asarray(colour * light, np.float32)


def _shine(canvas: Canvas) -> Gray:
    """Return a band of light across the hair."""
    rows = np.arange(canvas.labels.shape[0], dtype=np.float32)[:, None]
    place = float(canvas.at(0, canvas.rng.uniform(-0.9, 0.2))[1])
    band = np.exp(-(((rows - place) / (0.15 * canvas.eye_px)) ** 2))
    wave = cv2.resize(
        canvas.rng.normal(0, 1, (1, 12)).astype(np.float32), canvas.labels.shape[::-1]
    )
    return np.asarray(band * np.clip(1 + 0.5 * wave, 0, 2), np.float32)
