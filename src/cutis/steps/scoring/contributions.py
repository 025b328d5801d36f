"""What each finding gave to its score: the score made again without it.

The raw value is linear in findings and in probabilities, so leaving one out is exact and needs no
second look at the photo.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from cutis.core.assessment import Contribution, Finding
from cutis.core.face import FaceCrop
from cutis.core.masks import ConditionMap
from cutis.core.scores import Score
from cutis.core.vocabulary import Condition, Region
from cutis.imaging.filters import components
from cutis.steps.scoring.formulas import FORMULAS
from cutis.steps.scoring.tally import FAINT, Tally, sampling_grid

COUNTED = (Condition.ACNE, Condition.WRINKLES)
"""Scores that add up findings by weight; the others add up probabilities."""
MOST = 3
FEWEST_POINTS = 0.5

Weighed = Sequence[tuple[int, Finding, float]]
"""Findings of one condition: number in the list of all, finding, weight 0-1."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A share 0-1 of the raw value, and where it comes from."""

    share: float
    region: Region | None
    finding: int | None = None
    area_mm2: float | None = None


def contributions(
    score: Score, found: ConditionMap, tallied: Tally, *, weighed: Weighed, crop: FaceCrop
) -> tuple[Contribution, ...]:
    """Return what gave most of a score, the most points first; at most `MOST`.

    Findings, or regions where the condition has none. What gives less than half a point is left
    out.
    """
    formula = FORMULAS[found.condition]
    told = [
        Contribution(score.value - without, without, part.region, part.finding, part.area_mm2)
        for part in _parts(found, tallied, weighed, crop)
        for without in [formula.score(score.raw.value * (1 - part.share))]
    ]
    told.sort(key=lambda c: -c.points)
    return tuple(c for c in told[:MOST] if c.points >= FEWEST_POINTS)


def _parts(
    found: ConditionMap, tallied: Tally, weighed: Weighed, crop: FaceCrop
) -> Iterator[_Part]:
    if not weighed:
        yield from _regions(found.condition, tallied)
    elif found.condition in COUNTED:
        yield from _counted(found.condition, weighed)
    else:
        yield from _pieces(found, weighed, crop)


def _counted(condition: Condition, weighed: Weighed) -> Iterator[_Part]:
    """Shares of findings in a sum of weights, of lines by their length."""
    lines = condition is Condition.WRINKLES
    amounts = [w * ((f.length_mm or 0.0) if lines else 1.0) for _, f, w in weighed]
    whole = sum(amounts)
    if whole > 0:
        for (number, finding, _), amount in zip(weighed, amounts, strict=True):
            yield _Part(amount / whole, finding.region, number, finding.area_mm2)


def _pieces(found: ConditionMap, weighed: Weighed, crop: FaceCrop) -> Iterator[_Part]:
    """Shares of connected pieces in a sum of probabilities, on the grid that the sum is made on."""
    labels, _ = components((found.probability >= 0.5) & found.looked_at)
    (rows, cols), _ = sampling_grid(found)
    counted = np.where(found.looked_at & (found.probability >= FAINT), found.probability, 0)
    sums = np.bincount(labels[rows, cols].ravel(), counted[rows, cols].ravel())
    whole = float(sums.sum())
    for number, finding, _ in weighed:
        label = _label_in(labels, finding, crop)
        if label and label < len(sums) and whole > 0:
            yield _Part(float(sums[label]) / whole, finding.region, number, finding.area_mm2)


def _label_in(labels: np.ndarray, finding: Finding, crop: FaceCrop) -> int:
    """Return the piece that fills most of a finding's box; 0 for none."""
    x0, y0, x1, y1 = crop.box
    across, down = crop.shape[1] / (x1 - x0), crop.shape[0] / (y1 - y0)
    left, top, right, bottom = finding.bbox_xyxy
    part = labels[
        int((top - y0) * down) : int(np.ceil((bottom - y0) * down)),
        int((left - x0) * across) : int(np.ceil((right - x0) * across)),
    ]
    counts = np.bincount(part[part > 0].ravel())
    return int(counts.argmax()) if counts.size else 0


def _regions(condition: Condition, tallied: Tally) -> Iterator[_Part]:
    """Shares of regions, for what has no findings."""

    def amount(region: Region | None) -> float:
        part = tallied.of(region)
        if condition in COUNTED:
            return part.weight
        return part.pores if condition is Condition.PORES else part.probability_sum

    whole = amount(None)
    if whole > 0:
        yield from (_Part(amount(region) / whole, region) for region in Region)
