"""Average precision and area under the ROC curve from histograms of scores.

Pixels are too many to keep, but two histograms of their scores are enough, and histograms add up.
Scores of one bin count as ties, so the figures are those of the binned scores, exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int64

from cutis.core.errors import InputError

BINS = 4096


@dataclass(frozen=True, slots=True, eq=False)
class ScoreHistogram:
    """Counts of positives and of negatives in equal bins of a score 0–1; the last includes 1."""

    positive: Int64[np.ndarray, "bins"]
    negative: Int64[np.ndarray, "bins"]

    @classmethod
    def empty(cls, bins: int = BINS) -> ScoreHistogram:
        """Return a histogram of ``bins`` bins in which nothing is counted yet."""
        return cls(np.zeros(bins, np.int64), np.zeros(bins, np.int64))

    def update(
        self, scores: Float[np.ndarray, "*shape"], truth: Bool[np.ndarray, "*shape"]
    ) -> ScoreHistogram:
        """Return the histogram with more scores counted.

        Args:
            scores: 0–1, of any shape.
            truth: which of them are positives.

        Raises:
            InputError: the shapes differ, or a score is not within 0–1.
        """
        if scores.shape != truth.shape:
            raise InputError(
                f"Every score needs a truth; the shapes are {scores.shape} and {truth.shape}."
            )
        if scores.size and not (scores.min() >= 0 and scores.max() <= 1):
            raise InputError("Scores must be within 0 and 1; scale them before they are counted.")
        bins = len(self.positive)
        at = np.minimum((scores.ravel() * bins).astype(np.int64), bins - 1)
        yes = truth.ravel().astype(bool)
        counted = (np.bincount(at[part], minlength=bins) for part in (yes, ~yes))
        return self + ScoreHistogram(*(c.astype(np.int64) for c in counted))

    def __add__(self, other: ScoreHistogram) -> ScoreHistogram:
        if len(self.positive) != len(other.positive):
            raise InputError(
                f"Histograms of equally many bins can be added; these have {len(self.positive)} "
                f"and {len(other.positive)}."
            )
        return ScoreHistogram(self.positive + other.positive, self.negative + other.negative)

    @property
    def prevalence(self) -> float:
        """Share of positives: the average precision of a guess. NaN of nothing."""
        total = int(self.positive.sum() + self.negative.sum())
        return int(self.positive.sum()) / total if total else float("nan")

    def average_precision(self) -> float:
        """Return ``Σ (Rₙ - Rₙ₋₁) Pₙ`` over falling thresholds, 0–1; NaN without positives."""
        hits = self.positive[::-1].cumsum().astype(np.float64)
        called = hits + self.negative[::-1].cumsum()
        if not hits[-1]:
            return float("nan")
        precision = np.divide(hits, called, out=np.zeros_like(hits), where=called > 0)
        return float((np.diff(hits, prepend=0.0) * precision).sum() / hits[-1])

    def auc(self) -> float:
        """Return the area under the ROC curve, ties counted half; NaN without either kind."""
        positives, negatives = float(self.positive.sum()), float(self.negative.sum())
        if not positives or not negatives:
            return float("nan")
        below = self.negative.cumsum() - self.negative / 2
        return float((self.positive * below).sum() / (positives * negatives))
