"""The classical segmenter: every condition behind one port, each where it can be seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np

from cutis.core.arrays import Mask, Probabilities
from cutis.core.assessment import ModelUse
from cutis.core.face import FaceCrop
from cutis.core.masks import ConditionMap, SkinMask
from cutis.core.vocabulary import Condition
from cutis.imaging.filters import resize_mask
from cutis.imaging.outlines import (
    CHEEK_PATCH_RIGHT,
    UNDER_EYE_RIGHT,
    Outline,
    fill,
    mirrored,
    outline_points,
)
from cutis.steps.conditions import colour, relief
from cutis.steps.conditions.limits import ConditionLimits
from cutis.steps.conditions.maps import SkinMaps
from cutis.steps.conditions.places import sought_on
from cutis.steps.conditions.reduce import work_maps

METHOD = "classical"

_RELIEF = (Condition.PORES, Condition.WRINKLES, Condition.TEXTURE, Condition.SCARRING)
_MAPS: dict[Condition, Callable[[SkinMaps], Probabilities]] = {
    Condition.ACNE: colour.map_acne,
    Condition.REDNESS: colour.map_redness,
    Condition.PIGMENTATION: colour.map_pigmentation,
    Condition.OILINESS: colour.map_oiliness,
    Condition.WRINKLES: relief.map_wrinkles,
    Condition.PORES: relief.map_pores,
    Condition.TEXTURE: relief.map_texture,
    Condition.DRYNESS: relief.map_dryness,
    Condition.SCARRING: relief.map_scarring,
}


def classical_map(condition: Condition, maps: SkinMaps) -> tuple[Probabilities, Mask]:
    """Return the classical map of a condition, and where it was looked for; not of dark circles.

    A map is made once and kept in ``maps``, so it must not be written to.
    """
    if condition not in maps.made:
        maps.made[condition] = _MAPS[condition](maps), sought_on(condition, maps)
    return maps.made[condition]


class ClassicalConditionSegmenter:
    """All ten conditions by classical measures; the reference and the fallback.

    ``order`` gives for each landmark the index of its mirror image.
    """

    def __init__(self, order: np.ndarray, limits: ConditionLimits | None = None) -> None:
        self.order = order
        self.limits = limits or ConditionLimits()

    @property
    def conditions(self) -> frozenset[Condition]:
        """All conditions."""
        return frozenset(Condition)

    def uses(self) -> Sequence[ModelUse]:
        """Tell that no model takes part."""
        return ()

    def segment(self, crop: FaceCrop, skin: SkinMask) -> Mapping[Condition, ConditionMap]:
        """Return the maps of what can be seen at the crop's scale; the rest is left out."""
        work = work_maps(crop, skin, self.limits)
        fine = SkinMaps(crop, skin, self.limits)
        seen = [c for c in Condition if crop.mm_per_px <= self.coarsest(c)]

        def make(condition: Condition) -> ConditionMap:
            maps = fine if condition is Condition.PORES else work
            return _full_size(condition, self._map(condition, maps), crop.shape)

        # Relief is read from darkness, colour from pigment: little is shared, so two threads pay.
        with ThreadPoolExecutor(max_workers=1) as beside:
            later = {c: beside.submit(make, c) for c in seen if c in _RELIEF}
            found = {c: make(c) for c in seen if c not in _RELIEF}
            return {c: later[c].result() if c in later else found[c] for c in seen}

    def coarsest(self, condition: Condition) -> float:
        """Return the coarsest scale in mm per pixel at which ``condition`` can be seen."""
        limits = self.limits
        return {
            Condition.ACNE: limits.acne_mm_per_px,
            Condition.REDNESS: limits.redness_mm_per_px,
            Condition.PIGMENTATION: limits.pigment_mm_per_px,
            Condition.WRINKLES: limits.wrinkle_mm_per_px,
            Condition.PORES: limits.pore_mm_per_px,
            Condition.TEXTURE: limits.texture_mm_per_px,
            Condition.DRYNESS: limits.flake_mm_per_px,
            Condition.SCARRING: limits.scar_mm_per_px,
            Condition.OILINESS: limits.shine_mm_per_px,
            Condition.DARK_CIRCLES: limits.dark_circle_mm_per_px,
        }[condition]

    def _map(self, condition: Condition, maps: SkinMaps) -> tuple[Probabilities, Mask]:
        """Return a condition's map and where it was looked for."""
        if condition is Condition.DARK_CIRCLES:
            sides = [(under & maps.inner_matte, cheek) for under, cheek in self.eye_sides(maps)]
            return colour.map_dark_circles(maps, sides), sides[0][0] | sides[1][0]
        return classical_map(condition, maps)

    def eye_sides(self, maps: SkinMaps) -> list[tuple[Mask, Mask]]:
        """Return for each eye, the subject's right first, the skin under it and its cheek patch."""
        pairs: list[tuple[Outline, Outline]] = [(UNDER_EYE_RIGHT, CHEEK_PATCH_RIGHT)]
        pairs += [tuple(mirrored(o, self.order) for o in pairs[0])]  # type: ignore[list-item]
        points, shape = maps.crop.landmarks.points, maps.crop.shape
        return [
            (fill(outline_points(u, points), shape), fill(outline_points(c, points), shape))
            for u, c in pairs
        ]


def _full_size(
    condition: Condition, made: tuple[Probabilities, Mask], shape: tuple[int, int]
) -> ConditionMap:
    """Return a map at the crop's size, zero where it was not looked for."""
    probability, looked_at = made
    probability = np.where(looked_at, probability, np.float32(0)).astype(np.float32)
    if looked_at.shape != shape:
        probability = cv2.resize(probability, shape[::-1], interpolation=cv2.INTER_LINEAR)
        looked_at = resize_mask(looked_at, shape)
    return ConditionMap(condition, probability, looked_at, METHOD)
