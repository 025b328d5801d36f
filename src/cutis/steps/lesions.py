"""From maps to findings: single spots, lines and patches with place, size and type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from cutis.core.arrays import Mask
from cutis.core.assessment import Finding
from cutis.core.face import FaceCrop
from cutis.core.masks import ConditionMap
from cutis.core.vocabulary import Condition, LesionType, Region
from cutis.imaging.filters import components


@dataclass(frozen=True, slots=True)
class SizeRange:
    """Area of a finding in mm², and the lowest peak probability that counts."""

    smallest_mm2: float
    largest_mm2: float
    peak: float = 0.6


@dataclass(frozen=True, slots=True)
class LesionLimits:
    """What counts as one finding.

    Acne lesions run from 1 mm papules (0.8 mm²) to nodules of about 15 mm; dark spots from
    freckles of 0.8 mm to lentigines of 20 mm. A wrinkle is a line of at least
    ``shortest_line_mm`` that is ``slenderness`` times longer than wide.
    """

    acne: SizeRange = SizeRange(0.8, 180.0)
    pigmentation: SizeRange = SizeRange(0.5, 320.0)
    scarring: SizeRange = SizeRange(0.8, 80.0, peak=0.7)
    patch: SizeRange = SizeRange(60.0, 1e5)
    wrinkle_peak: float = 0.75
    shortest_line_mm: float = 5.0
    slenderness: float = 3.0
    most: int = 400


SPOT_TYPES = {
    Condition.ACNE: LesionType.INFLAMED_SPOT,
    Condition.PIGMENTATION: LesionType.DARK_SPOT,
    Condition.SCARRING: LesionType.UNSPECIFIED,
}
PATCH_CONDITIONS = (Condition.REDNESS, Condition.DRYNESS, Condition.OILINESS)


@dataclass(frozen=True, slots=True)
class _Piece:
    """One connected piece of a map: where, how large, how sure."""

    box: tuple[int, int, int, int]
    area_px: int
    peak: float
    mean: float
    label: int
    at: tuple[int, int]


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


def pore_peaks(found: ConditionMap, mm_per_px: float) -> Mask:
    """Mark one pixel per pore: peaks of a pore map of at least one half, 0.4 mm apart.

    Of a flat peak, as of a pore so dark that its probability is 1 all over, one pixel counts.
    """
    size = 2 * max(1, round(0.2 / mm_per_px)) + 1
    highest = cv2.dilate(found.probability, np.ones((size, size), np.uint8))
    top = (found.probability >= highest) & (found.probability >= 0.5) & found.looked_at
    labels, _ = components(top)
    at = np.flatnonzero(top)
    _, first = np.unique(labels.ravel()[at], return_index=True)
    peaks: Mask = np.zeros(top.shape, bool)
    peaks.ravel()[at[first]] = True
    return peaks


def _findings(
    condition: Condition, found: ConditionMap, crop: FaceCrop, limits: LesionLimits
) -> Iterator[Finding]:
    if condition in SPOT_TYPES:
        sizes: SizeRange = getattr(limits, condition.value)
        yield from _spots(found, crop, sizes, SPOT_TYPES[condition])
    elif condition is Condition.WRINKLES:
        yield from _lines(found, crop, limits)
    elif condition in PATCH_CONDITIONS:
        yield from _spots(found, crop, limits.patch, LesionType.PATCH)


def _pieces(found: ConditionMap) -> Iterator[tuple[_Piece, np.ndarray]]:
    """Yield the connected pieces above one half, with their own mask inside the box."""
    p = found.probability
    labels, stats = components((p >= 0.5) & found.looked_at)
    for number in range(1, len(stats)):
        x, y, width, height, area = (int(v) for v in stats[number])
        own = labels[y : y + height, x : x + width] == number
        values = np.where(own, p[y : y + height, x : x + width], 0)
        row, col = np.unravel_index(int(values.argmax()), values.shape)
        mean = float(values.sum() / area)
        at = y + int(row), x + int(col)
        yield (
            _Piece((x, y, x + width, y + height), area, float(values.max()), mean, number, at),
            own,
        )


def _spots(
    found: ConditionMap, crop: FaceCrop, sizes: SizeRange, kind: LesionType
) -> Iterator[Finding]:
    pixel_mm2 = crop.mm_per_px**2
    for piece, _ in _pieces(found):
        area = piece.area_px * pixel_mm2
        if sizes.smallest_mm2 <= area <= sizes.largest_mm2 and piece.peak >= sizes.peak:
            yield _finding(found.condition, kind, piece, crop)


def _lines(found: ConditionMap, crop: FaceCrop, limits: LesionLimits) -> Iterator[Finding]:
    """Long, slender pieces; their length is that of the middle line."""
    for piece, own in _pieces(found):
        if piece.peak < limits.wrinkle_peak:
            continue
        length_px = line_length_px(own)
        width_px = piece.area_px / max(length_px, 1.0)
        length_mm = length_px * crop.mm_per_px
        if length_mm >= limits.shortest_line_mm and length_px >= limits.slenderness * width_px:
            yield _finding(found.condition, LesionType.WRINKLE, piece, crop, length_mm=length_mm)


def line_length_px(own: np.ndarray) -> float:
    """Return the length of a line-like mask: half its outline, less its mean width.

    For a line of length ``l`` and width ``w`` the area is ``l w`` and the half outline ``l + w``;
    both are solved for ``l``. Branches add up, as they should. The contour's steps are straightened
    to 0.75 px, and it runs through pixel centres, half a pixel inside the outline: hence the 2.
    Within 5 % on lines of at least 40 px.
    """
    padded = np.pad(own.astype(np.uint8), 1)
    contours, _ = cv2.findContours(padded, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    straight = [cv2.approxPolyDP(c, 0.75, closed=True) for c in contours]
    half = sum(cv2.arcLength(c, closed=True) for c in straight) / 2 + 2
    area = float(own.sum())
    return float((half + np.sqrt(max(half * half - 4 * area, 0.0))) / 2)


def _finding(
    condition: Condition,
    kind: LesionType,
    piece: _Piece,
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
