"""Where a score may go: a statistical forecast with a 90 % interval, and how forecasts fared.

A local level with a damped trend (`cutis.history.kalman`) is fitted to the visits of one person.
The noise of a score is known; how fast this skin drifts is not, and four to ten visits do not tell
it well. So the likelihood is taken over a small grid of dynamics, and every one of them counts by
its likelihood. The most likely one alone would promise too much: on simulated series its 90 %
intervals held clearly less often (`benchmarks/forecast.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from math import exp, inf, sqrt
from statistics import NormalDist

from cutis.core.errors import InputError
from cutis.core.scores import Interval, NotMeasured, NotMeasuredCode
from cutis.history.kalman import Dynamics, carry_on, follow

LEVEL = 0.9
FEWEST_VISITS = 4
"""A level, a slope and how fast both move cannot be told from fewer."""

NEGLIGIBLE = 1e-3
"""Dynamics this much less likely than the likeliest are left out."""

_DRIFTS = (0.0, 0.1, 0.3, 1.0, 3.0)
_SLOPES = (0.1, 0.3)
_HALF_LIVES_DAYS = (10.0, 40.0)
GRID: tuple[Dynamics, ...] = (
    *(Dynamics(drift, 0.0, 1.0) for drift in _DRIFTS),
    *(Dynamics(*three) for three in product(_DRIFTS, _SLOPES, _HALF_LIVES_DAYS)),
)
"""From a score that never moves to one that flares, 16 points a month, or slopes by 2 a week."""


@dataclass(frozen=True, slots=True)
class ForecastScore:
    """A score expected after ``horizon_days``.

    ``value`` is the median, ``interval`` holds the measured score with probability 0.9, both cut
    at 0 and 100; ``spread`` is the standard deviation before the cut. ``flare_up`` is the
    probability of exceeding ``threshold``. ``likeliest`` are the most likely dynamics.
    """

    horizon_days: float
    value: float
    interval: Interval
    spread: float
    flare_up: float
    threshold: float
    visits: int
    likeliest: Dynamics


@dataclass(frozen=True, slots=True)
class ForecastRecord:
    """How forecasts fared against what came later.

    ``coverage`` is the share inside the interval, nominally 0.9. ``interval_score`` is the width
    plus ``2 / 0.1`` for each point outside (Gneiting & Raftery 2007,
    doi:10.1198/016214506000001437): lower is better. ``brier`` is the mean squared error of the
    flare-up probability (Brier 1950, *Monthly Weather Review* 78:1-3).
    """

    forecasts: int
    coverage: float
    mean_absolute_error: float
    interval_score: float
    brier: float


@dataclass(frozen=True, slots=True)
class _Part:
    """A normal distribution and how much it counts."""

    weight: float
    normal: NormalDist


def forecast_score(
    days: Sequence[float],
    values: Sequence[float],
    deviations: Sequence[float],
    *,
    horizon_days: float,
    threshold: float = 100.0,
) -> ForecastScore | NotMeasured:
    """Return the forecast of a score, or why there is none.

    Args:
        days: times of the visits, rising, in days.
        values: the scores, 0–100.
        deviations: their standard deviations in points, above 0.
        horizon_days: how far after the last visit; no further than the visits reach back.
        threshold: the score whose exceeding is a flare-up: baseline and the smallest detectable
            change.

    Raises:
        InputError: lengths differ, days do not rise, or a deviation or the horizon is not above 0.
    """
    _check(days, values, deviations, horizon_days)
    if len(values) < FEWEST_VISITS:
        return NotMeasured(
            NotMeasuredCode.OUT_OF_RANGE,
            f"A forecast needs {FEWEST_VISITS} visits that can be compared; "
            f"there are {len(values)}.",
        )
    if horizon_days > days[-1] - days[0]:
        return NotMeasured(
            NotMeasuredCode.OUT_OF_RANGE,
            f"The visits reach {days[-1] - days[0]:.0f} days back; a forecast reaches no further "
            f"ahead, and {horizon_days:.0f} days were asked for.",
        )
    variances = [d * d for d in deviations]
    parts, likeliest = _parts(days, values, variances, horizon_days)
    low, middle, high = (_quantile(parts, p) for p in ((1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2))
    return ForecastScore(
        horizon_days=horizon_days,
        value=_cut(middle),
        interval=Interval(_cut(low), _cut(high), LEVEL),
        spread=_spread(parts),
        flare_up=min(1.0, max(0.0, 1 - _below(parts, threshold))),
        threshold=threshold,
        visits=len(values),
        likeliest=likeliest,
    )


def look_back(
    days: Sequence[float],
    values: Sequence[float],
    deviations: Sequence[float],
    *,
    threshold: float = 100.0,
) -> Iterator[tuple[ForecastScore, float]]:
    """Yield each forecast that the visits before it would have made, and the score that came.

    Arguments as for `forecast_score`; the horizon is the interval to the visit that is forecast.
    """
    for n in range(FEWEST_VISITS, len(values)):
        made = forecast_score(
            days[:n],
            values[:n],
            deviations[:n],
            horizon_days=days[n] - days[n - 1],
            threshold=threshold,
        )
        if isinstance(made, ForecastScore):
            yield made, values[n]


def score_forecasts(
    outcomes: Iterable[tuple[ForecastScore, float]],
) -> ForecastRecord | NotMeasured:
    """Hold forecasts against the scores that came; not measured without any."""
    pairs = list(outcomes)
    if not pairs:
        return NotMeasured(NotMeasuredCode.OUT_OF_RANGE, "No forecast has met its day yet.")
    n = len(pairs)
    inside = sum(f.interval.low <= came <= f.interval.high for f, came in pairs)
    return ForecastRecord(
        forecasts=n,
        coverage=inside / n,
        mean_absolute_error=sum(abs(f.value - came) for f, came in pairs) / n,
        interval_score=sum(_interval_score(f.interval, came) for f, came in pairs) / n,
        brier=sum((f.flare_up - (came > f.threshold)) ** 2 for f, came in pairs) / n,
    )


def _interval_score(interval: Interval, came: float) -> float:
    outside = max(interval.low - came, came - interval.high, 0.0)
    return interval.high - interval.low + 2 / (1 - interval.level) * outside


def _check(
    days: Sequence[float], values: Sequence[float], deviations: Sequence[float], horizon: float
) -> None:
    if not len(days) == len(values) == len(deviations):
        raise InputError(
            f"As many days, scores and deviations were expected; {len(days)}, {len(values)} and "
            f"{len(deviations)} came. Give one of each per visit."
        )
    if any(b <= a for a, b in pairwise(days)):
        raise InputError(
            "The days of visits must rise; sort them, and combine shots of one moment."
        )
    if any(d <= 0 for d in deviations) or not 0 < horizon < inf:
        raise InputError("Deviations and the horizon must be above 0; correct what is not.")


def _parts(
    days: Sequence[float], values: Sequence[float], variances: Sequence[float], horizon: float
) -> tuple[list[_Part], Dynamics]:
    """Return the forecast of each dynamics with its share of the likelihood, and the likeliest.

    The noise of the coming visit is that of the last one.
    """
    states = [follow(days, values, variances, dynamics) for dynamics in GRID]
    best = max(range(len(GRID)), key=lambda i: states[i].log_likelihood)
    weights = [exp(s.log_likelihood - states[best].log_likelihood) for s in states]
    total = sum(w for w in weights if w > NEGLIGIBLE)
    parts = []
    for weight, state, dynamics in zip(weights, states, GRID, strict=True):
        if weight > NEGLIGIBLE:
            ahead = carry_on(state, dynamics, horizon)
            spread = sqrt(ahead.level_variance + variances[-1])
            parts.append(_Part(weight / total, NormalDist(ahead.level, spread)))
    return parts, GRID[best]


def _below(parts: Sequence[_Part], value: float) -> float:
    return sum(part.weight * part.normal.cdf(value) for part in parts)


def _quantile(parts: Sequence[_Part], share: float) -> float:
    """Return the value below which ``share`` lies, to a thousandth of a point, by bisection."""
    ends = [part.normal.inv_cdf(share) for part in parts]
    low, high = min(ends), max(ends)
    while high - low > 1e-3:
        middle = (low + high) / 2
        low, high = (middle, high) if _below(parts, middle) < share else (low, middle)
    return (low + high) / 2


def _spread(parts: Sequence[_Part]) -> float:
    mean = sum(p.weight * p.normal.mean for p in parts)
    return sqrt(sum(p.weight * (p.normal.variance + (p.normal.mean - mean) ** 2) for p in parts))


def _cut(value: float) -> float:
    return min(100.0, max(0.0, value))
