"""Whether the colours of a face are those of something living, or of one material in any light.

Blood and melanin colour skin, lips and eyes differently, so the chromaticity of a living face
changes where its lightness does not. A black-and-white photo, a toned one, and a face of stone or
metal have one chromaticity at each lightness.
"""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float32

from cutis.core.arrays import LinearRGB, Mask

_SIDE_PX = 160
_LEVELS = 24
_LEAST_LIGHT = 2e-3
_FEWEST = 200


def colour_spread(linear: LinearRGB, face: Mask) -> float | None:
    """Return how far chromaticity varies over a face at equal lightness.

    Args:
        linear: the face in linear light.
        face: its whole oval: skin, lips and eyes.

    Returns:
        The standard deviation of ``log10(R/G)`` and ``log10(G/B)`` about their medians at each
        lightness, in optical density; None where too little of the face is seen.
    """
    pixels = _averaged(linear, face).astype(np.float64)
    pixels = pixels[pixels.min(axis=1) > _LEAST_LIGHT]
    if len(pixels) < _FEWEST:
        return None
    red, green, blue = np.log10(pixels).T
    order = np.argsort(pixels @ (0.2126, 0.7152, 0.0722), kind="stable")
    ratios = np.stack([red - green, green - blue], axis=1)[order]
    residuals = [part - np.median(part, axis=0) for part in np.array_split(ratios, _LEVELS)]
    return float(np.sqrt((np.concatenate(residuals) ** 2).mean()))


def _averaged(linear: LinearRGB, face: Mask) -> Float32[np.ndarray, "n 3"]:
    """Return the face's colours at a size at which noise is averaged and eyes are still seen."""
    factor = _SIDE_PX / max(face.shape)
    if factor >= 1:
        return np.asarray(linear[face], np.float32)
    size = max(2, round(face.shape[1] * factor)), max(2, round(face.shape[0] * factor))
    small = cv2.resize(linear, size, interpolation=cv2.INTER_AREA)
    share = cv2.resize(face.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return np.asarray(small[share > 0.99], np.float32)
