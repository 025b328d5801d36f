"""Shapley values against closed forms, a brute force over orders, and the axioms."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutis.core.errors import InputError
from cutis.steps import explain_table as module
from cutis.steps.explain_table import explain_table

RNG = np.random.default_rng(0)
BACKGROUND = RNG.normal(size=(12, 4))
ROW = np.array([1.0, -2.0, 0.5, 3.0])


def bent(table: np.ndarray) -> np.ndarray:
    return table[:, 0] * table[:, 1] + np.maximum(table[:, 2], 0) - table[:, 3] ** 2


def over_all_orders(row: np.ndarray, background: np.ndarray) -> np.ndarray:
    """What each feature adds, the mean over all orders: the definition."""
    values, orders = np.zeros(row.size), list(permutations(range(row.size)))
    for order in orders:
        table, before = background.copy(), bent(background).mean()
        for feature in order:
            table[:, feature] = row[feature]
            after = bent(table).mean()
            values[feature] += after - before
            before = after
    return values / len(orders)


def test_few_features_are_exact():
    found = explain_table(bent, BACKGROUND, ROW)
    assert found.values == pytest.approx(over_all_orders(ROW, BACKGROUND), abs=1e-12)
    assert not found.error.any()


def test_of_a_line_a_feature_gives_its_weight_times_its_distance_from_the_mean():
    weights = np.array([2.0, -1.0, 0.0, 0.5])
    found = explain_table(lambda table: table @ weights, BACKGROUND, ROW)
    assert found.values == pytest.approx(weights * (ROW - BACKGROUND.mean(axis=0)))


def test_many_features_are_sampled_near_the_exact_values(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "EXACT_UP_TO", 2)
    found = explain_table(bent, BACKGROUND, ROW, orders=300)
    exact = over_all_orders(ROW, BACKGROUND)
    assert (found.error > 0).any()
    assert (np.abs(found.values - exact) <= 4 * found.error + 1e-9).all()
    again = explain_table(bent, BACKGROUND, ROW, orders=300)
    assert np.array_equal(again.values, found.values)


@given(st.integers(0, 2**31))
@settings(max_examples=20)
def test_values_add_up_to_the_change(seed: int):
    rng = np.random.default_rng(seed)
    found = explain_table(bent, rng.normal(size=(5, 4)), rng.normal(size=4))
    assert found.base + found.values.sum() == pytest.approx(found.answer)


def test_equal_features_get_equal_values_and_idle_ones_none():
    def pair(table: np.ndarray) -> np.ndarray:
        return np.tanh(table[:, 0] + table[:, 1])

    background = np.repeat(BACKGROUND[:, :1], 4, axis=1)
    found = explain_table(pair, background, np.array([1.0, 1.0, 5.0, -7.0]))
    assert found.values[0] == pytest.approx(found.values[1])
    assert found.values[2:] == pytest.approx([0, 0])


def test_what_does_not_fit_is_refused():
    with pytest.raises(InputError, match="as wide as the row"):
        explain_table(bent, BACKGROUND[:, :3], ROW)
    with pytest.raises(InputError, match="One answer per row"):
        explain_table(lambda table: table, BACKGROUND, ROW)
