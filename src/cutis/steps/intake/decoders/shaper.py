"""Matrix profiles applied to pixels: curve, matrix, clip, sRGB curve; in bands, on two threads.

For 8 bits it gives what Little CMS gives to within one step, in half the time; for 16 bits
Pillow's Little CMS has no way at all.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cutis.steps.intake.decoders.profile import CODES, SRGB, MatrixProfile, to_xyz_d50

_BAND_ROWS = 64
_THREADS = 2
_FINE_CODES = 1 << 20
_WHITE = CODES - 1


def to_srgb8(pixels: NDArray[np.uint8], profile: MatrixProfile) -> NDArray[np.uint8]:
    """Convert an 8-bit picture to sRGB; colours outside sRGB are clipped.

    Args:
        pixels: ``[row, col, 3]`` in the profile's colours.
        profile: What the codes mean.

    Returns:
        ``[row, col, 3]`` sRGB.
    """
    curves = profile.curves[:, :: CODES // 256 + 1].T.reshape(1, 256, 3)
    curves = np.ascontiguousarray(curves, dtype=np.float32)
    matrix = _matrix(profile) * _WHITE
    encode = np.round(_encoded(CODES) * 255).astype(np.uint8)
    out = np.empty_like(pixels)

    def convert(top: int) -> None:
        band = cv2.LUT(pixels[top : top + _BAND_ROWS], curves)
        linear = cv2.add(cv2.transform(band, matrix), (0.0, 0.0, 0.0, 0.0), dtype=cv2.CV_16U)
        out[top : top + _BAND_ROWS] = _look_up(linear, encode)

    for_each_band(convert, len(pixels), _BAND_ROWS)
    return out


def to_srgb16(pixels: NDArray[np.uint16], profile: MatrixProfile) -> NDArray[np.uint16]:
    """Convert a 16-bit picture to sRGB; colours outside sRGB are clipped.

    Args:
        pixels: ``[row, col, 3]`` in the profile's colours, 0 to 65535.
        profile: What the codes mean.

    Returns:
        ``[row, col, 3]`` sRGB, 0 to 65535.
    """
    matrix = _matrix(profile)
    encode = np.round(_encoded(_FINE_CODES) * _WHITE).astype(np.uint16)
    out = np.empty_like(pixels)

    def convert(top: int) -> None:
        band = pixels[top : top + _BAND_ROWS]
        linear = np.stack([profile.curves[c][band[..., c]] for c in range(3)], axis=-1)
        index = np.clip(linear @ matrix.T, 0.0, 1.0) * (_FINE_CODES - 1) + 0.5
        out[top : top + _BAND_ROWS] = encode[index.astype(np.int32)]

    for_each_band(convert, len(pixels), _BAND_ROWS)
    return out


def for_each_band(work: Callable[[int], None], rows: int, band_rows: int) -> None:
    """Call ``work`` with the first row of every band, on two threads."""
    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(work, range(0, rows, band_rows)))


def _matrix(profile: MatrixProfile) -> NDArray[np.float32]:
    """Return the matrix from the profile's linear light to sRGB's."""
    return (np.linalg.inv(to_xyz_d50(SRGB)) @ profile.to_xyz).astype(np.float32)


def _encoded(count: int) -> NDArray[np.float64]:
    """Return sRGB codes, 0 to 1, over ``count`` steps of linear light (IEC 61966-2-1)."""
    linear = np.linspace(0.0, 1.0, count)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


def _look_up(codes: NDArray[Any], table: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Look 16-bit codes up; OpenCV before version 5 has tables of 256 entries only."""
    if _HAS_LONG_TABLES:
        return np.asarray(cv2.LUT(codes, table.reshape(1, -1)))
    return table[codes]


_HAS_LONG_TABLES = int(cv2.__version__.split(".")[0]) >= 5
