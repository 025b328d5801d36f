"""A Kalman filter for a level that wanders and a slope that fades, at irregular times.

The state is (level, slope). The level is a random walk carried on by the slope; the slope goes
back to zero by itself, an Ornstein-Uhlenbeck process, so that no trend is drawn on for ever. Both
are solved exactly over any span of days, so two short steps equal one long one. Recursions:
Durbin & Koopman 2012, *Time Series Analysis by State Space Methods*, chapters 3 and 4
(doi:10.1093/acprof:oso/9780199641178.001.0001); the damped trend: Gardner & McKenzie 1985
(doi:10.1287/mnsc.31.10.1237).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import expm1, log, pi

BEFORE_ANY_VISIT = (50.0, 1e4)
"""Mean and variance of the level before the first visit: the middle of the scale, and a standard
deviation of the whole of it, so that the first visit says nearly all."""


@dataclass(frozen=True, slots=True)
class Dynamics:
    """How a score moves by itself.

    ``drift`` is the standard deviation of the level after one day, in points per root day;
    ``slope`` the standard deviation of the slope, in points a day; a slope is half gone after
    ``half_life_days``.
    """

    drift: float
    slope: float
    half_life_days: float


@dataclass(frozen=True, slots=True)
class State:
    """What is known of level (points) and slope (points a day), and how likely the scores were.

    ``level_variance``, ``covariance`` and ``slope_variance`` are the three entries of the
    covariance matrix; ``log_likelihood`` is that of all scores taken in.
    """

    level: float
    slope: float
    level_variance: float
    covariance: float
    slope_variance: float
    log_likelihood: float = 0.0


def first_state(dynamics: Dynamics) -> State:
    """Return what is known before any visit."""
    mean, variance = BEFORE_ANY_VISIT
    return State(mean, 0.0, variance, 0.0, dynamics.slope**2)


def carry_on(state: State, dynamics: Dynamics, days: float) -> State:
    """Return what is known ``days`` later, with nothing measured in between."""
    rate, variance = log(2) / dynamics.half_life_days, dynamics.slope**2
    faded, both = -expm1(-rate * days), -expm1(-2 * rate * days)
    reach, left = faded / rate, 1 - faded  # the level gains ``reach`` days of slope
    noise = 2 * variance / rate * (days - 2 * reach + both / (2 * rate)) + dynamics.drift**2 * days
    return State(
        level=state.level + reach * state.slope,
        slope=left * state.slope,
        level_variance=state.level_variance
        + 2 * reach * state.covariance
        + reach**2 * state.slope_variance
        + noise,
        covariance=left * (state.covariance + reach * state.slope_variance)
        + variance / rate * faded**2,
        slope_variance=left**2 * state.slope_variance + variance * both,
        log_likelihood=state.log_likelihood,
    )


def take_in(state: State, value: float, variance: float) -> State:
    """Return what is known after a score of noise ``variance`` was measured."""
    expected = state.level_variance + variance
    surprise = value - state.level
    of_level, of_slope = state.level_variance / expected, state.covariance / expected
    return State(
        level=state.level + of_level * surprise,
        slope=state.slope + of_slope * surprise,
        level_variance=of_level * variance,
        covariance=state.covariance * variance / expected,
        slope_variance=state.slope_variance - of_slope * state.covariance,
        log_likelihood=state.log_likelihood
        - 0.5 * (log(2 * pi * expected) + surprise**2 / expected),
    )


def follow(
    days: Sequence[float],
    values: Sequence[float],
    variances: Sequence[float],
    dynamics: Dynamics,
) -> State:
    """Return what is known after the last of several scores; ``days`` rise."""
    state, now = first_state(dynamics), days[0]
    for day, value, variance in zip(days, values, variances, strict=True):
        state = take_in(carry_on(state, dynamics, day - now), value, variance)
        now = day
    return state
