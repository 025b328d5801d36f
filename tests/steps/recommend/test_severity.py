"""Bands of a score, and the three factors of a priority."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_assessments import NOT_MEASURED, score

from cutis.core.advice import Fact, FactKind, Severity
from cutis.core.vocabulary import Condition
from cutis.steps.recommend import shipped_knowledge
from cutis.steps.recommend.severity import (
    band_of,
    care_band,
    rank_conditions,
    severity_facts,
    up_to,
)
from cutis.steps.scoring import FORMULAS

ACNE = shipped_knowledge().conditions[Condition.ACNE]
ORDER = list(Severity)
unhurried = settings(deadline=None)


@pytest.mark.parametrize(
    ("numbers", "band"),
    [
        ((3, 0, 9.9), Severity.CLEAR),
        ((3, 0, 10), Severity.MILD),
        ((20, 15, 24), Severity.MILD),
        ((30, 24, 36), Severity.MILD),
        ((30, 25, 36), Severity.MODERATE),
        ((60, 45, 75), Severity.MODERATE),
        ((60, 50, 75), Severity.SEVERE),
        ((60, 2, 100), Severity.MILD),
    ],
)
def test_an_interval_that_reaches_into_mild_is_mild(
    numbers: tuple[float, float, float], band: Severity
):
    assert care_band(score(numbers), ACNE) is band


def test_the_bands_of_acne_are_those_of_hayashi():
    """5 and 20 inflamed spots on half a face, as the score's own formula places them."""
    anchors = dict(FORMULAS[Condition.ACNE].anchors)
    assert (ACNE.moderate_from, ACNE.severe_from) == (anchors[5.0], anchors[20.0])


@unhurried
@given(st.floats(0, 100), st.floats(0, 100), st.floats(0, 100))
def test_more_is_never_a_lower_band(a: float, b: float, c: float):
    low, value, high = sorted((a, b, c))
    assert ORDER.index(band_of(low, ACNE)) <= ORDER.index(band_of(value, ACNE))
    care = care_band(score((value, low, high)), ACNE)
    assert care in {Severity.MILD, band_of(low, ACNE)}
    assert (care is Severity.CLEAR) is (high < ACNE.mild_from)


def test_a_band_holds_all_below_it():
    assert up_to(Severity.CLEAR) == ()
    assert up_to(Severity.MODERATE) == (Severity.MILD, Severity.MODERATE)


def test_not_measured_is_neither_seen_nor_clear():
    facts = severity_facts(Condition.ACNE, NOT_MEASURED, ACNE)
    assert facts == {Fact(FactKind.NOT_JUDGED, "acne")}


def test_a_priority_is_the_product_of_its_factors():
    scores = {Condition.ACNE: score((40, 30, 50)), Condition.PORES: score((80, 70, 90))}
    acne, pores = rank_conditions(scores, frozenset(), shipped_knowledge())
    assert (acne.severity, acne.texture_risk, acne.criticality) == (0.4, 3, 2)
    assert acne.value == pytest.approx(0.4 * 3 * 2)
    assert pores.condition is Condition.PORES
    assert pores.value == pytest.approx(0.8)


def test_ranks_rise_by_one_where_marks_stay_or_a_clinician_should_look():
    knowledge = shipped_knowledge()
    red = {Condition.REDNESS: score((40, 30, 50))}
    marks = frozenset({Fact(FactKind.STATE, "marks_stay")})
    assert rank_conditions(red, marks, knowledge)[0].texture_risk == 3
    assert rank_conditions(red, frozenset(), knowledge)[0].texture_risk == 2
    acne = {Condition.ACNE: score((40, 30, 50))}
    nodules = frozenset({Fact(FactKind.FOUND, "nodule")})
    assert rank_conditions(acne, nodules, knowledge)[0].criticality == 3


@unhurried
@given(st.lists(st.floats(0, 100), min_size=10, max_size=10))
def test_priorities_lie_between_0_and_9_and_fall(values: list[float]):
    scores = {c: score((v, v, v)) for c, v in zip(Condition, values, strict=True)}
    ranked = [p.value for p in rank_conditions(scores, frozenset(), shipped_knowledge())]
    assert ranked == sorted(ranked, reverse=True)
    assert all(0 <= value <= 9 for value in ranked)
