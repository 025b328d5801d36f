"""Which routines may be chosen at all: every one of them is a plan that the rules made and checked.

An option leaves out classes of ingredients, as if the person did not want them; the rules then make
the plan anew, with all their checks. So no option can hold what the rules forbid, whoever chooses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from cutis.core.advice import CareLevel, Plan, Profile
from cutis.core.assessment import Assessment
from cutis.steps.recommend import Knowledge, recommend, shipped_knowledge
from cutis.steps.recommend.knowledge import Role

RULES = "rules"
"""The plan as the rules make it, the default."""
EVERYDAY = "everyday"
"""Cleanser, moisturiser and sunscreen as the rules choose them, and nothing that acts."""


def routine_options(
    assessment: Assessment, profile: Profile | None = None, knowledge: Knowledge | None = None
) -> Mapping[str, Plan]:
    """Return the plans that may be chosen, by name: `RULES` first, then `EVERYDAY`, then others.

    The others are each class alone that acts on a condition. Two names never hold the same
    ingredients. Where the rules allow no class that acts, `RULES` is the only option.
    """
    profile, knowledge = profile or Profile(), knowledge or shipped_knowledge()
    default = recommend(assessment, profile, knowledge)
    found, seen = {RULES: default}, {default.ingredients}
    if default.care is not CareLevel.FULL:
        return found
    for name, kept in _ways(knowledge):
        plan = recommend(assessment, _without(profile, _acting(knowledge) - kept), knowledge)
        if plan.ingredients not in seen and kept <= plan.ingredients:
            found[name] = plan
            seen.add(plan.ingredients)
    return found


def _ways(knowledge: Knowledge) -> Iterator[tuple[str, frozenset[str]]]:
    yield EVERYDAY, frozenset()
    for name in sorted(_acting(knowledge)):
        yield name, frozenset({name})


def _acting(knowledge: Knowledge) -> frozenset[str]:
    return frozenset(n for n, card in knowledge.ingredients.items() if card.role is Role.TREAT)


def _without(profile: Profile, names: Iterable[str]) -> Profile:
    return replace(profile, unwanted=tuple(sorted({*(profile.unwanted or ()), *names})))
