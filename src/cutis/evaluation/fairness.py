"""Whether groups of people are served alike: rates by group, and the worst against the best.

A tally holds a sum and a count per group, so shards add up.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np

from cutis.core.errors import InputError

Group = TypeVar("Group", bound=Hashable)

TONE_THIRDS = ("lightest", "middle", "darkest")


@dataclass(frozen=True, slots=True)
class GroupTally(Generic[Group]):
    """Sums and counts of a value by group; the value is 0 or 1 for a rate."""

    sums: Mapping[Group, float] = field(default_factory=dict)
    counts: Mapping[Group, int] = field(default_factory=dict)

    def update(self, group: Group, value: float) -> GroupTally[Group]:
        """Return the tally with one more person of ``group``.

        Raises:
            InputError: the value is not finite.
        """
        if not np.isfinite(value):
            raise InputError(f"A value must be finite; it is {value}. Leave out what has none.")
        return self + GroupTally({group: float(value)}, {group: 1})

    def __add__(self, other: GroupTally[Group]) -> GroupTally[Group]:
        groups = [*self.sums, *(g for g in other.sums if g not in self.sums)]
        return GroupTally(
            {g: self.sums.get(g, 0.0) + other.sums.get(g, 0.0) for g in groups},
            {g: self.counts.get(g, 0) + other.counts.get(g, 0) for g in groups},
        )

    def rates(self) -> dict[Group, float]:
        """Return the mean value of each group."""
        return {g: self.sums[g] / self.counts[g] for g in self.sums}

    def highest_over_lowest(self) -> float:
        """Return the highest rate over the lowest, 1 or more: 1 is equal.

        For errors this is the worst served over the best served group. ``inf`` where only the
        lowest is 0; 1 where all are 0. NaN of no group, or where a rate is below 0.
        """
        rates = list(self.rates().values())
        if not rates or min(rates) < 0:
            return float("nan")
        if max(rates) == 0:
            return 1.0
        return max(rates) / min(rates) if min(rates) > 0 else float("inf")

    def largest_gap(self) -> float:
        """Return the highest rate less the lowest; NaN of no group."""
        rates = list(self.rates().values())
        return max(rates) - min(rates) if rates else float("nan")


def tone_thirds(ita_deg: Sequence[float]) -> list[str]:
    """Return for each individual typology angle its third: lightest, middle or darkest.

    The thirds are equally large, or differ by one; of equal angles the earlier counts as lighter.
    """
    order = np.argsort(-np.asarray(ita_deg, np.float64), kind="stable")
    thirds = [""] * len(order)
    for name, part in zip(TONE_THIRDS, np.array_split(order, 3), strict=True):
        for index in part:
            thirds[int(index)] = name
    return thirds
