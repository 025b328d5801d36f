"""How the light lies: clipping, range, evenness."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from cutis.core.arrays import RGB, Gray, Mask


def channel_extremes(rgb: RGB) -> tuple[UInt8[np.ndarray, "h w"], UInt8[np.ndarray, "h w"]]:
    """Return the lowest and the highest channel of each pixel."""
    red, green, blue = cv2.split(rgb)
    return (
        np.asarray(cv2.min(cv2.min(red, green), blue), np.uint8),
        np.asarray(cv2.max(cv2.max(red, green), blue), np.uint8),
    )


def clipped_share(rgb: RGB, where: Mask, level: int = 250) -> float:
    """Return the share of pixels of which every channel is at or above ``level``, 0–1."""
    lowest, _ = channel_extremes(rgb)
    clipped = np.count_nonzero((lowest >= level) & where)
    return float(clipped) / max(1.0, float(np.count_nonzero(where)))


def brightest_level(gray: Gray, where: Mask, quantile: float = 0.98) -> float:
    """Return a high quantile of luma, 0–255: what the lightest parts of the face reach.

    Every face holds light parts (whites of the eyes, highlights on skin), whatever its tone,
    so a low value tells of too little light and not of dark skin.
    """
    inside = gray[where]
    return float(np.quantile(inside, quantile)) if inside.size else 0.0


def entropy_bits(gray: Gray, where: Mask) -> float:
    """Return the entropy of the luma histogram in bits, 0–8 (dynamic range of ISO/IEC 29794-5)."""
    counts = np.bincount(np.clip(gray[where], 0, 255).astype(np.uint8), minlength=256)
    share = counts[counts > 0] / max(counts.sum(), 1)
    return float(-(share * np.log2(share)).sum()) if share.size else 0.0


def histogram_overlap(
    a: Float[np.ndarray, "n"], b: Float[np.ndarray, "m"], bins: int = 32
) -> float:
    """Return the shared area of two normalised histograms over their common range, 0–1."""
    if min(a.size, b.size) == 0:
        return 0.0
    low, high = min(a.min(), b.min()), max(a.max(), b.max())
    if high <= low:
        return 1.0
    first, _ = np.histogram(a, bins=bins, range=(low, high))
    second, _ = np.histogram(b, bins=bins, range=(low, high))
    return float(np.minimum(first / a.size, second / b.size).sum())
