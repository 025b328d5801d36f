"""Laying a picture with transparent parts over neutral white."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_BAND_ROWS = 256


def over_white(pixels: NDArray[Any], *, premultiplied: bool = False) -> tuple[NDArray[Any], bool]:
    """Compose a picture over white, and tell whether anything was transparent.

    Args:
        pixels: ``[row, col, 4]``, 8 or 16 bits; alpha is the last channel.
        premultiplied: Whether alpha is multiplied into the colours already.

    Returns:
        ``[row, col, 3]`` of the same depth, and True where alpha was below full anywhere.
    """
    full = int(np.iinfo(pixels.dtype).max)
    wide: Any = np.uint32 if full < 256 else np.uint64
    colour = np.ascontiguousarray(pixels[..., :3])
    transparent = False
    for top in range(0, len(pixels), _BAND_ROWS):
        band = slice(top, top + _BAND_ROWS)
        alpha: NDArray[Any] = pixels[band, :, 3:].astype(wide)
        if int(alpha.min()) == full:
            continue
        transparent = True
        share: Any = full if premultiplied else alpha
        mixed = (colour[band].astype(wide) * share + full * (full - alpha) + full // 2) // full
        colour[band] = np.minimum(mixed, full).astype(pixels.dtype)
    return colour, transparent
