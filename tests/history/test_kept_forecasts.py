"""Kept forecasts: what was told stands, and is held against what came."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from drawn_visits import assessment_of

from cutis.core.errors import InputError
from cutis.core.scores import NotMeasured
from cutis.core.vocabulary import Condition
from cutis.history import ForecastRecord, Timeline, Visit, build_timeline
from cutis.history.kept_forecasts import forecasts_of, hold_against, read_kept

REDNESS = Condition.REDNESS
START = datetime(2026, 3, 1, 10, tzinfo=UTC)


def visits(*redness: float, days: float = 7) -> Timeline:
    times = [START + i * timedelta(days=days) for i in range(len(redness))]
    made = [assessment_of({REDNESS: value}) for value in redness]
    return build_timeline([Visit(a, at) for a, at in zip(made, times, strict=True)])


def test_lines_return_what_was_kept():
    (kept,) = forecasts_of(visits(40, 41, 42, 40, 41))
    (read,) = read_kept(kept.to_line())
    assert read.id == kept.id
    assert read.condition is REDNESS
    assert read.for_at - read.made_at == timedelta(days=7)
    assert read.told.value == pytest.approx(kept.told.value, abs=1e-3)


def test_a_changed_line_is_refused():
    (kept,) = forecasts_of(visits(40, 41, 42, 40, 41))
    row = json.loads(kept.to_line())
    with pytest.raises(InputError, match="was changed after it was made"):
        read_kept(json.dumps(row | {"high": 100.0}))
    with pytest.raises(InputError, match="is none"):
        read_kept("{}")


@pytest.mark.parametrize(("came", "inside"), [(41.0, 1.0), (90.0, 0.0)])
def test_a_forecast_is_held_against_the_visit_of_its_day(came: float, inside: float):
    kept = forecasts_of(visits(40, 41, 42, 40, 41))
    record = hold_against(kept * 2, visits(40, 41, 42, 40, 41, came))[REDNESS]
    assert isinstance(record, ForecastRecord)
    assert (record.forecasts, record.coverage) == (1, inside)
    assert record.mean_absolute_error == pytest.approx(abs(kept[0].told.value - came))


def test_a_day_that_has_not_come_is_not_scored():
    line = visits(40, 41, 42, 40, 41)
    assert isinstance(hold_against(forecasts_of(line), line)[REDNESS], NotMeasured)
    late = visits(40, 41, 42, 40, 41, 41, days=14)
    early = forecasts_of(visits(40, 41, 42, 40, 41))
    assert isinstance(hold_against(early, late)[Condition.ACNE], NotMeasured)


def test_too_few_visits_keep_nothing():
    assert forecasts_of(visits(40, 41)) == ()
