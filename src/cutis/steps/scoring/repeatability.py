"""How far a score moves when the same face is photographed a little differently.

The figures are measured by `benchmarks/repeatability.py`, never typed: each photo is changed in
exposure, white balance, size, compression, position and mirroring, and the deviation within a
face is kept per condition and scale class.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import sqrt

from cutis.core.scores import Interval
from cutis.core.vocabulary import Condition

SCALE_CLASSES_MM_PER_PX = (("fine", 0.2), ("medium", 0.4), ("coarse", float("inf")))
Z95 = 1.96
"""Standard deviations to either side of the mean that hold 95 % of a normal distribution."""


@dataclass(frozen=True, slots=True)
class Repeatability:
    """Within-face standard deviation in score points: a floor and a share of the score."""

    deviation: Mapping[str, Mapping[str, float]]

    def deviation_of(self, condition: Condition, value: float, mm_per_px: float) -> float:
        """Return the standard deviation of a score; it grows with the score."""
        row = self.deviation[condition.value]
        scale = scale_class(mm_per_px)
        floor = row.get(f"{scale}_floor", row["floor"])
        share = row.get(f"{scale}_share", row["share"])
        return float(floor + share * value)

    def region_deviation_of(
        self, condition: Condition, value: float, mm_per_px: float, *, area_ratio: float
    ) -> float:
        """Return the standard deviation of a region's score; the smaller it is, the larger.

        ``area_ratio`` is the face's skin over the region's. A mean over less of the same would
        deviate by its root more; what is measured beside that is in the figures.
        """
        factor = self.deviation[condition.value].get("region", 1.0)
        deviation = self.deviation_of(condition, value, mm_per_px)
        return float(deviation * sqrt(max(1.0, area_ratio)) * factor)


def interval_around(value: float, half: float) -> Interval:
    """Return the interval of ``half`` points to either side of a score, cut at 0 and 100."""
    return Interval(max(0.0, value - half), min(100.0, value + half))


def scale_class(mm_per_px: float) -> str:
    """Return the class of a scale: fine, medium or coarse."""
    return next(name for name, limit in SCALE_CLASSES_MM_PER_PX if mm_per_px <= limit)


@cache
def load_repeatability() -> Repeatability:
    """Return the figures that ship with the package."""
    text = files("cutis.steps.scoring").joinpath("repeatability.json").read_text(encoding="utf-8")
    return Repeatability(json.loads(text)["deviation"])
