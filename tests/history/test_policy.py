"""Learned choices: within the rules, by the published update, explained, and reset on request."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_visits import assessment_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cutis.core.advice import (
    Allergen,
    CareLevel,
    Diagnosis,
    Medicine,
    PartOfDay,
    Pregnancy,
    Profile,
    Sign,
    SunReaction,
)
from cutis.core.errors import InputError
from cutis.core.vocabulary import Condition
from cutis.history.change import ChangeVerdict
from cutis.history.policy import (
    EVERYDAY,
    RULES,
    Estimate,
    Learner,
    Moment,
    Preferences,
    QTable,
    learn,
    read_table,
    routine_options,
    situation_of,
    suggest,
)
from cutis.history.policy.learning import Rates
from cutis.steps.recommend import Draft, find_contradictions, recommend, shipped_knowledge

ADULT = Profile(
    age_years=30,
    pregnancy=Pregnancy.NO,
    sensitive=False,
    allergies=(),
    medicines=(),
    diagnoses=(),
    signs=(),
    sun_reaction=SunReaction.III,
)


def some(kind: object) -> st.SearchStrategy[object]:
    few = st.lists(st.sampled_from(list(kind)), unique=True, max_size=2).map(tuple)  # type: ignore[call-overload]
    return st.one_of(st.none(), st.just(()), few)


profiles = st.builds(
    Profile,
    age_years=st.one_of(st.none(), st.integers(10, 70), st.just(30)),
    pregnancy=st.sampled_from([None, *Pregnancy]),
    sensitive=st.sampled_from([None, True, False]),
    allergies=some(Allergen),
    medicines=some(Medicine),
    diagnoses=some(Diagnosis),
    signs=st.one_of(st.just(()), some(Sign)),
    sun_reaction=st.sampled_from([None, *SunReaction]),
)
acne_and_marks = st.fixed_dictionaries(
    {Condition.ACNE: st.sampled_from([5, 20, 40, 70]), Condition.PIGMENTATION: st.integers(0, 90)}
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(acne_and_marks, profiles, st.integers(0, 9999))
def test_what_the_rules_forbid_is_never_chosen(
    scores: dict[Condition, float], profile: Profile, seed: int
):
    """Whatever a table says, and it says random things here, the plan agrees with the rules."""
    knowledge = shipped_knowledge()
    assessment = assessment_of(scores)
    options = routine_options(assessment, profile)
    rules = recommend(assessment, profile)
    situation = situation_of(rules)
    rng = np.random.default_rng(seed)
    names = [*knowledge.ingredients, RULES, EVERYDAY, "anything"]
    row = {n: Estimate(float(rng.normal(0, 9)), 1000, 0.1) for n in names}
    chosen = suggest(situation, options, QTable("chance", {str(situation): row})).option
    plan = options[chosen]
    forbidden = {entry.ingredient for entry in rules.avoid}
    assert not plan.ingredients & forbidden
    assert plan.referral.level is rules.referral.level
    steps = {
        PartOfDay.MORNING: [s.ingredient for s in plan.morning],
        PartOfDay.EVENING: [s.ingredient for s in plan.evening],
    }
    draft = Draft(steps, frozenset(forbidden), plan.referral.level)
    assert find_contradictions(draft, profile, knowledge) == ()
    if rules.care is not CareLevel.FULL:
        assert list(options) == [RULES]


def test_options_are_the_rules_plan_everyday_care_and_single_classes():
    options = routine_options(assessment_of({Condition.ACNE: 40.0}), ADULT)
    assert list(options)[:2] == [RULES, EVERYDAY]
    assert "benzoyl_peroxide" in options
    for name, plan in options.items():
        if name not in {RULES, EVERYDAY}:
            assert name in plan.ingredients
    assert len({plan.ingredients for plan in options.values()}) == len(options)


def test_with_self_harm_stated_there_is_nothing_to_choose():
    stated = Profile(age_years=30, signs=(Sign.SELF_HARM,))
    options = routine_options(assessment_of({Condition.ACNE: 80.0}), stated)
    assert [plan.ingredients for plan in options.values()] == [frozenset()]


class Walk:
    """Two rooms: staying gives 0, going on gives 1 in the first and 10 in the second."""

    def __init__(self) -> None:
        self.room = 0

    def moment(self) -> Moment:
        return Moment(str(self.room), ("stay", "go") if self.room < 2 else ())

    def start(self, rng: np.random.Generator) -> Moment:
        self.room = 0
        return self.moment()

    def step(self, option: str, rng: np.random.Generator) -> tuple[float, Moment]:
        reward = 0.0
        if option == "go":
            reward = (1.0, 10.0)[self.room]
            self.room += 1
        return reward, self.moment()


def test_one_update_is_the_published_one():
    learner = Learner(Rates(discount=0.5, decay=1.0))
    here, there = Moment("a", ("x", "y")), Moment("b", ("x",))
    learner.update(there, "x", 4.0, Moment("end", ()))
    learner.update(here, "x", 1.0, there)
    assert learner.value("a", "x") == pytest.approx(1.0 + 0.5 * 4.0)
    learner.update(here, "x", 0.0, there)
    assert learner.value("a", "x") == pytest.approx(3.0 + (0.0 + 0.5 * 4.0 - 3.0) / 2)
    with pytest.raises(InputError, match="was not allowed"):
        learner.update(here, "z", 1.0, there)


def test_values_converge_to_the_solution_of_bellmans_equation():
    learner = Learner(Rates(discount=0.9, decay=0.6, explore=0.5))
    learn(Walk(), 1500, np.random.default_rng(0), learner)
    second, first = 10.0, 1.0 + 0.9 * 10.0
    assert learner.value("1", "go") == pytest.approx(second, abs=0.01)
    assert learner.value("0", "go") == pytest.approx(first, abs=0.05)
    assert learner.value("1", "stay") == pytest.approx(0.9 * second, abs=0.2)
    assert learner.value("0", "stay") == pytest.approx(0.9 * first, abs=0.2)


def table(own: float, usual: float, visits: int = 100) -> QTable:
    row = {"retinoid": Estimate(own, visits, 1.0), RULES: Estimate(usual, visits, 1.0)}
    return QTable("a test", {"s": row})


def test_the_rules_stand_unless_another_option_is_surely_better():
    allowed = [RULES, "retinoid"]
    assert suggest("s", allowed, QTable()).option == RULES
    assert suggest("s", allowed, table(1.0, 0.9)).option == RULES
    assert suggest("s", allowed, table(5.0, 0.9, visits=29)).option == RULES
    better = suggest("s", allowed, table(2.0, 0.5))
    assert (better.option, better.sure) == ("retinoid", True)
    assert "+1.50 more" in better.because
    assert "over 100 and 100 tries. Learned from: a test." in better.because
    assert suggest("s", [RULES], table(2.0, 0.5)).option == RULES
    with pytest.raises(InputError, match="own plan must be among"):
        suggest("s", ["retinoid"], table(2.0, 0.5))


def test_feedback_raises_and_lowers_and_is_forgotten():
    allowed, learned = [RULES, "retinoid", EVERYDAY], table(0.8, 0.5)
    assert suggest("s", allowed, learned).option == "retinoid"
    said = Preferences()
    for _ in range(9):
        said = said.told("retinoid", helped=False)
    assert said.points["retinoid"] == -0.5, "feedback has an end"
    assert suggest("s", allowed, learned, said).option == RULES
    liked = said.told(EVERYDAY, helped=True)
    chosen = suggest("s", allowed, learned, liked)
    assert (chosen.option, chosen.sure) == (EVERYDAY, False)
    assert "by what you said" in chosen.because
    assert suggest("s", allowed, learned, liked.forgotten()).option == "retinoid"
    assert liked.forgotten(EVERYDAY).points == {"retinoid": -0.5}


def test_a_situation_tells_focus_band_trend_and_irritation():
    plan = recommend(assessment_of({Condition.ACNE: 40.0, Condition.DARK_CIRCLES: 60.0}), ADULT)
    assert str(situation_of(plan)) == "acne/moderate/unknown/calm"
    worse = situation_of(plan, ChangeVerdict.WORSE, irritated=True)
    assert str(worse) == "acne/moderate/more/irritated"


def test_a_table_returns_from_its_text():
    made = table(1.25, 0.5)
    assert read_table(made.to_json()) == made
    assert made.of("elsewhere", "retinoid").error == float("inf")
    for text in ("", "[]", '{"version": 1, "origin": "", "rows": {"s": {"o": [1]}}}'):
        with pytest.raises(InputError):
            read_table(text)
    with pytest.raises(InputError, match="version 1 was expected"):
        read_table(made.to_json().replace('"version": 1', '"version": 2'))
