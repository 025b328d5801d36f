"""Q-learning: values of options from what followed them (Watkins & Dayan 1992).

The update is ``Q(s, a) ← Q(s, a) + α (r + γ max Q(s', a') − Q(s, a))``, the maximum over the
options that are allowed in ``s'`` (doi:10.1007/BF00992698). With ``α = 1 / n^ω``, 0.5 < ω ≤ 1, and
every pair tried again and again it converges to the optimal values of a Markov decision process.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import Protocol, runtime_checkable

import numpy as np

from cutis.core.errors import InputError
from cutis.history.policy.qtable import Estimate, QTable


@dataclass(frozen=True, slots=True)
class Moment:
    """Where something is to be chosen: the situation in words, and what is allowed there.

    ``allowed`` is empty where nothing follows any more.
    """

    situation: str
    allowed: tuple[str, ...]


@runtime_checkable
class Environment(Protocol):
    """What answers to choices: a simulator, or a record that is replayed."""

    def start(self, rng: np.random.Generator) -> Moment:
        """Begin with a new person or photo."""

    def step(self, option: str, rng: np.random.Generator) -> tuple[float, Moment]:
        """Take an option; return the reward and where that leads."""


@dataclass(frozen=True, slots=True)
class Rates:
    """How to learn: discount γ, exponent ω of the learning rate, share of random tries ε."""

    discount: float = 0.9
    decay: float = 0.6
    explore: float = 0.3


@dataclass(slots=True)
class _Cell:
    """A value with the count and the running second moment of its targets (Welford 1962)."""

    value: float = 0.0
    visits: int = 0
    mean: float = 0.0
    squares: float = 0.0


@dataclass(slots=True)
class Learner:
    """Holds the values while they are learned; `table` gives them away as plain data."""

    rates: Rates = field(default_factory=Rates)
    cells: dict[str, dict[str, _Cell]] = field(default_factory=dict)

    def value(self, situation: str, option: str) -> float:
        """Return the present value; 0 for what was never tried."""
        cell = self.cells.get(situation, {}).get(option)
        return cell.value if cell else 0.0

    def update(self, before: Moment, option: str, reward: float, after: Moment) -> None:
        """Learn from one step.

        Raises:
            InputError: the option was not allowed.
        """
        if option not in before.allowed:
            raise InputError(f"{option!r} was not allowed there; nothing is learned from it.")
        cell = self.cells.setdefault(before.situation, {}).setdefault(option, _Cell())
        ahead = max((self.value(after.situation, o) for o in after.allowed), default=0.0)
        target = reward + self.rates.discount * ahead
        cell.visits += 1
        cell.value += (target - cell.value) / cell.visits**self.rates.decay
        off = target - cell.mean
        cell.mean += off / cell.visits
        cell.squares += off * (target - cell.mean)

    def choose(self, moment: Moment, rng: np.random.Generator) -> str:
        """Return the best allowed option, or now and then a random allowed one (ε-greedy)."""
        if rng.random() < self.rates.explore:
            return moment.allowed[int(rng.integers(len(moment.allowed)))]
        return max(moment.allowed, key=lambda o: self.value(moment.situation, o))

    def table(self, origin: str) -> QTable:
        """Return what was learned."""
        rows = {s: {o: _estimate(c) for o, c in row.items()} for s, row in self.cells.items()}
        return QTable(origin, rows)


def _estimate(cell: _Cell) -> Estimate:
    spread = sqrt(cell.squares / (cell.visits - 1)) if cell.visits > 1 else 0.0
    return Estimate(cell.value, cell.visits, spread)


def learn(
    environment: Environment, episodes: int, rng: np.random.Generator, learner: Learner
) -> Sequence[float]:
    """Let a learner try things in an environment; return the return of each episode."""
    returns = []
    for _ in range(episodes):
        moment, total, weight = environment.start(rng), 0.0, 1.0
        while moment.allowed:
            option = learner.choose(moment, rng)
            reward, after = environment.step(option, rng)
            learner.update(moment, option, reward, after)
            total, weight, moment = total + weight * reward, weight * learner.rates.discount, after
        returns.append(total)
    return returns
