"""Single pores as the peaks of a pore map."""

from __future__ import annotations

import cv2
import numpy as np

from cutis.core.arrays import Mask
from cutis.core.masks import ConditionMap
from cutis.imaging.filters import components


def pore_peaks(found: ConditionMap, mm_per_px: float) -> Mask:
    """Mark one pixel per pore: peaks of a pore map of at least one half, 0.4 mm apart.

    Of a flat peak, as of a pore so dark that its probability is 1 all over, one pixel counts.
    """
    size = 2 * max(1, round(0.2 / mm_per_px)) + 1
    highest = cv2.dilate(found.probability, np.ones((size, size), np.uint8))
    top = (found.probability >= highest) & (found.probability >= 0.5) & found.looked_at
    labels, _ = components(top)
    at = np.flatnonzero(top)
    _, first = np.unique(labels.ravel()[at], return_index=True)
    peaks: Mask = np.zeros(top.shape, bool)
    peaks.ravel()[at[first]] = True
    return peaks
