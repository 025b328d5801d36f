"""What the knowledge files hold, as frozen data; `cutis.steps.recommend.loading` reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from cutis.core.advice import Allergen, CareLevel, Medicine, PartOfDay, ReferralLevel, Source
from cutis.core.vocabulary import Condition
from cutis.steps.recommend.engine import Rule


class Role(StrEnum):
    """What a class of ingredients does in a routine; steps are done in this order."""

    CLEANSE = "cleanse"
    TREAT = "treat"
    MOISTURISE = "moisturise"
    PROTECT = "protect"


class Safety(StrEnum):
    """Whether something is suggested in pregnancy or while breastfeeding.

    ``ask`` is not suggested either: a clinician decides.
    """

    OK = "ok"
    ASK = "ask"
    NO = "no"


class Apart(StrEnum):
    """How far apart two things that do not go together are kept."""

    MOMENT = "moment"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge of the knowledge graph: the facts that lead over it, why, and who says so."""

    when: tuple[str, ...]
    because: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ingredient:
    """A class of ingredients.

    ``raises_light`` tells that skin burns more easily under it, ``irritant`` that it often stings
    or peels. ``must_know`` names what a person must have stated before it is suggested.
    """

    name: str
    how: str
    role: Role
    times: tuple[PartOfDay, ...]
    sources: tuple[str, ...]
    pregnancy: Safety
    breastfeeding: Safety
    care: CareLevel = CareLevel.FULL
    irritant: bool = False
    raises_light: bool = False
    allergens: tuple[Allergen, ...] = ()
    must_know: tuple[str, ...] = ()
    helps: tuple[Edge, ...] = ()
    avoid: tuple[Edge, ...] = ()


@dataclass(frozen=True, slots=True)
class ConditionCard:
    """What is known of a condition: where bands of its score begin, its ranks, its triggers."""

    name: str
    mild_from: float
    moderate_from: float
    severe_from: float
    bands_basis: str
    texture_risk: int
    why_texture: str
    criticality: int
    why_criticality: str
    causes: tuple[str, ...]
    triggers: tuple[str, ...]
    sources: tuple[str, ...]
    inflames: bool = False


@dataclass(frozen=True, slots=True)
class Trigger:
    """Something that makes a condition worse."""

    name: str
    because: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Habit:
    """Something that helps beside products; ``eases`` names the triggers it is good against.

    ``care`` is the least that a plan must hold for the habit to be told.
    """

    text: str
    sources: tuple[str, ...]
    eases: tuple[str, ...] = ()
    care: CareLevel = CareLevel.SHELTER


@dataclass(frozen=True, slots=True)
class RedFlag:
    """A sign that always refers; ``care`` is all that a plan may then hold.

    ``watch`` tells the sign to somebody who has not noticed it; empty where that makes no sense.
    """

    when: tuple[str, ...]
    level: ReferralLevel
    care: CareLevel
    because: str
    sources: tuple[str, ...]
    watch: str = ""


@dataclass(frozen=True, slots=True)
class Interaction:
    """Two classes of ingredients that are kept apart."""

    between: tuple[str, ...]
    apart: Apart
    because: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MedicineCard:
    """What a medicine in use counts as and when it is put on, and what is not used beside it."""

    name: str
    sources: tuple[str, ...]
    acts_as: str | None = None
    times: tuple[PartOfDay, ...] = ()
    raises_light: bool = False
    keeps_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleCard:
    """A rule as it is written in a file."""

    when: tuple[str, ...]
    then: tuple[str, ...]
    because: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Knowledge:
    """All knowledge files, checked, and the rules that they make."""

    sources: Mapping[str, Source]
    conditions: Mapping[Condition, ConditionCard]
    ingredients: Mapping[str, Ingredient]
    triggers: Mapping[str, Trigger]
    habits: Mapping[str, Habit]
    medicines: Mapping[Medicine, MedicineCard]
    interactions: Mapping[str, Interaction]
    red_flags: Mapping[str, RedFlag]
    rules: tuple[Rule, ...]
