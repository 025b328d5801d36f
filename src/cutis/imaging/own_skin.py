"""A face's own skin, smoothed: what hides a spot without painting another."""

from __future__ import annotations

import cv2
import numpy as np

from cutis.core.arrays import LinearRGB, Mask

_COARSE_SIGMA_PX = 6.0
_FAINT = 1e-3


def own_skin(linear: LinearRGB, clear: Mask, sigma_px: float) -> LinearRGB:
    """Return the colour of the clear skin around each pixel.

    Normalised convolution (Knutsson and Westin 1993, doi:10.1109/CVPR.1993.341081): a Gaussian mean
    over ``clear`` pixels only, so that shading stays and spots, eyes and hair do not bleed in.
    Where no clear skin is near it is the median of all clear skin; without any, of the picture.

    Args:
        linear: the face, in linear light.
        clear: skin without the spots that are to be hidden.
        sigma_px: how far around it is looked.
    """
    step = max(1, int(sigma_px / _COARSE_SIGMA_PX))
    size = (max(1, linear.shape[1] // step), max(1, linear.shape[0] // step))
    weight = clear.astype(np.float32)
    total = cv2.resize(linear * weight[..., None], size, interpolation=cv2.INTER_AREA)
    weight = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
    total = cv2.GaussianBlur(total, (0, 0), sigma_px / step)
    weight = cv2.GaussianBlur(weight, (0, 0), sigma_px / step)[..., None]
    pixels = linear[clear] if clear.any() else linear.reshape(-1, 3)
    median = np.median(pixels, axis=0).astype(np.float32)
    mean = (total + _FAINT * median) / (weight + np.float32(_FAINT))
    filled = cv2.resize(mean, linear.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return np.clip(filled, 0, 1).astype(np.float32)
