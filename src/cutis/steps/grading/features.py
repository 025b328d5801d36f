"""What the pipeline measured of each region, as one table of named numbers.

A row is an anatomical region, a column one of `NAMES`. What could not be measured is NaN: a pore
count on a coarse photo, or everything of a region that is hidden. Colours and chromophores are
differences to the median of the same face, so that tone and white balance cancel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float32

from cutis.core.arrays import Gray, LabelMap, Mask
from cutis.core.assessment import Finding
from cutis.core.face import FaceCrop
from cutis.core.masks import ConditionMap, SkinMask
from cutis.core.vocabulary import Condition, Region
from cutis.imaging.chromophores import separate
from cutis.imaging.colour import lab_to_ita_deg, linear_to_lab
from cutis.imaging.filters import blur, resize_mask

WORK_MM_PER_PX = 0.3
"""Colour, chromophores and relief are measured at this scale; a coarser photo at its own."""
LEAST_MM2 = 60.0
"""A region of which less skin is seen is not measured."""

SHARES = tuple(Condition)
PEAKS = (Condition.ACNE, Condition.PIGMENTATION, Condition.WRINKLES)
COLOUR = (
    "lightness_over_face",
    "a_star_over_face",
    "ita_over_face_deg",
    "haemoglobin_over_face",
    "haemoglobin_spread",
    "melanin_over_face",
    "melanin_spread",
    "roughness_fine",
    "roughness_coarse",
)
COUNTS = (
    "acne_spots_per_cm2",
    "dark_spots_per_cm2",
    "dark_spot_area_mm2",
    "wrinkle_mm_per_cm2",
    "pores_per_cm2",
    "dark_spot_contrast",
    "wrinkle_contrast",
)
NAMES = (*COLOUR, *(f"{c}_share" for c in SHARES), *(f"{c}_peak" for c in PEAKS), *COUNTS)
"""The columns, each measured over the visible skin of one region:

* ``*_over_face``: median L*, a*, typology angle (degrees), haemoglobin and melanin density, less
  that of the whole face.
* ``*_spread``: 5th to 95th percentile, in density.
* ``roughness_fine``, ``roughness_coarse``: deviation of darkness (density) in structures of about
  0.4–1.2 mm and 1.2–4 mm.
* ``<condition>_share``: mean probability of the condition's map where it was looked for, 0–1.
* ``<condition>_peak``: the 99th percentile of the same, 0–1.
* ``*_per_cm2``: findings, each counted by its probability, on 1 cm²; wrinkles in mm.
* ``dark_spot_area_mm2``: the median area of dark spots; 0 where there are none.
* ``*_contrast``: how much darker in melanin, or in all channels, the marked pixels are than their
  surroundings, in density; 0 where nothing is marked.
