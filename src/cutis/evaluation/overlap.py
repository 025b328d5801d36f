"""Overlap of predicted and true masks per class, from counts that add up.

A tally holds pixel counts only, so shards of a data set can be counted apart and added; the mean
over a set is that of the added counts, not of the pictures' own values. A class that is neither
predicted nor present has no overlap: NaN, not 0 and not 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from cutis.core.arrays import Mask
from cutis.core.errors import InputError


@dataclass(frozen=True, slots=True, eq=False)
class OverlapTally:
    """Pixel counts per class: ``intersection``, ``predicted``, ``true``; all int64 of n classes."""

    intersection: Int64[np.ndarray, "classes"]
    predicted: Int64[np.ndarray, "classes"]
    true: Int64[np.ndarray, "classes"]

    @classmethod
    def empty(cls, classes: int) -> OverlapTally:
        """Return a tally of ``classes`` classes in which nothing is counted yet."""
        return cls(*(np.zeros(classes, np.int64) for _ in range(3)))

    def update(
        self,
        class_index: int,
        predicted_mask: Mask,
        true_mask: Mask,
        valid_mask: Mask | None = None,
    ) -> OverlapTally:
        """Return the tally with one more picture counted for one class.

        Args:
            class_index: the class, 0 or more.
            predicted_mask: ``h w``, where the class is predicted.
            true_mask: ``h w``, where it is.
            valid_mask: ``h w``, pixels that count; all by default.

        Raises:
            InputError: the masks differ in shape, or there is no such class.
        """
        _check(class_index, len(self.true), predicted_mask, true_mask)
        predicted, true = predicted_mask.astype(bool), true_mask.astype(bool)
        if valid_mask is not None:
            _check(class_index, len(self.true), predicted, valid_mask)
            predicted, true = predicted & valid_mask, true & valid_mask
        return self + self._of(class_index, predicted, true)

    def __add__(self, other: OverlapTally) -> OverlapTally:
        if len(self.true) != len(other.true):
            raise InputError(
                f"Tallies of equally many classes can be added; these have {len(self.true)} and "
                f"{len(other.true)}."
            )
        return OverlapTally(
            self.intersection + other.intersection,
            self.predicted + other.predicted,
            self.true + other.true,
        )

    def iou(self) -> Float64[np.ndarray, "classes"]:
        """Return intersection over union per class, 0–1 (Jaccard 1901); NaN where union is 0."""
        return _share(self.intersection, self.predicted + self.true - self.intersection)

    def dice(self) -> Float64[np.ndarray, "classes"]:
        """Return ``2 |P ∩ T| / (|P| + |T|)`` per class, 0–1 (Dice 1945); NaN where both are empty.

        doi:10.2307/1932409.
        """
        return _share(2 * self.intersection, self.predicted + self.true)

    def mean_iou(self, *, background: int | None = None) -> float:
        """Return the mean IoU of the classes that have one; the class ``background`` is left out.

        NaN where no class has one.
        """
        return _mean_without(self.iou(), background)

    def mean_dice(self, *, background: int | None = None) -> float:
        """Return the mean Dice of the classes that have one; the class ``background`` is left out.

        NaN where no class has one.
        """
        return _mean_without(self.dice(), background)

    def _of(self, class_index: int, predicted: Mask, true: Mask) -> OverlapTally:
        counts = np.zeros((3, len(self.true)), np.int64)
        counts[:, class_index] = [np.count_nonzero(m) for m in (predicted & true, predicted, true)]
        return OverlapTally(*counts)


def _check(class_index: int, classes: int, first: Mask, second: Mask) -> None:
    if not 0 <= class_index < classes:
        raise InputError(f"The class must be 0 to {classes - 1}; it is {class_index}.")
    if first.shape != second.shape:
        raise InputError(
            f"Masks of one picture have one shape; these have {first.shape} and {second.shape}."
        )


def _share(part: Int64[np.ndarray, "n"], whole: Int64[np.ndarray, "n"]) -> Float64[np.ndarray, "n"]:
    result = np.full(len(whole), np.nan)
    np.divide(part, whole, out=result, where=whole > 0)
    return result


def _mean_without(values: Float64[np.ndarray, "n"], background: int | None) -> float:
    kept = values if background is None else np.delete(values, background)
    kept = kept[~np.isnan(kept)]
    return float(kept.mean()) if kept.size else float("nan")
