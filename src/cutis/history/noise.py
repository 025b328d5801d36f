"""How large a difference must be before it is more than noise.

* The noise of one score is its within-face standard deviation ``s_w``, as shipped with the package
  (`cutis.steps.scoring.repeatability`): a floor and a share of the score.
* Smallest detectable change: ``1.96 · √2 · s_w`` (Bland & Altman 1996,
  doi:10.1136/bmj.313.7059.744; Weir 2005, doi:10.1519/15184.1). Where the two visits differ in
  noise, ``1.96 · √(s_1² + s_2²)``.
* Several conditions are looked at together. Holm's step-down rule (Holm 1979, *Scand J Stat*
  6:65–70) keeps the chance of calling any of them changed, where none is, at `FAMILY_LEVEL`.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot
from statistics import NormalDist

from cutis.core.vocabulary import Condition
from cutis.steps.scoring.repeatability import Z95, load_repeatability

FAMILY_LEVEL = 0.05
"""Chance of one false change or more among everything that one comparison looks at."""


def within_face_deviation(condition: Condition, value: float, mm_per_px: float) -> float:
    """Return the standard deviation, in points, of a score when the same face is taken again."""
    return load_repeatability().deviation_of(condition, value, mm_per_px)


def within_region_deviation(
    condition: Condition, value: float, mm_per_px: float, *, area_ratio: float
) -> float:
    """Return the standard deviation, in points, of a region's score when the face is taken again.

    ``area_ratio`` is the area of the face's skin over the region's.
    """
    return load_repeatability().region_deviation_of(
        condition, value, mm_per_px, area_ratio=area_ratio
    )


def smallest_detectable_change(before: float, after: float) -> float:
    """Return the difference in points below which two scores cannot be told apart.

    ``before`` and ``after`` are the standard deviations of the two scores.
    """
    return Z95 * hypot(before, after)


def needed_ratios(ratios: Sequence[float], level: float = FAMILY_LEVEL) -> list[float]:
    """Return, per difference, the multiple of its standard deviation that it must exceed (Holm).

    ``ratios`` are absolute differences, each divided by its own standard deviation. The largest is
    held against ``level`` shared by all, the next by one less, and so on; from the first that does
    not exceed its limit on, that limit holds for all the smaller ones. A ratio that exceeds its
    returned limit is a change.
    """
    order = sorted(range(len(ratios)), key=lambda i: -ratios[i])
    needed = [0.0] * len(ratios)
    stopped: float | None = None
    for rank, i in enumerate(order):
        limit = stopped or _two_sided(level / (len(ratios) - rank))
        needed[i] = limit
        if ratios[i] <= limit:
            stopped = limit
    return needed


def _two_sided(level: float) -> float:
    """Return how many standard deviations a normal value exceeds, either way, with ``level``."""
    return NormalDist().inv_cdf(1 - level / 2)
