"""The filter against the joint normal distribution of all scores, written out in full."""

from __future__ import annotations

from dataclasses import astuple
from functools import reduce

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import dblquad, quad
from scipy.stats import multivariate_normal

from cutis.history.kalman import Dynamics, State, carry_on, first_state, follow, take_in

dynamics_drawn = st.builds(Dynamics, st.floats(0, 2), st.floats(0.01, 0.5), st.floats(3, 100))
spans = st.lists(st.floats(0.2, 60), min_size=1, max_size=7)


def brute_force(
    days: np.ndarray, variances: np.ndarray, dynamics: Dynamics
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance of all scores, from the processes' own covariance functions.

    The level is its start, a Wiener process of variance ``drift²`` a day, and the integral of a
    stationary Ornstein-Uhlenbeck process, whose covariance is written out below.
    """
    rate, s, t = np.log(2) / dynamics.half_life_days, days[:, None], days[None, :]
    low = np.minimum(s, t)
    e = lambda x: np.exp(-rate * x)  # noqa: E731 - as short as the formula
    integral = (2 * rate * low - 1 + e(s) + e(t) - e(np.abs(s - t))) / rate**2
    covariance = 1e4 + dynamics.drift**2 * low + dynamics.slope**2 * integral
    return np.full(len(days), 50.0), covariance + np.diag(variances)


@settings(deadline=None)
@given(dynamics_drawn, spans, st.integers(0, 2**31))
def test_the_likelihood_is_that_of_the_joint_distribution(
    dynamics: Dynamics, between: list[float], seed: int
):
    rng = np.random.default_rng(seed)
    days = np.cumsum([0.0, *between])
    values, variances = rng.uniform(0, 100, len(days)), rng.uniform(0.5, 9, len(days))
    mean, covariance = brute_force(days, variances, dynamics)
    expected = multivariate_normal(mean, covariance).logpdf(values)
    found = follow(days.tolist(), values.tolist(), variances.tolist(), dynamics)
    assert found.log_likelihood == pytest.approx(expected, rel=1e-6, abs=1e-6)


@settings(deadline=None)
@given(dynamics_drawn, spans, st.integers(0, 2**31))
def test_the_forecast_is_the_conditional_distribution(
    dynamics: Dynamics, between: list[float], seed: int
):
    rng = np.random.default_rng(seed)
    days = np.cumsum([0.0, *between, 11.0])
    values, variances = rng.uniform(0, 100, len(days) - 1), rng.uniform(0.5, 9, len(days))
    mean, covariance = brute_force(days, variances, dynamics)
    gain = np.linalg.solve(covariance[:-1, :-1], covariance[:-1, -1])
    expected = mean[-1] + gain @ (values - mean[:-1])
    spread = covariance[-1, -1] - gain @ covariance[:-1, -1]
    state = follow(days[:-1].tolist(), values.tolist(), variances[:-1].tolist(), dynamics)
    ahead = carry_on(state, dynamics, 11.0)
    assert ahead.level == pytest.approx(expected, rel=1e-5, abs=1e-5)
    assert ahead.level_variance + variances[-1] == pytest.approx(spread, rel=1e-5)


def test_the_written_out_covariance_is_that_of_the_integral():
    """Integrate the covariance of the slope numerically, so that the reference stands by itself."""
    dynamics, s, t = Dynamics(0.0, 0.3, 12.0), 20.0, 33.0
    rate = np.log(2) / 12
    of_slope = lambda u, v: 0.09 * np.exp(-rate * abs(u - v))  # noqa: E731
    parts = [dblquad(of_slope, 0, s, lambda v: v, lambda _v: t)[0]]
    parts.append(dblquad(of_slope, 0, s, 0, lambda v: v)[0])
    _, covariance = brute_force(np.array([s, t]), np.zeros(2), dynamics)
    assert covariance[0, 1] - 1e4 == pytest.approx(sum(parts), rel=1e-6)


@settings(deadline=None)
@given(dynamics_drawn, st.floats(0.1, 50), st.floats(0.1, 50))
def test_two_steps_are_one(dynamics: Dynamics, first: float, second: float):
    start = State(40.0, 0.4, 4.0, 0.1, 0.05)
    twice = carry_on(carry_on(start, dynamics, first), dynamics, second)
    once = carry_on(start, dynamics, first + second)
    assert astuple(twice) == pytest.approx(astuple(once), rel=1e-7, abs=1e-9)


def test_the_slope_moves_the_level_by_its_integral():
    start = State(40.0, 0.5, 0.0, 0.0, 0.0)
    rate = np.log(2) / 20
    moved, _ = quad(lambda u: 0.5 * np.exp(-rate * u), 0, 30)
    assert carry_on(start, Dynamics(0, 0.1, 20.0), 30.0).level == pytest.approx(40 + moved)


def test_a_still_level_is_the_weighted_mean():
    still, values = Dynamics(0.0, 0.0, 1.0), [40.0, 44.0, 47.0]
    state = reduce(lambda s, v: take_in(s, v, 4.0), values, first_state(still))
    assert state.level == pytest.approx(np.mean(values), abs=0.01)
    assert state.level_variance == pytest.approx(4 / 3, rel=1e-3)
