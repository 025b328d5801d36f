"""Simulated scores over time, of several kinds of skin, to hold forecasts against.

Each series is one score at irregular visits, 3 to 21 days apart, with the noise of measuring it.
`wandering` is what the statistical baseline takes skin to be, with dynamics drawn between those of
its grid; in the others something happens that it does not know. Parameters are drawn per series, so
another seed gives other skins. The kinds are ours; no series of a person is among them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

Values = Float64[np.ndarray, "series visits"]


@dataclass(frozen=True, slots=True, eq=False)
class SeriesSet:
    """Many series of equal length: days since the first visit, measured scores, deviations."""

    days: Values
    scores: Values
    deviations: Float64[np.ndarray, "series"]

    def __len__(self) -> int:
        return len(self.deviations)


def draw_series(kind: str, series: int, visits: int, rng: np.random.Generator) -> SeriesSet:
    """Return ``series`` drawn series of one of `KINDS` with ``visits`` visits each."""
    gaps = rng.uniform(3, 21, (series, visits - 1))
    days = np.concatenate([np.zeros((series, 1)), np.cumsum(gaps, axis=1)], axis=1)
    levels = _wander(days, rng) + KINDS[kind](days, rng)
    deviations = rng.uniform(1, 3, series)
    noise = rng.normal(0, 1, days.shape) * deviations[:, None]
    return SeriesSet(days, np.clip(levels + noise, 0, 100), deviations)


def _wander(days: Values, rng: np.random.Generator) -> Values:
    """Return a level that wanders with a slope that fades; both move on from visit to visit."""
    count = len(days)
    drift = 10 ** rng.uniform(-1.5, 0, count)
    slopes = np.where(rng.random(count) < 0.5, 0.0, rng.uniform(0.05, 0.4, count))
    rate = np.log(2) / rng.uniform(7, 50, count)
    level, slope = rng.uniform(15, 75, count), slopes * rng.normal(0, 1, count)
    levels = [level]
    for span in np.diff(days, axis=1).T:
        kept = np.exp(-rate * span)
        level = level + slope * (1 - kept) / rate + drift * np.sqrt(span) * rng.normal(0, 1, count)
        slope = slope * kept + slopes * np.sqrt(1 - kept**2) * rng.normal(0, 1, count)
        levels.append(level)
    return np.stack(levels, axis=1)


def _nothing(days: Values, _rng: np.random.Generator) -> Values:
    return np.zeros_like(days)


def _flares(days: Values, rng: np.random.Generator) -> Values:
    """Return flare-ups that come about every ten weeks and fade within two."""
    total = np.zeros_like(days)
    for _ in range(4):
        start = rng.uniform(-30, days[:, -1:] + 10)
        height, fade = rng.uniform(8, 30, start.shape), np.log(2) / rng.uniform(5, 14, start.shape)
        since = days - start
        total += np.where(since >= 0, height * np.exp(-fade * np.maximum(since, 0)), 0.0)
    return total


def _season(days: Values, rng: np.random.Generator) -> Values:
    phase, size = rng.uniform(0, 2 * np.pi, (len(days), 1)), rng.uniform(3, 12, (len(days), 1))
    return np.asarray(size * (np.sin(2 * np.pi * days / 365 + phase) - np.sin(phase)))


def _treated(days: Values, rng: np.random.Generator) -> Values:
    """Return the fall after care began at some day, levelling off over weeks."""
    start = rng.uniform(0.2, 0.8, (len(days), 1)) * days[:, -1:]
    depth, time = rng.uniform(5, 25, start.shape), rng.uniform(14, 50, start.shape)
    return np.asarray(-depth * (1 - np.exp(-np.maximum(days - start, 0) / time)))


KINDS: Mapping[str, Callable[[Values, np.random.Generator], Values]] = {
    "wandering": _nothing,
    "flaring": _flares,
    "seasonal": _season,
    "treated": _treated,
}
"""What is added to a wandering level, by kind."""
