"""Smooth random fields, made from a seed alone."""

from __future__ import annotations

import cv2
import numpy as np

from cutis.core.arrays import Gray


def smooth_noise(shape: tuple[int, int], scale_px: float, seed: int) -> Gray:
    """Return a field of mean 0 and deviation about 1 that varies over ``scale_px``."""
    rng = np.random.default_rng(seed)
    step = max(1.0, scale_px)
    rows, cols = (max(4, int(np.ceil(n / step)) + 3) for n in shape)
    coarse = rng.standard_normal((rows, cols)).astype(np.float32)
    if step <= 1:
        return np.ascontiguousarray(coarse[: shape[0], : shape[1]])
    size = int(np.ceil(cols * step)), int(np.ceil(rows * step))
    full = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
    top, left = (int(v) for v in rng.integers(0, max(1, int(step)), 2))
    return np.ascontiguousarray(full[top : top + shape[0], left : left + shape[1]]) * 1.3


def band_noise(shape: tuple[int, int], scale_px: float, seed: int) -> Gray:
    """Return noise of deviation 1 whose blobs are about ``scale_px`` wide, without slow trends."""
    rng = np.random.default_rng(seed)
    white = rng.standard_normal(shape, dtype=np.float32)
    sigma = max(0.4, scale_px / 2.5)
    band = cv2.GaussianBlur(white, (0, 0), sigma) - cv2.GaussianBlur(white, (0, 0), sigma * 1.8)
    return band / np.float32(max(float(band.std()), 1e-6))


def cloud(shape: tuple[int, int], scale_px: float, seed: int) -> Gray:
    """Return fractal noise of three octaves, about -1.5 to 1.5."""
    parts = [smooth_noise(shape, scale_px / 2**k, seed + k) * 0.5**k for k in range(3)]
    return np.asarray(parts[0] + parts[1] + parts[2], np.float32)
