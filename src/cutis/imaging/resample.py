"""Bicubic resampling as the super-resolution benchmarks do it.

The kernel of Keys 1981 (doi:10.1109/TASSP.1981.1163711) with a = -1/2, widened by the factor when a
picture is reduced, and the picture mirrored beyond its border: what MATLAB's ``imresize`` computes
and what published figures on Set5 and Set14 rest on.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jaxtyping import Float32, Int64, UInt8

from cutis.core.arrays import RGB
from cutis.core.errors import InputError

Rows = Float32[np.ndarray, "..."]
"""Rows, columns, and any channels after them."""


def resize_bicubic(picture: Rows, shape: tuple[int, int]) -> Rows:
    """Return a picture on a canvas of ``shape`` rows, columns; values may overshoot the input's.

    Raises:
        InputError: a side would be less than a pixel.
    """
    if min(shape) < 1:
        raise InputError(f"A picture has at least one row and one column; {shape} was asked for.")
    rows = _along_rows(np.asarray(picture, np.float32), shape[0])
    return np.swapaxes(_along_rows(np.swapaxes(rows, 0, 1), shape[1]), 0, 1)


def resize_rgb(rgb: RGB, shape: tuple[int, int]) -> UInt8[np.ndarray, "rows cols 3"]:
    """Return an 8-bit picture resized by `resize_bicubic`, rounded and held to 0-255."""
    return to_bytes(resize_bicubic(rgb.astype(np.float32), shape))


def to_bytes(values: Rows) -> UInt8[np.ndarray, "..."]:
    """Return values of the range 0-255 as whole numbers, halves rounded up as MATLAB does."""
    return np.floor(np.clip(values, 0, 255) + np.float32(0.5)).astype(np.uint8)


def _along_rows(values: Rows, size: int) -> Rows:
    if values.shape[0] == size:
        return values
    places, weights = _taps(values.shape[0], size)
    tail = (1,) * (values.ndim - 1)
    result = np.zeros((size, *values.shape[1:]), np.float32)
    for place, weight in zip(places, weights, strict=True):
        result += values[place] * weight.reshape(-1, *tail)
    return result


@lru_cache(maxsize=64)
def _taps(
    before: int, after: int
) -> tuple[Int64[np.ndarray, "taps after"], Float32[np.ndarray, "taps after"]]:
    """Return for each output pixel the input pixels it is made of, and their shares."""
    scale = after / before
    narrow = min(scale, 1.0)
    count = int(np.ceil(4 / narrow)) + 2
    centre = (np.arange(after) + 0.5) / scale - 0.5
    first = np.floor(centre - 2 / narrow).astype(np.int64)
    at = first + np.arange(count)[:, None]
    weights = narrow * _keys(narrow * (centre - at))
    weights /= weights.sum(axis=0)
    mirrored = at % (2 * before)
    mirrored = np.minimum(mirrored, 2 * before - 1 - mirrored)
    used = (weights != 0).any(axis=1)
    return mirrored[used], weights[used].astype(np.float32)


def _keys(x: np.ndarray) -> np.ndarray:
    x = np.abs(x)
    near = 1.5 * x**3 - 2.5 * x**2 + 1
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return np.where(x <= 1, near, np.where(x <= 2, far, 0.0))
