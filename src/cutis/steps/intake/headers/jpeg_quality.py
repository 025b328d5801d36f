"""Quality of a JPEG on the IJG scale, estimated from its quantisation tables.

The tables of ITU-T T.81, annex K, are scaled by the rule of the Independent JPEG Group's
`jpeg_quality_scaling`: ``s = 5000 / q`` below quality 50, else ``200 - 2 q`` per cent. The
estimate is the quality whose scaled tables are nearest; encoders with tables of their own get
the nearest IJG quality.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

QuantisationTables = Mapping[int, tuple[int, ...]]
"""Quantisation tables by number: 64 steps each, in zigzag order."""

_LUMINANCE = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
_CHROMINANCE = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    *(((99,) * 8,) * 4),
)
_MAX_STEP = 255
_QUALITIES = np.arange(1, 101)


def read_tables(body: memoryview, known: QuantisationTables | None) -> QuantisationTables:
    """Return ``known`` with the tables of one DQT segment added; a table cut short is left out."""
    tables = dict(known or {})
    position = 0
    while position < len(body):
        wide, number = body[position] >> 4, body[position] & 15
        size = 128 if wide else 64
        raw = bytes(body[position + 1 : position + 1 + size])
        if len(raw) < size:
            break
        steps = np.frombuffer(raw, dtype=">u2" if wide else "u1")
        tables[number] = tuple(int(step) for step in steps)
        position += 1 + size
    return tables


def estimate_quality(tables: QuantisationTables) -> float | None:
    """Estimate the quality at which a JPEG was saved.

    Args:
        tables: Quantisation tables by number; 0 is luminance, 1 chrominance by custom.

    Returns:
        Quality on the IJG scale, 1 to 100; None without a luminance table.
    """
    if 0 not in tables:
        return None
    distance = np.zeros(len(_QUALITIES))
    for number, standard in ((0, _LUMINANCE), (1, _CHROMINANCE)):
        if number in tables:
            scaled = _scaled(_zigzag(standard))
            distance += np.abs(scaled - np.asarray(tables[number])).sum(axis=1)
    return float(_QUALITIES[int(np.argmin(distance))])


def _scaled(standard: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the standard table at each quality, ``[quality, step]``."""
    percent = np.where(_QUALITIES < 50, 5000 // _QUALITIES, 200 - 2 * _QUALITIES)
    steps = (standard[None, :] * percent[:, None] + 50) // 100
    return np.asarray(np.clip(steps, 1, _MAX_STEP))


def _zigzag(table: tuple[tuple[int, ...], ...]) -> NDArray[np.int64]:
    """Return 64 values in zigzag order: along the diagonals, turning at each end."""
    cells = [(row, column) for row in range(8) for column in range(8)]
    cells.sort(key=lambda cell: (sum(cell), cell[0] if sum(cell) % 2 else cell[1]))
    return np.array([table[row][column] for row, column in cells])
