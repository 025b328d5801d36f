"""How near a restored picture is to the true one: PSNR and SSIM, on RGB and on luma.

Luma is Y of ITU-R BT.601 in the range 16-235, and 4 pixels of each border are left out, as papers
on super-resolution by 4 do.
"""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float, Num

from cutis.core.arrays import RGB
from cutis.core.errors import InputError

BORDER_PX = 4
_LUMA = np.array([65.481, 128.553, 24.966]) / 255
_WINDOW, _SIGMA = 11, 1.5
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2

Picture = Num[np.ndarray, "..."]
"""Rows, columns and any channels, in the range 0-255."""


def luma(rgb: RGB) -> Float[np.ndarray, "h w"]:
    """Return Y of ITU-R BT.601, 16-235, not rounded.

    >>> float(luma(np.full((1, 1, 3), 255, np.uint8))[0, 0])
    235.0
    """
    return rgb.astype(np.float64) @ _LUMA + 16


def without_border(picture: Picture, border_px: int = BORDER_PX) -> Picture:
    """Return a picture without ``border_px`` on each side."""
    return picture[
        border_px : picture.shape[0] - border_px, border_px : picture.shape[1] - border_px
    ]


def psnr_db(restored: Picture, true: Picture) -> float:
    """Return the peak signal-to-noise ratio, ``10 log10(255² / MSE)``; infinite for equal ones.

    Raises:
        InputError: the shapes differ.
    """
    _same_shape(restored, true)
    error = np.mean((restored.astype(np.float64) - true.astype(np.float64)) ** 2)
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))


def ssim(restored: Picture, true: Picture) -> float:
    """Return the mean structural similarity, -1 to 1, over whole windows; mean of the channels.

    Wang et al. 2004 (doi:10.1109/TIP.2003.819861): Gaussian window of 11 pixels, σ = 1.5,
    values 0-255.

    Raises:
        InputError: the shapes differ, or a side is shorter than the window.
    """
    _same_shape(restored, true)
    if min(true.shape[:2]) < _WINDOW:
        raise InputError(f"SSIM needs {_WINDOW} pixels a side; {true.shape[:2]} came.")
    x, y = (np.atleast_3d(picture).astype(np.float64) for picture in (restored, true))
    return float(np.mean([_ssim(x[..., c], y[..., c]) for c in range(x.shape[2])]))


def _ssim(x: Float[np.ndarray, "h w"], y: Float[np.ndarray, "h w"]) -> float:
    mean_x, mean_y = _windowed(x), _windowed(y)
    var_x = _windowed(x * x) - mean_x**2
    var_y = _windowed(y * y) - mean_y**2
    both = _windowed(x * y) - mean_x * mean_y
    top = (2 * mean_x * mean_y + _C1) * (2 * both + _C2)
    return float((top / ((mean_x**2 + mean_y**2 + _C1) * (var_x + var_y + _C2))).mean())


def _windowed(values: Float[np.ndarray, "_ _"]) -> Float[np.ndarray, "_ _"]:
    smooth = cv2.GaussianBlur(values, (_WINDOW, _WINDOW), _SIGMA)
    return without_border(np.asarray(smooth), _WINDOW // 2)


def _same_shape(a: Picture, b: Picture) -> None:
    if a.shape != b.shape:
        raise InputError(f"Two pictures of one size are compared; {a.shape} and {b.shape} came.")
