"""A made-up skin that answers to care, to try ways of choosing on before a person meets them.

**It is no model of a patient.** It is one parametric model behind the protocol `SkinResponse`, to
be replaced by a better one. What is published and what is assumed stands with each figure:

* A level goes back to its own usual one (Ornstein-Uhlenbeck) with a half-life and a daily wander;
  both are assumptions.
* A class of ingredients lowers a level by a share in twelve weeks beyond what its vehicle does
  (`EFFECTS`); persons respond differently (log-normal, an assumption).
* What irritates adds irritation (`IRRITATES`), which fades, reddens and makes people leave things
  out; how fast and how much are assumptions.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from math import exp, log
from typing import Protocol, runtime_checkable

import numpy as np

from cutis.core.vocabulary import Condition

TWELVE_WEEKS_DAYS = 84.0


@dataclass(frozen=True, slots=True)
class Effect:
    """The share by which a class lowers a condition in twelve weeks, beyond its vehicle.

    ``basis`` is the publication, or begins with *assumed*.
    """

    ingredient: str
    condition: Condition
    share: float
    basis: str


_AZELAIC = (
    "published: reduction of inflammatory lesions 58 % against 40 % with vehicle, study 1 of "
    "Thiboutot et al. 2003, doi:10.1067/mjd.2003.308 (papulopustular rosacea)"
)
_AZELAIC_RED = (
    "published: reduction of the erythema score 47.9 % against 37.9 % with vehicle, "
    "Bjerke et al. 1999, doi:10.1080/00015559975000990"
)
_ADAPALENE = (
    "partly published: median reduction of lesions 13 points below benzoyl peroxide (68.6 % and "
    "81.6 %), Skin Research 15:278-293, 2016; the level beyond vehicle is assumed"
)
EFFECTS: tuple[Effect, ...] = (
    Effect("azelaic_acid", Condition.ACNE, 0.18, _AZELAIC),
    Effect("azelaic_acid", Condition.REDNESS, 0.10, _AZELAIC_RED),
    Effect("azelaic_acid", Condition.PIGMENTATION, 0.15, "assumed"),
    Effect("benzoyl_peroxide", Condition.ACNE, 0.30, "assumed level; see retinoid"),
    Effect("retinoid", Condition.ACNE, 0.17, _ADAPALENE),
    Effect("retinoid", Condition.WRINKLES, 0.10, "assumed"),
    Effect("retinoid", Condition.PIGMENTATION, 0.12, "assumed"),
    Effect("salicylic_acid", Condition.ACNE, 0.12, "assumed"),
    Effect("alpha_hydroxy_acid", Condition.PIGMENTATION, 0.08, "assumed"),
    Effect("niacinamide", Condition.PIGMENTATION, 0.12, "assumed size; direction: Hakozaki 2002"),
    Effect("niacinamide", Condition.REDNESS, 0.06, "assumed"),
    Effect("niacinamide", Condition.ACNE, 0.08, "assumed"),
    Effect("vitamin_c", Condition.PIGMENTATION, 0.08, "assumed"),
)

IRRITATES: Mapping[str, float] = {
    "retinoid": 0.19,
    "benzoyl_peroxide": 0.12,
    "alpha_hydroxy_acid": 0.12,
    "salicylic_acid": 0.10,
    "azelaic_acid": 0.08,
}
"""Irritation added in four weeks of full use on usual skin.

