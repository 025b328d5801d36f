"""Forecasts widen, hold as often as they say, and are scored against what came."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from cutis.core.errors import InputError
from cutis.core.scores import Interval, NotMeasured, NotMeasuredCode
from cutis.evaluation.series import draw_series
from cutis.history import ForecastScore, forecast_score, look_back, score_forecasts
from cutis.history.kalman import Dynamics

DAYS, VALUES, DEVIATIONS = [0.0, 10.0, 21.0, 30.0, 44.0], [40.0, 43.0, 41.0, 44.0, 42.0], [2.0] * 5

series = st.lists(
    st.tuples(st.floats(1, 40), st.floats(0, 100), st.floats(0.5, 5)), min_size=4, max_size=8
)


def made(**options: float) -> ForecastScore:
    found = forecast_score(DAYS, VALUES, DEVIATIONS, **{"horizon_days": 10.0, **options})
    assert isinstance(found, ForecastScore)
    return found


@settings(max_examples=20, deadline=None)
@given(series, st.floats(0.1, 0.9), st.floats(0.1, 0.9))
def test_the_interval_widens_with_the_horizon(
    visits: list[tuple[float, float, float]], one: float, other: float
):
    between, values, deviations = (list(column) for column in zip(*visits, strict=True))
    days = np.cumsum(between).tolist()
    near, far = sorted((one, other))
    found = [
        forecast_score(days, values, deviations, horizon_days=share * (days[-1] - days[0]))
        for share in (near, far)
    ]
    assert found[0].spread <= found[1].spread + 1e-9


@settings(max_examples=20, deadline=None)
@given(series)
def test_all_stays_on_the_scale(visits: list[tuple[float, float, float]]):
    between, values, deviations = (list(column) for column in zip(*visits, strict=True))
    days = np.cumsum(between).tolist()
    found = forecast_score(days, values, deviations, horizon_days=1.0, threshold=50.0)
    low, high = found.interval.low, found.interval.high
    assert 0 <= low <= found.value <= high <= 100
    assert 0 <= found.flare_up <= 1


def test_the_interval_grows_along_a_longer_horizon():
    widths = [made(horizon_days=h).interval for h in (1.0, 5.0, 15.0, 44.0)]
    sizes = [i.high - i.low for i in widths]
    assert sizes == sorted(sizes)
    assert sizes[-1] > 1.5 * sizes[0]


@pytest.mark.parametrize("visits", range(4))
def test_too_few_visits(visits: int):
    found = forecast_score(DAYS[:visits], VALUES[:visits], DEVIATIONS[:visits], horizon_days=5.0)
    assert isinstance(found, NotMeasured)
    assert found.code is NotMeasuredCode.OUT_OF_RANGE
    assert found.reason.endswith(f"there are {visits}.")


def test_no_further_ahead_than_back():
    found = forecast_score(DAYS, VALUES, DEVIATIONS, horizon_days=45.0)
    assert isinstance(found, NotMeasured)
    assert "44 days back" in found.reason


def test_a_flare_up_is_likelier_above_a_lower_bar():
    chances = [made(threshold=t).flare_up for t in (30.0, 42.0, 48.0, 100.0)]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] > 0.9
    assert chances[-1] < 0.01


def test_a_steady_rise_is_carried_on():
    days = [7.0 * i for i in range(8)]
    rising = [20.0 + 4 * i for i in range(8)]
    found = forecast_score(days, rising, [0.7] * 8, horizon_days=7.0)
    assert found.value > rising[-1] + 1
    assert found.likeliest.slope > 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"days": [0.0, 10.0, 10.0, 30.0, 44.0]}, "must rise"),
        ({"days": DAYS[:-1]}, "As many days"),
        ({"deviations": [2.0, 0.0, 2.0, 2.0, 2.0]}, "above 0"),
        ({"horizon_days": 0.0}, "above 0"),
    ],
)
def test_wrong_values(change: dict[str, object], message: str):
    given_values = {
        "days": DAYS,
        "values": VALUES,
        "deviations": DEVIATIONS,
        "horizon_days": 5.0,
        **change,
    }
    with pytest.raises(InputError, match=message):
        forecast_score(**given_values)  # type: ignore[arg-type]


def test_looking_back_knows_only_what_was_known():
    pairs = list(look_back(DAYS, VALUES, DEVIATIONS))
    assert [(f.visits, came) for f, came in pairs] == [(4, 42.0)]
    assert pairs[0][0] == forecast_score(DAYS[:4], VALUES[:4], DEVIATIONS[:4], horizon_days=14.0)


def forecast_of(value: float, half: float, flare_up: float) -> ForecastScore:
    interval = Interval(value - half, value + half, 0.9)
    still = Dynamics(0.0, 0.0, 1.0)
    return ForecastScore(7.0, value, interval, half / 1.645, flare_up, 50.0, 4, still)


def test_scores_of_forecasts_by_hand():
    """Two inside, one 4 points below; interval score 10, 10 and 10 + 20 · 4."""
    outcomes = [
        (forecast_of(40, 5, 0.1), 42.0),
        (forecast_of(40, 5, 0.1), 31.0),
        (forecast_of(52, 5, 0.8), 55.0),
    ]
    record = score_forecasts(outcomes)
    assert record.forecasts == 3
    assert record.coverage == pytest.approx(2 / 3)
    assert record.mean_absolute_error == pytest.approx((2 + 9 + 3) / 3)
    assert record.interval_score == pytest.approx((10 + 90 + 10) / 3)
    assert record.brier == pytest.approx((0.01 + 0.01 + 0.04) / 3)
    assert isinstance(score_forecasts([]), NotMeasured)


def test_the_interval_score_is_best_for_the_true_interval():
    """A proper score: over many draws no narrower or wider interval does better."""
    came = norm.rvs(50, 5, size=1500, random_state=1)
    scores = {
        half: score_forecasts((forecast_of(50, half, 0.5), float(v)) for v in came).interval_score
        for half in (4.0, 1.645 * 5, 13.0)
    }
    assert min(scores, key=scores.__getitem__) == 1.645 * 5


@pytest.mark.parametrize(("kind", "least"), [("wandering", 0.85), ("flaring", 0.75)])
def test_simulated_forecasts_hold_as_often_as_they_say(kind: str, least: float):
    """Skins drawn between those that are tried, and skins that flare up."""
    drawn = draw_series(kind, 120, 8, np.random.default_rng(5))
    held = []
    for days, scores, deviation in zip(drawn.days, drawn.scores, drawn.deviations, strict=True):
        known = days[:-1].tolist(), scores[:-1].tolist(), [float(deviation)] * 7
        told = forecast_score(*known, horizon_days=float(days[-1] - days[-2]))
        assert isinstance(told, ForecastScore)
        held.append(told.interval.low <= scores[-1] <= told.interval.high)
    assert least <= np.mean(held) <= 0.97
