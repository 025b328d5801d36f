"""From a probability map to points with a confidence: local maxima, for detection curves."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float32

from cutis.core.masks import ConditionMap
from cutis.imaging.filters import blur, components

SMOOTHING_MM = 0.25
APART_MM = 0.8
FAINTEST = 0.005


def map_peaks(
    found: ConditionMap,
    mm_per_px: float,
    *,
    smoothing_mm: float = SMOOTHING_MM,
    apart_mm: float = APART_MM,
    faintest: float = FAINTEST,
) -> tuple[Float32[np.ndarray, "n 2"], Float32[np.ndarray, "n"]]:
    """Return the local maxima of a smoothed map where it was looked at.

    Args:
        found: the map.
        mm_per_px: its scale.
        smoothing_mm: deviation of the Gaussian by which the map is smoothed, in millimetres.
        apart_mm: no two maxima are nearer than this in either axis; of a plateau one pixel counts,
            that nearest to its middle.
        faintest: a maximum of a lower probability is left out.

    Returns:
        Points ``(x, y)`` in map pixels and the smoothed probability there, 0–1, the surest first.
    """
    inside = np.where(found.looked_at, found.probability, np.float32(0))
    smooth = blur(inside, smoothing_mm / mm_per_px)
    size = 2 * max(1, round(apart_mm / mm_per_px)) + 1
    highest = cv2.dilate(smooth, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
    labels, stats = components((smooth >= highest) & (smooth >= faintest) & found.looked_at)
    at = np.flatnonzero(labels)
    rows, cols = np.divmod(at, labels.shape[1])
    number = labels.ravel()[at]
    middle = stats[number, :2] + stats[number, 2:4] / 2
    off = np.hypot(cols + 0.5 - middle[:, 0], rows + 0.5 - middle[:, 1])
    order = np.lexsort((off, number))
    kept = order[np.unique(number[order], return_index=True)[1]]
    confidence = smooth[rows[kept], cols[kept]]
    falling = np.argsort(-confidence, kind="stable")
    points = np.column_stack([cols[kept], rows[kept]]).astype(np.float32) + np.float32(0.5)
    return points[falling], confidence[falling]
