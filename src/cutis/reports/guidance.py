"""Guidance as a report shows it: what comes first, a morning, an evening, and when to see someone.

The plan is made by `cutis.steps.recommend`; here it is only put into lines. Without a profile it
holds gentle care, and the report says which answers would let it say more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cutis.core.advice import Avoidance, CareLevel, CareStep, Plan, Priority, Severity, Source
from cutis.reports import wording
from cutis.reports.summary import Point
from cutis.reports.tables import Cell, Table
from cutis.steps.recommend.sentences import missing

LISTED_PRIORITIES = 5
"""Conditions in the table of what to look at first; those that are clear are left out."""


@dataclass(frozen=True, slots=True)
class Guidance:
    """A plan as lines of a report; a part that has nothing to say is empty.

    ``first`` is the table of priorities. ``more`` tells which answers are missing and how to give
    them. ``sources`` are titles, publishers and years.
    """

    lead: str
    referral: tuple[str, ...]
    first: Table | None
    morning: tuple[Point, ...]
    evening: tuple[Point, ...]
    habits: tuple[Point, ...]
    avoid: tuple[Point, ...]
    held_back: tuple[str, ...]
    more: tuple[str, ...]
    watch_for: tuple[str, ...]
    sources: tuple[str, ...]
    disclaimer: str


def guide(plan: Plan) -> Guidance:
    """Return a plan as the lines of a report."""
    quiet = plan.care is CareLevel.NOTHING
    return Guidance(
        lead=plan.lead,
        referral=(plan.referral.sentence, *(reason.text for reason in plan.referral.reasons)),
        first=_priorities(plan.priorities),
        morning=_steps(plan.morning),
        evening=_steps(plan.evening),
        habits=tuple(Point(a.text.rstrip("."), a.because) for a in plan.habits),
        avoid=tuple(Point(entry.name, entry.advice.because) for entry in plan.avoid),
        held_back=() if quiet else _waiting(plan.held_back),
        more=() if quiet else _more(plan),
        watch_for=() if quiet else plan.watch_for,
        sources=tuple(_source(source) for source in plan.sources if source.id in _named(plan)),
        disclaimer=plan.disclaimer,
    )


def _priorities(priorities: Iterable[Priority]) -> Table | None:
    """Return what to look at first, with the three factors and what they mean."""
    shown = [p for p in priorities if p.band is not Severity.CLEAR][:LISTED_PRIORITIES]
    if not shown:
        return None
    rows = tuple(
        (
            Cell(wording.CONDITIONS[p.condition][0]),
            Cell(f"{p.severity:.2f}\u00a0×\u00a0{p.texture_risk}\u00a0×\u00a0{p.criticality}"),
            Cell(f"{p.value:.1f}"),
            Cell(p.because),
        )
        for p in shown
    )
    note = (
        "Priority, 0 to 9: the score as a share, times 1 to 3 for what may stay on the skin, times "
        "1 to 3 for how far a clinician is needed. The ranks are choices of ours, no measurements."
    )
    columns = ("Condition", "How it is made", "Priority", "Why")
    return Table("priorities", "What to look at first", columns, rows, (note,))


def _steps(steps: Iterable[CareStep]) -> tuple[Point, ...]:
    return tuple(Point(s.name, f"{s.how} Why: {s.advice.because}") for s in steps)


def _waiting(entries: Iterable[Avoidance]) -> tuple[str, ...]:
    """Return the classes that wait for an answer; each reason once, with all that it holds for."""
    groups: dict[str, list[str]] = {}
    for entry in entries:
        groups.setdefault(entry.advice.because, []).append(entry.name.lower())
    return tuple(
        f"{wording.sentence_case('; '.join(names))}. {because}" for because, names in groups.items()
    )


def _more(plan: Plan) -> tuple[str, ...]:
    told = missing(plan)
    return (told, wording.TELL_MORE) if told else ()


def _named(plan: Plan) -> set[str]:
    """Return the ids of the sources of what is shown; more rules than that have fired."""
    shown = [*plan.referral.reasons, *plan.habits]
    shown += [step.advice for step in (*plan.morning, *plan.evening)]
    shown += [entry.advice for entry in plan.avoid]
    return {source for advice in shown for source in advice.sources}


def _source(source: Source) -> str:
    year = f", {source.year}" if source.year else ""
    place = f" doi:{source.doi}" if source.doi else ""
    return f"{source.title}. {source.publisher}{year}.{place}"
