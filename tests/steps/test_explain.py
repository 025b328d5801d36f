"""Explanations: plain words with the numbers in them, for every condition."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from cutis.core.assessment import Contribution
from cutis.core.scores import Interval, NotMeasured, NotMeasuredCode, Quantity, Score
from cutis.core.vocabulary import Condition, Region
from cutis.steps.explain import LIMITS, METHODS, explain_scores, summarise, tell_contribution

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


FACE = Score(29.0, Interval(20, 40), Quantity("spots", 6.0, "n"), "acne-density-v1", "m")
SPOT = Contribution(3.1, 25.9, Region.SUBJECT_LEFT_CHEEK, 2, 4.25)


def test_a_contribution_is_told_with_its_points_and_the_score_without_it():
    assert tell_contribution(Condition.ACNE, FACE.value, SPOT) == (
        "The spot on your left cheek (4.2 mm²) gave 3 of your 29 points; "
        "without it the score would be 26."
    )


def test_a_region_is_told_where_there_are_no_findings():
    part = Contribution(8.0, 21.0, Region.NOSE, None)
    assert tell_contribution(Condition.PORES, FACE.value, part) == (
        "What is seen on the nose gave 8 of your 29 points; without it the score would be 21."
    )


def test_what_gave_most_is_told_and_kept_as_numbers():
    small = replace(SPOT, points=0.4, score_without=28.9)
    (found,) = explain_scores({Condition.ACNE: FACE}, {Condition.ACNE: (SPOT, small)})
    assert found.contributions == (SPOT, small)
    assert found.summary.count("gave") == 1, "what rounds to no point is not told"
    (hidden,) = explain_scores({Condition.ACNE: HIDDEN}, {Condition.ACNE: (SPOT,)})
    assert "gave" not in hidden.summary
