"""What a pixel looks like: colour at two blurs, texture, chromaticity, structure, place."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float32

from cutis.core.arrays import Gray, Lab, Mask
from cutis.datasets.skin_labels.outlines import face_coordinates
from cutis.datasets.skin_labels.view import FaceView
from cutis.imaging.colour import linear_to_lab, rgb_to_linear

Features = Float32[np.ndarray, "h w features"]

_FINE_PX, _COARSE_PX = 0.8, 3.0
_FLOOR = 1e-3


def lab_of(view: FaceView) -> Lab:
    """Return the view in CIE L*a*b*."""
    return linear_to_lab(rgb_to_linear(view.rgb))


def pixel_features(view: FaceView, lab: Lab, oval: Mask) -> Features:
    """Return the features of every pixel; the last three tell where it lies in the face."""
    fine, coarse = (
        cv2.GaussianBlur(lab, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
        for sigma in (_FINE_PX, _COARSE_PX)
    )
    across, down = face_coordinates(view)
    layers = [
        *cv2.split(fine),
        *cv2.split(coarse),
        *_textures(lab[..., 0]),
        *_chromaticity(view),
        *_structure(fine[..., 0]),
        np.abs(across),
        down,
        signed_distance(oval) / np.float32(view.eye_px),
    ]
    return np.stack(layers, axis=-1).astype(np.float32)


PLACES = 3
"""How many of the last features tell the place."""


def signed_distance(mask: Mask) -> Gray:
    """Return how far each pixel lies inside a mask, in pixels; negative outside."""
    inside = cv2.distanceTransform(mask.view(np.uint8), cv2.DIST_L2, 5)
    outside = cv2.distanceTransform((~mask).view(np.uint8), cv2.DIST_L2, 5)
    return np.asarray(inside - outside, np.float32)


def _textures(lightness: Gray) -> list[Gray]:
    """Local standard deviations of lightness over 5 and 11 pixels."""
    return [_deviation(lightness, size) for size in (5, 11)]


def _deviation(values: Gray, size: int) -> Gray:
    mean = cv2.blur(values, (size, size), borderType=cv2.BORDER_REFLECT)
    square = cv2.blur(values * values, (size, size), borderType=cv2.BORDER_REFLECT)
    return np.asarray(np.sqrt(np.maximum(square - mean * mean, 0)), np.float32)


def _chromaticity(view: FaceView) -> list[Gray]:
    """Logarithms of red and blue over green, in linear light, smoothed."""
    linear = cv2.GaussianBlur(rgb_to_linear(view.rgb), (0, 0), 1.5)
    red, green, blue = (np.log(channel + np.float32(_FLOOR)) for channel in cv2.split(linear))
    return [red - green, blue - green]


def _structure(lightness: Gray) -> list[Gray]:
    """Energy and coherence of the structure tensor (Förstner & Gülch 1987)."""
    dx, dy = (cv2.Sobel(lightness, cv2.CV_32F, *axes, ksize=3) for axes in ((1, 0), (0, 1)))
    xx, yy, xy = (cv2.GaussianBlur(v, (0, 0), 2.5) for v in (dx * dx, dy * dy, dx * dy))
    energy = xx + yy
    spread = np.sqrt((xx - yy) ** 2 + 4 * xy * xy)
    return [np.log(energy + 1), spread / (energy + 1)]
