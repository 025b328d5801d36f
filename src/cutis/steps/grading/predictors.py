"""Trees, kernels and small networks as plain arrays, evaluated by numpy alone.

What scikit-learn fits is written out as arrays (`cutis.training.grader_export`) and evaluated here,
so that assessing needs neither scikit-learn nor pickle. Each form gives scores; a softmax of scores
divided by a temperature makes probabilities of them (Guo et al. 2017, arXiv:1706.04599).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from jaxtyping import Float32, Float64
from numpy.typing import NDArray

from cutis.core.errors import ModelError

Matrix = Float32[np.ndarray, "n columns"]
Scores = Float64[np.ndarray, "n classes"]
Arrays = Mapping[str, NDArray[np.generic]]
_LEAST = 1e-6
_TREES = "feature threshold left right missing_left value roots base".split()


class Form(Protocol):
    """Something that gives scores for rows."""

    def scores(self, rows: Matrix) -> Scores:
        """Return one score per row and class."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Trees:
    """Binary decision trees; nodes of all trees lie one after the other.

    At a node a row goes left if its ``feature`` is at most ``threshold``, or, where that is NaN, if
    ``missing_left``. A leaf has ``left`` -1 and a ``value`` per class. ``roots`` are the first
    nodes. Values are added to ``base``; with ``averaged`` the mean is taken, and its logarithm is
    the score.
    """

    feature: NDArray[np.int16]
    threshold: NDArray[np.float32]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    missing_left: NDArray[np.bool_]
    value: NDArray[np.float32]
    roots: NDArray[np.int32]
    base: NDArray[np.float64]
    averaged: bool

    def scores(self, rows: Matrix) -> Scores:
        """Return sums of leaf values, or the logarithm of their mean."""
        at = np.broadcast_to(self.roots, (len(rows), len(self.roots))).copy()
        index = np.arange(len(rows))[:, None]
        while True:
            inner = self.left[at] >= 0
            if not inner.any():
                break
            values = rows[index, self.feature[at]]
            goes_left = np.where(
                np.isnan(values), self.missing_left[at], values <= self.threshold[at]
            )
            at = np.where(inner, np.where(goes_left, self.left[at], self.right[at]), at)
        total = self.value[at].astype(np.float64).sum(axis=1)
        if self.averaged:
            return np.log(np.maximum(total / len(self.roots), _LEAST))
        return total + self.base


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """Rows without gaps: what is missing is the median, and a flag says so; then mean 0, spread 1.

    ``flagged`` are the columns that have a flag.
    """

    median: NDArray[np.float32]
    mean: NDArray[np.float32]
    spread: NDArray[np.float32]
    flagged: NDArray[np.int16]

    @classmethod
    def fit(cls, rows: Matrix) -> Scaling:
        """Return the scaling of some rows; a column that is always missing counts as 0."""
        missing = np.isnan(rows)
        known = np.where(missing.all(axis=0), np.float32(0), rows)
        median = np.nanmedian(known, axis=0).astype(np.float32)
        filled = np.where(missing, median, rows)
        spread = np.maximum(filled.std(axis=0), 1e-6).astype(np.float32)
        flagged = np.flatnonzero(missing.any(axis=0)).astype(np.int16)
        return cls(median, filled.mean(axis=0).astype(np.float32), spread, flagged)

    def apply(self, rows: Matrix) -> Float64[np.ndarray, "n wider"]:
        """Return scaled rows with their flags behind them, all within ±8."""
        missing = np.isnan(rows)
        filled = np.where(missing, self.median, rows).astype(np.float64)
        scaled = np.clip((filled - self.mean) / self.spread, -8, 8)
        return np.concatenate([scaled, missing[:, self.flagged].astype(np.float64)], axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class Layers:
    """A multilayer perceptron with rectified units."""

    scaling: Scaling
    weights: tuple[NDArray[np.float32], ...]
    biases: tuple[NDArray[np.float32], ...]

    def scores(self, rows: Matrix) -> Scores:
        """Return the logits."""
        values = self.scaling.apply(rows)
        last = len(self.weights) - 1
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            values = values @ weight.astype(np.float64) + bias
            values = values if i == last else np.maximum(values, 0)
        return values


@dataclass(frozen=True, slots=True, eq=False)
class Kernels:
    """One support vector machine per class, with Gaussian kernels on common support vectors."""

    scaling: Scaling
    vectors: NDArray[np.float32]
    weights: NDArray[np.float32]
    offsets: NDArray[np.float64]
    gamma: float

    def scores(self, rows: Matrix) -> Scores:
        """Return the decision value of each class against the rest."""
        x, v = self.scaling.apply(rows), self.vectors.astype(np.float64)
        squared = (x**2).sum(1)[:, None] + (v**2).sum(1)[None] - 2 * x @ v.T
        near = np.exp(-self.gamma * np.maximum(squared, 0))
        return np.asarray(near @ self.weights.astype(np.float64).T + self.offsets)


@dataclass(frozen=True, slots=True, eq=False)
class Predictor:
    """A form with its temperature: calibrated probabilities."""

    form: Form
    temperature: float

    def predict(self, rows: Matrix) -> Float64[np.ndarray, "n classes"]:
        """Return one probability per row and class; each row sums to 1."""
        return softmax(self.form.scores(rows) / self.temperature)


def softmax(scores: Scores) -> Scores:
    """Return probabilities in proportion to ``exp(scores)``."""
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def to_arrays(form: Form) -> dict[str, NDArray[np.generic]]:
    """Return a form as named arrays, as they lie in a file."""
    if isinstance(form, Trees):
        return {n: getattr(form, n) for n in _TREES} | {"averaged": np.array(form.averaged)}
    if isinstance(form, Layers | Kernels):
        names = "median mean spread flagged".split()
        arrays = {n: getattr(form.scaling, n) for n in names}
        if isinstance(form, Kernels):
            own = {n: getattr(form, n) for n in "vectors weights offsets".split()}
            return arrays | own | {"gamma": np.array(form.gamma)}
        for i, (weight, bias) in enumerate(zip(form.weights, form.biases, strict=True)):
            arrays |= {f"weight{i}": weight, f"bias{i}": bias}
        return arrays
    raise ModelError(f"Trees, Layers or Kernels were expected; {type(form).__name__} came.")


def from_arrays(arrays: Arrays) -> Form:
    """Return the form that named arrays hold.

    Raises:
        ModelError: an array is missing.
    """
    a: Mapping[str, Any] = arrays
    try:
        if "roots" in a:
            return Trees(**{n: a[n] for n in _TREES}, averaged=bool(a["averaged"]))
        scaling = Scaling(a["median"], a["mean"], a["spread"], a["flagged"])
        if "vectors" in a:
            return Kernels(scaling, a["vectors"], a["weights"], a["offsets"], float(a["gamma"]))
        depth = sum(name.startswith("weight") for name in a)
        weights = tuple(a[f"weight{i}"] for i in range(depth))
        return Layers(scaling, weights, tuple(a[f"bias{i}"] for i in range(depth)))
    except KeyError as error:
        raise ModelError(
            f"The grader lacks the array {error}. Take the weights that belong to this version."
        ) from error
