"""Guidance as plain data: what a person states, what a plan holds, and why every line is there.

Unknown is a value of its own: a field of `Profile` that is None was not stated, and an empty tuple
means that there is none.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum

from cutis.core.vocabulary import Condition

ADULT_YEARS = 18
"""The age from which a plan may hold more than gentle cleansing and sun protection."""


class AgeGroup(StrEnum):
    """Age in groups: under 1, 1–12, 13–17, 18–64, 65 and over."""

    INFANT = "infant"
    CHILD = "child"
    TEENAGER = "teenager"
    ADULT = "adult"
    OLDER = "older"


class Pregnancy(StrEnum):
    """What a person states about pregnancy; ``no`` also where it does not apply."""

    NO = "no"
    TRYING = "trying"
    PREGNANT = "pregnant"
    BREASTFEEDING = "breastfeeding"


class Allergen(StrEnum):
    """A class of ingredients that a person reacts to."""

    FRAGRANCE = "fragrance"
    PRESERVATIVES = "preservatives"
    LANOLIN = "lanolin"
    SALICYLATES = "salicylates"
    BENZOYL_PEROXIDE = "benzoyl_peroxide"
    RETINOIDS = "retinoids"
    AZELAIC_ACID = "azelaic_acid"
    NIACINAMIDE = "niacinamide"
    VITAMIN_C = "vitamin_c"
    UREA = "urea"
    SUNSCREEN_FILTERS = "sunscreen_filters"
    MINERAL_FILTERS = "mineral_filters"


class Medicine(StrEnum):
    """A medicine, or a class of medicines, that a person uses now."""

    ISOTRETINOIN = "isotretinoin"
    TOPICAL_RETINOID = "topical_retinoid"
    BENZOYL_PEROXIDE = "benzoyl_peroxide"
    TETRACYCLINE = "tetracycline"
    PHOTOSENSITISER = "photosensitiser"
    TOPICAL_STEROID = "topical_steroid"
    HYDROQUINONE = "hydroquinone"


class Diagnosis(StrEnum):
    """A diagnosis that a clinician has made; Cutis makes none."""

    ROSACEA = "rosacea"
    ECZEMA = "eczema"
    PSORIASIS = "psoriasis"
    PERIORAL_DERMATITIS = "perioral_dermatitis"
    CONTACT_DERMATITIS = "contact_dermatitis"
    MELASMA = "melasma"
    LUPUS = "lupus"
    SKIN_CANCER = "skin_cancer"


class Sign(StrEnum):
    """Something that a person notices and that a clinician should hear of."""

    CHANGING_MOLE = "changing_mole"
    BLEEDING_SPOT = "bleeding_spot"
    UNUSUAL_DARK_SPOT = "unusual_dark_spot"
    SORE_THAT_DOES_NOT_HEAL = "sore_that_does_not_heal"
    SUDDEN_SPREAD = "sudden_spread"
    EYE_INVOLVEMENT = "eye_involvement"
    FACIAL_SWELLING = "facial_swelling"
    PAIN = "pain"
    FEVER = "fever"
    DEEP_LUMPS = "deep_lumps"
    NEW_SCARS = "new_scars"
    DISTRESS = "distress"
    SELF_HARM = "self_harm"


class SunReaction(StrEnum):
    """How skin reacts to sun, as a person tells it: Fitzpatrick type I to VI."""

    I = "I"  # noqa: E741 - the type's name
    II = "II"
    III = "III"
    IV = "IV"
    V = "V"
    VI = "VI"


class Preference(StrEnum):
    """What a person would rather have."""

    FEW_STEPS = "few_steps"
    FRAGRANCE_FREE = "fragrance_free"


@dataclass(frozen=True, slots=True)
class Profile:
    """What a person states about themselves; every field may be unknown (None).

    Attributes:
        age_years: age in whole years, 0–120.
        age_group: age as a group, where the years are not told.
        pregnancy: pregnant, trying, breastfeeding or no.
        sensitive: whether products often sting, burn or redden the skin.
        allergies: classes of ingredients that the person reacts to.
        medicines: medicines used now, on the skin or taken.
        diagnoses: what a clinician has diagnosed.
        signs: what the person notices.
        sun_reaction: Fitzpatrick type, as the person tells it.
        preferences: wishes for the plan.
        unwanted: ingredient classes that the person does not want, by their ids.
    """

    age_years: int | None = None
    age_group: AgeGroup | None = None
    pregnancy: Pregnancy | None = None
    sensitive: bool | None = None
    allergies: tuple[Allergen, ...] | None = None
    medicines: tuple[Medicine, ...] | None = None
    diagnoses: tuple[Diagnosis, ...] | None = None
    signs: tuple[Sign, ...] | None = None
    sun_reaction: SunReaction | None = None
    preferences: tuple[Preference, ...] | None = None
    unwanted: tuple[str, ...] | None = None

    @property
    def age(self) -> AgeGroup | None:
        """The age group, from the years where they are stated; None where neither is."""
        if self.age_years is None:
            return self.age_group
        limits = ((1, AgeGroup.INFANT), (13, AgeGroup.CHILD), (ADULT_YEARS, AgeGroup.TEENAGER))
        older = AgeGroup.OLDER if self.age_years >= 65 else AgeGroup.ADULT
        return next((group for below, group in limits if self.age_years < below), older)

    @property
    def is_minor(self) -> bool:
        """Whether the person states an age under 18."""
        return self.age in {AgeGroup.INFANT, AgeGroup.CHILD, AgeGroup.TEENAGER}

    @property
    def not_stated(self) -> tuple[str, ...]:
        """The names of what was not stated, with ``age`` for both of its fields."""
        names = [entry.name for entry in fields(self) if not entry.name.startswith("age_")]
        missing = tuple(name for name in names if getattr(self, name) is None)
        return missing if self.age is not None else ("age", *missing)


class Severity(StrEnum):
    """A band of a score; where each begins stands with its basis in the knowledge files."""

    CLEAR = "clear"
    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"


class ReferralLevel(StrEnum):
    """When a clinician should look.

    ``routine`` in the coming weeks, ``soon`` within days and two weeks at most, ``urgent`` today.
    """

    NONE = "none"
    ROUTINE = "routine"
    SOON = "soon"
    URGENT = "urgent"

    @property
    def rank(self) -> int:
        """0 for none to 3 for urgent."""
        return list(ReferralLevel).index(self)


class CareLevel(StrEnum):
    """How much a plan may hold, from nothing at all to ingredients that act on a condition.

    ``shelter`` is gentle cleansing and sun protection, ``gentle`` adds a moisturiser.
    """

    NOTHING = "nothing"
    SHELTER = "shelter"
    GENTLE = "gentle"
    FULL = "full"

    @property
    def rank(self) -> int:
        """0 for nothing to 3 for full."""
        return list(CareLevel).index(self)


class PartOfDay(StrEnum):
    """When a step is done."""

    MORNING = "morning"
    EVENING = "evening"


class FactKind(StrEnum):
    """What a fact speaks of: the first eight are given, the others are concluded."""

    SEEN = "seen"
    """A condition of at least this severity, whatever the interval leaves open."""
    LIKELY = "likely"
    """A condition of at least this severity by the score alone; it decides on referrals."""
    CLEAR = "clear"
    NOT_JUDGED = "not_judged"
    FOUND = "found"
    STATED = "stated"
    UNKNOWN = "unknown"
    TONE = "tone"
    STATE = "state"
    """A conclusion in between, such as skin that is easily irritated."""
    TRIGGER = "trigger"
    SUGGEST = "suggest"
    FORBID = "forbid"
    REFER = "refer"
    LIMIT = "limit"
    HABIT = "habit"
    LEFT_OUT = "left_out"
    """An ingredient that was suggested and is not in the plan."""


@dataclass(frozen=True, slots=True, order=True)
class Fact:
    """One fact, written ``kind:subject=value``, such as ``stated:sign=fever``."""

    kind: FactKind
    subject: str
    value: str = ""

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.subject}" + (f"={self.value}" if self.value else "")


@dataclass(frozen=True, slots=True)
class Source:
    """A public source: its title, who published it, and where it is found.

    A page that is revised from time to time has no year.
    """

    id: str
    title: str
    publisher: str
    year: int | None = None
    url: str | None = None
    doi: str | None = None


@dataclass(frozen=True, slots=True)
class Firing:
    """A rule that fired: the facts it used, what it concluded, why, and on whose authority."""

    rule: str
    used: tuple[Fact, ...]
    concluded: tuple[Fact, ...]
    because: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Advice:
    """One line of a plan, its reason, the rules that led to it and the ids of their sources."""

    text: str
    because: str
    rules: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CareStep:
    """One step of a morning or evening: a class of ingredients, never a brand."""

    ingredient: str
    name: str
    how: str
    advice: Advice


@dataclass(frozen=True, slots=True)
class Avoidance:
    """A class of ingredients to leave out, and why."""

    ingredient: str
    name: str
    advice: Advice


@dataclass(frozen=True, slots=True)
class Referral:
    """Whether and when to see a clinician, with every reason for it."""

    level: ReferralLevel
    sentence: str
    reasons: tuple[Advice, ...]


@dataclass(frozen=True, slots=True)
class Priority:
    """What to look at first: severity × texture risk × diagnostic criticality, 0–9.

    Attributes:
        condition: the condition.
        band: the severity that care is chosen by.
        severity: the score as a share, 0–1.
        texture_risk: rank 1–3: whether marks (2) or scars (3) may stay.
        criticality: rank 1–3: whether a clinician treats it (2) or must tell what it is (3).
        value: the product of the three.
        because: why the two ranks are what they are.
    """

    condition: Condition
    band: Severity
    severity: float
    texture_risk: int
    criticality: int
    value: float
    because: str


@dataclass(frozen=True, slots=True)
class NotJudged:
    """A condition that was not measured, and is not read as absent."""

    condition: Condition
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Guidance for one assessment and one profile; a decision aid, never a prescription.

    Attributes:
        lead: one or two sentences that say what this plan is.
        care: how much it may hold.
        cautious: whether a fuller plan contradicted itself and gave way to this one.
        referral: whether and when to see a clinician.
        priorities: what was measured, the most important first.
        morning: the steps of a morning, in order.
        evening: the steps of an evening, in order.
        habits: what helps beside products.
        avoid: what to leave out and why.
        held_back: what waits for something that was not stated.
        watch_for: when to see a clinician, whatever the numbers say.
        not_judged: what this photo did not show.
        not_stated: names of the profile's fields that are unknown.
        chain: every rule that fired, in order.
        sources: the sources that the chain names.
        disclaimer: what this is not.
    """

    lead: str
    care: CareLevel
    cautious: bool
    referral: Referral
    priorities: tuple[Priority, ...]
    morning: tuple[CareStep, ...]
    evening: tuple[CareStep, ...]
    habits: tuple[Advice, ...]
    avoid: tuple[Avoidance, ...]
    held_back: tuple[Avoidance, ...]
    watch_for: tuple[str, ...]
    not_judged: tuple[NotJudged, ...]
    not_stated: tuple[str, ...]
    chain: tuple[Firing, ...]
    sources: tuple[Source, ...]
    disclaimer: str

    @property
    def ingredients(self) -> frozenset[str]:
        """The ingredient classes of all steps."""
        return frozenset(step.ingredient for step in (*self.morning, *self.evening))
