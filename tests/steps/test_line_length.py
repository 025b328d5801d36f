"""The length of drawn lines, straight and bent, and pores with flat peaks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutis.core.masks import ConditionMap
from cutis.core.vocabulary import Condition
from cutis.steps.lesions import line_length_px, pore_peaks
from cutis.testing import mask

law = settings(deadline=None, max_examples=25, derandomize=True)


def stroke(path: np.ndarray, width: float) -> np.ndarray:
    """A line of ``width`` px along ``path``, with round ends."""
    shape = tuple(int(v) + 10 for v in path.max(axis=0)[::-1])
    rows, cols = np.indices(shape) + 0.5
    nearest = np.full(shape, np.inf)
    for (ax, ay), (bx, by) in zip(path[:-1].tolist(), path[1:].tolist(), strict=True):
        length = (bx - ax) ** 2 + (by - ay) ** 2
        along = np.clip(((cols - ax) * (bx - ax) + (rows - ay) * (by - ay)) / length, 0, 1)
        off_x, off_y = cols - ax - along * (bx - ax), rows - ay - along * (by - ay)
        nearest = np.minimum(nearest, np.hypot(off_x, off_y))
    return nearest <= width / 2


@law
@given(
    st.floats(40, 130), st.floats(1.5, 5), st.floats(0, 90), st.floats(0, 1), st.floats(-120, 120)
)
def test_the_length_of_a_line_is_within_five_percent(
    length: float, width: float, turn_deg: float, start: float, bend_deg: float
):
    """The round ends add π/4 of the width to the length."""
    steps = np.linspace(0, 1, 16)
    headings = np.radians(turn_deg + bend_deg * (steps[:-1] + steps[1:]) / 2)
    moves = np.stack([np.cos(headings), np.sin(headings)], axis=1) * length / len(headings)
    path = np.vstack([[0, 0], np.cumsum(moves, axis=0)])
    own = stroke(path - path.min(axis=0) + 8 + start, width)
    assert line_length_px(own) == pytest.approx(length + np.pi / 4 * width, rel=0.05)


@pytest.mark.parametrize("turn_deg", range(0, 91, 15))
def test_short_lines_are_within_ten_percent(turn_deg: float):
    turn = np.radians(turn_deg)
    path = np.array([[8.3, 8.6], [8.3 + 20 * np.cos(turn), 8.6 + 20 * np.sin(turn)]])
    assert line_length_px(stroke(path, 2.5)) == pytest.approx(22, rel=0.1)


def test_the_length_of_the_smallest_lines():
    assert line_length_px(mask("#")) == pytest.approx(1.0)
    assert line_length_px(mask("##########")) == pytest.approx(10.0)


def test_a_flat_pore_counts_once():
    """A pore so dark that its probability is 1 all over has no single highest pixel."""
    dots = np.zeros((20, 30), np.float32)
    dots[3:6, 3:6] = 1.0
    dots[10:12, 20] = 1.0
    found = ConditionMap(Condition.PORES, dots, np.ones(dots.shape, bool), "drawn")
    peaks = pore_peaks(found, mm_per_px=0.2)
    assert peaks.sum() == 2
    assert (peaks & (dots == 1)).sum() == 2
