"""Sums of a condition's map over the face and over each region, made in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from cutis.core.arrays import Mask
from cutis.core.assessment import Finding
from cutis.core.face import FaceCrop
from cutis.core.masks import ConditionMap
from cutis.core.vocabulary import Region

FAINT = 0.05
"""Probabilities below this count as none, so that clear skin has a share of 0."""

_LENGTH = len(Region) + 1
_ENOUGH_PX = 400_000
"""A larger map is added up on a grid of about this many pixels; maps are smoother than that."""


@dataclass(frozen=True, slots=True)
class Part:
    """Sums over the face or one region.

    ``weight`` and ``length_mm`` add up findings, each by how much it counts.
    """

    looked_at_px: float
    probability_sum: float
    pores: float
    weight: float
    length_mm: float


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """Sums of one condition: rows are looked-at pixels, probabilities, pores, weights, lengths.

    Columns are region labels, 0 being skin outside all regions.
    """

    table: Float[np.ndarray, "5 labels"]

    def of(self, region: Region | None) -> Part:
        """Return the sums of one region, or of the whole face."""
        column = self.table.sum(axis=1) if region is None else self.table[:, region.label]
        return Part(*(float(v) for v in column))


def sampling_grid(found: ConditionMap) -> tuple[tuple[slice, slice], int]:
    """Return the pixels of a map that are added up, and how many pixels apart they lie."""
    step = max(1, round((found.looked_at.size / _ENOUGH_PX) ** 0.5))
    return (slice(step // 2, None, step), slice(step // 2, None, step)), step


def tally(
    found: ConditionMap,
    crop: FaceCrop,
    findings: Sequence[tuple[Finding, float]],
    pores: Mask | None,
) -> Tally:
    """Add up a map, and its findings with their weights, by region."""
    grid, step = sampling_grid(found)
    inside = found.looked_at[grid]
    labels, values = crop.regions.labels[grid][inside], found.probability[grid][inside]
    rows = [
        np.bincount(labels, minlength=_LENGTH) * float(step * step),
        np.bincount(labels, np.where(values >= FAINT, values, 0), _LENGTH) * float(step * step),
        np.zeros(_LENGTH),
        np.zeros(_LENGTH),
        np.zeros(_LENGTH),
    ]
    if pores is not None:
        rows[2] += np.bincount(crop.regions.labels[pores & found.looked_at], minlength=_LENGTH)
    for finding, weight in findings:
        label = 0 if finding.region is None else finding.region.label
        rows[3][label] += weight
        rows[4][label] += weight * (finding.length_mm or 0.0)
    return Tally(np.array(rows, np.float64))
