"""Shapley values of a table: how much each feature moved a grader's answer for one row.

The value of a set of features is the mean answer with these features as in the row and the others
as in each row of a background (interventional SHAP: Lundberg and Lee 2017, arXiv:1705.07874;
Janzing et al. 2020, arXiv:1910.13413). Few features are counted out exactly; many are sampled in
random orders and their reverses (Castro et al. 2009, doi:10.1016/j.cor.2008.04.004).
The grader is a plain function, so that any family fits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import factorial

import numpy as np
from jaxtyping import Bool, Float64

from cutis.core.errors import InputError

Table = Float64[np.ndarray, "rows features"]
Predict = Callable[[Table], Float64[np.ndarray, "rows"]]

EXACT_UP_TO = 10
"""More features than this are sampled: their sets double with each."""


@dataclass(frozen=True, slots=True, eq=False)
class TableExplanation:
    """What moved an answer: ``base`` is the background's mean answer, ``answer`` the row's.

    ``values`` has one number per feature, in the answer's unit; they add up to ``answer − base``.
    ``error`` is the standard error of each value, 0 where they were counted out.
    """

    base: float
    answer: float
    values: Float64[np.ndarray, "features"]
    error: Float64[np.ndarray, "features"]


def explain_table(
    predict: Predict,
    background: Table,
    row: Float64[np.ndarray, "features"],
    *,
    orders: int = 200,
    seed: int = 0,
) -> TableExplanation:
    """Return the Shapley values of a row.

    Args:
        predict: answers of a table's rows, such as the probability of a grade.
        background: rows that stand for not knowing a feature, such as 50 of the training set.
        row: what is explained.
        orders: random orders for many features; each is walked both ways.
        seed: of the orders.

    Raises:
        InputError: no background, a row of another width, or an answer that is not one per row.
    """
    background, row = np.asarray(background, np.float64), np.asarray(row, np.float64)
    if background.ndim != 2 or not len(background) or background.shape[1:] != row.shape:
        raise InputError(
            f"A background of rows as wide as the row ({row.size}) was expected; "
            f"{background.shape} came. Give some rows of the training set."
        )

    def worth(known: Bool[np.ndarray, "features"]) -> float:
        answers = np.asarray(predict(np.where(known, row, background)), np.float64)
        if answers.shape != (len(background),):
            raise InputError(
                f"One answer per row was expected ({len(background)}); {answers.shape} came. "
                "Explain one grade at a time."
            )
        return float(answers.mean())

    if row.size <= EXACT_UP_TO:
        values, error = _exact(worth, row.size), np.zeros(row.size)
    else:
        values, error = _sampled(worth, row.size, orders, np.random.default_rng(seed))
    base, answer = worth(np.zeros(row.size, bool)), worth(np.ones(row.size, bool))
    return TableExplanation(base, answer, values, error)


_Worth = Callable[[Bool[np.ndarray, "features"]], float]


def _exact(worth: _Worth, count: int) -> Float64[np.ndarray, "features"]:
    """Return the values by the formula of Shapley 1953, over all sets of features."""
    bits = 1 << np.arange(count)
    worths = [worth((number & bits) > 0) for number in range(1 << count)]
    values = np.zeros(count)
    for number, value in enumerate(worths):
        size = int(number).bit_count()
        for feature in range(count):
            if not number & bits[feature]:
                weight = factorial(size) * factorial(count - size - 1) / factorial(count)
                values[feature] += weight * (worths[number | int(bits[feature])] - value)
    return values


def _sampled(
    worth: _Worth, count: int, orders: int, rng: np.random.Generator
) -> tuple[Float64[np.ndarray, "features"], Float64[np.ndarray, "features"]]:
    """Return the mean over random orders walked both ways, and its standard error."""
    rows = []
    for _ in range(orders):
        order = rng.permutation(count)
        rows.append((_walked(worth, order) + _walked(worth, order[::-1])) / 2)
    walks = np.array(rows)
    return walks.mean(axis=0), walks.std(axis=0, ddof=1) / np.sqrt(orders)


def _walked(worth: _Worth, order: np.ndarray) -> Float64[np.ndarray, "features"]:
    """Return what each feature adds when features become known one after another."""
    known = np.zeros(order.size, bool)
    gained, before = np.zeros(order.size), worth(known)
    for feature in order:
        known[feature] = True
        after = worth(known)
        gained[feature], before = after - before, after
    return gained
