"""Masks drawn as text, and masks shown as text, so that a failing test shows the difference."""

from __future__ import annotations

import numpy as np

from cutis.core.arrays import LabelMap, Mask
from cutis.core.errors import InputError

_ON, _OFF = "#", "."


def mask(drawing: str) -> Mask:
    """Return the mask that ``drawing`` shows: ``#`` is True, ``.`` is False, one line a row.

    Blank lines around it and blanks at the ends of lines are left out.

    Raises:
        InputError: rows of unequal length, another character, or nothing drawn.

    >>> mask('''
    ... .#.
    ... ###
    ... ''').sum(axis=1).tolist()
    [1, 3]
    """
    rows = _rows(drawing)
    strange = sorted(set("".join(rows)) - {_ON, _OFF})
    if strange:
        raise InputError(
            f"A drawn mask knows {_ON!r} and {_OFF!r} only; {strange[0]!r} came. Draw it again."
        )
    return np.array([[character == _ON for character in row] for row in rows], dtype=bool)


def show(array: Mask | LabelMap) -> str:
    """Draw a mask (``#`` and ``.``) or a label map (``.`` for 0, then 1–9 and a–z), row by row.

    >>> print(show(mask("##.")))
    ##.
    """
    if array.dtype == np.bool_:
        symbols = np.where(array, _ON, _OFF)
    else:
        symbols = np.array(list(_OFF + "123456789abcdefghijklmnopqrstuvwxyz"))[array]
    return "\n".join("".join(row) for row in symbols)


def labels(drawing: str) -> LabelMap:
    """Return the label map that ``drawing`` shows: ``.`` is 0, then 1–9 and a–z (10 and up).

    >>> labels("..1a").tolist()
    [[0, 0, 1, 10]]
    """
    rows = _rows(drawing)
    return np.array([[0 if c == _OFF else int(c, 36) for c in row] for row in rows], dtype=np.uint8)


def _rows(drawing: str) -> list[str]:
    rows = [row.strip() for row in drawing.strip().splitlines()]
    widths = {len(row) for row in rows}
    if len(widths) != 1:
        raise InputError(
            f"Every row of a drawing must be equally long; the lengths {sorted(widths)} came. "
            "Fill the short rows up."
        )
    return rows
