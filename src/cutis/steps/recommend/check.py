"""Whether a plan contradicts itself: a second opinion beside the rules.

The check reads the profile and the properties of ingredients directly and uses no conclusion of
the rules but the classes that they forbid; a rule that is missing or wrong is caught here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from cutis.core.advice import (
    CareLevel,
    Diagnosis,
    Medicine,
    PartOfDay,
    Pregnancy,
    Profile,
    ReferralLevel,
    Sign,
)
from cutis.core.vocabulary import LesionType
from cutis.steps.recommend.knowledge import Apart, Ingredient, Knowledge, Role, Safety

UNPROTECTED = "a medicine that raises the risk of sunburn, and a morning without sunscreen"
MINORS_MAY_HAVE = frozenset({Role.CLEANSE, Role.PROTECT})
FRAGILE = frozenset(
    {
        Diagnosis.ECZEMA,
        Diagnosis.PSORIASIS,
        Diagnosis.PERIORAL_DERMATITIS,
        Diagnosis.CONTACT_DERMATITIS,
        Diagnosis.LUPUS,
    }
)
"""Diagnoses with which nothing that irritates is suggested."""
_URGENT_SIGNS = frozenset(
    {
        Sign.SUDDEN_SPREAD,
        Sign.EYE_INVOLVEMENT,
        Sign.FACIAL_SWELLING,
        Sign.FEVER,
        Sign.SELF_HARM,
    }
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A plan before its words: ingredient ids by part of day, what is forbidden, the referral.

    ``found`` are the lesion types that a classifier is sure of.
    """

    steps: Mapping[PartOfDay, Sequence[str]]
    forbidden: frozenset[str]
    level: ReferralLevel
    found: frozenset[str] = frozenset()

    @property
    def ingredients(self) -> tuple[str, ...]:
        """All ingredient ids, each once, sorted."""
        return tuple(sorted({name for names in self.steps.values() for name in names}))


def find_contradictions(draft: Draft, profile: Profile, knowledge: Knowledge) -> tuple[str, ...]:
    """Return every contradiction in words; none for a plan that agrees with itself."""
    used = {name: knowledge.ingredients[name] for name in draft.ingredients}
    return (
        *_forbidden(draft, used),
        *_allergies(used, profile),
        *_pregnancy(used, profile),
        *_unknown(used, profile),
        *_irritants(draft, profile, knowledge),
        *_too_near(draft, profile, knowledge),
        *_medicines(used, profile, knowledge),
        *_diagnoses(used, profile),
        *_light(draft, profile, knowledge),
        *_red_flags(draft, used, profile),
    )


def _forbidden(draft: Draft, used: Mapping[str, Ingredient]) -> Iterator[str]:
    for name in used:
        if name in draft.forbidden:
            yield f"{name} is both recommended and to be avoided"


def _allergies(used: Mapping[str, Ingredient], profile: Profile) -> Iterator[str]:
    for name, ingredient in used.items():
        if set(ingredient.allergens) & set(profile.allergies or ()):
            yield f"{name} holds what the person reacts to"
        if name in (profile.unwanted or ()):
            yield f"{name} is not wanted"


def _pregnancy(used: Mapping[str, Ingredient], profile: Profile) -> Iterator[str]:
    state = profile.pregnancy
    for name, ingredient in used.items():
        if state in {Pregnancy.PREGNANT, Pregnancy.TRYING, None}:
            safe = ingredient.pregnancy is Safety.OK
        else:
            safe = state is Pregnancy.NO or ingredient.breastfeeding is Safety.OK
        if not safe:
            yield f"{name} is not for pregnancy {state.value if state else 'not stated'}"


def _unknown(used: Mapping[str, Ingredient], profile: Profile) -> Iterator[str]:
    unknown = set(profile.not_stated)
    for name, ingredient in used.items():
        if missing := sorted(unknown & set(ingredient.must_know)):
            yield f"{name} needs to know {', '.join(missing)}"


def _irritants(draft: Draft, profile: Profile, knowledge: Knowledge) -> Iterator[str]:
    """At most one irritant at a time; on skin that may be sensitive at most one a day."""
    counts = {
        part: sum(knowledge.ingredients[name].irritant for name in names)
        for part, names in draft.steps.items()
    }
    for part, count in counts.items():
        if count > 1:
            yield f"{count} irritants on one {part.value}"
    if profile.sensitive is not False and sum(counts.values()) > 1:
        yield "more than one irritant a day on skin that may be sensitive"


