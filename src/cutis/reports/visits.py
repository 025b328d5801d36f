"""Earlier visits as a report shows them: what changed by more than noise, and where it may go."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass

from cutis.core.vocabulary import Condition
from cutis.history.change import ChangeVerdict
from cutis.history.forecast import ForecastScore
from cutis.history.timeline import Series, Timeline
from cutis.reports import wording
from cutis.reports.changes import NOT_WHO
from cutis.reports.summary import Point
from cutis.reports.tables import Cell, Table
from cutis.reports.timeline_svg import WIDTH_PX, svg_height_px, timeline_svg

LISTED_VISITS = 6
"""Columns of the table: the baseline and the latest; the picture shows all visits."""

_SIGNS = {
    ChangeVerdict.BETTER: ("less", "less than at the baseline"),
    ChangeVerdict.WORSE: ("more", "more than at the baseline"),
    ChangeVerdict.NO_CHANGE_YOU_CAN_TRUST: ("same", "no change you can trust"),
    ChangeVerdict.CANNOT_COMPARE: ("?", "cannot be compared"),
}

_SIGNS_NOTE = (
    "Compared with the base: less, more, same (no change you can trust), ? (cannot be compared), "
    "– (not measured)."
)


@dataclass(frozen=True, slots=True)
class Past:
    """Earlier visits in a report. ``picture_uri`` is an SVG; the table says the same in words."""

    verdicts: tuple[Point, ...]
    table: Table
    picture_uri: str
    picture_alt: str
    size_px: tuple[int, int]
    forecasts: tuple[Point, ...]
    note: str


def look_at(timeline: Timeline) -> Past:
    """Return the visits of one person, the one of this report the last."""
    svg = timeline_svg(timeline).encode("utf-8")
    visits = len(timeline.visits)
    return Past(
        verdicts=tuple(_verdicts(timeline)),
        table=_table(timeline),
        picture_uri="data:image/svg+xml;base64," + base64.b64encode(svg).decode("ascii"),
        picture_alt=f"Scores at {visits} visits, a strip per condition; the table tells them too.",
        size_px=(WIDTH_PX, svg_height_px(timeline)),
        forecasts=tuple(_forecasts(timeline)),
        note=f"{wording.MANY_VISITS} {NOT_WHO}",
    )


def _verdicts(timeline: Timeline) -> Iterator[Point]:
    titles = ("Since the first visit", "Since the visit before")
    found = (timeline.since_baseline[-1], timeline.since_previous[-1])
    same = timeline.since_baseline[-1] == timeline.since_previous[-1]
    for title, comparison in list(zip(titles, found, strict=True))[: 1 if same else 2]:
        if comparison is not None:
            yield Point(title, comparison.overall.sentence)


def _table(timeline: Timeline) -> Table:
    """Return scores and verdicts: rows are conditions that were ever measured."""
    latest = range(max(0, len(timeline.visits) - LISTED_VISITS + 1), len(timeline.visits))
    shown = sorted({timeline.baseline, *latest})
    days = tuple(_day(timeline, i) for i in shown)
    rows = tuple(
        (Cell(wording.CONDITIONS[c][0]), *(_cell(series, i, timeline.baseline) for i in shown))
        for c, series in timeline.series.items()
        if any(point.value is not None for point in series.points)
    )
    hidden = len(timeline.visits) - len(shown)
    skipped = (f"{hidden} visits in between are in the picture only.",) * (hidden > 0)
    columns = ("Condition", *days)
    return Table("visits", "Scores at each visit", columns, rows, (_SIGNS_NOTE, *skipped))


def _day(timeline: Timeline, i: int) -> str:
    at = timeline.visits[i].at
    return at.date().isoformat() if at else "?"


def _cell(series: Series, i: int, baseline: int) -> Cell:
    point = series.points[i]
    if point.value is None:
        why = point.missing.reason if point.missing else ""
        return Cell("–", f"not measured: {why}")
    if i == baseline:
        return Cell(f"{point.value:.0f} base")
    change = point.since_baseline
    short, spoken = _SIGNS[change.verdict] if change else ("", "")
    return Cell(f"{point.value:.0f} {short}", f"{point.value:.0f}, {spoken}")


def _forecasts(timeline: Timeline) -> Iterator[Point]:
    made: dict[Condition, ForecastScore] = {
        c: s.forecast for c, s in timeline.series.items() if isinstance(s.forecast, ForecastScore)
    }
    for condition, forecast in made.items():
        low, high = forecast.interval.low, forecast.interval.high
        yield Point(
            wording.CONDITIONS[condition][0],
            f"about {forecast.value:.0f} in {forecast.horizon_days:.0f} days, 9 times of 10 "
            f"between {low:.0f} and {high:.0f}",
        )
