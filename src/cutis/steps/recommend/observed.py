"""The given facts: what an assessment shows and what a person states, the unknown included."""

from __future__ import annotations

from collections.abc import Iterable

from cutis.core.advice import Fact, FactKind, Profile, SunReaction
from cutis.core.assessment import Assessment, Finding, SkinTone
from cutis.core.vocabulary import ItaGroup
from cutis.steps.recommend.knowledge import Knowledge
from cutis.steps.recommend.severity import severity_facts
from cutis.steps.recommend.words import MINOR, NONE

SURE = 0.5
"""A finding counts as of its type if it is there, and of that type, with at least this."""
MARKS_STAY_TONES = frozenset({ItaGroup.TAN, ItaGroup.BROWN, ItaGroup.DARK})
"""Skin colours on which marks after inflammation are more frequent (Del Bino 2013)."""
MARKS_STAY_TYPES = frozenset({SunReaction.IV, SunReaction.V, SunReaction.VI})
"""Sun-reaction types on which they are (Fitzpatrick 1988; Davis and Callender 2010)."""

_LISTS = {
    "allergies": "allergy",
    "medicines": "medicine",
    "diagnoses": "diagnosis",
    "signs": "sign",
    "preferences": "preference",
    "unwanted": "unwanted",
}
_SINGLES = ("age", "pregnancy", "sun_reaction")


def given_facts(assessment: Assessment, profile: Profile, knowledge: Knowledge) -> frozenset[Fact]:
    """Return all facts that the rules start from."""
    facts = stated_facts(profile)
    for condition, score in assessment.scores.items():
        facts |= severity_facts(condition, score, knowledge.conditions[condition])
    facts |= {Fact(FactKind.FOUND, name) for name in _found(assessment.findings)}
    facts.add(Fact(FactKind.TONE, "marks_stay", _marks_stay(assessment, profile)))
    return frozenset(facts)


def stated_facts(profile: Profile) -> set[Fact]:
    """Return what a person states; an empty list states that there is none."""
    facts = {Fact(FactKind.UNKNOWN, name) for name in profile.not_stated}
    for field in _SINGLES:
        if (value := getattr(profile, field)) is not None:
            facts.add(Fact(FactKind.STATED, field, value.value))
    if profile.is_minor:
        facts.add(Fact(FactKind.STATED, "age", MINOR))
    if profile.sensitive is not None:
        facts.add(Fact(FactKind.STATED, "sensitive", "yes" if profile.sensitive else "no"))
    for field, subject in _LISTS.items():
        values = getattr(profile, field)
        if values is not None:
            named = [str(value) for value in values] or [NONE]
            facts |= {Fact(FactKind.STATED, subject, value) for value in named}
    return facts


def _found(findings: Iterable[Finding]) -> set[str]:
    """Return the types of findings that a classifier is sure of."""
    return {
        finding.type.value
        for finding in findings
        if min(finding.probability, finding.type_probability or 0.0) >= SURE
    }


def _marks_stay(assessment: Assessment, profile: Profile) -> str:
    """Tell whether marks after inflammation are more frequent: by either of tone and statement."""
    tone, told = assessment.tone, profile.sun_reaction
    seen = isinstance(tone, SkinTone)
    if told in MARKS_STAY_TYPES:
        return "raised"
    if isinstance(tone, SkinTone) and tone.colour.ita_group in MARKS_STAY_TONES:
        return "raised"
    return "usual" if seen or told is not None else "unknown"
