"""Facial skin from landmarks and the face's own colour.

The fallback and the reference for learned segmenters: within the face oval and outside eyes,
brows, lips and nostrils, a pixel is skin if its colour is near the person's own, learned from
cheeks and nose of the same photo.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, Float32

from cutis.core.arrays import Gray, LinearRGB, Mask
from cutis.core.assessment import ModelUse
from cutis.core.face import FaceCrop
from cutis.core.masks import SkinMask
from cutis.core.vocabulary import Region
from cutis.imaging.colour import linear_to_lab
from cutis.imaging.exposure import channel_extremes
from cutis.imaging.filters import clean, components, resize_mask
from cutis.imaging.living_colour import colour_spread

SEED_REGIONS = (
    Region.SUBJECT_LEFT_CHEEK,
    Region.SUBJECT_RIGHT_CHEEK,
    Region.NOSE,
    Region.CHIN,
)
_SAMPLES = 20000
LEAST_COLOUR_SPREAD = 0.015
"""Optical density; a face whose chromaticity varies less is one material, or has no colour.

Two thirds of what the least coloured of several hundred photos of people showed, so that no
person is refused (`benchmarks/living_colour.py`); toned photos and tinted statues may pass.
"""

EYE_REGIONS = (Region.SUBJECT_LEFT_PERIORBITAL, Region.SUBJECT_RIGHT_PERIORBITAL)


@dataclass(frozen=True, slots=True)
class SkinLimits:
    """What counts as the person's own skin colour.

    ``max_distance`` is a Mahalanobis distance in (L*, a*, b*); lightness is let vary by at
    least ``min_deviation[0]`` and the colour axes by the other two, since light is never even.
    ``shadow_density`` is how much darker than the median skin (in optical density of
    luminance) deep shadow is; ``glare_level`` the 8-bit level at which all channels are clipped.
    Around the eyes skin may differ ``eye_tolerance`` times as much: dark circles are skin.
    A patch of another colour of at most ``mark_mm2`` that lies within the face and is at most
    ``mark_density`` darker than the skin is a mark or a highlight on it, so it is skin.
    """

    max_distance: float = 3.2
    min_deviation: tuple[float, float, float] = (9.0, 4.5, 4.5)
    clean_mm: float = 0.9
    mark_mm2: float = 400.0
    mark_density: float = 0.2
    shadow_density: float = 0.75
    darkest_level: int = 12
    glare_level: int = 250
    work_mm_per_px: float = 0.3
    eye_tolerance: float = 1.5


class ColourSkinSegmenter:
    """Skin by landmarks and own colour, behind the `SkinSegmenter` port."""

    method = "landmarks and own colour"

    def __init__(self, limits: SkinLimits | None = None) -> None:
        self.limits = limits or SkinLimits()

    def uses(self) -> Sequence[ModelUse]:
        """Tell that no model takes part."""
        return ()

    def segment(self, crop: FaceCrop) -> SkinMask:
        """Return the skin of the crop's face; its colour is judged at ``work_mm_per_px``."""
        candidates = crop.oval & ~crop.excluded
        work = _work(crop, candidates, self.limits)
        near = cv2.GaussianBlur(
            _distance(work, self.limits), (0, 0), max(0.5, 0.4 / work.mm_per_px)
        )
        skin = (near < self.limits.max_distance * work.tolerance) & work.candidates
        skin = clean(skin, self.limits.clean_mm / work.mm_per_px) & work.candidates
        skin = resize_mask(_fill_marks(skin, work, self.limits), crop.shape) & candidates
        shadow, glare = unmeasurable(crop, skin, self.limits)
        share = float(np.count_nonzero(skin)) / max(1.0, float(np.count_nonzero(candidates)))
        return SkinMask(skin, shadow, glare, self.method, confidence=min(1.0, share))


def unmeasurable(crop: FaceCrop, skin: Mask, limits: SkinLimits) -> tuple[Mask, Mask]:
    """Return deep shadow and clipped highlights within the skin: skin that cannot be measured."""
    luminance = cv2.cvtColor(crop.linear, cv2.COLOR_RGB2GRAY)
    usual = float(np.median(luminance[::2, ::2][skin[::2, ::2]])) if skin[::2, ::2].any() else 1.0
    floor = usual * 10**-limits.shadow_density
    darkest, lightest = channel_extremes(crop.rgb)
    dark = (luminance < floor) | (lightest <= limits.darkest_level)
    glare = darkest >= limits.glare_level
    return skin & dark, skin & glare


