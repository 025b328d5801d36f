"""A picture of a face with its labels, over which things are drawn; both change together."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32

from cutis.core.arrays import RGB, Gray, LabelMap, Points
from cutis.core.face_parts import FacePart

_COVERED = 0.5
_SUBPIXEL = 3
"""Coordinates are drawn in eighths of a pixel."""

Colour = Float32[np.ndarray, "3"]


@dataclass(slots=True, eq=False)
class Canvas:
    """What is drawn on.

    Attributes:
        rgb: the picture; replaced by what is drawn.
        labels: `FacePart.label` of each pixel; follow.
        points: the 478 landmarks in pixels.
        rng: what is random.
    """

    rgb: RGB
    labels: LabelMap
    points: Points
    rng: np.random.Generator

    @property
    def eye_px(self) -> float:
        """The distance of the outer eye corners; at least 1."""
        return max(1.0, float(np.linalg.norm(self.points[33] - self.points[263])))

    @property
    def size_px(self) -> float:
        """`eye_px` as it would be were the head not turned aside, from the face's height."""
        return max(self.eye_px, 0.5 * float(np.linalg.norm(self.points[10] - self.points[152])))

    @property
    def axes(self) -> tuple[Points, Points, Points]:
        """The middle between the eyes, one eye distance across to the right, and one down.

        Across is as short as a turned head makes it; down is not.
        """
        right, left = self.points[33], self.points[263]
        across = (left - right).astype(np.float32)
        down = np.array([-across[1], across[0]], np.float32) * (self.size_px / self.eye_px)
        return (right + left) / 2, across, down.astype(np.float32)

    def at(self, across: float, down: float) -> Float32[np.ndarray, "2"]:
        """Return the pixel position of face coordinates, in distances of the outer eye corners."""
        middle, x, y = self.axes
        return np.asarray(middle + across * x + down * y, np.float32)

    def blank(self) -> Gray:
        """Return an empty cover of the picture's size."""
        return np.zeros(self.labels.shape, np.float32)

    def lay(self, cover: Gray, colour: RGB | Colour, part: FacePart | None) -> None:
        """Blend a colour or a picture in by ``cover``, 0–1; where it covers half, it is ``part``.

        Without a part the labels stay, as under a shadow or a film.
        """
        above = np.asarray(colour, np.float32)
        mixed = self.rgb + (above - self.rgb) * cover[..., None]
        self.rgb = np.clip(np.round(mixed), 0, 255).astype(np.uint8)
        if part is not None:
            self.labels = np.where(cover >= _COVERED, np.uint8(part.label), self.labels)


def fill_shape(cover: Gray, ring: Points, value: float = 1.0) -> None:
    """Fill a closed ring into a cover, its edges smooth."""
    cv2.fillPoly(cover, [_fixed(ring)], value, cv2.LINE_8, _SUBPIXEL)


def draw_line(cover: Gray, line: Points, width_px: float, value: float = 1.0) -> None:
    """Draw an open line into a cover; widths below a pixel become fainter instead."""
    faint = value * min(1.0, width_px)
    cv2.polylines(
        cover,
        [_fixed(line)],
        isClosed=False,
        color=faint,
        thickness=max(1, round(width_px)),
        lineType=cv2.LINE_8,
        shift=_SUBPIXEL,
    )


def soften(cover: Gray, sigma_px: float) -> Gray:
    """Blur a cover's edge, as a lens does."""
    return np.asarray(cv2.GaussianBlur(cover, (0, 0), max(sigma_px, 0.3)), np.float32)


def bezier(corners: Points, count: int = 24) -> Points:
    """Return points on the Bézier curve of three or four corners."""
    t = np.linspace(0, 1, count, dtype=np.float32)[:, None]
    while len(corners.shape) == 2:
        corners = corners[:, None, :].repeat(count, axis=1)
    while len(corners) > 1:
        corners = corners[:-1] * (1 - t) + corners[1:] * t
    return np.asarray(corners[0], np.float32)


def cloth(shape: tuple[int, int], colour: Colour, rng: np.random.Generator) -> RGB:
    """Return a picture of one colour with folds, a weave or stripes, and grain."""
    rows, columns = shape
    coarse = rng.normal(0, 1, (5, 5)).astype(np.float32)
    folds = cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_CUBIC) * rng.uniform(5, 22)
    y, x = np.mgrid[:rows, :columns].astype(np.float32)
    angle, period = rng.uniform(0, np.pi), rng.uniform(2.5, 14)
    wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * (2 * np.pi / period))
    weave = wave * rng.uniform(0, 14) * (rng.random() < 0.6)
    grain = rng.normal(0, rng.uniform(1, 5), shape)
    picture = colour + (folds + weave + grain)[..., None]
    return np.clip(picture, 0, 255).astype(np.uint8)


def any_colour(canvas: Canvas) -> Colour:
    """Return a colour that cloth may have, grey or not."""
    rng = canvas.rng
    grey = rng.uniform(15, 235)
    return np.clip(grey + rng.normal(0, 45, 3) * (rng.random() < 0.7), 0, 255).astype(np.float32)


def cast_shadow(canvas: Canvas, cover: Gray) -> None:
    """Darken what lies just below a cover, as its shadow does; skin stays skin."""
    rng = canvas.rng
    down, sigma = rng.uniform(0.0, 0.06) * canvas.eye_px, rng.uniform(0.02, 0.06) * canvas.eye_px
    cast = soften(np.roll(cover, round(down), axis=0), sigma)
    canvas.lay(cast * np.float32(rng.uniform(0.0, 0.45)), np.zeros(3, np.float32), None)


def _fixed(points: Points) -> np.ndarray:
    return np.round((points - 0.5) * 2**_SUBPIXEL).astype(np.int32)
