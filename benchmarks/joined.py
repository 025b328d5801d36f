"""What a network and the classical measure say of a photo, as logits at the crop's own scale."""

from __future__ import annotations

import cv2
import numpy as np
from prepared import PreparedPhoto

from cutis.core.vocabulary import Condition
from cutis.imaging.filters import resize_mask
from cutis.imaging.skin_channels import TARGETS, skin_baseline
from cutis.models.condition_network import LearnedConditionSegmenter, _sought, classical_logit
from cutis.steps.conditions import SkinMaps, reduce_crop


def network_logit(
    segmenter: LearnedConditionSegmenter,
    photo: PreparedPhoto,
    condition: Condition,
    mm_per_px: float,
) -> np.ndarray:
    """Return the network's logit of a condition, looked at at one scale."""
    baseline = skin_baseline(photo.crop.linear, photo.skin.measurable)
    crop = photo.crop
    logits = segmenter._at_scale(  # noqa: SLF001
        crop.linear, baseline, now=crop.mm_per_px, wanted=mm_per_px
    )
    rows, cols = photo.crop.shape
    channel = np.ascontiguousarray(logits[..., TARGETS.index(condition)])
    method = cv2.INTER_AREA if rows < channel.shape[0] else cv2.INTER_LINEAR
    return cv2.resize(channel, (cols, rows), interpolation=method)


def measured_logit(
    segmenter: LearnedConditionSegmenter, photo: PreparedPhoto, condition: Condition
) -> tuple[np.ndarray, np.ndarray]:
    """Return the classical map's logit, and where the condition is sought."""
    crop, limits = photo.crop, segmenter.limits
    masks = SkinMaps(*reduce_crop(crop, photo.skin, limits.work_mm_per_px), limits)
    sought = resize_mask(_sought(condition, masks), crop.shape)
    return classical_logit(condition, masks, crop.shape), sought
