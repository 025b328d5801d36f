"""Whether probabilities mean what they say: reliability, expected calibration error, Brier score.

The table holds sums per bin of probability, so shards add up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64
from numpy.typing import ArrayLike

from cutis.core.errors import InputError


@dataclass(frozen=True, slots=True, eq=False)
class ReliabilityTable:
    """Sums over cases in equal bins of predicted probability.

    ``count`` is how many cases a bin holds, ``probability`` the sum of what was predicted for them,
    ``events`` how many came true; ``squared_error`` is the sum of ``(p - y)²`` over all bins.
    """

    count: Int64[np.ndarray, "bins"]
    probability: Float64[np.ndarray, "bins"]
    events: Int64[np.ndarray, "bins"]
    squared_error: float

    @classmethod
    def empty(cls, bins: int = 15) -> ReliabilityTable:
        """Return a table of ``bins`` bins in which nothing is counted yet."""
        return cls(np.zeros(bins, np.int64), np.zeros(bins), np.zeros(bins, np.int64), 0.0)

    def update(self, probability: ArrayLike, truth: ArrayLike) -> ReliabilityTable:
        """Return the table with more cases counted.

        Args:
            probability: predicted probabilities 0–1, of any shape.
            truth: whether each came true, of the same shape.

        Raises:
            InputError: the shapes differ, or a probability is not within 0–1.
        """
        p = np.asarray(probability, np.float64)
        y = np.asarray(truth, bool)
        if p.shape != y.shape:
            raise InputError(f"Every probability needs a truth; shapes are {p.shape}, {y.shape}.")
        if p.size and not (p.min() >= 0 and p.max() <= 1):
            raise InputError("Probabilities must be within 0 and 1.")
        p, y = p.ravel(), y.ravel()
        bins = len(self.count)
        at = np.minimum((p * bins).astype(np.int64), bins - 1)
        return self + ReliabilityTable(
            np.bincount(at, minlength=bins).astype(np.int64),
            np.bincount(at, p, bins),
            np.bincount(at[y], minlength=bins).astype(np.int64),
            float(np.square(p - y).sum()),
        )

    def __add__(self, other: ReliabilityTable) -> ReliabilityTable:
        if len(self.count) != len(other.count):
            raise InputError(
                f"Tables of equally many bins can be added; these have {len(self.count)} and "
                f"{len(other.count)}."
            )
        return ReliabilityTable(
            self.count + other.count,
            self.probability + other.probability,
            self.events + other.events,
            self.squared_error + other.squared_error,
        )

    def mean_probability(self) -> Float64[np.ndarray, "bins"]:
        """Return what was predicted per bin on average, 0–1; NaN where the bin is empty."""
        return _ratio(self.probability, self.count)

    def observed(self) -> Float64[np.ndarray, "bins"]:
        """Return the share that came true per bin, 0–1; NaN where the bin is empty."""
        return _ratio(self.events, self.count)

    def expected_calibration_error(self) -> float:
        """Return ``Σ nᵦ/n |observedᵦ - predictedᵦ|``, 0–1 (Naeini 2015); NaN of nothing."""
        total = int(self.count.sum())
        if not total:
            return float("nan")
        return float(np.abs(self.events - self.probability).sum() / total)

    def brier(self) -> float:
        """Return the mean of ``(p - y)²``, 0–1; NaN of nothing.

        Brier 1950, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.
        """
        total = int(self.count.sum())
        return self.squared_error / total if total else float("nan")


def _ratio(
    part: Float64[np.ndarray, "n"] | Int64[np.ndarray, "n"], whole: Int64[np.ndarray, "n"]
) -> Float64[np.ndarray, "n"]:
    result = np.full(len(whole), np.nan)
    np.divide(part, whole, out=result, where=whole > 0)
    return result
