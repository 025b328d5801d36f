"""What a condition network sees: colour, density beside the person's own skin, fine contrast.

The same function serves training and inference, so the two cannot drift apart. Besides the colour
itself, a network gets what a small network finds hard to learn from colour: the optical density
minus the median of the person's own skin, so that tone and white balance drop out, and differences
of Gaussians of haemoglobin, melanin and darkness at spot sizes from 1 to 8 pixels.
"""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float32

from cutis.core.arrays import LinearRGB, Mask
from cutis.core.vocabulary import Condition
from cutis.imaging.chromophores import optical_density, separation_matrix

TARGETS = (
    Condition.ACNE,
    Condition.REDNESS,
    Condition.PIGMENTATION,
    Condition.WRINKLES,
    Condition.PORES,
    Condition.TEXTURE,
    Condition.DRYNESS,
    Condition.SCARRING,
)
"""The conditions of the condition networks: bit ``i`` of a label, channel ``i`` of the logits."""

FINE_MM_PER_PX = 0.25
COARSE_MM_PER_PX = 0.6

_SIGMAS = {"haemoglobin": (1.0, 2.0, 4.0, 8.0), "melanin": (1.0, 2.0, 4.0), "dark": (1.0, 2.0, 4.0)}
_RING = 1.8
_DENSITY_GAIN = 2.0
_CONTRAST_GAIN = 12.0
CHANNELS = 3 + 3 + sum(map(len, _SIGMAS.values())) + 1


def skin_baseline(linear: LinearRGB, skin: Mask) -> Float32[np.ndarray, "3"]:
    """Return the median optical density (red, green, blue) of the skin; of all without skin."""
    pixels = linear[skin] if skin.any() else linear.reshape(-1, 3)
    middle = np.median(pixels[:: max(1, len(pixels) // 20000)], axis=0)
    return np.asarray(optical_density(middle.astype(np.float32)[None, None])[0, 0])


def skin_channels(
    linear: LinearRGB, baseline: Float32[np.ndarray, "3"], mm_per_px: float
) -> Float32[np.ndarray, "h w channels"]:
    """Return the input of a condition network.

    Args:
        linear: the face, or a part of it, at the network's scale, in linear light.
        baseline: `skin_baseline` of the whole face.
        mm_per_px: the scale of ``linear``.

    Returns:
        ``h w CHANNELS``, roughly within ±1: colour (square root of linear light), density over the
        baseline, contrasts, scale. It is a view of planes, channel by channel, as a network takes
        them.
    """
    above = optical_density(linear) - baseline
    melanin, haemoglobin, _ = cv2.split(cv2.transform(above, separation_matrix()))
    light, over = cv2.split(linear), cv2.split(above)
    dark = (over[0] + over[1] + over[2]) / np.float32(3)
    layers = {"haemoglobin": haemoglobin, "melanin": melanin, "dark": dark}
    contrasts = [(layers[name], sigma) for name, sigmas in _SIGMAS.items() for sigma in sigmas]
    planes = np.empty((CHANNELS, *linear.shape[:2]), np.float32)
    for i in range(3):
        np.sqrt(np.maximum(light[i], 0, out=planes[i]), out=planes[i])
        planes[i] -= np.float32(0.5)
        np.multiply(over[i], np.float32(_DENSITY_GAIN), out=planes[3 + i])
        np.clip(planes[3 + i], -2, 2, out=planes[3 + i])
    for plane, (values, sigma) in zip(planes[6:-1], contrasts, strict=True):
        _contrast(values, sigma, plane)
    planes[-1] = np.log2(mm_per_px / FINE_MM_PER_PX) / 2
    return planes.transpose(1, 2, 0)


def _contrast(values: Float32[np.ndarray, "h w"], sigma: float, into: np.ndarray) -> None:
    """Write how much a spot of ``sigma`` pixels exceeds its surroundings, bounded to ±2."""
    small = cv2.GaussianBlur(values, (0, 0), sigma)
    large = cv2.GaussianBlur(values, (0, 0), sigma * _RING)
    np.subtract(small, large, out=into)
    into *= np.float32(_CONTRAST_GAIN)
    np.clip(into, -2, 2, out=into)
