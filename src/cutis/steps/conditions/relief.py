"""Conditions of relief: wrinkles, pores, texture, dryness, scarring.

Relief shows as light and shade, not as colour, so it is read from darkness; luminance holds far
less noise than the shading that is separated from colour, above all in dim light.
"""

from __future__ import annotations

import cv2
import numpy as np

from cutis.core.arrays import Gray, Probabilities
from cutis.core.vocabulary import Region
from cutis.imaging.filters import blur, logistic
from cutis.steps.conditions.maps import SkinMaps

WRINKLE_REGIONS = (
    Region.FOREHEAD,
    Region.GLABELLA,
    Region.SUBJECT_LEFT_PERIORBITAL,
    Region.SUBJECT_RIGHT_PERIORBITAL,
    Region.SUBJECT_LEFT_CHEEK,
    Region.SUBJECT_RIGHT_CHEEK,
    Region.PERIORAL,
)
PORE_REGIONS = (Region.NOSE, Region.SUBJECT_LEFT_CHEEK, Region.SUBJECT_RIGHT_CHEEK, Region.GLABELLA)
TEXTURE_REGIONS = (
    Region.FOREHEAD,
    Region.CHIN,
    Region.SUBJECT_LEFT_CHEEK,
    Region.SUBJECT_RIGHT_CHEEK,
    Region.SUBJECT_LEFT_JAW,
    Region.SUBJECT_RIGHT_JAW,
)


_RIDGE_NOISE = 0.345
"""Deviation of σ² times a second derivative of white noise, times σ: ``sqrt(3 / (8 π))``."""


def ridge_strength(maps: SkinMaps) -> Gray:
    """Return the strength of dark lines.

    The most negative Hessian eigenvalue of darkness where the other is small, best of several
    widths (multi-scale ridge filter after Frangi 1998, doi:10.1007/BFb0056195). What the photo's
    grain alone would give is kept below the threshold. The unrest of the skin itself is not, since
    wrinkles are that unrest.
    """
    best = np.zeros(maps.crop.shape, np.float32)
    for sigma in maps.to_px(maps.limits.wrinkle_sigmas_mm):
        bend = maps.darkness.curvature(sigma)
        line = cv2.scaleAdd(cv2.absdiff(bend.high, 0.0), -2.0, cv2.subtract(0.0, bend.low))
        noise = maps.limits.unrest * _RIDGE_NOISE * maps.grain / sigma
        over = max(noise / maps.limits.wrinkle.middle, 1.0)
        best = cv2.max(best, cv2.multiply(line, 1.0 / over))
    return best


def map_wrinkles(maps: SkinMaps) -> Probabilities:
    """Dark lines."""
    edge = maps.limits.wrinkle
    return logistic(ridge_strength(maps), edge.middle, edge.width)


def map_pores(maps: SkinMaps) -> Probabilities:
    """Small dark dots: scale-normalised blobs of darkness."""
    best = np.zeros(maps.crop.shape, np.float32)
    for sigma in maps.to_px(maps.limits.pore_sigmas_mm):
        best = cv2.max(best, cv2.subtract(0.0, maps.darkness.curvature(sigma).high))
    return logistic(best, maps.limits.pore.middle, maps.limits.pore.width)


def roughness(maps: SkinMaps) -> Gray:
    """Return the local deviation of darkness between two widths, over about 3 mm."""
    fine, coarse = (width / maps.mm_per_px for width in maps.limits.texture_band_mm)
    band = maps.darkness.contrast(max(fine, maps.limits.smallest_sigma_px), coarse / fine)
    return np.asarray(cv2.sqrt(cv2.max(blur(cv2.multiply(band, band), 3 / maps.mm_per_px), 0.0)))


def map_texture(maps: SkinMaps) -> Probabilities:
    """Where light and shade are uneven at the size of rough skin."""
    return logistic(roughness(maps), maps.limits.texture.middle, maps.limits.texture.width)


def map_dryness(maps: SkinMaps) -> Probabilities:
    """Flakes: many small spots that are lighter and paler than their surroundings.

    A scale scatters white light above the pigment, so darkness and pigment fall together;
    a glint is left out because shine is not matte.
    """
    flaky = np.zeros(maps.crop.shape, np.float32)
    for sigma in maps.to_px(maps.limits.flake_sigmas_mm):
        paler = cv2.subtract(0.0, maps.pigment.contrast(sigma))
        lighter = cv2.subtract(0.0, maps.darkness.contrast(sigma))
        flaky = cv2.max(flaky, cv2.min(paler, lighter))
    flaky[~maps.matte] = 0
    edge = maps.limits.flake
    return logistic(blur(flaky, 2 / maps.mm_per_px), edge.middle, edge.width)


def map_scarring(maps: SkinMaps) -> Probabilities:
    """Pits: round hollows that shade appears in without a change of pigment."""
    where = maps.within(*TEXTURE_REGIONS)
    best = np.zeros(maps.crop.shape, np.float32)
    for sigma in maps.to_px(maps.limits.scar_sigmas_mm):
        pit = maps.calmed(maps.darkness.contrast(sigma), where, maps.limits.scar)
        relief = cv2.subtract(pit, cv2.absdiff(maps.melanin.contrast(sigma), 0.0))
        relief[maps.darkness.curvature(sigma).high >= 0] = 0
        best = cv2.max(best, relief)
    return logistic(best, maps.limits.scar.middle, maps.limits.scar.width)
