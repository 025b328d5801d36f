"""Choosing a routine every four weeks for a simulated person, within what the rules allow.

At each visit the scores are measured with the shipped noise, the rules make the options for this
person and these scores, one is chosen, and four weeks pass. The reward is the fall of the true
levels, each weighted by texture risk × diagnostic criticality and divided by 100, less `IRRITATED`
where the skin is irritated and `EACH_STEP` for each class that acts; the two prices are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np

from cutis.core.advice import (
    Allergen,
    Diagnosis,
    Plan,
    Preference,
    Pregnancy,
    Profile,
    SunReaction,
)
from cutis.core.scores import Interval, NotMeasured, NotMeasuredCode, Quantity, Score
from cutis.core.vocabulary import Condition
from cutis.evaluation.skin_response import FELT, ParametricSkin, Skin, SkinResponse
from cutis.history.change import ChangeVerdict
from cutis.history.noise import smallest_detectable_change, within_face_deviation
from cutis.history.policy import Moment, Situation, routine_options, situation_of
from cutis.steps.recommend import shipped_knowledge
from cutis.steps.recommend.knowledge import Role
from cutis.testing import sample_assessment

VISIT_DAYS, VISITS = 28.0, 6
IRRITATED, EACH_STEP = 0.1, 0.005
MM_PER_PX = 0.3
"""The scale whose noise the measured scores have."""
_BAND_SCORES = (5.0, 17.0, 40.0, 75.0)
"""A score within each band, from clear to severe, for every condition."""

_PLAIN = Profile(
    age_years=30,
    pregnancy=Pregnancy.NO,
    sensitive=False,
    allergies=(),
    medicines=(),
    diagnoses=(),
    signs=(),
    sun_reaction=SunReaction.III,
    preferences=(),
)
PROFILES: tuple[Profile, ...] = (
    _PLAIN,
    replace(_PLAIN, sensitive=True),
    replace(_PLAIN, sun_reaction=SunReaction.V),
    replace(_PLAIN, pregnancy=Pregnancy.PREGNANT),
    replace(_PLAIN, preferences=(Preference.FEW_STEPS,)),
    replace(_PLAIN, diagnoses=(Diagnosis.ROSACEA,), sensitive=True),
    replace(_PLAIN, allergies=(Allergen.BENZOYL_PEROXIDE,)),
)
"""Persons of seven kinds, drawn alike."""


@dataclass(slots=True)
class RoutineSimulator:
    """An environment (`cutis.history.policy.Environment`) over one model of skin."""

    model: SkinResponse = field(default_factory=ParametricSkin)
    visits: int = VISITS
    _person: int = 0
    _visit: int = 0
    _skin: Skin = field(default_factory=lambda: Skin({}, {}, {}, 1.0))
    _seen: Mapping[Condition, float] = field(default_factory=dict)
    _options: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def start(self, rng: np.random.Generator) -> Moment:
        """Draw a person and measure them."""
        self._person = int(rng.integers(len(PROFILES)))
        sensitive = PROFILES[self._person].sensitive is True
        self._skin, self._visit = self.model.start(rng, sensitive=sensitive), 0
        return self._look(rng, None)

    def step(self, option: str, rng: np.random.Generator) -> tuple[float, Moment]:
        """Let four weeks pass with an option."""
        used, before = self._options[option], self._skin
        self._skin = self.model.pass_days(before, used, VISIT_DAYS, rng)
        self._visit += 1
        gained = sum(
            weight * (before.levels[c] - self._skin.levels[c]) / 100
            for c, weight in weights().items()
            if c in before.levels
        )
        price = IRRITATED * (self._skin.irritation >= FELT) + EACH_STEP * len(used & acting())
        return gained - price, self._look(rng, self._seen)

    def _look(self, rng: np.random.Generator, before: Mapping[Condition, float] | None) -> Moment:
        """Measure the skin, ask the rules, and tell the situation."""
        self._seen = {c: _measured(c, level, rng) for c, level in self._skin.levels.items()}
        bands = tuple(_band(c, value) for c, value in self._seen.items())
        plans = _plans(self._person, bands)
        self._options = {name: plan.ingredients for name, plan in plans.items()}
        now = situation_of(plans["rules"], irritated=self._skin.irritation >= FELT)
        if before is not None and now.focus in {c.value for c in before}:
            now = situation_of(
                plans["rules"],
                _verdict(now, before, self._seen),
                irritated=now.irritated,
            )
        over = self._visit >= self.visits
        return Moment(str(now), () if over else tuple(plans))


@cache
def weights() -> Mapping[Condition, int]:
    """Return texture risk × diagnostic criticality of each condition, as the knowledge has them."""
    cards = shipped_knowledge().conditions
    return {c: card.texture_risk * card.criticality for c, card in cards.items()}


@cache
def acting() -> frozenset[str]:
    """Return the classes that act on a condition."""
    cards = shipped_knowledge().ingredients
    return frozenset(name for name, card in cards.items() if card.role is Role.TREAT)


def _measured(condition: Condition, level: float, rng: np.random.Generator) -> float:
    deviation = within_face_deviation(condition, level, MM_PER_PX)
    return float(np.clip(level + rng.normal(0, deviation), 0, 100))


def _band(condition: Condition, value: float) -> int:
    card = shipped_knowledge().conditions[condition]
    return sum(value >= edge for edge in (card.mild_from, card.moderate_from, card.severe_from))


def _verdict(
    now: Situation, before: Mapping[Condition, float], seen: Mapping[Condition, float]
) -> ChangeVerdict:
    """Return the verdict on the focus by the smallest detectable change."""
    condition = Condition(now.focus)
    deviation = within_face_deviation(condition, max(before[condition], seen[condition]), MM_PER_PX)
    difference = seen[condition] - before[condition]
    if abs(difference) <= smallest_detectable_change(deviation, deviation):
        return ChangeVerdict.NO_CHANGE_YOU_CAN_TRUST
    return ChangeVerdict.BETTER if difference < 0 else ChangeVerdict.WORSE


@cache
def _plans(person: int, bands: tuple[int, ...]) -> Mapping[str, Plan]:
    """Return the options of a person by the bands of their scores; the rules look at no more."""
    scores: dict[Condition, Score | NotMeasured] = dict.fromkeys(
        Condition, NotMeasured(NotMeasuredCode.NO_METHOD, "Not simulated.")
    )
    for condition, band in zip(ParametricSkin().usual, bands, strict=True):
        value = _BAND_SCORES[band]
        exact = Interval(value, value)
        scores[condition] = Score(value, exact, Quantity("level", value, "1"), "sim", "simulated")
    assessment = replace(sample_assessment(), scores=scores, findings=(), regions={})
    return routine_options(assessment, PROFILES[person])
