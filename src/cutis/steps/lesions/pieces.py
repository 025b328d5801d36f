"""The pieces of a map: connected ones, and those of a map of numbered spots."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cutis.core.arrays import InstanceMap, Probabilities
from cutis.core.masks import ConditionMap
from cutis.imaging.filters import components


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of a map: its box ``(x0, y0, x1, y1)``, how large, how sure, its peak's pixel."""

    box: tuple[int, int, int, int]
    area_px: int
    peak: float
    mean: float
    at: tuple[int, int]


def connected_pieces(found: ConditionMap) -> Iterator[tuple[Piece, np.ndarray]]:
    """Yield the connected pieces above one half, with their own mask inside the box."""
    labels, stats = components((found.probability >= 0.5) & found.looked_at)
    for number in range(1, len(stats)):
        x, y, width, height, _ = (int(v) for v in stats[number])
        yield _piece(found.probability, labels, number, (x, y, x + width, y + height))


def numbered_pieces(found: ConditionMap, labels: InstanceMap) -> Iterator[tuple[Piece, np.ndarray]]:
    """Yield the pieces of a map of instance numbers, with their own mask inside the box."""
    at = np.flatnonzero(labels)
    numbers = labels.ravel()[at]
    rows, cols = np.divmod(at, labels.shape[1])
    low = np.full((int(numbers.max(initial=0)) + 1, 2), np.iinfo(np.int64).max)
    high = np.zeros_like(low)
    for axis, place in enumerate((cols, rows)):
        np.minimum.at(low[:, axis], numbers, place)
        np.maximum.at(high[:, axis], numbers, place + 1)
    for number in np.unique(numbers):
        x0, y0, x1, y1 = (int(v) for v in (*low[number], *high[number]))
        yield _piece(found.probability, labels, int(number), (x0, y0, x1, y1))


def _piece(
    p: Probabilities, labels: InstanceMap, number: int, box: tuple[int, int, int, int]
) -> tuple[Piece, np.ndarray]:
    x0, y0, x1, y1 = box
    own = labels[y0:y1, x0:x1] == number
    values = np.where(own, p[y0:y1, x0:x1], 0)
    row, col = np.unravel_index(int(values.argmax()), values.shape)
    area = int(own.sum())
    at = y0 + int(row), x0 + int(col)
    return Piece(box, area, float(values.max()), float(values.sum() / area), at), own
