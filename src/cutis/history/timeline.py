"""Visits of one person in order of time: a series per condition, with noise and verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median

from cutis.core.errors import InputError
from cutis.core.scores import Interval, NotMeasured, Score
from cutis.core.vocabulary import Condition
from cutis.history.burst import Visit
from cutis.history.change import Change, Comparison, compare
from cutis.history.comparable import ComparisonLimits
from cutis.history.forecast import (
    ForecastRecord,
    ForecastScore,
    forecast_score,
    look_back,
    score_forecasts,
)
from cutis.history.noise import smallest_detectable_change, within_face_deviation
from cutis.steps.scoring.repeatability import Z95, interval_around

LONG_GAP = 2.0
"""An interval between measurements longer than this many usual ones is told as a gap."""


@dataclass(frozen=True, slots=True)
class Point:
    """One condition at one visit: the score and the band of its noise (95 %), or why not.

    ``since_baseline`` and ``since_previous`` are None at the baseline and the first usable visit.
    """

    at: datetime
    value: float | None
    deviation: float | None
    band: Interval | None
    missing: NotMeasured | None
    since_baseline: Change | None
    since_previous: Change | None


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch without a measurement that is longer than usual, or that skips a visit."""

    start: datetime
    end: datetime
    skipped_visits: int


@dataclass(frozen=True, slots=True)
class Series:
    """One condition over all visits: gaps, forecast, and how earlier forecasts fared."""

    condition: Condition
    points: tuple[Point, ...]
    gaps: tuple[Gap, ...]
    forecast: ForecastScore | NotMeasured
    record: ForecastRecord | NotMeasured


@dataclass(frozen=True, slots=True)
class Timeline:
    """All visits, earliest first; ``baseline`` is the index of the visit they are held against.

    ``since_baseline`` and ``since_previous`` hold one comparison per visit, None where there is
    nothing before it. Each comparison bounds its own false changes; over many visits some noise
    will pass for change.
    """

    visits: tuple[Visit, ...]
    baseline: int
    since_baseline: tuple[Comparison | None, ...]
    since_previous: tuple[Comparison | None, ...]
    series: Mapping[Condition, Series]
    horizon_days: float


def build_timeline(
    visits: Sequence[Visit],
    *,
    baseline: int | None = None,
    horizon_days: float | None = None,
    limits: ComparisonLimits | None = None,
) -> Timeline:
    """Return the timeline of one person's visits; who it is, is never guessed.

    Args:
        visits: each with a time in UTC, no two of the same; combine shots of one moment first.
        baseline: index, by time, of the visit that others are held against; by default the first
            usable one.
        horizon_days: how far ahead to forecast; by default the usual interval between visits.
        limits: how alike two captures must be.

    Raises:
        InputError: no visit, one without a time in UTC, two of the same time, or no such baseline.
    """
    ordered = _ordered(visits)
    first = next((i for i, v in enumerate(ordered) if v.assessment.usable), 0)
    base = first if baseline is None else baseline
    if not 0 <= base < len(ordered):
        raise InputError(f"The baseline is one of visits 0 to {len(ordered) - 1}; {base} came.")
    from_base = tuple(
        None if i == base else _between(ordered, base, i, limits) for i in range(len(ordered))
    )
    previous = _previous(ordered)
    from_previous = tuple(
        None if p is None else compare(ordered[p], ordered[i], limits)
        for i, p in enumerate(previous)
    )
    horizon = horizon_days or _usual_days(ordered)
    made = Timeline(ordered, base, from_base, from_previous, {}, horizon)
    series = {condition: _series(condition, made) for condition in Condition}
    return Timeline(ordered, base, from_base, from_previous, series, horizon)


