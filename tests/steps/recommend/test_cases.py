"""Written cases: referral, how much a plan holds, what it must hold and what it must not."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from made_assessments import made

from cutis.core.advice import (
    CareLevel,
    FactKind,
    PartOfDay,
    Plan,
    Profile,
    ReferralLevel,
)
from cutis.core.vocabulary import Condition, ItaGroup, LesionType
from cutis.steps.recommend import Draft, find_contradictions, recommend, shipped_knowledge
from cutis.steps.recommend.tables import build

CASES: list[dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("cases.toml").read_text(encoding="utf-8")
)["case"]
NOTHING_APPLIES = {
    "age_years": 34,
    "pregnancy": "no",
    "sensitive": False,
    "allergies": [],
    "medicines": [],
    "diagnoses": [],
    "signs": [],
    "preferences": [],
    "unwanted": [],
}
KNOWN = {
    "name", "referral", "care", "scores", "profile", "complete", "without", "tone", "found",
    "unsure", "has", "has_not", "held_back", "avoid", "habits", "not_judged", "morning",
}  # fmt: skip

PLANS: dict[str, Plan] = {}

every_case = pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])


def profile_of(case: dict[str, Any]) -> Profile:
    stated = dict(NOTHING_APPLIES) if case.get("complete", True) else {}
    stated.update(case["profile"])
    kept = {key: value for key, value in stated.items() if key not in case.get("without", [])}
    profile: Profile = build(Profile, kept, "The profile")
    return profile


def plan_of(case: dict[str, Any]) -> Plan:
    """Return the plan of a case; it is made once."""
    if case["name"] not in PLANS:
        PLANS[case["name"]] = make_plan(case)
    return PLANS[case["name"]]


def make_plan(case: dict[str, Any]) -> Plan:
    scores = {
        Condition(name): None if numbers == "not measured" else tuple(map(float, numbers))
        for name, numbers in case.get("scores", {}).items()
    }
    tone = case.get("tone", "light")
    assessment = made(
        scores,
        tone=None if tone == "unknown" else ItaGroup(tone),
        found=map(LesionType, case.get("found", [])),
        unsure=map(LesionType, case.get("unsure", [])),
    )
    return recommend(assessment, profile_of(case))


def draft_of(plan: Plan, case: dict[str, Any]) -> Draft:
    """Return a plan as the check reads it."""
    forbidden = {f.subject for g in plan.chain for f in g.concluded if f.kind is FactKind.FORBID}
    steps = {PartOfDay.MORNING: plan.morning, PartOfDay.EVENING: plan.evening}
    return Draft(
        {part: tuple(step.ingredient for step in chosen) for part, chosen in steps.items()},
        frozenset(forbidden),
        plan.referral.level,
        frozenset(case.get("found", [])),
    )


def test_there_are_forty_cases_and_more():
    names = [case["name"] for case in CASES]
    assert len(names) == len(set(names)) >= 40
    assert not [case for case in CASES if set(case) - KNOWN]


@every_case
def test_the_referral_is_the_expected_one(case: dict[str, Any]):
    plan = plan_of(case)
    assert plan.referral.level is ReferralLevel(case["referral"])
    assert bool(plan.referral.reasons) is (plan.referral.level is not ReferralLevel.NONE)


@every_case
def test_the_plan_holds_what_it_must_and_nothing_that_it_must_not(case: dict[str, Any]):
    plan = plan_of(case)
    ingredients = shipped_knowledge().ingredients
    assert {*case.get("has", []), *case.get("has_not", [])} <= set(ingredients)
    assert plan.care is CareLevel(case["care"])
    assert set(case.get("has", [])) <= plan.ingredients
    assert not set(case.get("has_not", [])) & plan.ingredients
    assert set(case.get("morning", [])) <= {step.ingredient for step in plan.morning}
    assert not set(case.get("morning", [])) & {step.ingredient for step in plan.evening}


@every_case
def test_what_waits_what_helps_and_what_was_not_shown_is_told(case: dict[str, Any]):
    plan = plan_of(case)
    habits = shipped_knowledge().habits
    texts = {habit.text for habit in plan.habits}
    assert set(case.get("avoid", [])) <= {entry.ingredient for entry in plan.avoid}
    assert set(case.get("held_back", [])) <= {entry.ingredient for entry in plan.held_back}
    assert {habits[name].text for name in case.get("habits", [])} <= texts
    hidden = {name for name, numbers in case.get("scores", {}).items() if numbers == "not measured"}
    assert {entry.condition.value for entry in plan.not_judged} == hidden
    assert set(case.get("not_judged", [])) <= hidden


@every_case
def test_no_plan_contradicts_itself_or_had_to_give_way(case: dict[str, Any]):
    plan = plan_of(case)
    found = find_contradictions(draft_of(plan, case), profile_of(case), shipped_knowledge())
    assert found == ()
    assert not plan.cautious


@every_case
def test_every_line_stands_on_rules_of_the_chain_and_on_sources(case: dict[str, Any]):
    plan = plan_of(case)
    fired = {firing.rule: firing for firing in plan.chain}
    known = {source.id for source in plan.sources}
    steps = [step.advice for step in (*plan.morning, *plan.evening)]
    avoided = [entry.advice for entry in plan.avoid]
    for line in (*steps, *plan.habits, *plan.referral.reasons, *avoided):
        assert line.because
        assert line.rules
        assert set(line.rules) <= set(fired)
        assert line.sources
        assert set(line.sources) <= known


@every_case
def test_every_fact_of_the_chain_was_given_or_concluded_before(case: dict[str, Any]):
    """The chain can be followed from its first line to its last."""
    concluded = {FactKind.STATE, FactKind.TRIGGER, FactKind.SUGGEST, FactKind.FORBID}
    known = set()
    for firing in plan_of(case).chain:
        assert all(fact in known for fact in firing.used if fact.kind in concluded), firing.rule
        known |= set(firing.concluded)
