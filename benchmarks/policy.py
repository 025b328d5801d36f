"""Does a learned choice of routine beat the rules' own plan, in the simulator of skin?

    nice -n 15 python benchmarks/policy.py [--episodes 20000] [--write]

A table is learned by Q-learning in `RoutineSimulator`, and then held against the rules' own plan,
against random allowed options and against the product's cautious use of the table (`suggest`), on
persons of another seed, each person the same for all. Off-policy estimates from recorded random
choices are held against what the same way of choosing gets by itself. ``--write`` puts the table
into the package, if the cautious use of it is surely better than the rules' own plan.

All of it is simulated; effects are published only where `EFFECTS` says so.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

import cutis
from cutis.evaluation.off_policy import (
    Step,
    doubly_robust_value,
    importance_value,
    weighted_value,
)
from cutis.evaluation.routine_simulator import RoutineSimulator
from cutis.evaluation.skin_response import EFFECTS, ParametricSkin
from cutis.history.policy import RULES, Learner, Moment, QTable, learn, suggest
from cutis.history.policy.learning import Rates

PACKAGED = Path(cutis.__file__).parent / "history" / "policy" / "data" / "routines.json"
ORIGIN = "a simulator of skin, not from people"
HARDER = {
    "as learned": ParametricSkin(),
    "effects halved": ParametricSkin(
        effects=tuple(type(e)(e.ingredient, e.condition, e.share / 2, e.basis) for e in EFFECTS)
    ),
    "twice as tender": ParametricSkin(sensitive_factor=4.0, reddens=16.0),
    "no irritation": ParametricSkin(sensitive_factor=0.01, reddens=0.0),
}
"""Skins that the table was not learned on: what if the assumptions are wrong?"""

Choose = Callable[[Moment, np.random.Generator], str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--episodes", type=int, default=20000)
    parser.add_argument("--persons", type=int, default=2000)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/policy.json"))
    options = parser.parse_args()
    learner = Learner(Rates())
    learn(RoutineSimulator(), options.episodes, np.random.default_rng(1), learner)
    table = learner.table(ORIGIN)
    ways = policies(table)
    compared = {
        name: compare_ways(RoutineSimulator(model), ways, options.persons)
        for name, model in HARDER.items()
    }
    gain = compared["as learned"]["cautious"]["gain_over_rules"]
    result = {
        "episodes": options.episodes,
        "persons": options.persons,
        "situations": len(table.rows),
        "effects": {
            "published": sum(e.basis.startswith("published") for e in EFFECTS),
            "partly published": sum(e.basis.startswith("partly") for e in EFFECTS),
            "assumed": sum(e.basis.startswith("assumed") for e in EFFECTS),
        },
        "returns": compared,
        "off_policy": off_policy(table, options.persons),
        "beats_the_rules_in_simulation": gain["low"] > 0,
    }
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))
    if options.write and gain["low"] > 0:
        PACKAGED.parent.mkdir(exist_ok=True)
        PACKAGED.write_text(table.to_json(), encoding="utf-8")


def policies(table: QTable) -> dict[str, Choose]:
    return {
        "rules": lambda _moment, _rng: RULES,
        "random": lambda moment, rng: moment.allowed[int(rng.integers(len(moment.allowed)))],
        "greedy": lambda moment, _rng: table.best(moment.situation, moment.allowed),
        "cautious": lambda moment, _rng: suggest(moment.situation, moment.allowed, table).option,
    }


def returns_of(world: RoutineSimulator, choose: Choose, persons: int) -> np.ndarray:
    """Return the discounted return of each person; a person is the same for every way."""
    found = []
    for person in range(persons):
        rng = np.random.default_rng([7, person])
        dice = np.random.default_rng([8, person])
        moment, total, weight = world.start(rng), 0.0, 1.0
        while moment.allowed:
            reward, moment = world.step(choose(moment, dice), rng)
            total, weight = total + weight * reward, weight * Rates().discount
        found.append(total)
    return np.array(found)


def compare_ways(world: RoutineSimulator, ways: dict[str, Choose], persons: int) -> dict:
    """Return mean return per way and its gain over the rules, with 95 % intervals."""
    found = {name: returns_of(world, choose, persons) for name, choose in ways.items()}
    return {
        name: {**_mean(values), "gain_over_rules": _mean(values - found["rules"])}
        for name, values in found.items()
    }


def _mean(values: np.ndarray) -> dict[str, float]:
    drawn = np.random.default_rng(0).integers(0, len(values), (1000, len(values)))
    low, high = np.quantile(values[drawn].mean(axis=1), [0.025, 0.975])
    return {"mean": float(values.mean()), "low": float(low), "high": float(high)}


def off_policy(table: QTable, persons: int) -> dict:
    """Return estimates of a softened table policy from random choices, and its own value."""
    world, rng = RoutineSimulator(), np.random.default_rng(3)

    def chances(situation: str, allowed: tuple[str, ...]) -> dict[str, float]:
        best = table.best(situation, allowed)
        return {o: 0.3 / len(allowed) + 0.7 * (o == best) for o in allowed}

    episodes = [_recorded(world, rng) for _ in range(persons)]

    def values(situation: str, option: str) -> float:
        return table.of(situation, option).value

    def soft(moment: Moment, dice: np.random.Generator) -> str:
        told = chances(moment.situation, moment.allowed)
        return str(dice.choice(list(told), p=list(told.values())))

    discount = Rates().discount
    estimates = {
        "per-decision importance sampling": importance_value(episodes, chances, discount),
        "weighted importance sampling": weighted_value(episodes, chances, discount),
        "doubly robust": doubly_robust_value(episodes, chances, discount, values),
    }
    own = _mean(returns_of(world, soft, persons))
    told = {
        name: {"mean": v.value, "low": v.low, "high": v.high, "effective": v.effective}
        for name, v in estimates.items()
    }
    return {"by itself": own, **told}


def _recorded(world: RoutineSimulator, rng: np.random.Generator) -> list[Step]:
    moment, steps = world.start(rng), []
    while moment.allowed:
        option = moment.allowed[int(rng.integers(len(moment.allowed)))]
        reward, after = world.step(option, rng)
        chance = 1 / len(moment.allowed)
        steps.append(Step(moment.situation, moment.allowed, option, chance, reward))
        moment = after
    return steps


if __name__ == "__main__":
    main()
