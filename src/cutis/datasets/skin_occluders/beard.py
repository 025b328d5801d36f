"""Beards and moustaches of thousands of short strands, from stubble to full.

Where strands may grow follows from landmarks; what they cover is the mask. Stubble through which
skin is seen covers little, so it stays skin.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32

from cutis.core.arrays import Gray, Points
from cutis.core.face_parts import FacePart
from cutis.datasets.skin_occluders.canvas import Canvas, fill_shape, soften
from cutis.datasets.skin_occluders.hair import hair_colour

_JAW = (93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323)
_LOW = (401, 435, 367, 364, 394, 431, 422, 273, 287)
_HIGH = (366, 376, 411, 427, 436, 410, 322, 410, 287)
"""From before the subject's left ear to the corner of the mouth: a low and a high cheek line."""
_LOW_RIGHT = (57, 43, 202, 211, 169, 135, 138, 215, 177)
_HIGH_RIGHT = (57, 186, 92, 186, 216, 207, 187, 147, 137)
_MOUSTACHE = (57, 186, 92, 165, 98, 97, 2, 326, 327, 391, 322, 410, 287, 291, 409, 270, 269, 267, 0,
              37, 39, 40, 185, 61)  # fmt: skip
_LIPS = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)
_CHIN = (43, 202, 204, 211, 170, 149, 176, 148, 152, 377, 400, 378, 395, 431, 424, 422, 273)
_LAYERS = 14
_ABOVE = (FacePart.COVERING, FacePart.GLASSES, FacePart.HAIR, FacePart.EYE)


@dataclass(frozen=True, slots=True)
class Style:
    """Strands per square eye distance, their length in eye distances, opacity, undercoat."""

    strands: float
    length: float
    opacity: float
    undercoat: float


def draw_beard(canvas: Canvas) -> None:
    """Draw a beard, a moustache, both or stubble, in the colour of hair in this light."""
    kind = canvas.rng.choice(
        ["all", "no moustache", "goatee", "moustache"], p=[0.6, 0.08, 0.2, 0.12]
    )
    grow_beard(canvas, _style(canvas.rng), str(kind))


def grow_beard(canvas: Canvas, style: Style, kind: str) -> None:
    """Draw a beard of a style; ``kind`` is all, no moustache, goatee (with one) or moustache."""
    ground = _ground(canvas, kind) * _free(canvas)
    if not (ground > 0.2).any():
        return
    under = soften(ground, 0.05 * canvas.eye_px) * np.float32(style.undercoat) * _free(canvas)
    covered = soften(_painted(canvas, ground, under, style), max(1.0, 0.012 * canvas.eye_px)) >= 0.5
    canvas.labels = np.where(covered, np.uint8(FacePart.FACIAL_HAIR.label), canvas.labels)


def _painted(canvas: Canvas, ground: Gray, under: Gray, style: Style) -> Gray:
    """Paint the undercoat, then layer over layer, deep ones dark; return what they cover."""
    rng, colour, light = canvas.rng, hair_colour(canvas), _light(canvas)[..., None]
    free = _free(canvas)
    picture = canvas.rgb.astype(np.float32)
    picture += (colour * np.float32(0.55) * light - picture) * under[..., None]
    seen = 1 - under
    number = int(style.strands * float(ground.sum()) / canvas.eye_px**2 / _LAYERS)
    for layer in range(_LAYERS):
        cover = _strands(canvas, ground, max(1, number), style) * free
        shade = (0.55 + 0.6 * layer / _LAYERS) * rng.normal(1.0, 0.14)
        own = np.asarray(colour * shade + 30 * (rng.random() < 0.15), np.float32)
        picture += (own * light - picture) * cover[..., None]
        seen *= 1 - cover
    canvas.rgb = np.clip(np.round(picture), 0, 255).astype(np.uint8)
    return np.asarray(1 - seen, np.float32)


def _style(rng: np.random.Generator) -> Style:
    """Return stubble, a short beard or a full one."""
    kind = rng.random()
    if kind < 0.25:
        return Style(rng.uniform(800, 4000), rng.uniform(0.008, 0.02), rng.uniform(0.2, 0.5),
                      rng.uniform(0, 0.22))  # fmt: skip
    if kind < 0.6:
        return Style(rng.uniform(5000, 9000), rng.uniform(0.03, 0.08), rng.uniform(0.45, 0.75),
                      rng.uniform(0.4, 0.75))  # fmt: skip
    return Style(rng.uniform(4000, 8000), rng.uniform(0.1, 0.26), rng.uniform(0.55, 0.9),
                  rng.uniform(0.6, 0.92))  # fmt: skip


