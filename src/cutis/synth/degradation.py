"""From a sharp picture to the small one a camera would have kept: draw, record, render.

``bicubic`` is the degradation of the published benchmarks. ``realistic`` goes twice through blur,
resampling, noise and JPEG, as Real-ESRGAN does (Wang et al. 2021, arXiv:2107.10833), with strengths
of phone selfies.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from cutis.core.arrays import RGB
from cutis.imaging.resample import resize_rgb
from cutis.synth.camera import compressed

Small = UInt8[np.ndarray, "rows cols 3"]

_KERNEL_PX = 15
_METHODS = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC)


class Degradation(StrEnum):
    """How a small picture is made of a large one."""

    BICUBIC = "bicubic"
    REALISTIC = "realistic"


@dataclass(frozen=True, slots=True)
class Pass:
    """One passage through lens, sensor and file, strengths in 8-bit steps and pixels.

    Attributes:
        blur_px: Gaussian σ along and across ``turn_deg``.
        turn_deg: direction of the blur.
        resize: factor of the size.
        method: how it is resized, of OpenCV.
        noise: standard deviation of Gaussian noise.
        grey_noise: the noise is equal in all channels.
        shot: of noise that grows with the root of the value, at white.
        jpeg: quality, 100 for none.
    """

    blur_px: tuple[float, float] = (0.0, 0.0)
    turn_deg: float = 0.0
    resize: float = 1.0
    method: int = cv2.INTER_AREA
    noise: float = 0.0
    grey_noise: bool = False
    shot: float = 0.0
    jpeg: int = 100


@dataclass(frozen=True, slots=True)
class Degrading:
    """What becomes of one picture; the same values and seed give the same pixels."""

    passes: tuple[Pass, ...]
    seed: int


def draw_degrading(rng: np.random.Generator) -> Degrading:
    """Draw two passes, the second one gentler."""
    return Degrading((_draw(rng, 1.0), _draw(rng, 0.5)), int(rng.integers(2**32)))


def degrade(rgb: RGB, scale: int, degrading: Degrading | None = None) -> Small:
    """Return a picture ``1 / scale`` as large: bicubic, or as ``degrading`` says.

    Args:
        rgb: its sides are multiples of ``scale``.
        scale: how many times smaller.
        degrading: what `draw_degrading` drew; None for bicubic.
    """
    shape = rgb.shape[0] // scale, rgb.shape[1] // scale
    if degrading is None:
        return resize_rgb(rgb, shape)
    rng = np.random.default_rng(degrading.seed)
    first, second = degrading.passes
    middle = _passed(rgb, first, shape, rng)
    blurred = _blurred(middle, second)
    small = cv2.resize(blurred, shape[::-1], interpolation=second.method)
    return compressed(_noisy(small, second, rng), second.jpeg)


def _draw(rng: np.random.Generator, strength: float) -> Pass:
    blurred, noisy = rng.random() < 0.8, rng.random() < 0.7
    widths = rng.uniform(0.2, 1.0 + 1.6 * strength, 2) if blurred else (0.0, 0.0)
    return Pass(
        blur_px=(float(widths[0]), float(widths[1])),
        turn_deg=float(rng.uniform(0, 180)),
        resize=float(np.exp(rng.uniform(np.log(0.4), np.log(1.0)))),
        method=int(rng.choice(_METHODS)),
        noise=float(rng.uniform(0, 6 * strength)) if noisy else 0.0,
        grey_noise=bool(rng.random() < 0.4),
        shot=float(rng.uniform(0, 6 * strength)) if noisy else 0.0,
        jpeg=int(rng.integers(60, 98)) if rng.random() < 0.9 else 100,
    )


def _passed(rgb: RGB, one: Pass, least: tuple[int, int], rng: np.random.Generator) -> Small:
    """Blur, resize (never below ``least``), add noise and compress."""
    blurred = _blurred(rgb, one)
    size = [max(round(side * one.resize), low) for side, low in zip(rgb.shape, least, strict=False)]
    smaller = cv2.resize(blurred, (size[1], size[0]), interpolation=one.method)
    return compressed(_noisy(smaller, one, rng), one.jpeg)


def _blurred(rgb: RGB, one: Pass) -> RGB:
    if max(one.blur_px) < 0.2:
        return rgb
    kernel = _gaussian(one.blur_px, one.turn_deg)
    return np.asarray(cv2.filter2D(rgb, -1, kernel, borderType=cv2.BORDER_REFLECT_101), np.uint8)


def _gaussian(blur_px: tuple[float, float], turn_deg: float) -> Float32[np.ndarray, "n n"]:
    y, x = np.mgrid[:_KERNEL_PX, :_KERNEL_PX] - _KERNEL_PX // 2
    turn = np.deg2rad(turn_deg)
    along, across = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    a, b = (max(width, 0.2) for width in blur_px)
    weights = np.exp(-0.5 * ((along / a) ** 2 + (across / b) ** 2))
    return (weights / weights.sum()).astype(np.float32)


def _noisy(rgb: RGB, one: Pass, rng: np.random.Generator) -> RGB:
    if one.noise == one.shot == 0:
        return rgb
    shape = (*rgb.shape[:2], 1) if one.grey_noise else rgb.shape
    values = rgb.astype(np.float32)
    deviation = np.sqrt(one.noise**2 + one.shot**2 * values / np.float32(255))
    grain = rng.standard_normal(shape, dtype=np.float32)
    return np.clip(np.round(values + grain * deviation), 0, 255).astype(np.uint8)
