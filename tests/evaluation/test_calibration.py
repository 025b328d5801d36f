"""Reliability: drawn cases, scikit-learn as the reference, and merging."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from cutis.core.errors import InputError
from cutis.evaluation.calibration import ReliabilityTable


def sample(size: int = 3000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    p = rng.beta(0.6, 0.9, size)
    return p, rng.uniform(size=size) < p**1.5


def test_equal_to_scikit_learn():
    p, y = sample()
    table = ReliabilityTable.empty(10).update(p, y)
    observed, predicted = calibration_curve(y, p, n_bins=10)
    assert table.observed() == pytest.approx(observed)
    assert table.mean_probability() == pytest.approx(predicted)
    assert table.brier() == pytest.approx(brier_score_loss(y, p))
    expected = np.sum(table.count / len(p) * np.abs(observed - predicted))
    assert table.expected_calibration_error() == pytest.approx(expected)


def test_the_error_is_that_of_a_constant_that_is_wrong():
    table = ReliabilityTable.empty().update(np.full(100, 0.8), np.arange(100) < 30)
    assert table.expected_calibration_error() == pytest.approx(0.5)


def test_shards_add_up_to_the_whole():
    p, y = sample()
    first, second = (
        ReliabilityTable.empty().update(p[s], y[s]) for s in (slice(900), slice(900, None))
    )
    whole, merged = ReliabilityTable.empty().update(p, y), second + first
    assert merged.events.tolist() == whole.events.tolist()
    assert merged.probability == pytest.approx(whole.probability)
    assert merged.brier() == pytest.approx(whole.brier())


def test_an_empty_bin_has_no_rate_and_an_empty_table_no_error():
    table = ReliabilityTable.empty(2).update([1.0], [True])
    assert np.isnan(table.observed()[0])
    assert table.observed()[1] == 1
    assert np.isnan(ReliabilityTable.empty().brier())
    assert np.isnan(ReliabilityTable.empty().expected_calibration_error())


def test_what_does_not_fit_is_refused():
    empty = ReliabilityTable.empty()
    with pytest.raises(InputError, match="shapes"):
        empty.update([0.5], [True, False])
    with pytest.raises(InputError, match="within 0 and 1"):
        empty.update([-0.1], [True])
    with pytest.raises(InputError, match="equally many bins"):
        empty + ReliabilityTable.empty(3)
