"""What every condition measure starts from: densities, the skin to look at, the scale."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import cv2
import numpy as np

from cutis.core.arrays import Gray, Mask, Probabilities
from cutis.core.face import FaceCrop
from cutis.core.masks import SkinMask
from cutis.core.vocabulary import Condition, Region
from cutis.imaging.chromophores import separate
from cutis.imaging.filters import Curvature, blur, curvature, fill_in, robust_deviation, shrink
from cutis.imaging.sharpness import noise_deviation
from cutis.imaging.specular import specular_share
from cutis.steps.conditions.limits import ConditionLimits, Edge

_RING = 2.5


@dataclass(eq=False)
class Layer:
    """One density map with what lies outside skin filled in, and its smoothed versions, kept."""

    values: Gray
    _kept: dict[float, Gray] = field(default_factory=dict)

    def smooth(self, sigma_px: float) -> Gray:
        """Return the map smoothed by ``sigma_px``."""
        key = round(sigma_px, 3)
        if key not in self._kept:
            self._kept[key] = blur(self.values, sigma_px)
        return self._kept[key]

    def contrast(self, sigma_px: float, ring: float = _RING) -> Gray:
        """Return how much a spot of ``sigma_px`` exceeds surroundings ``ring`` times as wide."""
        return np.asarray(cv2.subtract(self.smooth(sigma_px), self.smooth(sigma_px * ring)))

    def curvature(self, sigma_px: float) -> Curvature:
        """Return the Hessian eigenvalues at ``sigma_px``, times its square."""
        return curvature(self.smooth(sigma_px), sigma_px)

    def strongest(self, sigmas_px: Iterable[float]) -> Gray:
        """Return the largest contrast over several sizes, at least 0."""
        best = np.zeros(self.values.shape, np.float32)
        for sigma in sigmas_px:
            best = cv2.max(best, self.contrast(sigma))
        return best


class SkinMaps:
    """Density maps of a crop and the skin on which they may be trusted; made when asked for.

    ``measurable`` is skin neither in deep shadow nor clipped; ``matte`` leaves out shine too, on
    which colour is that of the light; ``inner`` and ``inner_matte`` keep clear of the border,
    where lips, hair and nostrils would be taken for contrast.
    ``luminance`` is linear, 0–1; ``darkness`` its optical density. ``made`` keeps the classical
    maps that were made of them.
    """

    def __init__(self, crop: FaceCrop, skin: SkinMask, limits: ConditionLimits) -> None:
        self.crop = crop
        self.limits = limits
        self.skin = skin.skin
        self.measurable = skin.measurable
        self.mm_per_px = crop.mm_per_px
        self.made: dict[Condition, tuple[Probabilities, Mask]] = {}

    @cached_property
    def luminance(self) -> Gray:
        """Linear luminance, 0–1."""
        return np.asarray(cv2.cvtColor(self.crop.linear, cv2.COLOR_RGB2GRAY), np.float32)

    @cached_property
    def specular(self) -> Gray:
        """Mirrored light in units of the skin's usual luminance, smoothed over 0.5 mm."""
        share = specular_share(self.crop.linear, self.luminance, self.measurable)
        return blur(share, 0.5 / self.mm_per_px)

    @cached_property
    def matte(self) -> Mask:
        """Measurable skin that does not shine."""
        matte: Mask = self.measurable & (self.specular < self.limits.matte_below)
        return matte

    @cached_property
    def inner(self) -> Mask:
        """Measurable skin away from its border."""
        return shrink(self.measurable, self.limits.border_mm / self.mm_per_px)

    @cached_property
    def inner_matte(self) -> Mask:
        """Matte skin away from the border."""
        inner: Mask = self.inner & self.matte
        return inner

    @cached_property
    def spot_skin(self) -> Mask:
        """Where single spots are sought: inner matte skin outside natural creases."""
        skin: Mask = self.inner_matte & ~self.crop.creases
        return skin

    def calmed(self, values: Gray, where: Mask, edge: Edge) -> Gray:
        """Return ``values`` divided so that ``edge`` stays clear of this photo's own unrest.

        Noise, stubble and coarse light raise contrast everywhere. Where ``unrest`` robust
        deviations of the values reach above the edge, all values are lowered to match, at most
        ``calmed_at_most`` times.
        """
        inside = values[where]
        if inside.size == 0:
            return values
        inside = inside[:: max(1, inside.size // 20000)]
        over = self.limits.unrest * robust_deviation(inside) / edge.middle
        return values * np.float32(1 / np.clip(over, 1.0, self.limits.calmed_at_most))

    @cached_property
    def _densities(self) -> tuple[Gray, Gray]:
        parts = separate(self.crop.linear)
        return parts.melanin, parts.haemoglobin

    @cached_property
    def melanin(self) -> Layer:
        """Melanin density."""
        return self._layer(self._densities[0], self.matte)

    @cached_property
    def haemoglobin(self) -> Layer:
        """Haemoglobin density."""
        return self._layer(self._densities[1], self.matte)

    @cached_property
    def darkness(self) -> Layer:
        """Optical density of luminance."""
        dark = -np.log10(cv2.max(self.luminance, 1e-4))
        return self._layer(dark.astype(np.float32), self.measurable)

    @cached_property
    def pigment(self) -> Layer:
        """Melanin and haemoglobin together."""
        return Layer(cv2.add(self.melanin.values, self.haemoglobin.values))

    @cached_property
    def grain(self) -> float:
        """Standard deviation of the photo's noise in optical density, per pixel."""
        return noise_deviation(self.darkness.values, self.measurable) or 0.0

    def _layer(self, values: Gray, mask: Mask) -> Layer:
        return Layer(fill_in(values, mask, self.limits.fill_mm / self.mm_per_px))

    def to_px(self, sizes_mm: Iterable[float]) -> Iterator[float]:
        """Yield the sizes in pixels, leaving out what is too small to be seen."""
        for size in sizes_mm:
            if size / self.mm_per_px >= self.limits.smallest_sigma_px:
                yield size / self.mm_per_px

    def within(self, *regions: Region) -> Mask:
        """Return the inner skin of some regions."""
        mask: Mask = self.crop.regions.mask(*regions) & self.inner
        return mask
