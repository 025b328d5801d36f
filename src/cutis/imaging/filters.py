"""Smoothing, local contrast and ridges, aware of where there is skin."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float32, UInt

from cutis.core.arrays import Gray, InstanceMap, Mask, Probabilities

_EMPTY = np.float32(1e-3)
_WIDE_PX = 3.0
_DISTANCE_FROM_PX = 4.0


def blur(values: Gray, sigma_px: float) -> Gray:
    """Smooth by a Gaussian; wide ones are made on a reduced picture, several times faster."""
    if sigma_px < 0.3:
        return values
    if sigma_px < _WIDE_PX:
        return np.asarray(
            cv2.GaussianBlur(values, (0, 0), sigma_px, borderType=cv2.BORDER_REFLECT), np.float32
        )
    height, width = values.shape
    factor = 2 ** int(np.log2(sigma_px / _WIDE_PX * 2))
    size = -(-width // factor), -(-height // factor)
    # Whole blocks of pixels are averaged, the last ones completed by reflection on both sides.
    down, right = size[1] * factor - height, size[0] * factor - width
    sides = (down // 2, down - down // 2, right // 2, right - right // 2)
    padded = cv2.copyMakeBorder(values, *sides, cv2.BORDER_REFLECT)
    small = cv2.resize(padded, size, interpolation=cv2.INTER_AREA)
    # Averaging by areas and linear enlargement have already smoothed a little.
    left = np.sqrt(max((sigma_px / factor) ** 2 - 0.25, 0.1))
    small = cv2.GaussianBlur(small, (0, 0), left, borderType=cv2.BORDER_REFLECT)
    full = cv2.resize(small, padded.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(full[sides[0] : sides[0] + height, sides[2] : sides[2] + width], np.float32)


def reduce_picture(
    picture: UInt[np.ndarray, "rows cols 3"], size: tuple[int, int]
) -> UInt[np.ndarray, "h w 3"]:
    """Reduce a picture to ``size`` columns, rows by averaging areas.

    A picture of even sides is first halved exactly, as often as it may be, which is several times
    faster for large photos.
    """
    height, width = picture.shape[:2]
    while height % 2 == width % 2 == 0 and width >= 2 * size[0] and height >= 2 * size[1]:
        height, width = height // 2, width // 2
        picture = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    if (width, height) != size:
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return np.asarray(picture)


def fill_in(values: Gray, mask: Mask, sigma_px: float) -> Gray:
    """Replace what lies outside the mask by the smoothed inside, so that no false edge remains.

    Far from the mask, where nothing reaches, the median of the inside is taken.
    """
    if not mask.any():
        return np.zeros_like(values)
    usual = np.float32(np.median(values[mask]))
    weight = mask.astype(np.float32)
    near, far = blur(weight, sigma_px), blur(weight, 5 * sigma_px)
    inside = (values - usual) * weight
    filled = blur(inside, sigma_px) + blur(inside, 5 * sigma_px) * np.float32(0.05)
    filled = cv2.divide(filled, near + far * np.float32(0.05) + _EMPTY) + usual
    return np.where(mask, values, filled)


def robust_deviation(samples: Float32[np.ndarray, "n"]) -> float:
    """Return 1.4826 times the median absolute deviation; 0 without samples."""
    if samples.size == 0:
        return 0.0
    return float(1.4826 * np.median(np.abs(samples - np.median(samples))))


def logistic(values: Gray, middle: float, width: float) -> Probabilities:
    """Return ``1 / (1 + exp(-(values - middle) / width))``, 0–1."""
    scaled = np.clip((np.float32(middle) - values) * np.float32(1 / width), -30, 30)
    return np.asarray(np.float32(1) / (cv2.exp(scaled) + np.float32(1)), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Curvature:
    """Eigenvalues of the second derivatives at one scale, times σ²; ``high >= low``."""

    high: Gray
    low: Gray


def curvature(smooth: Gray, sigma_px: float) -> Curvature:
    """Return the scale-normalised Hessian eigenvalues of values smoothed by ``sigma_px``.

    Lindeberg 1998 (doi:10.1023/A:1008045108935).
    """
    scale = 0.25 * sigma_px * sigma_px
    xx = cv2.Sobel(smooth, cv2.CV_32F, 2, 0, ksize=3, scale=scale)
    yy = cv2.Sobel(smooth, cv2.CV_32F, 0, 2, ksize=3, scale=scale)
    xy = cv2.Sobel(smooth, cv2.CV_32F, 1, 1, ksize=3, scale=scale)
    mean = cv2.addWeighted(xx, 0.5, yy, 0.5, 0)
    half = cv2.magnitude(cv2.addWeighted(xx, 0.5, yy, -0.5, 0), xy)
    return Curvature(cv2.add(mean, half), cv2.subtract(mean, half))


def components(mask: Mask) -> tuple[InstanceMap, np.ndarray]:
    """Label 8-connected pieces: the map, and rows ``x, y, width, height, area``; row 0 is none."""
    x, y, width, height = cv2.boundingRect(mask.view(np.uint8))
    labels = np.zeros(mask.shape, np.int32)
    part = (slice(y, y + height), slice(x, x + width))
    if width == 0:
        return labels, np.array([[0, 0, *mask.shape[::-1], mask.size]], np.int32)
    inside = np.ascontiguousarray(mask[part]).view(np.uint8)
    _, labels[part], stats, _ = cv2.connectedComponentsWithStats(inside, connectivity=8)
    stats[1:, :2] += (x, y)
    return labels, np.asarray(stats)


def grow(mask: Mask, by_px: float) -> Mask:
    """Widen a mask by a disc of radius ``by_px``."""
    if by_px < 0.5:
        return mask
    x, y, width, height = cv2.boundingRect(mask.view(np.uint8))
    if width == 0:
        return mask
    reach = int(np.ceil(by_px)) + 1
    part = (
        slice(max(0, y - reach), y + height + reach),
        slice(max(0, x - reach), x + width + reach),
    )
    grown = mask.copy()
    if by_px > _DISTANCE_FROM_PX:
        away = cv2.distanceTransform((~mask[part]).view(np.uint8), cv2.DIST_L2, 5)
        grown[part] = away <= by_px
    else:
        grown[part] = _morph(mask[part], by_px, cv2.MORPH_DILATE)
    return grown


def shrink(mask: Mask, by_px: float) -> Mask:
    """Narrow a mask by a disc of radius ``by_px``; the picture's edge does not narrow it."""
    return ~grow(~mask, by_px)


def clean(mask: Mask, by_px: float) -> Mask:
    """Remove specks, then holes, narrower than ``2 · by_px``."""
    return _morph(_morph(mask, by_px, cv2.MORPH_OPEN), by_px, cv2.MORPH_CLOSE)


def resize_mask(mask: Mask, shape: tuple[int, int]) -> Bool[np.ndarray, "rows cols"]:
    """Return a mask on a canvas of ``shape`` rows, columns; a pixel is in if half of it is."""
    if mask.shape == shape:
        return mask
    method = cv2.INTER_AREA if shape[0] < mask.shape[0] else cv2.INTER_LINEAR
    return cv2.resize(mask.view(np.uint8) * np.uint8(255), shape[::-1], interpolation=method) >= 128


def _morph(mask: Mask, by_px: float, operation: int) -> Mask:
    radius = round(by_px)
    if radius < 1:
        return mask
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return cv2.morphologyEx(mask.astype(np.uint8), operation, disc).astype(bool)
