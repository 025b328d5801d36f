"""The guided filter: values drawn to the edges of a colour picture."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float32

from cutis.core.arrays import RGB, Gray

_REGULAR = 1e-4


def guided_filter(values: Gray, rgb: RGB, radius_px: int, *, regular: float = _REGULAR) -> Gray:
    """Smooth ``values`` along the edges of a colour picture (He, Sun & Tang 2013).

    Within each square of ``2 · radius_px + 1`` the values are taken for a linear function of the
    colour (doi:10.1109/TPAMI.2012.213, eq. 19–20); ``regular`` holds its slope, for colours 0–1.
    """
    guide = rgb.astype(np.float32) / np.float32(255)
    mean = _mean(guide, radius_px)
    covariance = _mean(
        (guide[..., :, None] * guide[..., None, :]).reshape(*values.shape, 9), radius_px
    )
    covariance = covariance.reshape(*values.shape, 3, 3) - mean[..., :, None] * mean[..., None, :]
    covariance += np.float32(regular) * np.eye(3, dtype=np.float32)
    level = _mean(values, radius_px)
    together = _mean(guide * values[..., None], radius_px) - mean * level[..., None]
    slope = _solved(covariance, together)
    offset = level - (slope * mean).sum(axis=2)
    answer = (_mean(slope, radius_px) * guide).sum(axis=2) + _mean(offset, radius_px)
    return np.asarray(np.clip(answer, 0, 1), np.float32)


def _mean(values: np.ndarray, radius_px: int) -> np.ndarray:
    size = (2 * radius_px + 1, 2 * radius_px + 1)
    if values.ndim == 2 or values.shape[2] <= 4:
        return np.asarray(cv2.blur(values, size, borderType=cv2.BORDER_REFLECT))
    parts = [
        cv2.blur(np.ascontiguousarray(v), size, borderType=cv2.BORDER_REFLECT)
        for v in np.moveaxis(values, 2, 0)
    ]
    return np.stack(parts, axis=2)


def _solved(
    matrix: Float32[np.ndarray, "h w 3 3"], right: Float32[np.ndarray, "h w 3"]
) -> Float32[np.ndarray, "h w 3"]:
    """Solve a symmetric system of three at every pixel, by cofactors."""
    a, b, c = matrix[..., 0, 0], matrix[..., 0, 1], matrix[..., 0, 2]
    d, e, f = matrix[..., 1, 1], matrix[..., 1, 2], matrix[..., 2, 2]
    first = np.stack([d * f - e * e, c * e - b * f, b * e - c * d], axis=2)
    second = np.stack([c * e - b * f, a * f - c * c, b * c - a * e], axis=2)
    third = np.stack([b * e - c * d, b * c - a * e, a * d - b * b], axis=2)
    determinant = a * first[..., 0] + b * first[..., 1] + c * first[..., 2]
    rows = [(row * right).sum(axis=2) for row in (first, second, third)]
    return np.asarray(
        np.stack(rows, axis=2) / np.maximum(determinant, 1e-18)[..., None], np.float32
    )
