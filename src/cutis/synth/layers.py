"""What is laid over a view: densities, relief, light, and the labels that go with them."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from jaxtyping import UInt8

from cutis.core.arrays import Gray, LinearRGB, Mask
from cutis.core.vocabulary import Condition
from cutis.imaging.chromophores import separation_matrix
from cutis.imaging.skin_channels import TARGETS
from cutis.synth.parameters import Surface
from cutis.synth.view import Canvas

Window = tuple[slice, slice]
_BIT = {condition: 1 << i for i, condition in enumerate(TARGETS)}


@dataclass(eq=False)
class Layers:
    """Maps of one view that painters add to.

    ``melanin``, ``haemoglobin`` and ``grey`` are densities along the axes of
    `cutis.imaging.chromophores`; together they make any colour. ``height_mm`` is relief, ``gloss``
    mirrored light in units of the skin's brightness, ``shade`` a factor on all light. ``labels``
    and ``ignore`` hold one bit per target.
    """

    canvas: Canvas
    melanin: Gray = field(init=False)
    haemoglobin: Gray = field(init=False)
    grey: Gray = field(init=False)
    height_mm: Gray = field(init=False)
    gloss: Gray = field(init=False)
    shade: Gray = field(init=False)
    labels: UInt8[np.ndarray, "h w"] = field(init=False)
    ignore: UInt8[np.ndarray, "h w"] = field(init=False)
    lesions: list[tuple[str, tuple[int, int, int, int]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        shape = self.canvas.shape
        for name in ("melanin", "haemoglobin", "grey", "height_mm", "gloss"):
            setattr(self, name, np.zeros(shape, np.float32))
        self.shade = np.ones(shape, np.float32)
        self.labels = np.zeros(shape, np.uint8)
        self.ignore = np.zeros(shape, np.uint8)

    def add_colour(self, at: Window, amount: Gray, colour: tuple[float, float, float]) -> None:
        """Add ``amount`` times a density of melanin, haemoglobin and grey within a window."""
        for layer, share in zip((self.melanin, self.haemoglobin, self.grey), colour, strict=True):
            if share:
                layer[at] += amount * np.float32(share)

    def density(self) -> LinearRGB:
        """Return the optical density per channel."""
        mixed = cv2.merge([self.melanin, self.haemoglobin, self.grey])
        return np.asarray(cv2.transform(mixed, np.linalg.inv(separation_matrix())))

    def mark_label(self, condition: Condition, where: Mask, at: Window | None = None) -> None:
        """Label the pixels of ``where``."""
        _set(self.labels, where, _BIT[condition], at)

    def mark_ignore(self, condition: Condition, where: Mask, at: Window | None = None) -> None:
        """Leave the pixels of ``where`` out of the count for a condition."""
        _set(self.ignore, where, _BIT[condition], at)

    def labelled(self, condition: Condition) -> Mask:
        """Return where a condition is labelled."""
        mask: Mask = (self.labels & _BIT[condition]) > 0
        return mask


def _set(bits: UInt8[np.ndarray, "h w"], where: Mask, bit: int, at: Window | None) -> None:
    target = bits if at is None else bits[at]
    np.bitwise_or(target, np.uint8(bit), out=target, where=where)


def window_around(x: float, y: float, reach_px: float, shape: tuple[int, int]) -> Window | None:
    """Return the part of the view within ``reach_px`` of a point, or None where none is."""
    x0, x1 = max(0, int(x - reach_px)), min(shape[1], int(x + reach_px) + 2)
    y0, y1 = max(0, int(y - reach_px)), min(shape[0], int(y + reach_px) + 2)
    if x0 >= x1 or y0 >= y1:
        return None
    return slice(y0, y1), slice(x0, x1)


def lit(layers: Layers, surface: Surface) -> tuple[Gray, Gray]:
    """Return how much brighter the relief makes each pixel, and how much it mirrors.

    Lambert's law for small slopes: a slope towards the light gains what one away from it loses;
    under light from the camera every slope loses. Where the slope turns the skin's normal half way
    between light and camera, it mirrors (a Gaussian lobe of slopes, Beckmann 1963).
    """
    if not layers.height_mm.any():
        return np.ones(layers.canvas.shape, np.float32), np.zeros(layers.canvas.shape, np.float32)
    mm = layers.canvas.mm_per_px
    across = cv2.Sobel(layers.height_mm, cv2.CV_32F, 1, 0, scale=1 / (8 * mm))
    down = cv2.Sobel(layers.height_mm, cv2.CV_32F, 0, 1, scale=1 / (8 * mm))
    x, y = layers.canvas.light
    # a slope that rises towards the light turns its far side away from it
    gain = 1 - np.float32(surface.light_gain) * (np.float32(x) * across + np.float32(y) * down)
    gain -= np.float32(surface.flash) * (across**2 + down**2)
    mirrored = np.zeros_like(gain)
    if surface.oil > 0:
        dx, dy = surface.mirror_slope
        width = 2 * surface.mirror_width**2
        flat = np.float32(np.exp(-(dx * dx + dy * dy) / width))
        lobe = np.exp(-((across - np.float32(dx)) ** 2 + (down - np.float32(dy)) ** 2) / width)
        mirrored = np.float32(surface.oil) * (lobe - flat) * layers.canvas.cover
    return np.clip(gain, 0.35, 1.8).astype(np.float32), mirrored.astype(np.float32)


def as_densities(density: tuple[float, float, float]) -> tuple[float, float, float]:
    """Return melanin, haemoglobin and grey that make a density of red, green and blue."""
    melanin, haemoglobin, grey = separation_matrix() @ np.asarray(density, np.float32)
    return float(melanin), float(haemoglobin), float(grey)
