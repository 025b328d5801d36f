"""Numbers at the rim: rounded once, so that every format tells the same figure."""

from __future__ import annotations

import math

from cutis.core.errors import InputError

DECIMALS = 4
"""Decimals kept; a number below 0.1 keeps as many significant figures instead."""


def rounded(value: float) -> float:
    """Round to four decimals, or to four significant figures where that keeps more.

    Rounding twice gives what rounding once gave.

    Raises:
        InputError: the value is infinite or not a number.

    >>> rounded(63.271188), rounded(0.0000123456), rounded(-0.00001 * 0)
    (63.2712, 1.235e-05, 0.0)
    """
    if not math.isfinite(value):
        raise InputError(
            f"A report holds finite numbers only; {value} came. "
            "Give what cannot be measured as NotMeasured."
        )
    if value == 0:
        return 0.0
    places = DECIMALS - 1 - math.floor(math.log10(abs(value)))
    return round(float(value), max(DECIMALS, places))
