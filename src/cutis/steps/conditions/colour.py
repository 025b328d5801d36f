"""Conditions of colour: acne, redness, pigmentation, dark circles, oiliness."""

from __future__ import annotations

import cv2
import numpy as np

from cutis.core.arrays import Gray, Mask, Probabilities
from cutis.core.vocabulary import Region
from cutis.imaging.filters import logistic
from cutis.steps.conditions.maps import Layer, SkinMaps

NEUTRAL_REGIONS = (
    Region.FOREHEAD,
    Region.SUBJECT_LEFT_CHEEK,
    Region.SUBJECT_RIGHT_CHEEK,
    Region.SUBJECT_LEFT_JAW,
    Region.SUBJECT_RIGHT_JAW,
    Region.CHIN,
)
_FEWEST_PX = 50


def neutral_level(values: Gray, maps: SkinMaps) -> float:
    """Return the person's own neutral level: a low quantile over broad, flat regions."""
    where = maps.within(*NEUTRAL_REGIONS) & maps.matte
    where = where if np.count_nonzero(where) >= _FEWEST_PX else maps.inner
    return float(np.quantile(values[where], maps.limits.neutral_quantile)) if where.any() else 0.0


def redness_excess(maps: SkinMaps) -> Gray:
    """Return haemoglobin density above the person's own neutral skin."""
    smooth = maps.haemoglobin.smooth(maps.limits.redness_sigma_mm / maps.mm_per_px)
    return smooth - np.float32(neutral_level(smooth, maps))


def map_redness(maps: SkinMaps) -> Probabilities:
    """Where haemoglobin exceeds the person's own neutral skin over an area."""
    edge = maps.limits.redness
    return logistic(redness_excess(maps), edge.middle, edge.width)


def map_acne(maps: SkinMaps) -> Probabilities:
    """Round spots of raised haemoglobin; lines such as vessels and folds are damped."""
    best = np.zeros(maps.crop.shape, np.float32)
    for sigma in maps.to_px(maps.limits.spot_sigmas_mm):
        contrast = maps.haemoglobin.contrast(sigma)
        roundness = _roundness(maps.haemoglobin, sigma, maps.limits.acne_roundness)
        calm = maps.calmed(contrast, maps.spot_skin, maps.limits.acne)
        best = cv2.max(best, cv2.multiply(calm, roundness))
    return logistic(best, maps.limits.acne.middle, maps.limits.acne.width)


def _roundness(layer: Layer, sigma_px: float, full_at: float) -> Gray:
    """Return 1 on a round bright blob, falling to 0 on a line (ratio of Hessian eigenvalues)."""
    bend = layer.curvature(sigma_px)
    ratio = cv2.divide(bend.high, cv2.min(bend.low, -1e-6))
    return np.asarray(np.clip(ratio * np.float32(1 / full_at), 0, 1), np.float32)


def map_pigmentation(maps: SkinMaps) -> Probabilities:
    """Spots with more melanin than their surroundings; edges of shadows are damped."""
    best = np.zeros(maps.crop.shape, np.float32)
    for sigma in maps.to_px(maps.limits.pigment_sigmas_mm):
        contrast = maps.melanin.contrast(sigma)
        roundness = _roundness(maps.melanin, sigma, maps.limits.pigment_roundness)
        calm = maps.calmed(contrast, maps.spot_skin, maps.limits.pigment)
        best = cv2.max(best, cv2.multiply(calm, roundness))
    return logistic(best, maps.limits.pigment.middle, maps.limits.pigment.width)


def map_oiliness(maps: SkinMaps) -> Probabilities:
    """Where light is mirrored rather than scattered, clipped highlights included."""
    shine = logistic(maps.specular, maps.limits.shine.middle, maps.limits.shine.width)
    shine[clipped_highlights(maps)] = 1.0
    return shine


def clipped_highlights(maps: SkinMaps) -> Mask:
    """Return skin that is clipped to white: too bright to measure colour, but surely shine."""
    mask: Mask = maps.skin & ~maps.measurable & (maps.luminance > 0.5)
    return mask


def under_eye_density(maps: SkinMaps) -> Gray:
    """Return the pigment that makes under-eye skin dark: melanin and haemoglobin densities."""
    return maps.pigment.smooth(1.0 / maps.mm_per_px)


def map_dark_circles(maps: SkinMaps, sides: list[tuple[Mask, Mask]]) -> Probabilities:
    """Where the skin under an eye holds more pigment than the same side's cheek.

    ``sides`` are pairs of masks: under the eye, and the cheek it is compared with.
    """
    density, edge = under_eye_density(maps), maps.limits.dark_circle
    probability = np.zeros(density.shape, np.float32)
    for under, cheek in sides:
        own = density[cheek & maps.inner_matte]
        if own.size >= _FEWEST_PX and under.any():
            more = density[under] - np.float32(np.median(own))
            probability[under] = logistic(more[None], edge.middle, edge.width)[0]
    return probability
