"""Off-policy estimates against what a policy gets by itself, in a world that is small enough."""

from __future__ import annotations

import numpy as np
import pytest

from cutis.core.errors import InputError
from cutis.evaluation.off_policy import (
    Step,
    doubly_robust_value,
    importance_value,
    weighted_value,
)

DISCOUNT = 0.8
BOTH = ("left", "right")


def reward_of(situation: str, option: str) -> float:
    return {"a": {"left": 1.0, "right": 0.0}, "b": {"left": 0.0, "right": 2.0}}[situation][option]


def target(_situation: str, allowed: tuple[str, ...]) -> dict[str, float]:
    return {"left": 0.2, "right": 0.8}


TRUE_B = 0.8 * 2.0
TRUE_A = 0.2 * 1.0 + 0.8 * 0.0 + DISCOUNT * TRUE_B
"""Two steps: a, then b whatever is chosen; so the value of the target is known."""


def episodes(count: int, rng: np.random.Generator) -> list[list[Step]]:
    """Return episodes of another policy: left with 0.6."""
    made = []
    for _ in range(count):
        steps = []
        for situation in ("a", "b"):
            left = bool(rng.random() < 0.6)
            option, chance = ("left", 0.6) if left else ("right", 0.4)
            reward = reward_of(situation, option) + float(rng.normal(0, 0.5))
            steps.append(Step(situation, BOTH, option, chance, reward))
        made.append(steps)
    return made


def good_guess(situation: str, option: str) -> float:
    return reward_of(situation, option) + (DISCOUNT * TRUE_B if situation == "a" else 0.0)


def bad_guess(_situation: str, _option: str) -> float:
    return 7.0


def test_estimates_are_unbiased():
    """The mean of many small estimates lies within four standard errors of the true value."""
    rng = np.random.default_rng(0)
    found: dict[str, list[float]] = {"is": [], "dr": [], "dr with a bad guess": []}
    for _ in range(120):
        few = episodes(12, rng)
        found["is"].append(importance_value(few, target, DISCOUNT).value)
        found["dr"].append(doubly_robust_value(few, target, DISCOUNT, good_guess).value)
        found["dr with a bad guess"].append(
            doubly_robust_value(few, target, DISCOUNT, bad_guess).value
        )
    for name, values in found.items():
        error = np.std(values) / np.sqrt(len(values))
        assert abs(np.mean(values) - TRUE_A) < 4 * error, name
    assert np.std(found["dr"]) < np.std(found["is"]), "a good guess makes it steadier"


def test_all_agree_with_the_truth_on_many_episodes():
    many = episodes(3000, np.random.default_rng(1))
    for told in (
        importance_value(many, target, DISCOUNT),
        weighted_value(many, target, DISCOUNT),
        doubly_robust_value(many, target, DISCOUNT, good_guess),
    ):
        assert told.value == pytest.approx(TRUE_A, abs=0.12)
        assert told.low < told.value < told.high
        assert 100 < told.effective < told.episodes == 3000


def test_the_policys_own_episodes_have_weights_of_one():
    def behaviour(_situation: str, _allowed: tuple[str, ...]) -> dict[str, float]:
        return {"left": 0.6, "right": 0.4}

    some = episodes(50, np.random.default_rng(2))
    plain = np.mean([sum(DISCOUNT**t * s.reward for t, s in enumerate(e)) for e in some])
    for told in (
        importance_value(some, behaviour, DISCOUNT),
        weighted_value(some, behaviour, DISCOUNT),
    ):
        assert told.value == pytest.approx(plain)
        assert told.effective == pytest.approx(50)


def test_what_cannot_be_weighed_is_refused():
    with pytest.raises(InputError, match="none came"):
        importance_value([], target, DISCOUNT)
    with pytest.raises(InputError, match="above 0"):
        weighted_value([[Step("a", BOTH, "left", 0.0, 1.0)]], target, DISCOUNT)
