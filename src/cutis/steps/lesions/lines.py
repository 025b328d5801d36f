"""The length of a line-like mask."""

from __future__ import annotations

import cv2
import numpy as np


def line_length_px(own: np.ndarray) -> float:
    """Return the length of a line-like mask: half its outline, less its mean width.

    For a line of length ``l`` and width ``w`` the area is ``l w`` and the half outline ``l + w``;
    both are solved for ``l``. Branches add up, as they should. The contour's steps are straightened
    to 0.75 px, and it runs through pixel centres, half a pixel inside the outline: hence the 2.
    Within 5 % on lines of at least 40 px.
    """
    padded = np.pad(own.astype(np.uint8), 1)
    contours, _ = cv2.findContours(padded, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    straight = [cv2.approxPolyDP(c, 0.75, closed=True) for c in contours]
    half = sum(cv2.arcLength(c, closed=True) for c in straight) / 2 + 2
    area = float(own.sum())
    return float((half + np.sqrt(max(half * half - 4 * area, 0.0))) / 2)
