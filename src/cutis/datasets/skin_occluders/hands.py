"""Hands before a face: a palm, a thumb and fingers, each rounded, with creases and shadow."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
from jaxtyping import Float32

from cutis.core.arrays import Gray, Points
from cutis.core.face_parts import FacePart
from cutis.datasets.skin_occluders.canvas import Canvas, Colour, draw_line, soften

_FINGERS = ((-1.5, 0.62), (-0.5, 0.76), (0.5, 0.72), (1.5, 0.55))
"""Where each finger begins, in widths from the middle of the knuckles, and how long it is."""


def draw_hand(canvas: Canvas) -> None:
    """Draw a hand, in the face's own skin colour, over cheek, chin, mouth or forehead."""
    rng = canvas.rng
    side = float(rng.choice([-1.0, 1.0]))
    wrist = canvas.at(side * rng.uniform(0.4, 1.3), rng.uniform(1.0, 1.9))
    aim = canvas.at(side * rng.uniform(0.0, 0.7), rng.uniform(-0.3, 0.9))
    along = (aim - wrist) / max(1.0, float(np.linalg.norm(aim - wrist)))
    beside = np.array([-along[1], along[0]], np.float32)
    size, width = canvas.size_px, canvas.size_px * float(rng.uniform(0.15, 0.19))
    knuckles = aim - along * size * rng.uniform(0.1, 0.5)
    light = rng.normal(0, 1, 2) + np.array([0, -1.0])
    colour = _colour(canvas)
    limbs = [
        _tapered(
            canvas, np.stack([wrist - along * size, wrist, knuckles]), (width * 3.0, width * 4.0)
        )
    ]
    spread = rng.normal(0.06, 0.08)
    hidden = set(np.flatnonzero(rng.random(4) < 0.2).tolist())
    for number, (place, reach) in enumerate(_FINGERS):
        if number in hidden:
            continue
        root = knuckles + beside * place * width * 0.98 - along * width * 0.4
        joints = _bent(canvas, root, along + beside * (place * spread), reach * size)
        limbs.append(_tapered(canvas, joints, (width * 1.05, width * 0.72)))
    thumb = knuckles - along * size * 0.35 + beside * side * width * 1.5
    aside = along * 0.75 + beside * side * rng.uniform(0.3, 0.8)
    if rng.random() < 0.7:
        joints = _bent(canvas, thumb, aside, 0.55 * size)
        limbs.append(_tapered(canvas, joints, (width * 1.25, width * 0.8)))
    for cover in limbs:
        _lay_rounded(canvas, cover, colour, light)


def _bent(canvas: Canvas, root: Points, aim: Points, length: float) -> Points:
    """Return the joints of a finger, bent a little more at each."""
    rng = canvas.rng
    angle, bend = float(np.arctan2(aim[1], aim[0])), float(rng.normal(0, 0.12))
    joints = [np.asarray(root, np.float32)]
    for share in (0.44, 0.32, 0.24):
        step = np.array([np.cos(angle), np.sin(angle)]) * length * share
        joints.append((joints[-1] + step).astype(np.float32))
        angle += bend
    return np.stack(joints)


def _tapered(canvas: Canvas, joints: Points, widths: tuple[float, float]) -> Gray:
    """Return the cover of a limb of round ends that becomes thinner or wider along its joints."""
    cover = canvas.blank()
    steps = np.linspace(0, len(joints) - 1, 160)
    numbers = np.arange(len(joints))
    line = np.stack([np.interp(steps, numbers, joints[:, axis]) for axis in (0, 1)], axis=1)
    for place, width in zip(line, np.linspace(*widths, len(line)), strict=True):
        cv2.circle(cover, (round(place[0]), round(place[1])), max(1, round(width / 2)), 1.0, -1)
    creases = canvas.blank()
    for joint, after in pairwise(joints[1:]):
        across = (after - joint)[::-1] * [-1, 1] / max(1.0, float(np.linalg.norm(after - joint)))
        reach = across * widths[1] * 0.45
        draw_line(creases, np.stack([joint - reach, joint + reach]).astype(np.float32), 1.3)
    return np.asarray(cover * (1 - 0.3 * soften(creases, 0.9)), np.float32)


def _lay_rounded(canvas: Canvas, cover: Gray, colour: Colour, light: Points) -> None:
    """Lay one limb, lit from one side as a round body is, and its shadow on what lies below."""
    rng = canvas.rng
    inside = cv2.distanceTransform((cover > 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    radius = max(2.0, float(inside.max()))
    height = np.sqrt(np.clip(1 - (1 - inside / radius) ** 2, 0, 1)) * radius
    height = soften(height.astype(np.float32), max(0.8, 0.08 * radius))
    slope = cv2.Sobel(height, cv2.CV_32F, 1, 0), cv2.Sobel(height, cv2.CV_32F, 0, 1)
    unit = light / max(1e-3, float(np.linalg.norm(light)))
    lit = ((slope[0] * unit[0] + slope[1] * unit[1]) / 8 + 1.2) / np.sqrt(
        1 + (slope[0] ** 2 + slope[1] ** 2) / 64
    )
    shade = np.clip(0.35 + 0.5 * lit, 0.3, 1.15) * np.where(cover > 0, cover, 1)
    picture = colour * (shade * _grain(canvas))[..., None]
    edge = soften((cover > 0.1).astype(np.float32), 0.7)
    away = -unit * 0.04 * canvas.size_px
    moved = np.array([[1, 0, away[0]], [0, 1, away[1]]], np.float32)
    cast = cv2.warpAffine(edge, moved, edge.shape[::-1])
    dark = soften(cast, 0.03 * canvas.size_px) * np.float32(rng.uniform(0.15, 0.5))
    canvas.lay(dark, np.zeros(3, np.float32), None)
    canvas.lay(edge, np.clip(picture, 0, 255).astype(np.uint8), FacePart.COVERING)


def _grain(canvas: Canvas) -> Float32[np.ndarray, "h w"]:
    """Return the unevenness of skin around 1: patches of colour and fine lines."""
    noise = canvas.rng.normal(0, 1, canvas.labels.shape).astype(np.float32)
    patches = soften(noise, 0.06 * canvas.size_px) * 0.06 * canvas.size_px
    return np.asarray(1 + 0.05 * patches + 0.03 * soften(noise, 0.6), np.float32)


def _colour(canvas: Canvas) -> Colour:
    """Return a colour near the face's own, a little lighter or darker, redder or paler."""
    rng = canvas.rng
    skin = canvas.labels == FacePart.FACE_SKIN.label
    own = np.median(canvas.rgb[skin], axis=0) if skin.any() else np.array([180, 140, 120])
    return np.asarray(own * np.exp(rng.normal(0.08, 0.12) + rng.normal(0, 0.03, 3)), np.float32)
