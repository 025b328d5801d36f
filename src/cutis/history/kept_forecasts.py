"""Forecasts that are kept when they are made, and held against what came when their day is past.

Looking back (`cutis.history.forecast.look_back`) makes forecasts anew with today's software. A kept
one says what was told then, and nothing can be changed about it afterwards.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cutis.core.errors import InputError
from cutis.core.scores import Interval, NotMeasured
from cutis.core.vocabulary import Condition
from cutis.history.forecast import (
    ForecastRecord,
    ForecastScore,
    score_forecasts,
)
from cutis.history.kalman import Dynamics
from cutis.history.timeline import Timeline

TOLERANCE = 0.25
"""A visit meets a forecast if it is this near to its day, as a share of the horizon."""


@dataclass(frozen=True, slots=True)
class KeptForecast:
    """What was told, when, of which condition, for which day; ``id`` is a digest of all of it."""

    condition: Condition
    made_at: datetime
    for_at: datetime
    told: ForecastScore

    @property
    def id(self) -> str:
        """Sixteen hexadecimal digits that change with anything that was told."""
        return hashlib.sha256(json.dumps(self._plain(), sort_keys=True).encode()).hexdigest()[:16]

    def _plain(self) -> dict[str, object]:
        told = self.told
        return {
            "condition": self.condition.value,
            "made_at": self.made_at.isoformat(),
            "for_at": self.for_at.isoformat(),
            "value": round(told.value, 3),
            "low": round(told.interval.low, 3),
            "high": round(told.interval.high, 3),
            "level": told.interval.level,
            "spread": round(told.spread, 3),
            "flare_up": round(told.flare_up, 4),
            "threshold": round(told.threshold, 3),
            "visits": told.visits,
        }

    def to_line(self) -> str:
        """Return one line of JSON."""
        return json.dumps({"id": self.id, **self._plain()})


def forecasts_of(timeline: Timeline) -> tuple[KeptForecast, ...]:
    """Return the forecasts that a timeline makes, ready to be kept."""
    made_at = timeline.visits[-1].at
    if made_at is None:
        return ()
    for_at = made_at + timedelta(days=timeline.horizon_days)
    told = {c: s.forecast for c, s in timeline.series.items()}
    return tuple(
        KeptForecast(c, made_at, for_at, f) for c, f in told.items() if isinstance(f, ForecastScore)
    )


def read_kept(text: str) -> tuple[KeptForecast, ...]:
    """Read lines of `KeptForecast.to_line`.

    Raises:
        InputError: a line is no forecast, or was changed after it was kept.
    """
    return tuple(_read(line) for line in text.splitlines() if line.strip())


def hold_against(
    kept: Iterable[KeptForecast], timeline: Timeline
) -> Mapping[Condition, ForecastRecord | NotMeasured]:
    """Return, per condition, how the kept forecasts fared against the visits that came.

    A forecast counts once, against the measured visit nearest to its day, within `TOLERANCE` of the
    horizon. Only visits that can be compared with the baseline count.
    """
    pairs: dict[Condition, list[tuple[ForecastScore, float]]] = {c: [] for c in Condition}
    for forecast in {f.id: f for f in kept}.values():
        came = _came(forecast, timeline)
        if came is not None:
            pairs[forecast.condition].append((forecast.told, came))
    return {c: score_forecasts(own) for c, own in pairs.items()}


def _came(forecast: KeptForecast, timeline: Timeline) -> float | None:
    """Return the score nearest to the day of a forecast, or None."""
    reach = TOLERANCE * (forecast.for_at - forecast.made_at)
    points = timeline.series[forecast.condition].points
    near: Sequence[tuple[timedelta, float]] = [
        (abs(p.at - forecast.for_at), p.value)
        for p in points
        if p.value is not None
        and p.at > forecast.made_at
        and (p.since_baseline is None or p.since_baseline.hindrance is None)
    ]
    close = [pair for pair in near if pair[0] <= reach]
    return min(close)[1] if close else None


def _read(line: str) -> KeptForecast:
    try:
        row = json.loads(line)
        told = ForecastScore(
            horizon_days=(_time(row["for_at"]) - _time(row["made_at"])) / timedelta(days=1),
            value=float(row["value"]),
            interval=Interval(float(row["low"]), float(row["high"]), float(row["level"])),
            spread=float(row["spread"]),
            flare_up=float(row["flare_up"]),
            threshold=float(row["threshold"]),
            visits=int(row["visits"]),
            likeliest=Dynamics(0.0, 0.0, 1.0),  # not kept: nothing is scored by it
        )
        condition = Condition(row["condition"])
        read = KeptForecast(condition, _time(row["made_at"]), _time(row["for_at"]), told)
        stated = str(row["id"])
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            "A line of the kept forecasts is none. Name a file that cutis track wrote."
        ) from error
    if read.id != stated:
        raise InputError(
            f"The kept forecast {stated} was changed after it was made. Take the line out."
        )
    return read


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
