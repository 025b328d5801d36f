"""A crop at a coarser working scale: most conditions are larger than a camera's pixels."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import cv2
import numpy as np

from cutis.core.face import FaceCrop, RegionMap
from cutis.core.masks import SkinMask
from cutis.imaging.filters import resize_mask
from cutis.steps.conditions.limits import ConditionLimits
from cutis.steps.conditions.maps import SkinMaps


@lru_cache(maxsize=1)
def work_maps(crop: FaceCrop, skin: SkinMask, limits: ConditionLimits) -> SkinMaps:
    """Return the maps of a crop at the working scale, the same ones to all who ask for its face.

    The last face is kept, since a learned segmenter starts from what the classical one has made.
    """
    return SkinMaps(*reduce_crop(crop, skin, limits.work_mm_per_px), limits)


def reduce_crop(crop: FaceCrop, skin: SkinMask, to_mm_per_px: float) -> tuple[FaceCrop, SkinMask]:
    """Return the crop and its skin at ``to_mm_per_px``; as they are where that is not coarser."""
    factor = crop.mm_per_px / to_mm_per_px
    if factor >= 1:
        return crop, skin
    rows, cols = (max(1, round(side * factor)) for side in crop.shape)
    shape = rows, cols
    by = np.float32(factor)
    landmarks = replace(
        crop.landmarks, points=crop.landmarks.points * by, points3=crop.landmarks.points3 * by
    )
    labels = cv2.resize(crop.regions.labels, shape[::-1], interpolation=cv2.INTER_NEAREST_EXACT)
    small = replace(
        crop,
        rgb=cv2.resize(crop.rgb, shape[::-1], interpolation=cv2.INTER_AREA),
        linear=cv2.resize(crop.linear, shape[::-1], interpolation=cv2.INTER_AREA),
        landmarks=landmarks,
        regions=RegionMap(labels),
        oval=resize_mask(crop.oval, shape),
        excluded=resize_mask(crop.excluded, shape),
        creases=resize_mask(crop.creases, shape),
        crop_per_photo=crop.crop_per_photo * factor,
        mm_per_px=to_mm_per_px,
    )
    return small, SkinMask(
        resize_mask(skin.skin, shape),
        resize_mask(skin.deep_shadow, shape),
        resize_mask(skin.glare, shape),
        skin.method,
        skin.confidence,
    )
