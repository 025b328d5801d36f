"""Colour: sRGB, linear light, CIE L*a*b*, colour difference and individual typology angle.

sRGB after IEC 61966-2-1; L*a*b* after CIE 15:2018 under D65 for the 2° observer.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from jaxtyping import Float, Float32, UInt8, UInt16

from cutis.core.arrays import RGB, RGB16, Lab, LinearRGB
from cutis.core.vocabulary import ItaGroup

SRGB_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
"""Linear sRGB to XYZ, D65, Y of white 1 (IEC 61966-2-1)."""

WHITE_D65 = SRGB_TO_XYZ.sum(axis=1)
LUMA = SRGB_TO_XYZ[1].astype(np.float32)

_EPSILON = 216 / 24389  # CIE 15:2018
_KAPPA = 24389 / 27

ITA_LIMITS_DEG = (
    (55.0, ItaGroup.VERY_LIGHT),
    (41.0, ItaGroup.LIGHT),
    (28.0, ItaGroup.INTERMEDIATE),
    (10.0, ItaGroup.TAN),
    (-30.0, ItaGroup.BROWN),
)
"""Lower limits of the groups in degrees (Del Bino & Bernerd 2013, doi:10.1111/bjd.12529)."""


def decode_srgb(encoded: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Turn sRGB-encoded values 0–1 into linear light 0–1."""
    low = encoded / 12.92
    high = ((np.maximum(encoded, 0.04045) + 0.055) / 1.055) ** 2.4
    return np.where(encoded <= 0.04045, low, high)


