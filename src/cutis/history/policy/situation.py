"""What a choice depends on: the most important condition, how strong, where it goes, irritation."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cutis.core.advice import Plan
from cutis.history.change import ChangeVerdict

NOTHING_SEEN = "none"


class Trend(StrEnum):
    """Where the condition has gone since the visit before, by more than noise."""

    LESS = "less"
    SAME = "same"
    MORE = "more"
    UNKNOWN = "unknown"


_TRENDS = {
    ChangeVerdict.BETTER: Trend.LESS,
    ChangeVerdict.WORSE: Trend.MORE,
    ChangeVerdict.NO_CHANGE_YOU_CAN_TRUST: Trend.SAME,
}


@dataclass(frozen=True, slots=True, order=True)
class Situation:
    """One state of the table, written ``acne/moderate/same/calm``."""

    focus: str
    band: str
    trend: Trend
    irritated: bool

    def __str__(self) -> str:
        feel = "irritated" if self.irritated else "calm"
        return f"{self.focus}/{self.band}/{self.trend.value}/{feel}"


def situation_of(
    plan: Plan, verdict: ChangeVerdict | None = None, *, irritated: bool = False
) -> Situation:
    """Return the situation of a person.

    Args:
        plan: the rules' plan; its first priority is the focus.
        verdict: that condition against the visit before; None at a first visit.
        irritated: whether the person says that the skin stings, peels or burns.
    """
    trend = _TRENDS.get(verdict, Trend.UNKNOWN) if verdict is not None else Trend.UNKNOWN
    if not plan.priorities:
        return Situation(NOTHING_SEEN, NOTHING_SEEN, trend, irritated)
    first = plan.priorities[0]
    return Situation(first.condition.value, first.band.value, trend, irritated)
