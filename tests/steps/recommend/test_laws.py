"""Laws over random people and random scores: no contradiction, red flags refer, replay is equal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from made_assessments import Numbers, made

from cutis.core.advice import (
    AgeGroup,
    Allergen,
    CareLevel,
    Diagnosis,
    FactKind,
    Medicine,
    PartOfDay,
    Plan,
    Preference,
    Pregnancy,
    Profile,
    ReferralLevel,
    Sign,
    SunReaction,
)
from cutis.core.assessment import Assessment
from cutis.core.vocabulary import Condition, ItaGroup, LesionType
from cutis.steps.recommend import Draft, find_contradictions, recommend, shipped_knowledge
from cutis.steps.recommend.knowledge import Role

GENTLE_ROLES = {Role.CLEANSE, Role.MOISTURISE, Role.PROTECT}
TODAY = {
    Sign.SUDDEN_SPREAD,
    Sign.EYE_INVOLVEMENT,
    Sign.FACIAL_SWELLING,
    Sign.FEVER,
    Sign.SELF_HARM,
}
FOUND = (LesionType.NODULE, LesionType.MOLE, LesionType.PAPULE)


def some(kind: object, most: int = 2) -> st.SearchStrategy[tuple[object, ...] | None]:
    """Return lists of a few, none, or unknown; none is as frequent as some."""
    few = st.lists(st.sampled_from(list(kind)), unique=True, max_size=most).map(tuple)  # type: ignore[call-overload]
    return st.one_of(st.none(), st.just(()), few)


ages = st.one_of(st.none(), st.integers(0, 100), st.integers(18, 60))
profiles = st.builds(
    Profile,
    age_years=ages,
    age_group=st.none(),
    pregnancy=st.one_of(st.none(), st.just(Pregnancy.NO), st.sampled_from(Pregnancy)),
    sensitive=st.sampled_from([None, True, False]),
    allergies=some(Allergen, 4),
    medicines=some(Medicine, 3),
    diagnoses=some(Diagnosis),
    signs=some(Sign),
    sun_reaction=st.one_of(st.none(), st.sampled_from(SunReaction)),
    preferences=some(Preference),
    unwanted=some(shipped_knowledge().ingredients, 3),
) | st.builds(Profile, age_group=st.sampled_from(AgeGroup), signs=some(Sign))


@st.composite
def numbers(draw: st.DrawFn) -> Numbers | None:
    if draw(st.integers(0, 5)) == 0:
        return None
    value = draw(st.integers(0, 100))
    below, above = draw(st.integers(0, 30)), draw(st.integers(0, 30))
    return float(value), float(max(0, value - below)), float(min(100, value + above))


@dataclass(frozen=True)
class Shown:
    """What a photo shows; the assessment is made in the test, for type checks draw at random."""

    scores: Mapping[Condition, Numbers | None]
    tone: ItaGroup | None
    found: frozenset[LesionType]

    @property
    def assessment(self) -> Assessment:
        return made(self.scores, tone=self.tone, found=self.found)


photos = st.builds(
    Shown,
    scores=st.fixed_dictionaries({condition: numbers() for condition in Condition}),
    tone=st.one_of(st.none(), st.sampled_from(ItaGroup)),
    found=st.frozensets(st.sampled_from(FOUND), max_size=1),
)


thoroughly = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def draft_of(plan: Plan, found: frozenset[LesionType]) -> Draft:
    concluded = {fact for firing in plan.chain for fact in firing.concluded}
    steps = {PartOfDay.MORNING: plan.morning, PartOfDay.EVENING: plan.evening}
    return Draft(
        {part: tuple(s.ingredient for s in chosen) for part, chosen in steps.items()},
        frozenset(fact.subject for fact in concluded if fact.kind is FactKind.FORBID),
        plan.referral.level,
        frozenset(kind.value for kind in found),
    )


@thoroughly
@given(photos, profiles)
def test_no_plan_contradicts_itself(shown: Shown, profile: Profile):
    plan, found = recommend(shown.assessment, profile), shown.found
    event(f"care {plan.care.value}")
    assert find_contradictions(draft_of(plan, found), profile, shipped_knowledge()) == ()
    assert not plan.cautious, "the rules and the check disagree"


@thoroughly
@given(photos, profiles)
def test_a_red_flag_refers_and_recommends_no_product(shown: Shown, profile: Profile):
    plan, found = recommend(shown.assessment, profile), shown.found
    signs = set(profile.signs or ())
    roles = {shipped_knowledge().ingredients[name].role for name in plan.ingredients}
    if signs or LesionType.NODULE in found:
        assert plan.referral.level.rank >= ReferralLevel.SOON.rank
        assert roles <= GENTLE_ROLES
        assert not plan.held_back
    if signs & TODAY:
        assert plan.referral.level is ReferralLevel.URGENT
        assert not plan.ingredients
        assert not plan.priorities
    if profile.is_minor:
        assert plan.referral.level is not ReferralLevel.NONE
        assert roles <= {Role.CLEANSE, Role.PROTECT}
        assert not plan.held_back
    if profile.age is None or profile.signs is None:
        assert roles <= GENTLE_ROLES


@thoroughly
@given(photos, profiles)
def test_the_same_people_get_the_same_plan(shown: Shown, profile: Profile):
    assert recommend(shown.assessment, profile) == recommend(shown.assessment, profile)


@thoroughly
@given(photos, profiles)
def test_dangerous_pairs_never_meet(shown: Shown, profile: Profile):
    """Said once more without the knowledge files, since the check reads them."""
    plan = recommend(shown.assessment, profile)
    morning, evening = ({s.ingredient for s in part} for part in (plan.morning, plan.evening))
    irritants = {"benzoyl_peroxide", "retinoid", "azelaic_acid", "salicylic_acid"}
    irritants |= {"alpha_hydroxy_acid"}
    sunscreens = {"sunscreen", "mineral_sunscreen", "tinted_sunscreen"}
    for part in (morning, evening):
        assert len(part & irritants) <= 1
    if profile.sensitive is not False:
        assert len((morning | evening) & irritants) <= 1
    if profile.pregnancy is not Pregnancy.NO:
        assert not (morning | evening) & {"retinoid", "salicylic_acid", "alpha_hydroxy_acid"}
    if Medicine.ISOTRETINOIN in (profile.medicines or ()):
        assert not (morning | evening) & irritants
    if Medicine.TOPICAL_RETINOID in (profile.medicines or ()):
        assert "benzoyl_peroxide" not in evening
        assert "retinoid" not in evening
    if evening & {"retinoid", "alpha_hydroxy_acid"}:
        assert morning & sunscreens


@thoroughly
@given(photos, profiles)
def test_what_was_not_measured_is_told_and_never_helped(shown: Shown, profile: Profile):
    plan = recommend(shown.assessment, profile)
    hidden = {c.value for c, s in shown.scores.items() if s is None}
    assert {entry.condition.value for entry in plan.not_judged} == hidden
    assert not {p.condition.value for p in plan.priorities} & hidden
    used = {fact for firing in plan.chain for fact in firing.used}
    about = {fact.subject for fact in used if fact.kind in {FactKind.SEEN, FactKind.CLEAR}}
    assert not about & hidden


@thoroughly
@given(photos, profiles, st.sampled_from(Sign))
def test_one_more_sign_never_refers_later_and_never_adds_a_product(
    shown: Shown, profile: Profile, sign: Sign
):
    more = replace(profile, signs=(*(profile.signs or ()), sign))
    before, after = recommend(shown.assessment, profile), recommend(shown.assessment, more)
    assert after.referral.level.rank >= before.referral.level.rank
    assert after.care.rank <= max(before.care.rank, CareLevel.GENTLE.rank)
    assert len(after.ingredients) <= len(before.ingredients)