def encode_srgb(linear: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Turn linear light 0–1 into sRGB-encoded values 0–1."""
    low = linear * 12.92
    high = 1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055
    return np.where(linear <= 0.0031308, low, high)


@cache
def _decode_table(levels: int) -> Float32[np.ndarray, "levels"]:
    return decode_srgb(np.arange(levels) / (levels - 1)).astype(np.float32)


def rgb_to_linear(rgb: RGB | RGB16) -> LinearRGB:
    """Return the linear-light view of an 8- or 16-bit sRGB picture, 0–1."""
    linear: LinearRGB = _decode_table(int(np.iinfo(rgb.dtype).max) + 1)[rgb]
    return linear


def linear_to_rgb(linear: LinearRGB) -> RGB:
    """Return the 8-bit sRGB picture of linear light; values outside 0–1 are clipped."""
    encoded = encode_srgb(np.clip(linear, 0, 1))
    return np.round(encoded * 255).astype(np.uint8)


def linear_to_lab(linear: Float[np.ndarray, "*shape 3"]) -> Float32[np.ndarray, "*shape 3"]:
    """Turn linear sRGB (0–1) into CIE L*a*b* under D65."""
    xyz = np.asarray(linear, np.float32) @ (SRGB_TO_XYZ.T / WHITE_D65).astype(np.float32)
    f = np.where(xyz > _EPSILON, np.cbrt(xyz), (np.float32(_KAPPA) * xyz + 16) / np.float32(116))
    lightness = 116 * f[..., 1] - 16
    lab = np.stack(
        [lightness, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1
    )
    return lab.astype(np.float32)


def lab_to_linear(lab: Float[np.ndarray, "*shape 3"]) -> Float[np.ndarray, "*shape 3"]:
    """Turn CIE L*a*b* under D65 into linear sRGB; may leave 0–1 where sRGB cannot show it."""
    lab = np.asarray(lab, np.float64)
    fy = (lab[..., 0] + 16) / 116
    f = np.stack([fy + lab[..., 1] / 500, fy, fy - lab[..., 2] / 200], axis=-1)
    cubed = f**3
    ratio = np.where(cubed > _EPSILON, cubed, (116 * f - 16) / _KAPPA)
    ratio[..., 1] = np.where(lab[..., 0] > _KAPPA * _EPSILON, fy**3, lab[..., 0] / _KAPPA)
    return np.asarray((ratio * WHITE_D65) @ np.linalg.inv(SRGB_TO_XYZ).T)


def rgb_to_lab(rgb: UInt8[np.ndarray, "*shape 3"] | UInt16[np.ndarray, "*shape 3"]) -> Lab:
    """Turn 8- or 16-bit sRGB into CIE L*a*b* under D65."""
    return linear_to_lab(rgb_to_linear(rgb))


def lab_to_ita_deg(lightness: float, b_star: float) -> float:
    """Return the individual typology angle, ``atan2(L* - 50, b*)`` in degrees (Chardon 1991)."""
    return float(np.degrees(np.arctan2(lightness - 50.0, b_star)))


def ita_to_group(ita_deg: float) -> ItaGroup:
    """Return the skin colour group of an individual typology angle in degrees."""
    return next((group for low, group in ITA_LIMITS_DEG if ita_deg > low), ItaGroup.DARK)


_Values = Float[np.ndarray, "*shape"] | np.float64


def delta_e_2000(
    a: Float[np.ndarray, "*shape 3"], b: Float[np.ndarray, "*shape 3"]
) -> Float[np.ndarray, "*shape"]:
    """Return the CIEDE2000 difference of two L*a*b* arrays.

    Steps numbered after Sharma, Wu & Dalal 2005 (doi:10.1002/col.20070), k_L = k_C = k_H = 1.
    """
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    # 1. chroma with the blue correction, and hue in degrees
    c_ab = (np.hypot(a[..., 1], a[..., 2]) + np.hypot(b[..., 1], b[..., 2])) / 2
    g = 0.5 * (1 - np.sqrt(c_ab**7 / (c_ab**7 + 25.0**7)))
    a1, a2 = (1 + g) * a[..., 1], (1 + g) * b[..., 1]
    c1, c2 = np.hypot(a1, a[..., 2]), np.hypot(a2, b[..., 2])
    h1 = np.degrees(np.arctan2(a[..., 2], a1)) % 360
    h2 = np.degrees(np.arctan2(b[..., 2], a2)) % 360
    # 2. differences
    dl, dc = b[..., 0] - a[..., 0], c2 - c1
    grey = c1 * c2 == 0
    dh = np.where(grey, 0.0, (h2 - h1 + 180) % 360 - 180)
    dh = np.where(~grey & (h2 - h1 == 180), 180.0, dh)
    d_hue = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(dh) / 2)
    # 3. means and weights
    h_sum = h1 + h2
    far = np.abs(h1 - h2) > 180
    h_mean = np.where(far, np.where(h_sum < 360, h_sum + 360, h_sum - 360), h_sum) / 2
    h_mean = np.where(grey, h_sum, h_mean)
    return _weigh_2000(dl, dc, d_hue, ((a[..., 0] + b[..., 0]) / 2, (c1 + c2) / 2, h_mean))


def _weigh_2000(
    dl: _Values, dc: _Values, d_hue: _Values, means: tuple[_Values, _Values, _Values]
) -> Float[np.ndarray, "*shape"]:
    lightness, chroma, hue = means
    t = (
        1
        - 0.17 * np.cos(np.radians(hue - 30))
        + 0.24 * np.cos(np.radians(2 * hue))
        + 0.32 * np.cos(np.radians(3 * hue + 6))
        - 0.20 * np.cos(np.radians(4 * hue - 63))
    )
    s_l = 1 + 0.015 * (lightness - 50) ** 2 / np.sqrt(20 + (lightness - 50) ** 2)
    s_c, s_h = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    turn = 30 * np.exp(-(((hue - 275) / 25) ** 2))
    r_t = -2 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7)) * np.sin(np.radians(2 * turn))
    x, y, z = dl / s_l, dc / s_c, d_hue / s_h
    return np.asarray(np.sqrt(x * x + y * y + z * z + r_t * y * z))
