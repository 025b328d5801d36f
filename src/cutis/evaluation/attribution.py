"""Is an explanation true? Pointing game, deletion and insertion, and the randomisation test.

All functions are pure: maps and a function that tells how much of an amount is left when some
pixels are hidden go in, numbers come out.

* Pointing game: Zhang et al. 2018, doi:10.1007/s11263-017-1059-x.
* Deletion and insertion: Petsiuk, Das and Saenko 2018, arXiv:1806.07421 (RISE).
* Randomised weights must change the map: Adebayo et al. 2018, arXiv:1810.03292.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from jaxtyping import Float64

from cutis.core.arrays import Gray, Mask
from cutis.core.errors import InputError

Curve = Float64[np.ndarray, "steps"]
AmountLeft = Callable[[Mask], float]
"""How much is left of an amount when the pixels of a mask are hidden."""


def peak_of(values: Gray, within: Mask) -> tuple[int, int]:
    """Return row and column of the largest value inside ``within``.

    Raises:
        InputError: the shapes differ, or nothing is inside.
    """
    _same_shape(values, within)
    if not within.any():
        raise InputError("A map is searched within a mask; the mask is empty. Give some pixels.")
    row, col = np.unravel_index(int(np.where(within, values, -np.inf).argmax()), values.shape)
    return int(row), int(col)


def points_at(values: Gray, truth: Mask, *, within: Mask, tolerance_px: float = 0.0) -> bool:
    """Tell whether the largest value within ``within`` lies on ``truth``, or so near to it.

    A map that is nowhere positive points at nothing.
    """
    _same_shape(values, truth)
    row, col = peak_of(values, within)
    if not values[row, col] > 0 or not truth.any():
        return False
    rows, cols = np.nonzero(truth)
    return bool(np.hypot(rows - row, cols - col).min() <= tolerance_px)


def chance_of_pointing(truth: Mask, *, within: Mask, tolerance_px: float = 0.0) -> float:
    """Return the probability 0-1 that a pixel drawn at random from ``within`` passes."""
    _same_shape(truth, within)
    if not within.any() or not truth.any():
        return 0.0
    away = cv2.distanceTransform((~truth).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return float((away <= tolerance_px)[within].mean())


def deletion_curve(
    values: Gray, amount_left: AmountLeft, *, within: Mask, steps: int = 20
) -> Curve:
    """Return the amount with 0, 1/steps, … all of ``within`` hidden, the highest values first.

    Of a true map it falls fast.
    """
    order = _order(values, within)
    shares = np.linspace(0, 1, steps + 1)
    return np.array([amount_left(_first(order, share, values.shape)) for share in shares])


def insertion_curve(
    values: Gray, amount_left: AmountLeft, *, within: Mask, steps: int = 20
) -> Curve:
    """Return the amount with all but 0, 1/steps, … of ``within`` hidden, the highest shown first.

    Of a true map it rises fast.
    """
    order = _order(values, within)[::-1]
    shares = np.linspace(1, 0, steps + 1)
    return np.array([amount_left(_first(order, share, values.shape)) for share in shares])


def area_under(curve: Curve | Sequence[float], whole: float) -> float:
    """Return the mean height of a curve over its evenly spaced steps, as a share of ``whole``.

    The trapezoid rule; 0.5 for a straight fall from ``whole`` to 0.

    Raises:
        InputError: fewer than two steps, or ``whole`` is not positive.
    """
    heights = np.asarray(curve, np.float64)
    if heights.size < 2 or not whole > 0:
        raise InputError(
            f"An area needs two steps or more and a positive whole; {heights.size} steps and "
            f"{whole:g} came. Explain something that is there."
        )
    return float(((heights[1:] + heights[:-1]) / 2).mean() / whole)


def rank_correlation(first: Gray, second: Gray, *, within: Mask) -> float:
    """Return Spearman's rank correlation of two maps inside ``within``, −1 to 1.

    Equal values share their mean rank. NaN where one of the maps is even.
    """
    _same_shape(first, within)
    _same_shape(second, within)
    a, b = (mean_ranks(values[within]) for values in (first, second))
    a, b = a - a.mean(), b - b.mean()
    spread = np.sqrt((a**2).sum() * (b**2).sum())
    return float((a * b).sum() / spread) if spread > 0 else float("nan")


def mean_ranks(values: np.ndarray) -> Float64[np.ndarray, "n"]:
    """Return the ranks from 1, ties sharing their mean."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts).astype(np.float64)
    return (ends - (counts - 1) / 2)[which.ravel()]


def random_map(shape: tuple[int, int], grain_px: float, rng: np.random.Generator) -> Gray:
    """Return smooth noise with a grain of ``grain_px``: a map that knows nothing.

    Grain matters: scattered pixels hide nothing, since what is between them stays visible.
    """
    noise = rng.standard_normal(shape).astype(np.float32)
    if grain_px <= 0:
        return noise
    return np.asarray(cv2.GaussianBlur(noise, (0, 0), grain_px), np.float32)


def _order(values: Gray, within: Mask) -> np.ndarray:
    """Return the flat indices of ``within``, the highest value first; ties by place."""
    _same_shape(values, within)
    inside = np.flatnonzero(within)
    return inside[np.argsort(-values.ravel()[inside], kind="stable")]


def _first(order: np.ndarray, share: float, shape: tuple[int, ...]) -> Mask:
    hidden = np.zeros(shape, bool)
    hidden.ravel()[order[: round(float(share) * order.size)]] = True
    return hidden


def _same_shape(first: np.ndarray, second: np.ndarray) -> None:
    if first.shape != second.shape:
        raise InputError(
            f"Two maps of one size were expected; {first.shape} and {second.shape} came. "
            "Resize one of them."
        )
