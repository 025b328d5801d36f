"""Which things are drawn over a face, how often, and the light that falls on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from cutis.core.arrays import RGB
from cutis.core.face_parts import FacePart
from cutis.datasets.skin_occluders.beard import draw_beard
from cutis.datasets.skin_occluders.canvas import Canvas
from cutis.datasets.skin_occluders.coverings import draw_mask, draw_thing
from cutis.datasets.skin_occluders.glasses import draw_glasses
from cutis.datasets.skin_occluders.hair import draw_bangs, draw_curtain, draw_strands
from cutis.datasets.skin_occluders.hands import draw_hand
from cutis.datasets.skin_occluders.headwear import draw_hat, draw_scarf
from cutis.imaging.colour import linear_to_rgb, rgb_to_linear

_KINDS: tuple[tuple[Callable[[Canvas], None], float, frozenset[FacePart]], ...] = (
    (draw_beard, 0.24, frozenset({FacePart.FACIAL_HAIR})),
    (draw_glasses, 0.18, frozenset({FacePart.GLASSES})),
    (draw_bangs, 0.14, frozenset({FacePart.COVERING})),
    (draw_curtain, 0.07, frozenset({FacePart.COVERING})),
    (draw_strands, 0.06, frozenset()),
    (draw_hand, 0.13, frozenset()),
    (draw_hat, 0.1, frozenset({FacePart.COVERING})),
    (draw_scarf, 0.1, frozenset({FacePart.COVERING})),
    (draw_mask, 0.03, frozenset()),
    (draw_thing, 0.04, frozenset()),
)
"""What is drawn, how often among all, and on faces with which parts it is not."""


@dataclass(frozen=True, slots=True)
class Occlusion:
    """How often things are drawn: over a share ``often`` of faces, a second over ``again``.

    ``side_shadow`` and ``tone`` are shares of faces in a hard side light and of changed skin tone.
    """

    often: float = 0.5
    again: float = 0.2
    side_shadow: float = 0.25
    tone: float = 0.3


def occlude(canvas: Canvas, chances: Occlusion | None = None) -> None:
    """Draw what the canvas's generator chooses, light last; the labels follow."""
    chances = chances or Occlusion()
    rng = canvas.rng
    if rng.random() < chances.tone:
        canvas.rgb = _other_tone(canvas)
    while rng.random() < chances.often:
        _any_kind(canvas)
        if rng.random() >= chances.again:
            break
    if rng.random() < chances.side_shadow:
        canvas.rgb = side_light(canvas)


def _any_kind(canvas: Canvas) -> None:
    weights = np.array([weight for _, weight, _ in _KINDS])
    draw, _, not_with = _KINDS[canvas.rng.choice(len(_KINDS), p=weights / weights.sum())]
    there = {part for part in not_with if (canvas.labels == part.label).sum() > 50}
    if not there:
        draw(canvas)


def side_light(canvas: Canvas) -> RGB:
    """Return the picture with one side of the head in shade, in linear light; skin stays skin."""
    rng = canvas.rng
    side, edge = rng.choice([-1.0, 1.0]), rng.uniform(-0.3, 0.5)
    y, x = np.mgrid[: canvas.labels.shape[0], : canvas.labels.shape[1]].astype(np.float32)
    middle, across, _ = canvas.axes
    offset = ((x - middle[0]) * across[0] + (y - middle[1]) * across[1]) / canvas.eye_px**2
    wide = rng.uniform(0.08, 0.5)
    shade = 1 / (1 + np.exp(-(side * offset - edge) / wide))
    depth = rng.uniform(0.4, 0.88)
    factor = (1 - depth * shade).astype(np.float32)
    return linear_to_rgb(np.clip(rgb_to_linear(canvas.rgb) * factor[..., None], 0, 1))


def _other_tone(canvas: Canvas) -> RGB:
    """Return the picture with skin and lips of another tone: as much more or less pigment."""
    rng = canvas.rng
    skin = np.isin(canvas.labels, [FacePart.FACE_SKIN.label, FacePart.NOSE_OPENING.label])
    soft = cv2.GaussianBlur(skin.astype(np.float32), (0, 0), 0.02 * canvas.eye_px)
    amount = rng.uniform(-0.12, 0.5)
    melanin = np.array([0.62, 0.9, 1.25], np.float32) * np.float32(amount)
    factor = 10.0 ** -(melanin * soft[..., None])
    return linear_to_rgb(np.clip(rgb_to_linear(canvas.rgb) * factor, 0, 1).astype(np.float32))
