"""Visits over time: order, series with their noise, gaps, verdicts, forecasts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from drawn_visits import assessment_of

from cutis.core.errors import InputError
from cutis.core.scores import NotMeasured
from cutis.core.vocabulary import Condition
from cutis.history import ChangeVerdict, ForecastScore, Obstacle, Visit, build_timeline, compare
from cutis.history.noise import smallest_detectable_change, within_face_deviation
from cutis.testing import sample_assessment

REDNESS = Condition.REDNESS
START = datetime(2026, 3, 1, 8, tzinfo=UTC)


def visits(*redness: float | None, every_days: float = 7.0) -> list[Visit]:
    """Return weekly visits with this redness; None is a refused photo."""
    return [
        Visit(
            sample_assessment(refused=True) if value is None else assessment_of({REDNESS: value}),
            START + i * timedelta(days=every_days),
        )
        for i, value in enumerate(redness)
    ]


def test_visits_are_put_in_order():
    line = build_timeline(list(reversed(visits(10.0, 20.0, 30.0))))
    assert [p.value for p in line.series[REDNESS].points] == [10.0, 20.0, 30.0]
    assert line.horizon_days == 7.0


def test_each_visit_is_held_against_the_baseline_and_the_one_before():
    made = visits(60.0, 40.0, 41.0, 20.0)
    line = build_timeline(made)
    points = line.series[REDNESS].points
    assert line.since_baseline == (None, *(compare(made[0], v) for v in made[1:]))
    assert line.since_previous[2:] == tuple(compare(a, b) for a, b in pairwise(made[1:]))
    assert points[0].since_baseline is None
    assert points[2].since_baseline.verdict is ChangeVerdict.BETTER
    assert points[2].since_previous.verdict is ChangeVerdict.NO_CHANGE_YOU_CAN_TRUST
    assert points[3].since_previous.verdict is ChangeVerdict.BETTER


def test_a_refused_visit_is_a_gap_and_no_reference():
    line = build_timeline(visits(None, 40.0, None, 60.0))
    points, gaps = line.series[REDNESS].points, line.series[REDNESS].gaps
    assert line.baseline == 1
    assert isinstance(points[2].missing, NotMeasured)
    assert points[2].since_baseline.hindrance.obstacle is Obstacle.PHOTO_REFUSED
    assert points[3].since_previous.before == 40.0
    assert [(g.start, g.end, g.skipped_visits) for g in gaps] == [(points[1].at, points[3].at, 1)]


def test_a_long_time_between_visits_is_a_gap():
    made = visits(40.0, 40.0, 40.0, 40.0)
    made[3] = replace(made[3], at=made[2].at + timedelta(days=15))
    gaps = build_timeline(made).series[REDNESS].gaps
    assert [(g.start, g.skipped_visits) for g in gaps] == [(made[2].at, 0)]


def test_the_band_is_the_noise():
    point = build_timeline(visits(40.0, 40.0)).series[REDNESS].points[0]
    deviation = within_face_deviation(REDNESS, 40.0, 0.25)
    assert point.deviation == deviation
    assert (point.band.low, point.band.high) == pytest.approx(
        (40 - 1.96 * deviation, 40 + 1.96 * deviation)
    )


def test_another_baseline_and_visits_before_it():
    made = visits(60.0, 40.0, 20.0)
    points = build_timeline(made, baseline=1).series[REDNESS].points
    assert points[0].since_baseline.before == 60.0  # the earlier of the two stays the earlier
    assert points[1].since_baseline is None
    assert points[2].since_baseline.before == 40.0


def test_the_forecast_comes_with_enough_visits():
    few = build_timeline(visits(40.0, 41.0, 42.0)).series[REDNESS].forecast
    assert isinstance(few, NotMeasured)
    enough = build_timeline(visits(40.0, 41.0, 39.0, 40.0, 40.0), horizon_days=10.0)
    forecast = enough.series[REDNESS].forecast
    deviation = within_face_deviation(REDNESS, 40.0, 0.25)
    assert isinstance(forecast, ForecastScore)
    assert forecast.horizon_days == 10.0
    assert forecast.value == pytest.approx(40, abs=1.5)
    assert forecast.threshold == 40 + smallest_detectable_change(deviation, deviation)
    assert enough.series[REDNESS].record.forecasts == 1
    assert isinstance(enough.series[Condition.ACNE].forecast, NotMeasured)


def test_what_cannot_be_held_against_the_baseline_is_not_forecast_from():
    made = visits(40.0, 41.0, 39.0, 40.0)
    other = replace(made[3].assessment.provenance, software_version="9.0.0")
    made[3] = replace(made[3], assessment=replace(made[3].assessment, provenance=other))
    forecast = build_timeline(made).series[REDNESS].forecast
    assert forecast.reason.endswith("there are 3.")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda made: made[:0], "none came"),
        (lambda made: [replace(made[0], at=None)], "UTC"),
        (lambda made: [replace(made[0], at=datetime(2026, 3, 1))], "UTC"),  # noqa: DTZ001
        (
            lambda made: [replace(made[0], at=START.astimezone(timezone(timedelta(hours=2))))],
            "UTC",
        ),
        (lambda made: [made[0], made[0]], "same time"),
    ],
)
def test_wrong_visits(change: object, message: str):
    with pytest.raises(InputError, match=message):
        build_timeline(change(visits(40.0, 41.0)))  # type: ignore[operator]


def test_no_such_baseline():
    with pytest.raises(InputError, match="baseline is one of visits 0 to 1; 2 came"):
        build_timeline(visits(40.0, 41.0), baseline=2)