def _ground(canvas: Canvas, kind: str) -> Gray:
    """Return how densely hair grows, 0–1, ragged at its edges and patchy."""
    rng, points = canvas.rng, canvas.points
    ground, mouth = canvas.blank(), canvas.blank()
    if kind in ("all", "no moustache"):
        fill_shape(ground, _cheeks_and_jaw(canvas))
    if kind in ("all", "goatee"):
        fill_shape(ground, points[list(_CHIN)])
    if kind != "no moustache":
        fill_shape(ground, points[list(_MOUSTACHE)])
    fill_shape(mouth, points[list(_LIPS)])
    eye_px = canvas.eye_px
    coarse = rng.normal(0, 1, (14, 14)).astype(np.float32)
    patchy = cv2.resize(coarse, ground.shape[::-1], interpolation=cv2.INTER_CUBIC)
    soft = soften(ground, eye_px * float(rng.uniform(0.015, 0.05)))
    ragged = np.clip(soft * (1 + np.float32(rng.uniform(0.05, 0.35)) * patchy), 0, 1)
    bare = soften(mouth, 0.01 * eye_px) * np.float32(rng.uniform(0.85, 1))
    return np.asarray(ragged * (1 - bare), np.float32)


def _cheeks_and_jaw(canvas: Canvas) -> Points:
    """Return the ring of a beard: the jaw, some of the neck, and a cheek line of any height."""
    points, height = canvas.points, np.float32(canvas.rng.uniform(0, 1))
    down = canvas.axes[2] * np.float32(canvas.rng.uniform(0.0, 0.3))
    jaw = points[list(_JAW)]
    hang = np.sin(np.linspace(0, np.pi, len(jaw), dtype=np.float32))[:, None]
    left, right = (
        points[list(low)] * (1 - height) + points[list(high)] * height
        for low, high in ((_LOW, _HIGH), (_LOW_RIGHT, _HIGH_RIGHT))
    )
    return np.concatenate([jaw + hang * down, left, right]).astype(np.float32)


def _free(canvas: Canvas) -> Gray:
    """Return where nothing lies in front of a beard."""
    hidden = np.isin(canvas.labels, [part.label for part in _ABOVE])
    return (1 - hidden).astype(np.float32)


def _light(canvas: Canvas) -> Gray:
    """Return how the face is lit, 1 on usual skin, so that a beard lies in the same light."""
    skin = (canvas.labels == FacePart.FACE_SKIN.label).astype(np.float32)
    gray = cv2.cvtColor(canvas.rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    usual = float(np.median(gray[skin > 0])) if skin.any() else 128.0
    sigma = 0.2 * canvas.eye_px
    near = (soften(gray * skin, sigma) + 0.02 * usual) / (soften(skin, sigma) + 0.02)
    return np.asarray(np.clip(near / max(usual, 1.0), 0.3, 1.4), np.float32)


def _strands(canvas: Canvas, ground: Gray, number: int, style: Style) -> Gray:
    """Return the cover of one layer of strands that start where hair grows."""
    rng, eye_px = canvas.rng, canvas.eye_px
    rows, columns = np.nonzero(ground > 0.05)
    weight = ground[rows, columns]
    at = rng.choice(len(rows), number, p=weight / weight.sum())
    roots = np.stack([columns[at], rows[at]], axis=1) + rng.random((number, 2))
    lines = _grown(canvas, roots.astype(np.float32), style)
    layer = np.zeros(ground.shape, np.uint8)
    fixed = np.round((lines - 0.5) * 16).astype(np.int32)
    cv2.polylines(layer, list(fixed), isClosed=False, color=255, lineType=cv2.LINE_AA, shift=4)
    cover = layer.astype(np.float32) * np.float32(style.opacity * min(1.0, eye_px / 160) / 255)
    return soften(cover, 0.4)


def _grown(canvas: Canvas, roots: Points, style: Style) -> Float32[np.ndarray, "n 4 2"]:
    """Return strands from their roots: aside from the nose above the lip, down elsewhere, bent."""
    rng, points = canvas.rng, canvas.points
    _, across, down = canvas.axes
    across, down = across / np.linalg.norm(across), down / np.linalg.norm(down)
    offset = roots - points[0]
    aside = offset @ across / canvas.eye_px
    above = (offset @ down < 0.05 * canvas.eye_px) & (np.abs(aside) < 0.35)
    spread = np.where(above, np.clip(6 * aside, -1, 1), 0.9 * -aside * 0.6)
    angle = spread + rng.normal(0, 0.28, len(roots))
    length = style.length * canvas.eye_px * np.exp(rng.normal(0, 0.35, len(roots)))
    length = np.where(above, np.minimum(length, 0.12 * canvas.eye_px), length)
    bend = rng.normal(0, 0.5, len(roots))
    lines = [roots]
    for part in (0.0, 0.5, 1.0):
        turned = (angle + bend * part)[:, None]
        step = (np.sin(turned) * across + np.cos(turned) * down) * length[:, None] / 3
        lines.append(lines[-1] + step)
    return np.stack(lines, axis=1).astype(np.float32)