def has_living_colour(crop: FaceCrop) -> bool:
    """Tell whether a face is coloured as living ones are; where too little is seen, it may be."""
    spread = colour_spread(crop.linear, crop.oval)
    return spread is None or spread >= LEAST_COLOUR_SPREAD


def no_skin(crop: FaceCrop, method: str) -> SkinMask:
    """Return the mask of a face without skin that could be measured."""
    none = np.zeros(crop.shape, bool)
    return SkinMask(none, none, none, method, confidence=0.0)


@dataclass(frozen=True, slots=True, eq=False)
class _Work:
    """The crop at the scale at which its colours are judged."""

    linear: LinearRGB
    candidates: Mask
    seeds: Mask
    tolerance: Gray
    mm_per_px: float


def _work(crop: FaceCrop, candidates: Mask, limits: SkinLimits) -> _Work:
    seeds = crop.regions.mask(*SEED_REGIONS) & candidates
    around_eyes = crop.regions.mask(*EYE_REGIONS)
    tolerance = np.where(around_eyes, np.float32(limits.eye_tolerance), np.float32(1))
    factor = crop.mm_per_px / limits.work_mm_per_px
    if factor >= 1:
        return _Work(crop.linear, candidates, seeds, tolerance, crop.mm_per_px)
    shape = max(1, round(crop.shape[0] * factor)), max(1, round(crop.shape[1] * factor))
    linear = cv2.resize(crop.linear, shape[::-1], interpolation=cv2.INTER_AREA)
    return _Work(
        linear,
        resize_mask(candidates, shape),
        resize_mask(seeds, shape),
        cv2.resize(tolerance, shape[::-1], interpolation=cv2.INTER_NEAREST_EXACT),
        limits.work_mm_per_px,
    )


def _fill_marks(skin: Mask, work: _Work, limits: SkinLimits) -> Mask:
    """Take back patches that are marks or highlights on the skin, such as red spots and shine."""
    if not skin.any():
        return skin
    density = -np.log10(np.maximum(cv2.cvtColor(work.linear, cv2.COLOR_RGB2GRAY), 1e-4))
    usual = float(np.median(density[skin]))
    labels, stats = components(work.candidates & ~skin)
    count = np.bincount(labels.ravel(), minlength=len(stats))
    mean = np.bincount(labels.ravel(), density.ravel(), minlength=len(stats)) / np.maximum(count, 1)
    small = stats[:, 4] * work.mm_per_px**2 <= limits.mark_mm2
    mark = small & (mean - usual <= limits.mark_density)
    mark[0] = False
    return skin | mark[labels]


def _distance(work: _Work, limits: SkinLimits) -> Float32[np.ndarray, "h w"]:
    """Return each pixel's Mahalanobis distance to the person's own skin colour."""
    lab = linear_to_lab(work.linear)
    seeds = work.seeds if np.count_nonzero(work.seeds) >= 50 else work.candidates
    if not seeds.any():
        return np.full(seeds.shape, np.inf, np.float32)
    rows = slice(
        None, None, max(1, int(np.count_nonzero(seeds)) // _SAMPLES)
    )  # whole rows: mirror symmetric
    mean, covariance = _robust_moments(lab[rows][seeds[rows]], np.array(limits.min_deviation))
    offset = (lab - mean).astype(np.float32)
    # Highlights are skin: lighter than the mean counts half.
    offset[..., 0] *= np.where(offset[..., 0] > 0, np.float32(0.5), np.float32(1))
    whitening = np.linalg.cholesky(np.linalg.inv(covariance)).astype(np.float32)
    return np.asarray(np.sqrt(((offset @ whitening) ** 2).sum(axis=2)), np.float32)


def _robust_moments(
    samples: Float32[np.ndarray, "n 3"], floor: Float[np.ndarray, "3"]
) -> tuple[np.ndarray, np.ndarray]:
    """Median and covariance of the half of the samples nearest to the median, widened to ``floor``.

    The factor 2 makes up for the half left out (chi-square with 3 degrees of freedom).
    """
    samples = samples.astype(np.float64)
    median = np.median(samples, axis=0)
    spread = np.maximum(1.4826 * np.median(np.abs(samples - median), axis=0), floor)
    distance = (((samples - median) / spread) ** 2).sum(axis=1)
    inner = samples[distance <= np.median(distance)]
    covariance = np.cov(inner.T) * 2.0 if len(inner) > 3 else np.diag(floor**2)
    deviation = np.sqrt(np.diag(covariance))
    widen = np.maximum(deviation, floor) / np.maximum(deviation, 1e-6)
    covariance = covariance * np.outer(widen, widen)
    return median, covariance + np.eye(3) * 1e-3