def _too_near(draft: Draft, profile: Profile, knowledge: Knowledge) -> Iterator[str]:
    """Compare what the plan and the person's medicines put on, at one time and on one day."""
    at_once = {
        part: {*draft.steps.get(part, ()), *_worn(profile, part, knowledge)} for part in PartOfDay
    }
    day = set().union(*at_once.values())
    for name, interaction in knowledge.interactions.items():
        groups = at_once.values() if interaction.apart is Apart.MOMENT else [day]
        for group in groups:
            pairs = combinations(sorted(interaction.between), 2)
            if any(group.issuperset(pair) and set(pair) & set(draft.ingredients) for pair in pairs):
                yield f"{name} at one {interaction.apart.value}"
                break


def _medicines(
    used: Mapping[str, Ingredient], profile: Profile, knowledge: Knowledge
) -> Iterator[str]:
    for medicine in profile.medicines or ():
        card = knowledge.medicines[medicine]
        for name in used:
            if name == card.acts_as:
                yield f"{name} is in use already"
            if name in card.keeps_out:
                yield f"{name} beside {card.name}"


def _diagnoses(used: Mapping[str, Ingredient], profile: Profile) -> Iterator[str]:
    fragile = sorted(FRAGILE & set(profile.diagnoses or ()))
    for name, ingredient in used.items():
        if ingredient.irritant and fragile:
            yield f"{name} irritates, with {', '.join(fragile)}"


def _worn(profile: Profile, part: PartOfDay, knowledge: Knowledge) -> Iterable[str]:
    """Yield what the person's medicines put on the skin at a part of the day."""
    for medicine in profile.medicines or ():
        card = knowledge.medicines[medicine]
        if card.acts_as and part in card.times:
            yield card.acts_as


def _light(draft: Draft, profile: Profile, knowledge: Knowledge) -> Iterator[str]:
    """What makes skin burn more easily asks for sunscreen, and never comes as a pair."""
    raising = [name for name in draft.ingredients if knowledge.ingredients[name].raises_light]
    taken = [m for m in profile.medicines or () if knowledge.medicines[m].raises_light]
    morning = draft.steps.get(PartOfDay.MORNING, ())
    protected = any(knowledge.ingredients[name].role is Role.PROTECT for name in morning)
    if raising and not protected:
        yield f"{', '.join(raising)} without sunscreen"
    if raising and taken:
        yield f"{', '.join(raising)} beside a medicine that raises the risk of sunburn"
    can_protect = any(
        ingredient.role is Role.PROTECT and name not in draft.forbidden
        for name, ingredient in knowledge.ingredients.items()
    )
    if taken and morning and can_protect and not protected:
        yield UNPROTECTED


def least_referral(profile: Profile, found: frozenset[str]) -> ReferralLevel:
    """Return the referral that a plan needs at least, by what is stated and found."""
    signs, medicines = set(profile.signs or ()), set(profile.medicines or ())
    levels = {
        ReferralLevel.ROUTINE: profile.is_minor or Medicine.ISOTRETINOIN in medicines,
        ReferralLevel.SOON: bool(signs) or LesionType.NODULE.value in found,
        ReferralLevel.URGENT: bool(signs & _URGENT_SIGNS)
        or (Medicine.ISOTRETINOIN in medicines and profile.pregnancy not in {None, Pregnancy.NO}),
    }
    needed = [level for level, is_needed in levels.items() if is_needed]
    return max(needed, key=lambda level: level.rank, default=ReferralLevel.NONE)


def _red_flags(draft: Draft, used: Mapping[str, Ingredient], profile: Profile) -> Iterator[str]:
    """A red flag refers and leaves gentle care only; under 18 only washing and sun protection."""
    signs = set(profile.signs or ())
    needed = least_referral(profile, draft.found)
    if draft.level.rank < needed.rank:
        yield f"referred {draft.level.value} where {needed.value} is needed"
    gentle_only = profile.age is None or profile.signs is None or profile.is_minor
    active = [name for name, card in used.items() if card.care is CareLevel.FULL]
    if active and (gentle_only or signs or LesionType.NODULE.value in draft.found):
        yield f"{', '.join(active)} in spite of a red flag, an age under 18 or unknown"
    more = [name for name, card in used.items() if card.role not in MINORS_MAY_HAVE]
    if more and profile.is_minor:
        yield f"{', '.join(more)} under 18"
    if used and signs & _URGENT_SIGNS:
        yield "products where someone should look today"
