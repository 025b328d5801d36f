"""Blur, noise, block edges and moiré."""

from __future__ import annotations

import cv2
import numpy as np

from cutis.core.arrays import RGB, Gray, Mask

_REBLUR_PX = 1.0
_READABLE_PX = 2.2
_SMALLEST_SIDE = 40
_FEWEST_PX = 100
_WINDOW = 256


def to_gray(rgb: RGB) -> Gray:
    """Return the sRGB-encoded luma, 0–255."""
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.float32)


def edge_blur_px(gray: Gray, where: Mask) -> float | None:
    """Return the Gaussian blur, in pixels, of the sharpest strong edges within ``where``.

    An edge blurred by σ and blurred again by σ₀ loses gradient by ``sqrt(σ² + σ₀²) / σ``
    (Zhuo & Sim 2011, doi:10.1016/j.patcog.2011.03.009); a ratio, so contrast and skin tone
    cancel. The lower quartile over the strongest twentieth of gradients is returned, since
    the strongest edges are not all sharp by nature. The ratio tells little of edges much wider
    than σ₀, so a soft picture is halved until it is sharp enough to be read.
    None where there is too little to see.
    """
    factor = 1.0
    while np.count_nonzero(where) >= _FEWEST_PX:
        blur = _edge_blur_once(gray, where)
        smaller = min(gray.shape) >= 2 * _SMALLEST_SIDE
        if blur is not None and (blur <= _READABLE_PX or not smaller):
            return blur * factor
        if not smaller:
            return None
        size = gray.shape[1] // 2, gray.shape[0] // 2
        gray = cv2.resize(gray, size, interpolation=cv2.INTER_AREA)
        where = cv2.resize(where.view(np.uint8), size, interpolation=cv2.INTER_AREA) > 0
        factor *= 2
    return None


def _edge_blur_once(gray: Gray, where: Mask) -> float | None:
    once = cv2.GaussianBlur(gray, (0, 0), 0.5)
    twice = cv2.GaussianBlur(once, (0, 0), _REBLUR_PX)
    first, second = _gradient(once)[where], _gradient(twice)[where]
    strong = first >= np.quantile(first, 0.95)
    if first[strong].mean() < 2.0:
        return None
    ratio = first[strong] / np.maximum(second[strong], 1e-3)
    total = _REBLUR_PX / np.sqrt(np.maximum(ratio**2 - 1, 1e-2))
    return float(np.sqrt(max(np.quantile(total, 0.25) ** 2 - 0.25, 0.01)))


def _gradient(gray: Gray) -> Gray:
    x = cv2.Sobel(gray, cv2.CV_32F, 1, 0, ksize=3, scale=0.125)
    y = cv2.Sobel(gray, cv2.CV_32F, 0, 1, ksize=3, scale=0.125)
    return np.asarray(cv2.magnitude(x, y))


def noise_deviation(gray: Gray, where: Mask) -> float | None:
    """Return the standard deviation of noise in 8-bit steps over flat parts of ``where``.

    The mask of Immerkær 1996 (doi:10.1006/cviu.1996.0060), which cancels edges and shading,
    read by the median so that skin's own texture counts little. None without enough pixels.
    """
    if np.count_nonzero(where) < 200:
        return None
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    response = np.abs(cv2.filter2D(gray, cv2.CV_32F, kernel))[where]
    return float(np.median(response) / 0.6745 / 6.0)


def blockiness(gray: Gray) -> float | None:
    """Return how much stronger steps are on the 8-pixel grid of block codecs than beside it.

    0 is none; after Wang, Bovik & Evans 2000. None for a picture below 64 pixels.
    """
    if min(gray.shape) < 64:
        return None
    shares = []
    for axis in (0, 1):
        step = np.abs(np.diff(gray, axis=axis)).mean(axis=1 - axis)
        grid = [step[offset::8].mean() for offset in range(8)]
        shares.append(max(grid) / max(float(np.median(grid)), 1e-3) - 1)
    return float(min(shares))


def periodic_peak(gray: Gray) -> float | None:
    """Return the strongest isolated peak of the spectrum against its surroundings, in decades.

    A photographed screen shows its pixel grid or moiré as such a peak. None if too small.
    """
    height, width = gray.shape
    if min(height, width) < _WINDOW:
        return None
    top, left = (height - _WINDOW) // 2, (width - _WINDOW) // 2
    part = gray[top : top + _WINDOW, left : left + _WINDOW]
    window = np.hanning(_WINDOW)[:, None] * np.hanning(_WINDOW)[None]
    power = np.abs(np.fft.fftshift(np.fft.fft2((part - part.mean()) * window)))
    level = np.log10(power + 1.0).astype(np.float32)
    around = cv2.medianBlur(cv2.resize(level, None, fx=1, fy=1), 5)
    y, x = np.mgrid[:_WINDOW, :_WINDOW] - _WINDOW // 2
    fine = np.hypot(x, y) > _WINDOW * 0.15
    off_axes = (np.abs(x) > 3) & (np.abs(y) > 3)
    return float((level - around)[fine & off_axes].max())
