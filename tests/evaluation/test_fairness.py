"""Rates by group, and tone thirds."""

from __future__ import annotations

import numpy as np
import pytest

from cutis.core.errors import InputError
from cutis.evaluation.fairness import GroupTally, tone_thirds


def counted(rows: list[tuple[str, float]]) -> GroupTally[str]:
    tally: GroupTally[str] = GroupTally()
    for group, value in rows:
        tally = tally.update(group, value)
    return tally


def test_rates_and_their_ratio():
    tally = counted([("light", 1), ("light", 0), ("dark", 3), ("dark", 1)])
    assert tally.rates() == {"light": 0.5, "dark": 2.0}
    assert tally.highest_over_lowest() == 4
    assert tally.largest_gap() == 1.5


def test_shards_add_up_to_the_whole():
    rows = [("light", 1.0), ("dark", 3.0), ("middle", 2.0), ("dark", 0.0)]
    whole, merged = counted(rows), counted(rows[2:]) + counted(rows[:2])
    assert merged.rates() == whole.rates()
    assert merged.counts == whole.counts


def test_ratios_at_the_ends():
    assert counted([("a", 0), ("b", 0)]).highest_over_lowest() == 1
    assert counted([("a", 0), ("b", 1)]).highest_over_lowest() == float("inf")
    assert np.isnan(counted([]).highest_over_lowest())
    assert np.isnan(counted([("a", -1)]).highest_over_lowest())
    assert np.isnan(counted([]).largest_gap())
    with pytest.raises(InputError, match="finite"):
        counted([("a", float("nan"))])


def test_thirds_are_equally_large_and_go_from_light_to_dark():
    assert tone_thirds([10, 50, -20, 30, 40, 0, -50]) == [
        "middle",
        "lightest",
        "darkest",
        "lightest",
        "lightest",
        "middle",
        "darkest",
    ]
    assert tone_thirds([]) == []
