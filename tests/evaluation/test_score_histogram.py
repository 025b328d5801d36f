"""Average precision and AUC of histograms: scikit-learn as the reference, and merging."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from cutis.core.errors import InputError
from cutis.evaluation.score_histogram import ScoreHistogram

law = settings(deadline=None, max_examples=40, derandomize=True)


def sample(seed: int, size: int = 400) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.uniform(size=size) < rng.uniform(0.05, 0.6)
    truth[:2] = True, False
    return np.clip(rng.beta(0.5, 2, size) + 0.2 * truth, 0, 1), truth


@law
@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 7, 64, 1024]))
def test_equal_to_scikit_learn_on_binned_scores(seed: int, bins: int):
    scores, truth = sample(seed)
    counted = ScoreHistogram.empty(bins).update(scores, truth)
    binned = np.minimum(np.floor(scores * bins), bins - 1)
    assert counted.average_precision() == pytest.approx(average_precision_score(truth, binned))
    assert counted.auc() == pytest.approx(roc_auc_score(truth, binned))
    assert counted.prevalence == pytest.approx(truth.mean())


def test_close_to_scikit_learn_on_the_scores_themselves():
    scores, truth = sample(1, 20_000)
    counted = ScoreHistogram.empty().update(scores.astype(np.float32), truth)
    assert counted.average_precision() == pytest.approx(
        average_precision_score(truth, scores), abs=2e-3
    )
    assert counted.auc() == pytest.approx(roc_auc_score(truth, scores), abs=2e-4)


def test_shards_of_pictures_add_up_to_the_whole():
    scores, truth = sample(2)
    parts = [
        ScoreHistogram.empty().update(s.reshape(10, -1), t.reshape(10, -1))
        for s, t in zip(np.split(scores, 4), np.split(truth, 4), strict=True)
    ]
    whole = ScoreHistogram.empty().update(scores, truth)
    merged = parts[3] + parts[1] + parts[0] + parts[2]
    assert np.array_equal(merged.positive, whole.positive)
    assert np.array_equal(merged.negative, whole.negative)


def test_of_one_kind_alone_there_is_no_figure():
    only = ScoreHistogram.empty().update(np.array([0.2, 1.0]), np.array([False, False]))
    assert np.isnan(only.average_precision())
    assert np.isnan(only.auc())
    assert np.isnan(ScoreHistogram.empty().prevalence)


def test_what_does_not_fit_is_refused():
    empty = ScoreHistogram.empty()
    with pytest.raises(InputError, match="shapes"):
        empty.update(np.zeros(2), np.zeros(3, bool))
    with pytest.raises(InputError, match="within 0 and 1"):
        empty.update(np.array([1.5]), np.array([True]))
    with pytest.raises(InputError, match="within 0 and 1"):
        empty.update(np.array([np.nan]), np.array([True]))
    with pytest.raises(InputError, match="equally many bins"):
        empty + ScoreHistogram.empty(8)
