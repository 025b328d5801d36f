"""The check finds each kind of contradiction, and a broken rule book ends in a cautious plan."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_assessments import made

from cutis.core.advice import (
    Allergen,
    CareLevel,
    Diagnosis,
    FactKind,
    Medicine,
    PartOfDay,
    Pregnancy,
    Profile,
    ReferralLevel,
    Sign,
)
from cutis.core.vocabulary import Condition
from cutis.steps.recommend import Draft, find_contradictions, recommend, shipped_knowledge
from cutis.steps.recommend.engine import Rule

KNOWN = Profile(
    age_years=34,
    pregnancy=Pregnancy.NO,
    sensitive=False,
    allergies=(),
    medicines=(),
    diagnoses=(),
    signs=(),
    preferences=(),
    unwanted=(),
)
BASE = ("gentle_cleanser", "sunscreen")


def draft(
    morning: str = "", evening: str = "", level: str = "none", *, forbidden: str = ""
) -> Draft:
    steps = {
        PartOfDay.MORNING: (*BASE, *morning.split()),
        PartOfDay.EVENING: ("gentle_cleanser", *evening.split()),
    }
    return Draft(steps, frozenset(forbidden.split()), ReferralLevel(level))


def found(what: Draft, profile: Profile = KNOWN) -> str:
    return "; ".join(find_contradictions(what, profile, shipped_knowledge()))


def test_a_sound_plan_has_none():
    assert not found(draft("benzoyl_peroxide", "retinoid"))


CONTRADICTIONS = [
    (draft("niacinamide", forbidden="niacinamide"), {}, "both recommended and to be avoided"),
    (draft("", "retinoid azelaic_acid"), {}, "2 irritants on one evening"),
    (draft("azelaic_acid", "retinoid"), {"sensitive": True}, "more than one irritant a day"),
    (draft("azelaic_acid", "retinoid"), {"sensitive": None}, "more than one irritant a day"),
    (draft("", "retinoid"), {"pregnancy": Pregnancy.PREGNANT}, "retinoid is not for pregnancy"),
    (draft("", "retinoid"), {"pregnancy": Pregnancy.TRYING}, "retinoid is not for pregnancy"),
    (draft("", "retinoid"), {"pregnancy": None}, "retinoid is not for pregnancy not stated"),
    (draft("", "salicylic_acid"), {"pregnancy": Pregnancy.BREASTFEEDING}, "not for pregnancy"),
    (draft("", "benzoyl_peroxide retinoid"), {}, "benzoyl_peroxide_and_retinoid at one moment"),
    (
        draft("", "benzoyl_peroxide"),
        {"medicines": (Medicine.TOPICAL_RETINOID,)},
        "benzoyl_peroxide_and_retinoid at one moment",
    ),
    (draft("salicylic_acid", "retinoid"), {}, "retinoid_and_salicylic_acid at one day"),
    (draft("", "retinoid"), {"medicines": (Medicine.TOPICAL_RETINOID,)}, "in use already"),
    (draft("azelaic_acid"), {"medicines": (Medicine.ISOTRETINOIN,)}, "beside isotretinoin"),
    (draft("", "retinoid"), {"medicines": (Medicine.PHOTOSENSITISER,)}, "risk of sunburn"),
    (draft("azelaic_acid"), {"diagnoses": (Diagnosis.ECZEMA,)}, "irritates, with eczema"),
    (draft("", "urea"), {"allergies": (Allergen.UREA,)}, "holds what the person reacts to"),
    (draft("", "urea"), {"unwanted": ("urea",)}, "is not wanted"),
    (draft("niacinamide"), {"medicines": None}, "needs to know medicines"),
    (draft(), {"signs": (Sign.CHANGING_MOLE,)}, "referred none where soon is needed"),
    (draft(level="soon"), {"signs": (Sign.FEVER,)}, "referred soon where urgent is needed"),
    (draft(level="urgent"), {"signs": (Sign.FEVER,)}, "should look today"),
    (draft("niacinamide", level="soon"), {"signs": (Sign.PAIN,)}, "in spite of a red flag"),
    (draft("niacinamide"), {"age_years": None}, "in spite of a red flag"),
    (draft("moisturiser", level="routine"), {"age_years": 16}, "moisturiser under 18"),
    (draft(), {"age_years": 16}, "referred none where routine is needed"),
]


@pytest.mark.parametrize(("what", "changes", "message"), CONTRADICTIONS)
def test_each_contradiction_is_found(what: Draft, changes: dict[str, object], message: str):
    assert message in found(what, replace(KNOWN, **changes))  # type: ignore[arg-type]


def test_what_raises_light_needs_sunscreen():
    steps = {PartOfDay.MORNING: ("gentle_cleanser",), PartOfDay.EVENING: ("retinoid",)}
    bare = Draft(steps, frozenset(), ReferralLevel.NONE)
    assert "retinoid without sunscreen" in found(bare)
    taken = replace(KNOWN, medicines=(Medicine.TETRACYCLINE,))
    assert "morning without sunscreen" in found(
        replace(bare, steps={**steps, PartOfDay.EVENING: ()}), taken
    )


def without(kind: FactKind, subject: str = "") -> tuple[Rule, ...]:
    """Return the shipped rules without those that conclude something."""
    return tuple(
        rule
        for rule in shipped_knowledge().rules
        if not any(f.kind is kind and f.subject.startswith(subject) for f in rule.then)
    )


ACNE = {Condition.ACNE: (20.0, 14.0, 24.0)}


def test_a_lost_red_flag_ends_in_a_cautious_plan_that_refers():
    broken = replace(shipped_knowledge(), rules=without(FactKind.REFER))
    plan = recommend(made(ACNE), replace(KNOWN, signs=(Sign.CHANGING_MOLE,)), broken)
    assert plan.cautious
    assert plan.care is CareLevel.GENTLE
    assert plan.referral.level is ReferralLevel.SOON
    assert plan.referral.reasons
    assert plan.ingredients <= {"gentle_cleanser", "light_moisturiser", "sunscreen"}
    assert "cautious" in plan.lead


def test_a_lost_urgent_flag_ends_in_no_product():
    broken = replace(shipped_knowledge(), rules=without(FactKind.REFER))
    plan = recommend(made(ACNE), replace(KNOWN, signs=(Sign.FEVER,)), broken)
    assert plan.cautious
    assert plan.referral.level is ReferralLevel.URGENT
    assert not plan.ingredients


def test_a_lost_contraindication_never_reaches_a_plan():
    """Without any rule that forbids, the check alone keeps a retinoid out of a pregnancy."""
    broken = replace(shipped_knowledge(), rules=without(FactKind.FORBID))
    profile = replace(KNOWN, pregnancy=Pregnancy.PREGNANT)
    plan = recommend(made(ACNE), profile, broken)
    assert "retinoid" not in plan.ingredients
    assert "retinoid" in recommend(made(ACNE), KNOWN, broken).ingredients


def test_a_lost_limit_under_eighteen_never_reaches_a_plan():
    broken = replace(shipped_knowledge(), rules=without(FactKind.LIMIT))
    plan = recommend(made(ACNE), replace(KNOWN, age_years=15), broken)
    assert plan.ingredients <= {"gentle_cleanser", "mineral_sunscreen"}