def _ordered(visits: Sequence[Visit]) -> tuple[Visit, ...]:
    if not visits:
        raise InputError("A timeline needs visits; none came. Assess photos first.")
    times = [visit.at for visit in visits]
    if any(at is None or at.utcoffset() != timedelta(0) for at in times):
        raise InputError("Every visit needs its time in UTC; one has none or another zone.")
    if len(set(times)) < len(times):
        raise InputError("Two visits have the same time. Combine shots of one moment first.")
    return tuple(sorted(visits, key=_time))


def _time(visit: Visit) -> datetime:
    return visit.at or datetime.min.replace(tzinfo=UTC)


def _between(
    visits: Sequence[Visit], base: int, i: int, limits: ComparisonLimits | None
) -> Comparison:
    """Compare a visit with the baseline; one before the baseline is the earlier of the two."""
    return compare(visits[min(base, i)], visits[max(base, i)], limits)


def _previous(visits: Sequence[Visit]) -> list[int | None]:
    """Return for each visit the index of the last usable one before it."""
    last: int | None = None
    found: list[int | None] = []
    for i, visit in enumerate(visits):
        found.append(last)
        last = i if visit.assessment.usable else last
    return found


def _usual_days(visits: Sequence[Visit]) -> float:
    """Return the median interval between visits in days; 1 where there is none."""
    times = [_time(visit) for visit in visits]
    between = [(b - a) / timedelta(days=1) for a, b in pairwise(times)]
    return float(median(between)) if between else 1.0


def _series(condition: Condition, line: Timeline) -> Series:
    points = tuple(_point(condition, i, line) for i in range(len(line.visits)))
    usual_days = _usual_days(line.visits)
    days, values, deviations = _comparable(points, line.baseline)
    reference = points[line.baseline]
    threshold = 100.0
    if reference.value is not None and reference.deviation is not None:
        noise = smallest_detectable_change(reference.deviation, reference.deviation)
        threshold = reference.value + noise
    forecast = forecast_score(
        days, values, deviations, horizon_days=line.horizon_days, threshold=threshold
    )
    record = score_forecasts(look_back(days, values, deviations, threshold=threshold))
    return Series(condition, points, _gaps(points, usual_days), forecast, record)


def _point(condition: Condition, i: int, line: Timeline) -> Point:
    visit = line.visits[i]
    score = visit.assessment.scores[condition]
    changes = [
        None if found is None else found.conditions[condition]
        for found in (line.since_baseline[i], line.since_previous[i])
    ]
    if isinstance(score, NotMeasured):
        return Point(_time(visit), None, None, None, score, *changes)
    deviation = _deviation(condition, score, visit)
    band = interval_around(score.value, Z95 * deviation)
    return Point(_time(visit), score.value, deviation, band, None, *changes)


def _deviation(condition: Condition, score: Score, visit: Visit) -> float:
    face = visit.assessment.face
    mm_per_px = face.scale.mm_per_px if face else float("inf")
    shipped = within_face_deviation(condition, score.value, mm_per_px)
    return max(shipped, visit.spread.get((None, condition), 0.0))


def _comparable(
    points: Sequence[Point], baseline: int
) -> tuple[list[float], list[float], list[float]]:
    """Return days, scores and deviations of the visits that can be held against the baseline."""
    days, values, deviations = [], [], []
    for i, point in enumerate(points):
        change = point.since_baseline
        alike = i == baseline or (change is not None and change.hindrance is None)
        if alike and point.value is not None and point.deviation is not None:
            days.append((point.at - points[0].at) / timedelta(days=1))
            values.append(point.value)
            deviations.append(point.deviation)
    return days, values, deviations


def _gaps(points: Sequence[Point], usual_days: float) -> tuple[Gap, ...]:
    """Return the stretches between measurements that skip a visit or are unusually long."""
    measured = [i for i, point in enumerate(points) if point.value is not None]
    gaps = []
    for i, j in pairwise(measured):
        start, end = points[i].at, points[j].at
        if j > i + 1 or (end - start) / timedelta(days=1) > LONG_GAP * usual_days:
            gaps.append(Gap(start, end, j - i - 1))
    return tuple(gaps)
