"""What an assessment takes for acne on clean faces, cut out as crops of what is no lesion.

The faces carry no labels and some do have a spot, so a few of these crops are wrong; what is found
dark, too, is left out, for many of those are moles. They are the
looks of real skin, light and hair that no painter thought of, and the very ones that a classifier
is asked about.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cutis.core.assessment import Finding
from cutis.core.errors import InputError
from cutis.core.face import FaceCrop
from cutis.core.masks import SkinMask
from cutis.core.vocabulary import Condition, ItaGroup, LesionType
from cutis.datasets.clean_sets import person_of
from cutis.datasets.faces import largest_face, median_ita_deg
from cutis.datasets.lesion_crops import GEOMETRY, CropSet, cut
from cutis.datasets.splits import split_of
from cutis.imaging.colour import ita_to_group
from cutis.models.lesion_network import side_mm
from cutis.pipeline import Tools
from cutis.steps.landmarks import full_mirror_order
from cutis.steps.lesions import LesionLimits, SplitLimits, crop_boxes, find_lesions
from cutis.steps.regions import crop_face

FOUND = "found on a clean face"
_DOUBTFUL = LesionLimits(split=SplitLimits(floor=0.15, at_most=0.3, peak=0.2))
"""Spots that the product would not tell of are taken, too, for there are more of them."""


@dataclass(frozen=True, slots=True)
class FoundOrder:
    """What the set is to be.

    Attributes:
        classes: those of the crops that it is joined with; *other* is among them.
        renderer_version: of those crops.
        seed: that no other file has; it tells files apart.
        most: of one face, so that no single spotty one fills the set.
    """

    classes: tuple[str, ...]
    renderer_version: int
    seed: int
    most: int = 12


def found_spots(
    photos: Sequence[Path],
    tools: Tools,
    order: FoundOrder,
    *,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> CropSet:
    """Return crops of class *other* around the acne that is found on clean faces.

    Args:
        photos: of clean faces; those without a face are passed over.
        tools: of an assessment.
        order: what the set is to be.
        progress: told how many photos are done, and of how many.

    Raises:
        InputError: no acne is found on any of them.
    """
    rows: list[dict[str, Any]] = []
    for done, path in enumerate(photos, 1):
        rows += _of_photo(path, tools, order.most)
        progress(done, len(photos))
    if not rows:
        raise InputError(
            f"No acne was found on the largest face of {len(photos)} photos, so there is nothing "
            "to learn from. Name more photos of clean faces."
        )
    columns = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
    return CropSet(
        **columns,
        label=np.full(len(rows), order.classes.index(LesionType.OTHER), np.int64),
        classes=order.classes,
        what=np.full(len(rows), FOUND),
        geometry=GEOMETRY,
        seed=order.seed,
        renderer_version=order.renderer_version,
    )


def _of_photo(path: Path, tools: Tools, most: int) -> list[dict[str, Any]]:
    face = largest_face(path, tools)
    if face is None:
        return []
    crop = crop_face(*face, full_mirror_order(tools.landmarker.canonical))
    skin = tools.skin.segment(crop)
    if not skin.measurable.any():
        return []
    spots = _not_dark(_found(Condition.ACNE, crop, skin, tools), crop, skin, tools)[:most]
    person = person_of(path)
    ita_deg = median_ita_deg(crop, skin)
    about = {
        "person": np.str_(person),
        "tone": np.int8(list(ItaGroup).index(ita_to_group(ita_deg))),
        "split": np.str_(split_of(person)),
    }
    return [
        {
            "images": cut(crop.rgb, box, crop.mm_per_px),
            "side_mm": np.float32(side_mm(box, crop.mm_per_px, GEOMETRY)),
            **about,
        }
        for box in crop_boxes(spots, crop)
    ]


def _found(
    condition: Condition, crop: FaceCrop, skin: SkinMask, tools: Tools
) -> tuple[Finding, ...]:
    """Return what the last that sees a condition finds; none on a face that is too coarse."""
    *_, segmenter = (s for s in tools.conditions if condition in s.conditions)
    maps = segmenter.segment(crop, skin)
    return find_lesions(crop, {condition: maps[condition]}, _DOUBTFUL) if condition in maps else ()


def _not_dark(
    spots: Sequence[Finding], crop: FaceCrop, skin: SkinMask, tools: Tools
) -> list[Finding]:
    """Leave out spots that are found dark, too: many of them are moles, which have a name."""
    if not spots:
        return []
    dark = [f.bbox_xyxy for f in _found(Condition.PIGMENTATION, crop, skin, tools)]
    middles = [((x0 + x1) / 2, (y0 + y1) / 2) for x0, y0, x1, y1 in (f.bbox_xyxy for f in spots)]
    return [
        spot
        for spot, (x, y) in zip(spots, middles, strict=True)
        if not any(x0 <= x <= x1 and y0 <= y <= y1 for x0, y0, x1, y1 in dark)
    ]
