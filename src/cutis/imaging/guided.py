"""The guided filter: values drawn to the edges of a colour picture."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from cutis.core.arrays import RGB, Gray

_REGULAR = 1e-4


def guided_filter(values: Gray, rgb: RGB, radius_px: int, *, regular: float = _REGULAR) -> Gray:
    """Smooth ``values`` along the edges of a colour picture (He, Sun & Tang 2013).

    Within each square of ``2 · radius_px + 1`` the values are taken for a linear function of the
    colour (doi:10.1109/TPAMI.2012.213, eq. 19–20); ``regular`` holds its slope, for colours 0–1.
    Colours are kept as planes, over which box filters run several times faster.
    """
    guide = [plane.astype(np.float32) / np.float32(255) for plane in cv2.split(rgb)]
    means = [_mean(plane, radius_px) for plane in guide]
    level = _mean(values, radius_px)
    spread = {
        (i, j): _mean(guide[i] * guide[j], radius_px) - means[i] * means[j]
        for i in range(3)
        for j in range(i, 3)
    }
    for i in range(3):
        spread[i, i] += np.float32(regular)
    together = [
        _mean(plane * values, radius_px) - mean * level
        for plane, mean in zip(guide, means, strict=True)
    ]
    slopes = _solved([spread[pair] for pair in sorted(spread)], together)
    offset = level - _dot(slopes, means)
    answer = _dot([_mean(slope, radius_px) for slope in slopes], guide) + _mean(offset, radius_px)
    return np.asarray(np.clip(answer, 0, 1), np.float32)


def _mean(values: Gray, radius_px: int) -> Gray:
    size = (2 * radius_px + 1, 2 * radius_px + 1)
    return np.asarray(cv2.blur(values, size, borderType=cv2.BORDER_REFLECT), np.float32)


def _dot(first: Sequence[Gray], second: Sequence[Gray]) -> Gray:
    """Return the sum over three pairs of planes."""
    one, two, three = (a * b for a, b in zip(first, second, strict=True))
    return one + two + three


def _solved(matrix: Sequence[Gray], right: Sequence[Gray]) -> list[Gray]:
    """Solve a symmetric system of three at every pixel, by cofactors.

    ``matrix`` holds the planes of its upper triangle, row by row.
    """
    a, b, c, d, e, f = matrix
    first = (d * f - e * e, c * e - b * f, b * e - c * d)
    second = (first[1], a * f - c * c, b * c - a * e)
    third = (first[2], second[2], a * d - b * b)
    determinant = np.maximum(_dot((a, b, c), first), np.float32(1e-18))
    return [_dot(row, right) / determinant for row in (first, second, third)]
