"""Explanations: plain words with the numbers in them, for every condition."""

from __future__ import annotations

import re

import pytest

from cutis.core.scores import Interval, NotMeasured, NotMeasuredCode, Quantity, Score
from cutis.core.vocabulary import Condition
from cutis.steps.explain import LIMITS, METHODS, explain_scores, summarise

SHAMING = re.compile(
    r"\b(bad|ugly|poor|flaw\w*|imperfect\w*|problem skin|unfortunately)\b", re.IGNORECASE
)
SCORE = Score(
    52.4, Interval(45.2, 60.7), Quantity("roughness", 3.14159, "%"), "texture-v1", "classical"
)
HIDDEN = NotMeasured(NotMeasuredCode.TOO_COARSE, "Pores are finer than this photo shows.")


def test_a_summary_holds_the_value_the_score_and_its_interval():
    assert summarise(SCORE) == (
        "Roughness: 3.14 %, which is 52 of 100 (between 45 and 61 with 95 % confidence)."
    )


def test_a_plain_number_has_no_unit():
    score = Score(10, Interval(5, 15), Quantity("shiny share", 0.25, "1"), "f", "m")
    assert summarise(score).startswith("Shiny share: 0.25, which is 10 of 100")


def test_what_was_not_measured_says_why():
    assert summarise(HIDDEN) == "Not measured: Pores are finer than this photo shows."


def test_every_score_is_explained_in_its_order():
    scores = {Condition.PORES: HIDDEN, Condition.TEXTURE: SCORE}
    found = explain_scores(scores)
    assert [e.condition for e in found] == list(scores)
    assert [e.summary for e in found] == [summarise(s) for s in scores.values()]
    assert [(e.method, e.limits) for e in found] == [(METHODS[c], LIMITS[c]) for c in scores]
    assert explain_scores({}) == ()


@pytest.mark.parametrize("condition", Condition, ids=lambda c: c.value)
def test_every_condition_has_a_method_and_limits(condition: Condition):
    for text in (METHODS[condition], LIMITS[condition]):
        assert text[0].isupper()
        assert text.endswith(".")
        assert not SHAMING.search(text)
