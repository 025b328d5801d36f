"""Comparisons and timelines as plain lines for a terminal and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

from cutis.core.scores import NotMeasured
from cutis.core.vocabulary import Condition
from cutis.history.burst import Visit
from cutis.history.change import ChangeVerdict, Comparison
from cutis.history.forecast import ForecastRecord, ForecastScore
from cutis.history.timeline import Point, Series, Timeline
from cutis.reports.rounding import rounded
from cutis.reports.wording import CONDITIONS, REGIONS

CHANGE_SCHEMA_VERSION = "1.0"
"""Version of the JSON of comparisons and timelines; a reader of 1.x leaves out what it lacks."""

NOT_WHO = "Cutis does not look at who is in a photo: make sure that all show the same person."
_SIGNS = {
    ChangeVerdict.BETTER: "less",
    ChangeVerdict.WORSE: "more",
    ChangeVerdict.NO_CHANGE_YOU_CAN_TRUST: "same",
    ChangeVerdict.CANNOT_COMPARE: "?",
}


def comparison_lines(comparison: Comparison, *, regions: bool = False) -> Iterator[str]:
    """Yield a comparison in plain words, one line per condition; with ``regions``, those too."""
    yield comparison.overall.sentence
    yield ""
    width = max(len(name) for name, _ in CONDITIONS.values())
    for condition, change in comparison.conditions.items():
        yield f"{CONDITIONS[condition][0]:<{width}}  {change.sentence}"
    if regions:
        yield from _region_lines(comparison)
    yield ""
    yield comparison.note
    yield NOT_WHO


def _region_lines(comparison: Comparison) -> Iterator[str]:
    """Yield the regions where something changed, or that none did."""
    changed = [
        f"{REGIONS[region]}, {CONDITIONS[condition][0].lower()}: {change.sentence}"
        for region, changes in comparison.regions.items()
        for condition, change in changes.items()
        if change.verdict in {ChangeVerdict.BETTER, ChangeVerdict.WORSE}
    ]
    yield ""
    yield from changed or ["No region shows a change you can trust."]


def timeline_lines(timeline: Timeline) -> Iterator[str]:
    """Yield a timeline as a table of scores with verdicts against the baseline, then forecasts."""
    days = [_day(visit) for visit in timeline.visits]
    width = max(len(name) for name, _ in CONDITIONS.values())
    column = max(12, *(len(day) + 2 for day in days))
    yield " " * width + "".join(f"{day:>{column}}" for day in days)
    for condition, series in timeline.series.items():
        cells = [_cell(point, i == timeline.baseline) for i, point in enumerate(series.points)]
        yield f"{CONDITIONS[condition][0]:<{width}}" + "".join(f"{c:>{column}}" for c in cells)
    yield ""
    yield (
        f"Compared with {days[timeline.baseline]} (base): less, more, same (no change you can "
        "trust), ? (cannot be compared), – (not measured)."
    )
    yield from _reasons(timeline)
    yield ""
    yield from _latest(timeline)
    yield f"Expected {timeline.horizon_days:.0f} days after the last visit:"
    yield from _forecasts(timeline.series)
    yield "Each visit is compared on its own; over many visits some noise will pass for change."
    yield NOT_WHO


def _day(visit: Visit) -> str:
    return visit.at.date().isoformat() if visit.at else "?"


def _cell(point: Point, base: bool) -> str:  # noqa: FBT001 - one of two shapes of a cell
    if point.value is None:
        return "–"
    change = point.since_baseline
    sign = "base" if base else _SIGNS[change.verdict] if change else ""
    return f"{point.value:.0f} {sign}"


def _reasons(timeline: Timeline) -> Iterator[str]:
    """Yield why visits cannot be compared with the baseline, each reason once per visit."""
    for visit, found in zip(timeline.visits, timeline.since_baseline, strict=True):
        if found is not None and found.overall.verdict is ChangeVerdict.CANNOT_COMPARE:
            yield f"{_day(visit)}: {found.overall.sentence}"


def _latest(timeline: Timeline) -> Iterator[str]:
    """Yield what the last visit says against the baseline and the visit before it."""
    for title, found in (
        ("Last visit against the baseline", timeline.since_baseline[-1]),
        ("Last visit against the one before", timeline.since_previous[-1]),
    ):
        if found is not None:
            yield f"{title}: {found.overall.sentence}"


def _forecasts(series: Mapping[Condition, Series]) -> Iterator[str]:
    made = [(c, s.forecast) for c, s in series.items() if isinstance(s.forecast, ForecastScore)]
    for condition, forecast in made:
        low, high = forecast.interval.low, forecast.interval.high
        yield (
            f"  {CONDITIONS[condition][0]}: {forecast.value:.0f}, between {low:.0f} and {high:.0f} "
            f"(90 %); a flare-up above {forecast.threshold:.0f}: {100 * forecast.flare_up:.0f} %"
        )
    if not made:
        missing = (s.forecast for s in series.values() if isinstance(s.forecast, NotMeasured))
        yield from (f"  Not told: {reason}" for reason in sorted({m.reason for m in missing}))


def kept_lines(records: Mapping[Condition, ForecastRecord | NotMeasured]) -> Iterator[str]:
    """Yield how kept forecasts fared, a line per condition of which any has met its day."""
    met = {c: r for c, r in records.items() if isinstance(r, ForecastRecord)}
    if met:
        yield "Forecasts kept before, against what came:"
    for condition, record in met.items():
        held = round(record.coverage * record.forecasts)
        yield (
            f"  {CONDITIONS[condition][0]}: {held} of {record.forecasts} inside the 90 % interval, "
            f"off by {record.mean_absolute_error:.1f} points on average; flare-up Brier score "
            f"{record.brier:.2f} (0 is best)"
        )
    if not met:
        yield "No kept forecast has met its day yet."


def comparison_json(comparison: Comparison) -> str:
    """Return a comparison as indented JSON text."""
    return _text({"comparison": _plain(comparison)})


def timeline_json(timeline: Timeline) -> str:
    """Return a timeline as indented JSON text; the assessments themselves are left out."""
    tree = {
        "visits": [{"at": _plain(v.at), "shots": v.shots} for v in timeline.visits],
        "baseline": timeline.baseline,
        "horizon_days": timeline.horizon_days,
        "overall_since_baseline": _overall(timeline.since_baseline),
        "overall_since_previous": _overall(timeline.since_previous),
        "series": _plain(timeline.series),
    }
    return _text({"timeline": tree})


def _overall(found: tuple[Comparison | None, ...]) -> list[Any]:
    return [None if one is None else _plain(one.overall) for one in found]


def _text(tree: dict[str, Any]) -> str:
    tree = {"schema_version": CHANGE_SCHEMA_VERSION, **tree, "disclaimer": NOT_WHO}
    return json.dumps(tree, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    """Return dataclasses, enums, times and numbers as JSON knows them."""
    if isinstance(value, float):
        return rounded(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value
