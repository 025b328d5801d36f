"""Average precision of masks: by hand, merged, and without a truth."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cutis.evaluation.mask_ap import MaskTally, Scored


def square(left: int, side: int = 10) -> np.ndarray:
    mask = np.zeros((20, 60), bool)
    mask[5 : 5 + side, left : left + side] = True
    return mask


def test_all_found_exactly_is_one():
    tally = MaskTally()
    tally.add(
        [Scored("eye", 0.9, square(0)), Scored("eye", 0.8, square(30))],
        [("eye", square(0)), ("eye", square(30))],
    )
    assert tally.average_precision() == {"eye": pytest.approx(1.0)}


def test_a_false_alarm_before_the_hit_halves_the_precision():
    tally = MaskTally()
    tally.add([Scored("eye", 0.9, square(40)), Scored("eye", 0.5, square(0))], [("eye", square(0))])
    assert tally.mean() == pytest.approx(0.5)


def test_overlap_decides_at_how_many_thresholds_it_counts():
    tally = MaskTally()
    tally.add([Scored("brow", 0.9, square(3))], [("brow", square(0))])  # IoU 70 / 130 = 0.538
    assert tally.mean() == pytest.approx(0.1)


def test_a_truth_is_met_once():
    tally = MaskTally()
    tally.add(
        [Scored("lips", 0.9, square(0)), Scored("lips", 0.8, square(0))], [("lips", square(0))]
    )
    assert tally.mean() == pytest.approx(1.0)
    tally.add([], [("lips", square(0))])
    assert tally.mean() == pytest.approx(51 / 101, abs=0.01)


def test_a_class_without_truth_is_not_a_number():
    tally = MaskTally()
    tally.add([Scored("hat", 0.9, square(0))], [])
    assert math.isnan(tally.average_precision()["hat"])
    assert math.isnan(tally.mean())


def test_shards_add_up():
    first, second, whole = MaskTally(), MaskTally(), MaskTally()
    pictures = [
        ([Scored("eye", 0.9, square(2))], [("eye", square(0))]),
        ([Scored("eye", 0.95, square(40))], [("eye", square(0)), ("lips", square(30))]),
    ]
    for tally, (found, truth) in zip((first, second), pictures, strict=True):
        tally.add(found, truth)
        whole.add(found, truth)
    assert first.merge(second).average_precision() == whole.average_precision()
