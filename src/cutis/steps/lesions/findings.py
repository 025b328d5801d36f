"""From maps to findings: what, where, how large, how sure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from cutis.core.assessment import Finding
from cutis.core.face import FaceCrop
from cutis.core.masks import ConditionMap
from cutis.core.vocabulary import Condition, LesionType, Region
from cutis.steps.lesions.limits import LesionLimits, SizeRange
from cutis.steps.lesions.lines import line_length_px
from cutis.steps.lesions.pieces import Piece, connected_pieces, numbered_pieces
from cutis.steps.lesions.watershed import split_spots

SPOT_TYPES = {
    Condition.ACNE: LesionType.INFLAMED_SPOT,
    Condition.PIGMENTATION: LesionType.DARK_SPOT,
    Condition.SCARRING: LesionType.UNSPECIFIED,
}
PATCH_CONDITIONS = (Condition.REDNESS, Condition.DRYNESS, Condition.OILINESS)


def find_lesions(
    crop: FaceCrop, maps: Mapping[Condition, ConditionMap], limits: LesionLimits | None = None
) -> tuple[Finding, ...]:
    """Return the findings of all maps, the surest first within each condition."""
    limits = limits or LesionLimits()
    found: list[Finding] = []
    for condition, found_map in maps.items():
        rows = sorted(_findings(condition, found_map, crop, limits), key=lambda f: -f.probability)
        found += rows[: limits.most]
    return tuple(found)


def _findings(
    condition: Condition, found: ConditionMap, crop: FaceCrop, limits: LesionLimits
) -> Iterator[Finding]:
    if condition in SPOT_TYPES:
        sizes: SizeRange = getattr(limits, condition.value)
        split = _learned_spots if found.is_learned else _spots
        yield from split(found, crop, sizes, limits)
    elif condition is Condition.WRINKLES:
        yield from _lines(found, crop, limits)
    elif condition in PATCH_CONDITIONS:
        yield from _spots(found, crop, limits.patch, limits)


def _spots(
    found: ConditionMap, crop: FaceCrop, sizes: SizeRange, _: LesionLimits
) -> Iterator[Finding]:
    """Connected pieces of fitting size and peak."""
    for piece, _own in connected_pieces(found):
        if _fits(piece, crop, sizes) and piece.peak >= sizes.peak:
            yield _finding(found.condition, _kind(found), piece, crop)


def _learned_spots(
    found: ConditionMap, crop: FaceCrop, sizes: SizeRange, limits: LesionLimits
) -> Iterator[Finding]:
    """Spots of a learned map, touching ones told apart."""
    spots = split_spots(found, crop.mm_per_px, limits.split)
    for piece, _own in numbered_pieces(found, spots):
        if _fits(piece, crop, sizes) and piece.peak >= limits.split.peak:
            yield _finding(found.condition, _kind(found), piece, crop)


def _fits(piece: Piece, crop: FaceCrop, sizes: SizeRange) -> bool:
    area_mm2 = piece.area_px * crop.mm_per_px**2
    return sizes.smallest_mm2 <= area_mm2 <= sizes.largest_mm2


def _kind(found: ConditionMap) -> LesionType:
    return SPOT_TYPES.get(found.condition, LesionType.PATCH)


def _lines(found: ConditionMap, crop: FaceCrop, limits: LesionLimits) -> Iterator[Finding]:
    """Long, slender pieces; their length is that of the middle line."""
    for piece, own in connected_pieces(found):
        if piece.peak < limits.wrinkle_peak:
            continue
        length_px = line_length_px(own)
        width_px = piece.area_px / max(length_px, 1.0)
        length_mm = length_px * crop.mm_per_px
        if length_mm >= limits.shortest_line_mm and length_px >= limits.slenderness * width_px:
            yield _finding(found.condition, LesionType.WRINKLE, piece, crop, length_mm=length_mm)


def _finding(
    condition: Condition,
    kind: LesionType,
    piece: Piece,
    crop: FaceCrop,
    *,
    length_mm: float | None = None,
) -> Finding:
    x0, y0 = crop.box[0], crop.box[1]
    # a crop has whole pixels, so its true scale differs a little across and down
    across = (crop.box[2] - x0) / crop.shape[1]
    down = (crop.box[3] - y0) / crop.shape[0]
    left, top, right, bottom = (v * by for v, by in zip(piece.box, (across, down) * 2, strict=True))
    box = (
        x0 + int(np.floor(left)),
        y0 + int(np.floor(top)),
        min(x0 + int(np.ceil(right)), crop.box[2]),
        min(y0 + int(np.ceil(bottom)), crop.box[3]),
    )
    return Finding(
        condition=condition,
        type=kind,
        bbox_xyxy=box,
        probability=(piece.peak + piece.mean) / 2,
        region=region_at(crop, piece.at),
        area_mm2=piece.area_px * crop.mm_per_px**2,
        length_mm=length_mm,
    )


def region_at(crop: FaceCrop, at: tuple[int, int]) -> Region | None:
    """Return the region of a crop pixel ``(row, col)``, or None outside all."""
    label = int(crop.regions.labels[at])
    return list(Region)[label - 1] if label else None
