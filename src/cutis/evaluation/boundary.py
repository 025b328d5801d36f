"""How well the outline of a mask is met."""

from __future__ import annotations

import numpy as np

from cutis.core.arrays import Mask
from cutis.core.errors import InputError
from cutis.imaging.filters import grow, shrink


def boundary_f1(predicted: Mask, true: Mask, tolerance_px: float) -> float:
    """Return the F1 of two outlines, 0–1 (Csurka et al. 2013, doi:10.5244/C.27.32).

    A pixel of one outline counts as met if the other comes within ``tolerance_px``. Two masks
    without an outline agree: 1.

    Raises:
        InputError: the masks differ in shape.
    """
    if predicted.shape != true.shape:
        raise InputError(
            f"Masks of one picture have one shape; these have {predicted.shape} and {true.shape}."
        )
    mine, wanted = _outline(predicted), _outline(true)
    if not mine.any() or not wanted.any():
        return float(mine.any() == wanted.any())
    precision = _share(mine, grow(wanted, tolerance_px))
    recall = _share(wanted, grow(mine, tolerance_px))
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _outline(mask: Mask) -> Mask:
    outline: Mask = mask & ~shrink(mask, 1)
    return outline


def _share(outline: Mask, near: Mask) -> float:
    return float(np.count_nonzero(outline & near) / np.count_nonzero(outline))
