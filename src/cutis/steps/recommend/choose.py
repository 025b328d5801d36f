"""Which ingredient classes a plan takes, and when: suggestions minus what stands against them.

A step is taken only if the plan with it still agrees with itself (`cutis.steps.recommend.check`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from cutis.core.advice import (
    CareLevel,
    Fact,
    FactKind,
    Firing,
    PartOfDay,
    Preference,
    Priority,
    Profile,
    ReferralLevel,
)
from cutis.steps.recommend.check import UNPROTECTED, Draft, find_contradictions
from cutis.steps.recommend.engine import Inference
from cutis.steps.recommend.knowledge import Knowledge, Role

MOST_ACTIVES, FEW_ACTIVES = 3, 1
"""How many classes that act on a condition a plan takes, and where few steps are preferred.

A choice of ours: a routine that is kept is short.
"""

_EVERYDAY = (Role.CLEANSE, Role.MOISTURISE, Role.PROTECT)


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen steps, and a firing for every suggestion that was left out."""

    draft: Draft
    left_out: tuple[Firing, ...]
    held_back: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chooser:
    """All that a choice is made of."""

    inference: Inference
    profile: Profile
    knowledge: Knowledge
    care: CareLevel

    def facts(self, kind: FactKind) -> tuple[Fact, ...]:
        """Return the facts of one kind, sorted."""
        return tuple(sorted(fact for fact in self.inference.facts if fact.kind is kind))

    @property
    def suggested(self) -> Mapping[str, tuple[Fact, ...]]:
        """The suggestions by ingredient, in the order of the knowledge file."""
        found = self.facts(FactKind.SUGGEST)
        names = {fact.subject for fact in found}
        return {
            name: tuple(fact for fact in found if fact.subject == name)
            for name in self.knowledge.ingredients
            if name in names
        }

    @property
    def forbidden(self) -> frozenset[str]:
        """The ingredients that some rule forbids."""
        return frozenset(fact.subject for fact in self.facts(FactKind.FORBID))

    @property
    def has_red_flag(self) -> bool:
        """Whether something stated or found refers, whatever the scores say."""
        return Fact(FactKind.STATE, "red_flag") in self.inference.facts

    @property
    def level(self) -> ReferralLevel:
        """The strongest referral that was concluded."""
        levels = [ReferralLevel(fact.subject) for fact in self.facts(FactKind.REFER)]
        return max(levels, key=lambda level: level.rank, default=ReferralLevel.NONE)

    def allows(self, name: str) -> bool:
        """Tell whether nothing forbids an ingredient and the plan may hold it."""
        fits = self.knowledge.ingredients[name].care.rank <= self.care.rank
        return fits and name not in self.forbidden


def care_of(inference: Inference) -> CareLevel:
    """Return how much a plan may hold: the least of all limits."""
    limits = [CareLevel(fact.subject) for fact in inference.facts if fact.kind is FactKind.LIMIT]
    return min(limits, key=lambda level: level.rank, default=CareLevel.FULL)


def choose(chooser: Chooser, priorities: Sequence[Priority]) -> Choice:
    """Choose everyday care first, then what acts on conditions, the most important first."""
    found = frozenset(fact.subject for fact in chooser.facts(FactKind.FOUND))
    draft = Draft(dict.fromkeys(PartOfDay, ()), chooser.forbidden, chooser.level, found=found)
    for name in _everyday(chooser):
        for part in chooser.knowledge.ingredients[name].times:
            draft = _try(draft, name, part, chooser) or draft
    left_out: list[Firing] = []
    held_back: list[str] = []
    actives = 0
    for name in _ordered(chooser, priorities):
        reason = _against(name, actives, chooser)
        added = None if reason else _first_fit(draft, name, chooser)
        if added is not None:
            draft, actives = added, actives + 1
            continue
        rule, because, used = reason or ("plan.apart", _APART, ())
        facts = (*chooser.suggested[name], *used)
        left_out.append(Firing(rule, facts, (Fact(FactKind.LEFT_OUT, name),), because, ()))
        if rule == "plan.held_back":
            held_back.append(name)
    return Choice(_in_order(draft, chooser.knowledge), tuple(left_out), tuple(held_back))


_APART = "It does not go together with the steps that are chosen already."


def _everyday(chooser: Chooser) -> Iterator[str]:
    """Yield one class per everyday role: the last, most specific one that is suggested."""
    for role in _EVERYDAY:
        fitting = [
            name
            for name in chooser.suggested
            if chooser.knowledge.ingredients[name].role is role and chooser.allows(name)
        ]
        yield from fitting[-1:]


def _ordered(chooser: Chooser, priorities: Sequence[Priority]) -> list[str]:
    """Return the classes that act on a condition, by the priority of what they help."""
    values = {priority.condition.value: priority.value for priority in priorities}
    names = [
        name for name in chooser.suggested if chooser.knowledge.ingredients[name].role is Role.TREAT
    ]
    best = {
        name: max(values.get(fact.value, 0.0) for fact in chooser.suggested[name]) for name in names
    }
    return sorted(names, key=lambda name: -best[name])


def _against(name: str, actives: int, chooser: Chooser) -> tuple[str, str, tuple[Fact, ...]] | None:
    """Return what stands against a suggestion: rule, reason and facts; None where nothing does."""
    if name in chooser.forbidden:
        because = "It is suggested and to be avoided; avoiding wins."
        return "plan.avoided", because, (Fact(FactKind.FORBID, name),)
    unknown = set(chooser.profile.not_stated)
    missing = [x for x in chooser.knowledge.ingredients[name].must_know if x in unknown]
    if missing and not chooser.has_red_flag:
        because = f"It waits until this is stated: {', '.join(missing)}."
        return "plan.held_back", because, tuple(Fact(FactKind.UNKNOWN, x) for x in missing)
    if chooser.care is not CareLevel.FULL:
        because = "This plan holds gentle care only, or none."
        return "plan.limited", because, chooser.facts(FactKind.LIMIT)
    few = Preference.FEW_STEPS in (chooser.profile.preferences or ())
    if actives >= (FEW_ACTIVES if few else MOST_ACTIVES):
        return "plan.enough", "A short routine is easier to keep; this can come later.", ()
    return None


def _first_fit(draft: Draft, name: str, chooser: Chooser) -> Draft | None:
    tries = (_try(draft, name, part, chooser) for part in chooser.knowledge.ingredients[name].times)
    return next((added for added in tries if added is not None), None)


def _try(draft: Draft, name: str, part: PartOfDay, chooser: Chooser) -> Draft | None:
    """Return the draft with one step more, or None where it would contradict itself."""
    before = find_contradictions(draft, chooser.profile, chooser.knowledge)
    added = replace(draft, steps={**draft.steps, part: (*draft.steps[part], name)})
    after = find_contradictions(added, chooser.profile, chooser.knowledge)
    return None if set(after) - set(before) - {UNPROTECTED} else added


def _in_order(draft: Draft, knowledge: Knowledge) -> Draft:
    roles = list(Role)
    steps = {
        part: tuple(sorted(names, key=lambda name: roles.index(knowledge.ingredients[name].role)))
        for part, names in draft.steps.items()
    }
    return replace(draft, steps=steps)
