"""The server's picture, kept inside the painted area only, so that the area is the label."""

from __future__ import annotations

import cv2
import numpy as np

from cutis.core.arrays import RGB, Gray, Mask
from cutis.imaging.colour import linear_to_rgb, rgb_to_linear

FEATHER_PX = 6.0
"""From the outline inwards, the painted skin comes in over this many pixels."""


def keep_inside(clean: RGB, painted: RGB, area: Mask, feather_px: float = FEATHER_PX) -> RGB:
    """Return ``painted`` inside ``area``, ``clean`` outside, mixed in linear light in between.

    No pixel outside the area changes: the mixing lies inside it.
    """
    weight = inward_weight(area, feather_px)[..., None]
    mixed = linear_to_rgb((1 - weight) * rgb_to_linear(clean) + weight * rgb_to_linear(painted))
    return np.where(weight > 0, mixed, clean)


def inward_weight(area: Mask, feather_px: float = FEATHER_PX) -> Gray:
    """Return 0 outside ``area``, rising to 1 at ``feather_px`` pixels inside its outline."""
    inside = cv2.distanceTransform(area.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.clip(inside / np.float32(feather_px), 0, 1).astype(np.float32)


def uncertain_ring(area: Mask, feather_px: float = FEATHER_PX) -> Mask:
    """Return the part of ``area`` that is still more clean than painted: not to be counted."""
    weight = inward_weight(area, feather_px)
    return np.asarray((weight > 0) & (weight < 0.5))


def change_inside(clean: RGB, image: RGB, area: Mask) -> float:
    """Return the mean absolute change in ``area``, 0–255; near 0 nothing was painted."""
    return float(cv2.absdiff(clean, image)[area].mean()) if area.any() else 0.0
