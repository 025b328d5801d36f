"""Bands of a score, and the priority of a condition."""

from __future__ import annotations

from collections.abc import Mapping

from cutis.core.advice import Fact, FactKind, Priority, Severity
from cutis.core.scores import NotMeasured, Score
from cutis.core.vocabulary import Condition, LesionType
from cutis.steps.recommend.knowledge import ConditionCard, Knowledge

MAX_RANK = 3
_BANDS = (Severity.MILD, Severity.MODERATE, Severity.SEVERE)


def band_of(value: float, card: ConditionCard) -> Severity:
    """Return the band that a score of ``value`` (0–100) lies in."""
    if value >= card.severe_from:
        return Severity.SEVERE
    if value >= card.moderate_from:
        return Severity.MODERATE
    return Severity.MILD if value >= card.mild_from else Severity.CLEAR


def care_band(score: Score, card: ConditionCard) -> Severity:
    """Return the band that care is chosen by.

    An interval that reaches into mild is mild, from below and from above; above that, care rests
    on the end of the interval that is sure.
    """
    if score.interval.high < card.mild_from:
        return Severity.CLEAR
    sure = band_of(min(score.interval.low, score.value), card)
    return Severity.MILD if sure is Severity.CLEAR else sure


def up_to(band: Severity) -> tuple[Severity, ...]:
    """Return mild and all above it up to ``band``; none for clear."""
    return _BANDS[: list(Severity).index(band)]


def severity_facts(
    condition: Condition, score: Score | NotMeasured, card: ConditionCard
) -> set[Fact]:
    """Return what a score says as facts; what was not measured is neither seen nor clear."""
    name = condition.value
    if isinstance(score, NotMeasured):
        return {Fact(FactKind.NOT_JUDGED, name)}
    care, likely = care_band(score, card), band_of(score.value, card)
    facts = {Fact(FactKind.SEEN, name, band.value) for band in up_to(care)}
    facts |= {Fact(FactKind.LIKELY, name, band.value) for band in up_to(likely)}
    return facts or {Fact(FactKind.CLEAR, name)}


def rank_conditions(
    scores: Mapping[Condition, Score | NotMeasured], facts: frozenset[Fact], knowledge: Knowledge
) -> tuple[Priority, ...]:
    """Return the priority of every measured condition, the highest first; equals by name."""
    ranked = [
        _priority(condition, score, knowledge.conditions[condition], facts)
        for condition, score in scores.items()
        if isinstance(score, Score)
    ]
    return tuple(sorted(ranked, key=lambda p: (-p.value, p.condition.value)))


def _priority(
    condition: Condition, score: Score, card: ConditionCard, facts: frozenset[Fact]
) -> Priority:
    """Multiply severity by the two ranks; a rank rises by one for what is known of the person."""
    texture, why = card.texture_risk, [card.why_texture]
    if card.inflames and Fact(FactKind.STATE, "marks_stay") in facts and texture < MAX_RANK:
        texture += 1
        why.append("On this skin inflammation leaves marks more often.")
    criticality = card.criticality
    why.append(card.why_criticality)
    if _needs_a_look(condition, facts) and criticality < MAX_RANK:
        criticality += 1
        why.append("What is stated or found asks for a clinician's eye.")
    severity = score.value / 100
    return Priority(
        condition=condition,
        band=care_band(score, card),
        severity=severity,
        texture_risk=texture,
        criticality=criticality,
        value=severity * texture * criticality,
        because=" ".join(why),
    )


def _needs_a_look(condition: Condition, facts: frozenset[Fact]) -> bool:
    nodules = Fact(FactKind.FOUND, LesionType.NODULE.value) in facts
    lumps = Fact(FactKind.STATED, "sign", "deep_lumps") in facts
    scars = Fact(FactKind.STATED, "sign", "new_scars") in facts
    return (condition is Condition.ACNE and (nodules or lumps or scars)) or (
        condition is Condition.SCARRING and scars
    )
