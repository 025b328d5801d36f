"""Overlap from counts: drawn cases, laws, and scikit-learn as the reference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import f1_score, jaccard_score

from cutis.core.errors import InputError
from cutis.evaluation.overlap import OverlapTally
from cutis.testing import mask

law = settings(deadline=None, max_examples=40, derandomize=True)
pictures = hnp.arrays(np.bool_, (3, 6, 7))


def test_a_drawn_case_is_counted():
    predicted = mask("""
        .##.
        .##.
    """)
    true = mask("""
        ..##
        ..##
    """)
    tally = OverlapTally.empty(1).update(0, predicted, true)
    assert tally.iou() == pytest.approx([2 / 6])
    assert tally.dice() == pytest.approx([4 / 8])


def test_pixels_that_are_not_valid_do_not_count():
    predicted, true = mask("##.."), mask("#..#")
    tally = OverlapTally.empty(1).update(0, predicted, true, mask("###."))
    assert tally.iou() == pytest.approx([1 / 2])


def test_a_class_that_is_nowhere_has_no_overlap_and_does_not_enter_the_mean():
    tally = (
        OverlapTally.empty(3).update(0, mask("##"), mask("##")).update(2, mask("#."), mask("##"))
    )
    assert np.isnan(tally.iou()[1])
    assert tally.mean_iou() == pytest.approx(0.75)
    assert tally.mean_iou(background=0) == pytest.approx(0.5)
    assert tally.mean_dice(background=0) == pytest.approx(2 / 3)
    assert np.isnan(OverlapTally.empty(2).mean_iou())


@law
@given(pictures, pictures)
def test_equal_to_scikit_learn(predicted: np.ndarray, true: np.ndarray):
    tally = OverlapTally.empty(1)
    for p, t in zip(predicted, true, strict=True):
        tally = tally.update(0, p, t)
    if predicted.any() or true.any():
        assert tally.iou()[0] == pytest.approx(jaccard_score(true.ravel(), predicted.ravel()))
        assert tally.dice()[0] == pytest.approx(f1_score(true.ravel(), predicted.ravel()))


@law
@given(pictures, pictures, st.integers(0, 3))
def test_shards_add_up_to_the_whole(predicted: np.ndarray, true: np.ndarray, cut: int):
    shards = [OverlapTally.empty(2), OverlapTally.empty(2)]
    whole = OverlapTally.empty(2)
    for number, (p, t) in enumerate(zip(predicted, true, strict=True)):
        whole = whole.update(1, p, t)
        shards[number >= cut] = shards[number >= cut].update(1, p, t)
    assert np.array_equal((shards[0] + shards[1]).iou(), whole.iou(), equal_nan=True)
    assert np.array_equal((shards[1] + shards[0]).true, whole.true)


def test_what_does_not_fit_is_refused():
    tally = OverlapTally.empty(2)
    with pytest.raises(InputError, match="0 to 1; it is 2"):
        tally.update(2, mask("#"), mask("#"))
    with pytest.raises(InputError, match="one shape"):
        tally.update(0, mask("#"), mask("##"))
    with pytest.raises(InputError, match="one shape"):
        tally.update(0, mask("##"), mask("##"), mask("#"))
    with pytest.raises(InputError, match="2 and 3"):
        tally + OverlapTally.empty(3)
