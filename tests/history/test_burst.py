"""Shots of one moment become one visit: the median, and the spread of the shots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from statistics import median

import pytest
from drawn_visits import HIDDEN, assessment_of, score, values
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import median_abs_deviation

from cutis.core.errors import InputError
from cutis.core.scores import Score
from cutis.core.vocabulary import Condition, Region
from cutis.history import Visit, combine_shots, compare
from cutis.testing import sample_assessment

REDNESS = Condition.REDNESS


@settings(deadline=None)
@given(values)
def test_a_burst_of_one_is_that_one(scores: Mapping[Condition, float]):
    alone = assessment_of(scores, regions=True)
    assert combine_shots([alone]) == Visit(alone)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(0, 100), min_size=2, max_size=9))
def test_median_and_spread(scores: list[float]):
    shots = [assessment_of({REDNESS: value}, regions=True) for value in scores]
    visit = combine_shots(shots)
    made = visit.assessment.scores[REDNESS]
    expected = pytest.approx(median_abs_deviation(scores, scale=0.67449), abs=1e-2)
    assert isinstance(made, Score)
    assert made.value == pytest.approx(median(scores))
    assert made.raw.value == pytest.approx(median(scores))
    assert visit.shots == len(scores)
    assert visit.spread[None, REDNESS] == expected
    assert visit.spread[Region.CHIN, REDNESS] == expected
    assert made.interval.low <= made.value <= made.interval.high


@given(st.permutations([10.0, 20.0, 30.0, 70.0]))
def test_the_order_of_shots_does_not_matter(order: list[float]):
    made = combine_shots([assessment_of({REDNESS: value}) for value in order])
    assert made.assessment.scores[REDNESS].value == 25.0


def test_equal_shots_have_no_spread_and_change_nothing():
    same = assessment_of({REDNESS: 40.0})
    burst = combine_shots([same] * 4)
    assert set(burst.spread.values()) == {0.0}
    assert compare(burst, same).conditions == compare(same, same).conditions


def test_refused_shots_are_left_out():
    good, refused = assessment_of({REDNESS: 40.0}), sample_assessment(refused=True)
    assert combine_shots([refused, good, refused]) == Visit(good)
    assert combine_shots([refused, refused]) == Visit(refused)


def test_what_most_shots_lack_is_not_measured():
    has, lacks = assessment_of({REDNESS: 40.0}), assessment_of({Condition.ACNE: 10.0})
    assert combine_shots([has, lacks]).assessment.scores[REDNESS] == HIDDEN
    assert combine_shots([has, has, lacks]).assessment.scores[REDNESS].value == 40.0


def test_shots_by_another_method_do_not_mix():
    learned = replace(
        assessment_of({}), scores=dict.fromkeys(Condition, score(90.0, "learned:conditions 1"))
    )
    usual = assessment_of({REDNESS: 40.0})
    made = combine_shots([usual, learned, usual]).assessment.scores[REDNESS]
    assert (made.value, made.method) == (40.0, "classical")


def test_the_interval_is_as_wide_as_the_spread():
    made = combine_shots([assessment_of({REDNESS: v}) for v in (30.0, 40.0, 50.0)])
    score_made = made.assessment.scores[REDNESS]
    half = 1.96 * made.spread[None, REDNESS]
    assert score_made.interval.high - score_made.value == pytest.approx(half)


def test_no_shot_is_an_error():
    with pytest.raises(InputError, match="at least one"):
        combine_shots([])
