"""Mirrored light on skin by the dichromatic reflection model."""

from __future__ import annotations

import cv2
import numpy as np

from cutis.core.arrays import Gray, LinearRGB, Mask


def specular_share(linear: LinearRGB, luminance: Gray, skin: Mask) -> Gray:
    """Return the mirrored light of each pixel in units of the skin's median luminance, at least 0.

    Light mirrored by oil or water keeps the colour of the light (taken as white) and adds to
    what the skin scatters (dichromatic reflection, Shafer 1985, doi:10.1002/col.5080100409).
    With ``r`` the skin's own blue-to-red ratio, the white part of a pixel is
    ``(B - r R) / (1 - r)``. Only pixels brighter than the median skin count, since shade
    makes colours paler too; the count grows to full at half as bright again.
    """
    if not skin.any():
        return np.zeros(luminance.shape, np.float32)
    red, blue = linear[..., 0], linear[..., 2]
    usual = max(float(np.median(luminance[skin])), 1e-4)
    ratio = float(np.median(blue[skin] / np.maximum(red[skin], np.float32(1e-4))))
    white = cv2.addWeighted(blue, 1 / max(1 - ratio, 0.1), red, -ratio / max(1 - ratio, 0.1), 0)
    bright = np.clip(luminance * np.float32(2 / usual) - np.float32(2), 0, 1)
    return np.asarray(np.maximum(white * bright, 0) * np.float32(1 / usual), np.float32)
