"""Outlines of masks that are met, missed by a little, and missed."""

from __future__ import annotations

import numpy as np
import pytest

from cutis.core.errors import InputError
from cutis.evaluation.boundary import boundary_f1


def _square(shift: int = 0) -> np.ndarray:
    mask = np.zeros((60, 60), bool)
    mask[15 + shift : 45 + shift, 15:45] = True
    return mask


def test_an_equal_outline_is_met_and_a_shifted_one_within_the_tolerance():
    assert boundary_f1(_square(), _square(), 1) == 1.0
    assert boundary_f1(_square(2), _square(), 2.5) == pytest.approx(1.0)
    # of the 116 pixels of an outline, the 60 of the two sides that moved are off by 4
    assert 0.4 < boundary_f1(_square(4), _square(), 1.5) < 0.6


def test_nothing_agrees_with_nothing_only():
    empty = np.zeros((60, 60), bool)
    assert boundary_f1(empty, empty, 1) == 1.0
    assert boundary_f1(empty, _square(), 1) == 0.0
    assert boundary_f1(_square(), empty, 1) == 0.0


def test_masks_of_two_pictures_are_refused():
    with pytest.raises(InputError, match="one shape"):
        boundary_f1(np.zeros((4, 4), bool), np.zeros((4, 5), bool), 1)
