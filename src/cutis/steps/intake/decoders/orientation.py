"""Turning stored pixels upright, by the orientation mark of EXIF (CIPA DC-008, tag 274)."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


def upright(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Return the picture as it is to be seen.

    Args:
        pixels: ``[row, col, channel]`` as stored.
        orientation: 1 to 8 as EXIF counts; anything else is taken as upright.

    Returns:
        The upright picture, contiguous; the same array where nothing is to be turned.
    """
    turned: NDArray[Any]
    if orientation == 5:
        turned = cv2.transpose(pixels)
    elif orientation == 7:
        turned = cv2.flip(cv2.transpose(pixels), -1)
    elif orientation in _ROTATIONS:
        turned = cv2.rotate(pixels, _ROTATIONS[orientation])
    elif orientation in _FLIPS:
        turned = cv2.flip(pixels, _FLIPS[orientation])
    else:
        turned = pixels
    return np.ascontiguousarray(turned)


_ROTATIONS = {
    3: cv2.ROTATE_180,
    6: cv2.ROTATE_90_CLOCKWISE,
    8: cv2.ROTATE_90_COUNTERCLOCKWISE,
}
_FLIPS = {2: 1, 4: 0}
