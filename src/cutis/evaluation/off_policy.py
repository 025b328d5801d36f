"""What a way of choosing would be worth, judged from choices that another way made.

An episode is a list of steps, each with the probability with which its option was chosen. Returns
are discounted by γ. Per-decision importance sampling and its weighted form: Precup, Sutton & Singh
2000 (*ICML*, 759-766). Doubly robust: Jiang & Li 2016 (arXiv:1511.03722), recursively
``v = V(s) + ρ (r + γ v' − Q(s, a))``; it is unbiased if the probabilities are right, whatever Q
says, and its variance falls the better Q is. Weighted importance sampling is biased in small
samples and consistent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from cutis.core.errors import InputError

Chances = Callable[[str, tuple[str, ...]], dict[str, float]]
"""A policy: situation and allowed options to the probability of each option."""


@dataclass(frozen=True, slots=True)
class Step:
    """One choice: where, what was allowed, what was taken with which chance, and the reward."""

    situation: str
    allowed: tuple[str, ...]
    option: str
    chance: float
    reward: float


Episode = Sequence[Step]


@dataclass(frozen=True, slots=True)
class PolicyValue:
    """A mean return with its 95 % interval by resampling episodes, and the effective number."""

    value: float
    low: float
    high: float
    episodes: int
    effective: float


def importance_value(episodes: Sequence[Episode], target: Chances, discount: float) -> PolicyValue:
    """Return the value of ``target`` by per-decision importance sampling; unbiased.

    Raises:
        InputError: there is no episode, or a step was taken with chance 0.
    """
    _check(episodes)
    returns = np.array([_per_decision(e, _ratios(e, target), discount) for e in episodes])
    return _interval(returns, np.array([_last(_ratios(e, target)) for e in episodes]))


def weighted_value(episodes: Sequence[Episode], target: Chances, discount: float) -> PolicyValue:
    """Return the value of ``target`` by weighted per-decision importance sampling.

    At each step the ratios are divided by their mean over all episodes; one that has ended keeps
    its last ratio. Arguments and errors as for `importance_value`.
    """
    _check(episodes)
    longest = max(len(e) for e in episodes)
    ratios = np.array([_padded(_ratios(e, target), longest) for e in episodes])
    rewards = np.zeros((len(episodes), longest))
    for i, episode in enumerate(episodes):
        rewards[i, : len(episode)] = [discount**t * s.reward for t, s in enumerate(episode)]

    def value(rows: np.ndarray) -> float:
        mean = np.maximum(ratios[rows].mean(axis=0), 1e-12)
        return float((ratios[rows] / mean * rewards[rows]).sum(axis=1).mean())

    return _resampled(value, len(episodes), ratios[:, -1])


def doubly_robust_value(
    episodes: Sequence[Episode],
    target: Chances,
    discount: float,
    values: Callable[[str, str], float],
) -> PolicyValue:
    """Return the value of ``target`` by the doubly robust estimator.

    ``values`` is a guess of the return of an option in a situation, made from other episodes.
    Other arguments and errors as for `importance_value`.
    """
    _check(episodes)
    returns = [_doubly_robust(e, target, discount, values) for e in episodes]
    return _interval(np.array(returns), np.array([_last(_ratios(e, target)) for e in episodes]))


def _doubly_robust(
    episode: Episode, target: Chances, discount: float, values: Callable[[str, str], float]
) -> float:
    ahead = 0.0
    for step in reversed(episode):
        chances = target(step.situation, step.allowed)
        state = sum(p * values(step.situation, o) for o, p in chances.items())
        ratio = chances.get(step.option, 0.0) / step.chance
        guess = values(step.situation, step.option)
        ahead = state + ratio * (step.reward + discount * ahead - guess)
    return ahead


def _ratios(episode: Episode, target: Chances) -> np.ndarray:
    """Return the product of chance ratios up to and including each step."""
    each = [target(s.situation, s.allowed).get(s.option, 0.0) / s.chance for s in episode]
    return np.cumprod(each)


def _per_decision(episode: Episode, ratios: np.ndarray, discount: float) -> float:
    weights = discount ** np.arange(len(episode))
    return float(np.sum(ratios * weights * [s.reward for s in episode]))


def _padded(ratios: np.ndarray, length: int) -> np.ndarray:
    return np.concatenate([ratios, np.full(length - len(ratios), _last(ratios))])


def _last(ratios: np.ndarray) -> float:
    return float(ratios[-1]) if len(ratios) else 1.0


def _check(episodes: Sequence[Episode]) -> None:
    if not episodes:
        raise InputError("Episodes were expected; none came. Record some choices first.")
    if any(step.chance <= 0 for episode in episodes for step in episode):
        raise InputError("Every step needs the chance with which it was taken, above 0.")


def _interval(returns: np.ndarray, ratios: np.ndarray) -> PolicyValue:
    return _resampled(lambda rows: float(returns[rows].mean()), len(returns), ratios)


def _resampled(
    value: Callable[[np.ndarray], float], count: int, ratios: np.ndarray, draws: int = 500
) -> PolicyValue:
    rng = np.random.default_rng(0)
    again = [value(rng.integers(0, count, count)) for _ in range(draws)]
    low, high = np.quantile(again, [0.025, 0.975])
    effective = float(ratios.sum() ** 2 / max(float((ratios**2).sum()), 1e-12))
    return PolicyValue(value(np.arange(count)), float(low), float(high), count, effective)
