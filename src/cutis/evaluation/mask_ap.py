"""Average precision of instance masks, as COCO counts it, over sufficient statistics.

For each class and IoU threshold, detections of all pictures are taken by falling score; each meets
the truth it overlaps most among those not met yet, if by the threshold at least. Precision is made
monotone and averaged over 101 recalls (Lin et al. 2014, arXiv:1405.0312). A class without truth is
NaN, not 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool

from cutis.core.arrays import Mask

THRESHOLDS = tuple(round(0.5 + 0.05 * step, 2) for step in range(10))
_RECALLS = np.linspace(0, 1, 101)


class Scored(NamedTuple):
    """A detected mask of a class with its score."""

    name: str
    score: float
    mask: Mask


@dataclass(slots=True, eq=False)
class MaskTally:
    """Counts by class: scores, which thresholds each detection met, how many truths there are."""

    truths: dict[str, int] = field(default_factory=dict)
    rows: dict[str, list[tuple[float, Bool[np.ndarray, "thresholds"]]]] = field(
        default_factory=dict
    )

    def add(self, found: Sequence[Scored], truth: Sequence[tuple[str, Mask]]) -> None:
        """Count one picture."""
        for name in {item.name for item in found} | {name for name, _ in truth}:
            masks = [mask for of, mask in truth if of == name]
            mine = sorted((f for f in found if f.name == name), key=lambda f: -f.score)
            self.truths[name] = self.truths.get(name, 0) + len(masks)
            self.rows.setdefault(name, []).extend(_met(mine, masks))

    def merge(self, other: MaskTally) -> MaskTally:
        """Return the counts of both."""
        names = self.truths.keys() | other.truths.keys()
        return MaskTally(
            {n: self.truths.get(n, 0) + other.truths.get(n, 0) for n in names},
            {n: [*self.rows.get(n, []), *other.rows.get(n, [])] for n in names},
        )

    def average_precision(self) -> Mapping[str, float]:
        """Return the average precision of each class over `THRESHOLDS`, 0–1."""
        return {name: self._precision(name) for name in sorted(self.truths)}

    def mean(self) -> float:
        """Return the mean over the classes that have a truth; NaN without any."""
        values = [v for v in self.average_precision().values() if not np.isnan(v)]
        return float(np.mean(values)) if values else float("nan")

    def _precision(self, name: str) -> float:
        count, rows = self.truths[name], self.rows.get(name, [])
        if count == 0:
            return float("nan")
        if not rows:
            return 0.0
        order = np.argsort([-score for score, _ in rows], kind="stable")
        met = np.stack([rows[i][1] for i in order]).astype(np.float64)
        hits = met.cumsum(axis=0)
        precision = hits / np.arange(1, len(rows) + 1)[:, None]
        recall = hits / count
        monotone = np.maximum.accumulate(precision[::-1], axis=0)[::-1]
        return float(np.mean([_area(recall[:, t], monotone[:, t]) for t in range(len(THRESHOLDS))]))


def _area(recall: np.ndarray, precision: np.ndarray) -> float:
    places = np.searchsorted(recall, _RECALLS - 1e-9)
    held = np.append(precision, 0.0)
    return float(held[np.minimum(places, len(precision))].mean())


def _met(
    found: Sequence[Scored], truth: Sequence[Mask]
) -> list[tuple[float, Bool[np.ndarray, "thresholds"]]]:
    overlaps = np.array([[_iou(f.mask, mask) for mask in truth] for f in found])
    rows = [(f.score, np.zeros(len(THRESHOLDS), bool)) for f in found]
    for column, threshold in enumerate(THRESHOLDS):
        free = np.ones(len(truth), bool)
        for number in range(len(found)):
            if not free.any():
                break
            best = int(np.where(free, overlaps[number], -1).argmax())
            if overlaps[number, best] >= threshold:
                free[best] = False
                rows[number][1][column] = True
    return rows


def _iou(one: Mask, other: Mask) -> float:
    either = np.count_nonzero(one | other)
    return float(np.count_nonzero(one & other) / either) if either else 0.0
