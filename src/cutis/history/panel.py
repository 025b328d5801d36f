"""One picture of a pair: before, after in the same frame, and where the skin differs."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import UInt8

from cutis.core.arrays import RGB, Gray, Mask
from cutis.core.errors import InputError
from cutis.history.alignment import AlignedPair
from cutis.imaging.filters import robust_deviation

FULL_DENSITY = 0.2
"""Density difference at full colour; 0.1 is a visible change."""
_MORE, _LESS = (200, 30, 40), (30, 90, 200)
_NOISE_DEVIATIONS = 2.0
"""Differences within this many robust deviations of the whole map stay uncoloured."""
_GAP_PX, _CAPTION_PX = 8, 30
_PAPER = 255


def draw_panel(pair: AlignedPair) -> UInt8[np.ndarray, "rows columns 3"]:
    """Return four pictures side by side, each with a caption.

    Red is more, blue is less than before; skin not seen in both is grey.
    """
    tiles = [
        (pair.before, "before"),
        (pair.after, "after, same frame"),
        (_coloured(pair.before, pair.haemoglobin, pair.seen), "haemoglobin: red more, blue less"),
        (_coloured(pair.before, pair.melanin, pair.seen), "melanin: red more, blue less"),
    ]
    rows = [_captioned(tile, text) for tile, text in tiles]
    gap = np.full((rows[0].shape[0], _GAP_PX, 3), _PAPER, np.uint8)
    parts = [rows[0]]
    for row in rows[1:]:
        parts += [gap, row]
    return np.hstack(parts)


def _coloured(rgb: RGB, difference: Gray, seen: Mask) -> RGB:
    gray = cv2.cvtColor(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    faint = _NOISE_DEVIATIONS * robust_deviation(difference[seen])
    beyond = np.maximum(np.abs(difference) - faint, 0) / FULL_DENSITY
    strength = np.clip(beyond, 0, 1)[..., None] * seen[..., None]
    colour = np.where(difference[..., None] > 0, _MORE, _LESS)
    return np.asarray(gray * (1 - strength) + colour * strength).round().astype(np.uint8)


def _captioned(tile: RGB, text: str) -> UInt8[np.ndarray, "rows w 3"]:
    strip = np.full((_CAPTION_PX, tile.shape[1], 3), _PAPER, np.uint8)
    size = min(0.5, tile.shape[1] / 640)
    cv2.putText(strip, text, (4, 20), cv2.FONT_HERSHEY_SIMPLEX, size, (40, 40, 40), 1, cv2.LINE_AA)
    return np.vstack([strip, tile])


def encode_png(rgb: RGB) -> bytes:
    """Return a picture as the bytes of a PNG."""
    done, data = cv2.imencode(".png", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    if not done:
        raise InputError(f"A picture of at least one pixel was expected; {rgb.shape} came.")
    return bytes(data)
