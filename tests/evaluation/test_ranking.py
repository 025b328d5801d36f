"""Rankings: scikit-learn and scipy as references, laws, and seeded intervals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import roc_auc_score

from cutis.core.errors import InputError
from cutis.evaluation.ranking import auc, bootstrap_interval, kendall, ranks, spearman

law = settings(deadline=None, max_examples=50, derandomize=True)
few = st.lists(st.integers(-4, 4), min_size=1, max_size=30)


@law
@given(few, few)
def test_auc_is_that_of_scikit_learn(positive: list[int], negative: list[int]):
    truth = [1] * len(positive) + [0] * len(negative)
    assert auc(positive, negative) == pytest.approx(roc_auc_score(truth, positive + negative))
    assert auc(positive, negative) == pytest.approx(1 - auc(negative, positive))


@law
@given(st.lists(st.tuples(st.integers(-4, 4), st.integers(-4, 4)), min_size=2, max_size=40))
def test_correlations_are_those_of_scipy(pairs: list[tuple[int, int]]):
    a, b = (list(v) for v in zip(*pairs, strict=True))
    assert ranks(a) == pytest.approx(stats.rankdata(a))
    if len(set(a)) > 1 and len(set(b)) > 1:
        assert spearman(a, b) == pytest.approx(stats.spearmanr(a, b).statistic)
        assert kendall(a, b) == pytest.approx(stats.kendalltau(a, b).statistic)
    else:
        assert np.isnan(spearman(a, b))
        assert np.isnan(kendall(a, b))


def test_without_one_kind_there_is_no_auc():
    assert np.isnan(auc([], [1.0]))
    assert np.isnan(auc([1.0], []))


def test_an_interval_holds_the_value_is_repeatable_and_narrows_with_more_data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=400)
    y = x + rng.normal(size=400)
    interval = bootstrap_interval(spearman, (x, y), np.random.default_rng(1), paired=True)
    again = bootstrap_interval(spearman, (x, y), np.random.default_rng(1), paired=True)
    few = bootstrap_interval(spearman, (x[:40], y[:40]), np.random.default_rng(1), paired=True)
    assert interval == again
    assert interval[0] < spearman(x, y) < interval[1]
    assert interval[1] - interval[0] < few[1] - few[0]


def test_a_bootstrap_of_the_mean_has_its_standard_error():
    x = np.random.default_rng(0).normal(0, 2, 500)
    low, high = bootstrap_interval(np.mean, (x,), np.random.default_rng(1), paired=False)
    assert high - low == pytest.approx(2 * 1.96 * x.std() / 500**0.5, rel=0.1)


def test_two_groups_are_redrawn_apart():
    positive, negative = np.arange(30) + 10.0, np.arange(20) * 1.0
    low, high = bootstrap_interval(
        auc, (positive, negative), np.random.default_rng(0), paired=False, resamples=200
    )
    assert low <= auc(positive, negative) <= high


def test_nothing_gives_no_interval():
    rng = np.random.default_rng(0)
    assert np.isnan(bootstrap_interval(auc, ([], [1.0]), rng, paired=False)).all()
    assert np.isnan(bootstrap_interval(spearman, ([1, 1], [1, 2]), rng, paired=True)).all()


def test_pairs_must_be_equally_long():
    with pytest.raises(InputError, match="2, 3 values"):
        spearman([1, 2], [1, 2, 3])
