"""Two photos of one face laid over each other, and where the skin differs.

The later face is brought into the frame of the earlier one by its landmarks. Each photo's optical
density is set against the median of the same skin in that photo, so that exposure and white
balance drop out; what is left is split into haemoglobin and melanin (`cutis.imaging.chromophores`).
A change of the whole face alike drops out with them: these maps tell where, the scores how much.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from cutis.core.arrays import RGB, Gray, LinearRGB, Mask
from cutis.core.assessment import Examination
from cutis.core.errors import InputError
from cutis.core.face import FaceCrop
from cutis.core.masks import SkinMask
from cutis.core.vocabulary import Condition
from cutis.history.warp import Warp, warp_between
from cutis.imaging.chromophores import optical_density, separation_matrix
from cutis.imaging.filters import blur
from cutis.imaging.skin_channels import skin_baseline

SMOOTH_MM = 0.5
"""Differences are smoothed by this; it is below the size of a papule, 1 mm and more, and above the
slips of landmarks."""


@dataclass(frozen=True, slots=True, eq=False)
class AlignedPair:
    """Two faces in the frame of the earlier one, and their difference, later minus earlier.

    ``seen`` is skin that can be measured in both. ``haemoglobin`` and ``melanin`` are density
    differences (0.1 is a visible change), ``conditions`` differences of probability (-1 to 1); all
    are 0 outside ``seen``.
    """

    before: RGB
    after: RGB
    seen: Mask
    haemoglobin: Gray
    melanin: Gray
    conditions: Mapping[Condition, Gray]
    mm_per_px: float


def align_pair(before: Examination, after: Examination) -> AlignedPair:
    """Bring the later face into the frame of the earlier one and take the differences.

    Raises:
        InputError: one of the photos was refused or shows no face.
    """
    crop, skin = _pictures(before)
    later, later_skin = _pictures(after)
    warp = warp_between(crop.landmarks.points, later.landmarks.points, crop.shape)
    seen = skin.measurable & warp.mask(later_skin.measurable) & warp.trusted
    linear = warp.picture(later.linear).astype(np.float32)
    first, second = (_pigments(picture, seen) for picture in (crop.linear, linear))
    haemoglobin, melanin = (
        _smoothed(b - a, seen, crop.mm_per_px) for a, b in zip(first, second, strict=True)
    )
    return AlignedPair(
        before=crop.rgb,
        after=warp.picture(later.rgb),
        seen=seen,
        haemoglobin=haemoglobin,
        melanin=melanin,
        conditions=_map_differences((before, after), warp, seen),
        mm_per_px=crop.mm_per_px,
    )


def _pictures(examination: Examination) -> tuple[FaceCrop, SkinMask]:
    if examination.crop is None or examination.skin is None:
        raise InputError(
            "Two measured faces were expected; one photo was refused or shows no face. "
            "Take that photo again."
        )
    return examination.crop, examination.skin


def _pigments(linear: LinearRGB, seen: Mask) -> tuple[Gray, Gray]:
    """Return haemoglobin and melanin over the median of the skin that is seen."""
    above = optical_density(linear) - skin_baseline(linear, seen)
    parts = cv2.transform(above.astype(np.float32), separation_matrix())
    return np.ascontiguousarray(parts[..., 1]), np.ascontiguousarray(parts[..., 0])


def _smoothed(values: Gray, seen: Mask, mm_per_px: float) -> Gray:
    """Smooth within the skin that is seen, so that nothing beyond it leaks in."""
    weight = seen.astype(np.float32)
    sigma = SMOOTH_MM / mm_per_px
    near = np.maximum(blur(weight, sigma), np.float32(1e-3))
    smooth = blur((values * weight).astype(np.float32), sigma) / near
    return np.where(seen, smooth, 0).astype(np.float32)


def _map_differences(
    pair: tuple[Examination, Examination], warp: Warp, seen: Mask
) -> dict[Condition, Gray]:
    """Return the difference of each map that both have by the same method."""
    before, after = pair
    found = {}
    for condition, first in before.maps.items():
        second = after.maps.get(condition)
        if second is not None and second.method == first.method:
            where = seen & first.looked_at & warp.mask(second.looked_at)
            difference = warp.picture(second.probability) - first.probability
            found[condition] = np.where(where, difference, 0).astype(np.float32)
    return found