Retinoid and benzoyl peroxide together are set so that about 12 % of persons feel it in the end; the
label of their fixed combination tells of adverse events in 14 % of 564 against 4 % of 489 with
vehicle. How that is shared out between the two, and all other figures, are assumed.
"""
FELT = 0.5
"""Irritation from which a person says so; it fixes the unit."""


@dataclass(frozen=True, slots=True)
class Skin:
    """The true state of one simulated person; nobody sees it but the simulator.

    ``levels`` and ``usual`` are scores without noise, 0–100. ``responds`` multiplies each class's
    rate, ``tender`` the irritation; ``irritation`` is 0 for none.
    """

    levels: Mapping[Condition, float]
    usual: Mapping[Condition, float]
    responds: Mapping[str, float]
    tender: float
    irritation: float = 0.0

    @property
    def adherence(self) -> float:
        """The share of days on which the routine is kept; irritation lowers it (assumed)."""
        return 1 / (1 + self.irritation)


@runtime_checkable
class SkinResponse(Protocol):
    """What a simulator of skin must do."""

    def start(self, rng: np.random.Generator, *, sensitive: bool) -> Skin:
        """Draw a person."""

    def pass_days(
        self, skin: Skin, ingredients: Collection[str], days: float, rng: np.random.Generator
    ) -> Skin:
        """Return the skin after some days of a routine."""


@dataclass(frozen=True, slots=True)
class ParametricSkin:
    """The one model that ships; every default that is not in `EFFECTS` is an assumption.

    ``wander`` is in points per root day, ``differ`` the deviation of the logarithm of responses,
    ``reddens`` the points of redness that irritation of 1 adds in four weeks.
    """

    effects: tuple[Effect, ...] = EFFECTS
    half_life_days: float = 60.0
    wander: float = 0.6
    differ: float = 0.5
    sensitive_factor: float = 2.0
    irritation_half_life_days: float = 14.0
    reddens: float = 8.0
    usual: Mapping[Condition, tuple[float, float]] = field(
        default_factory=lambda: {
            Condition.ACNE: (25.0, 18.0),
            Condition.REDNESS: (25.0, 15.0),
            Condition.PIGMENTATION: (25.0, 15.0),
            Condition.WRINKLES: (20.0, 15.0),
        }
    )
    """Mean and deviation, over persons, of each usual level."""

    def start(self, rng: np.random.Generator, *, sensitive: bool) -> Skin:
        """Draw a person whose levels are near their usual ones."""
        usual = {c: _cut(rng.normal(*shape)) for c, shape in self.usual.items()}
        levels = {c: _cut(u + rng.normal(0, 5)) for c, u in usual.items()}
        names = sorted({effect.ingredient for effect in self.effects})
        responds = {name: float(exp(rng.normal(0, self.differ))) for name in names}
        tender = float(exp(rng.normal(0, self.differ)))
        return Skin(levels, usual, responds, tender * (self.sensitive_factor if sensitive else 1.0))

    def pass_days(
        self, skin: Skin, ingredients: Collection[str], days: float, rng: np.random.Generator
    ) -> Skin:
        """Return the skin after ``days`` of a routine of these classes."""
        back = 1 - exp(-log(2) * days / self.half_life_days)
        levels = {}
        for condition, level in skin.levels.items():
            rate = self._rate(skin, ingredients, condition)
            returned = level + back * (skin.usual[condition] - level)
            noise = self.wander * float(rng.normal()) * days**0.5
            levels[condition] = _cut(returned * exp(-rate * days) + noise)
        irritation = self._irritation(skin, ingredients, days)
        if Condition.REDNESS in levels:
            redder = self.reddens * irritation * days / 28
            levels[Condition.REDNESS] = _cut(levels[Condition.REDNESS] + redder)
        return replace(skin, levels=levels, irritation=irritation)

    def _rate(self, skin: Skin, ingredients: Collection[str], condition: Condition) -> float:
        """Return the daily rate at which a routine lowers a condition."""
        return skin.adherence * sum(
            -log(1 - effect.share) / TWELVE_WEEKS_DAYS * skin.responds[effect.ingredient]
            for effect in self.effects
            if effect.condition is condition and effect.ingredient in ingredients
        )

    def _irritation(self, skin: Skin, ingredients: Collection[str], days: float) -> float:
        faded = skin.irritation * exp(-log(2) * days / self.irritation_half_life_days)
        added = sum(IRRITATES.get(name, 0.0) for name in ingredients)
        return faded + added * skin.tender * skin.adherence * days / 28


def _cut(value: float) -> float:
    return float(min(100.0, max(0.0, value)))