"""
FACE_NAMES = ("ita_deg", "mm_per_px", "edge_mm")
"""Of the whole face: typology angle, scale of the crop, width of its sharpest edges (or NaN)."""

_BANDS_MM = ((0.35, 1.2), (1.2, 4.0))
_SURE = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class RegionFeatures:
    """The table of one face; rows in the order of `Region`, columns of `NAMES`, NaN if unknown."""

    values: Float32[np.ndarray, "regions features"]
    face: Float32[np.ndarray, "face_features"]

    @property
    def measured(self) -> Bool[np.ndarray, "regions features"]:
        """Return which values are there."""
        return np.asarray(~np.isnan(self.values))

    def of(self, region: Region) -> Mapping[str, float]:
        """Return the row of a region by name."""
        return dict(zip(NAMES, map(float, self.values[region.label - 1]), strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class _Skin:
    """The pixels of measurable skin at the working scale."""

    inside: Mask
    labels: LabelMap
    lab: Float32[np.ndarray, "n 3"]
    melanin: Gray
    haemoglobin: Gray
    dark: Gray
    mm_per_px: float


def region_features(
    crop: FaceCrop,
    skin: SkinMask,
    maps: Mapping[Condition, ConditionMap],
    findings: Sequence[Finding],
    *,
    pore_peaks: Mask | None = None,
    edge_mm: float | None = None,
) -> RegionFeatures:
    """Return the table of one face.

    Args:
        crop: the face at its measuring scale.
        skin: what of it is skin.
        maps: condition maps over the crop; those that are missing were not measured.
        findings: what was found in the maps.
        pore_peaks: one pixel per pore, where pores were looked for.
        edge_mm: the edge width of the photo from capture quality.
    """
    seen = _look(crop, skin)
    table = np.full((len(Region), len(NAMES)), np.nan, np.float32)
    ita = float("nan")
    if len(seen.lab):
        _add_colour(table, seen)
        lightness, _, b_star = (float(v) for v in np.median(seen.lab, axis=0))
        ita = lab_to_ita_deg(lightness, b_star)
    for found in maps.values():
        _add_map(table, crop, found)
    _add_findings(table, crop, maps, findings)
    _add_pores(table, crop, maps.get(Condition.PORES), pore_peaks)
    _add_contrasts(table, seen, maps)
    table[_seen_mm2(crop, skin) < LEAST_MM2] = np.nan
    edge = float("nan") if edge_mm is None else edge_mm
    return RegionFeatures(table, np.array([ita, crop.mm_per_px, edge], np.float32))


def _column(name: str) -> int:
    return NAMES.index(name)


def _seen_mm2(crop: FaceCrop, skin: SkinMask) -> Float32[np.ndarray, "regions"]:
    counts = np.bincount(crop.regions.labels[skin.measurable], minlength=len(Region) + 1)
    return (counts[1 : len(Region) + 1] * crop.mm_per_px**2).astype(np.float32)


def _look(crop: FaceCrop, skin: SkinMask) -> _Skin:
    """Bring colour and chromophores to the working scale."""
    factor = min(1.0, crop.mm_per_px / WORK_MM_PER_PX)
    size = round(crop.shape[1] * factor), round(crop.shape[0] * factor)
    linear = np.asarray(cv2.resize(crop.linear, size, interpolation=cv2.INTER_AREA))
    labels = cv2.resize(crop.regions.labels, size, interpolation=cv2.INTER_NEAREST)
    inside = resize_mask(skin.measurable, linear.shape[:2]) & (labels > 0)
    parts = separate(linear)
    dark = -np.log10(np.maximum(linear.mean(axis=2), np.float32(1e-4)))
    return _Skin(
        inside=inside,
        labels=labels[inside][None],
        lab=linear_to_lab(linear[inside][None])[0],
        melanin=parts.melanin,
        haemoglobin=parts.haemoglobin,
        dark=dark.astype(np.float32),
        mm_per_px=crop.mm_per_px / factor,
    )


def _add_colour(table: Float32[np.ndarray, "regions features"], seen: _Skin) -> None:
    """Fill in `COLOUR`."""
    haemoglobin, melanin = seen.haemoglobin[seen.inside], seen.melanin[seen.inside]
    bands = [_band(seen, *edges)[seen.inside] for edges in _BANDS_MM]
    ita = np.degrees(np.arctan2(seen.lab[:, 0] - 50, np.maximum(seen.lab[:, 2], 1e-3)))
    medians = [np.median(v) for v in (seen.lab[:, 0], seen.lab[:, 1], ita, haemoglobin, melanin)]
    labels = seen.labels[0]
    for row in np.unique(labels) - 1:
        own = labels == row + 1
        h, m = haemoglobin[own], melanin[own]
        table[row, : len(COLOUR)] = (
            np.median(seen.lab[own, 0]) - medians[0],
            np.median(seen.lab[own, 1]) - medians[1],
            np.median(ita[own]) - medians[2],
            np.median(h) - medians[3],
            np.ptp(np.quantile(h, [0.05, 0.95])),
            np.median(m) - medians[4],
            np.ptp(np.quantile(m, [0.05, 0.95])),
            *(float(band[own].std()) for band in bands),
        )


def _band(seen: _Skin, fine_mm: float, coarse_mm: float) -> Gray:
    """Return darkness in structures between two sizes."""
    px = seen.mm_per_px
    return np.asarray(blur(seen.dark, fine_mm / 2 / px) - blur(seen.dark, coarse_mm / 2 / px))


def _add_map(
    table: Float32[np.ndarray, "regions features"], crop: FaceCrop, found: ConditionMap
) -> None:
    """Fill in the share of a condition, and its peak."""
    labels, values = crop.regions.labels[found.looked_at], found.probability[found.looked_at]
    counts = np.bincount(labels, minlength=len(Region) + 1)[1 : len(Region) + 1]
    sums = np.bincount(labels, values, len(Region) + 1)[1 : len(Region) + 1]
    least = LEAST_MM2 / 2 / crop.mm_per_px**2
    shares = np.where(counts >= least, sums / np.maximum(counts, 1), np.nan)
    table[:, _column(f"{found.condition}_share")] = shares
    if found.condition in PEAKS:
        for row in np.flatnonzero(counts >= least):
            peak = np.quantile(values[labels == row + 1], 0.99)
            table[row, _column(f"{found.condition}_peak")] = peak


def _looked_at_cm2(crop: FaceCrop, found: ConditionMap) -> Float32[np.ndarray, "regions"]:
    counts = np.bincount(crop.regions.labels[found.looked_at], minlength=len(Region) + 1)
    area = counts[1 : len(Region) + 1] * crop.mm_per_px**2 / 100
    return np.where(area * 100 >= LEAST_MM2 / 2, area, np.nan).astype(np.float32)


def _add_findings(
    table: Float32[np.ndarray, "regions features"],
    crop: FaceCrop,
    maps: Mapping[Condition, ConditionMap],
    findings: Sequence[Finding],
) -> None:
    """Fill in counts of spots, their area, and the length of lines."""
    for condition, name in (
        (Condition.ACNE, "acne_spots_per_cm2"),
        (Condition.PIGMENTATION, "dark_spots_per_cm2"),
        (Condition.WRINKLES, "wrinkle_mm_per_cm2"),
    ):
        if condition not in maps:
            continue
        sums = np.zeros(len(Region), np.float32)
        for finding in findings:
            if finding.condition is condition and finding.region is not None:
                size = finding.length_mm or 0.0 if condition is Condition.WRINKLES else 1.0
                sums[finding.region.label - 1] += finding.probability * size
        table[:, _column(name)] = sums / _looked_at_cm2(crop, maps[condition])
    if Condition.PIGMENTATION in maps:
        table[:, _column("dark_spot_area_mm2")] = _median_areas(findings)


def _median_areas(findings: Sequence[Finding]) -> Float32[np.ndarray, "regions"]:
    dark = [f for f in findings if f.condition is Condition.PIGMENTATION]
    areas = [[f.area_mm2 for f in dark if f.region is region] for region in Region]
    return np.array([np.median(own) if own else 0.0 for own in areas], np.float32)


def _add_pores(
    table: Float32[np.ndarray, "regions features"],
    crop: FaceCrop,
    found: ConditionMap | None,
    peaks: Mask | None,
) -> None:
    if found is None or peaks is None:
        return
    counts = np.bincount(crop.regions.labels[peaks & found.looked_at], minlength=len(Region) + 1)
    table[:, _column("pores_per_cm2")] = counts[1 : len(Region) + 1] / _looked_at_cm2(crop, found)


def _add_contrasts(
    table: Float32[np.ndarray, "regions features"],
    seen: _Skin,
    maps: Mapping[Condition, ConditionMap],
) -> None:
    """Fill in how dark the marked pixels are beside their surroundings."""
    for condition, name, values, sizes_mm in (
        (Condition.PIGMENTATION, "dark_spot_contrast", seen.melanin, (0.8, 6.0)),
        (Condition.WRINKLES, "wrinkle_contrast", seen.dark, (0.3, 4.0)),
    ):
        if condition not in maps:
            continue
        px, shape = seen.mm_per_px, values.shape
        contrast = blur(values, sizes_mm[0] / 2 / px) - blur(values, sizes_mm[1] / 2 / px)
        marked = resize_mask(maps[condition].probability >= _SURE, shape)[seen.inside]
        labels, own = seen.labels[0][marked], contrast[seen.inside][marked]
        counts = np.bincount(labels, minlength=len(Region) + 1)[1 : len(Region) + 1]
        sums = np.bincount(labels, own, len(Region) + 1)[1 : len(Region) + 1]
        table[:, _column(name)] = sums / np.maximum(counts, 1)
