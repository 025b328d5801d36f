"""Scores with intervals, raw quantities with units, grades, and *not measured* as an answer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Interval:
    """A two-sided interval: a repeated capture in the same light falls in it with ``level``."""

    low: float
    high: float
    level: float = 0.95


@dataclass(frozen=True, slots=True)
class Quantity:
    """A raw measured value with its unit (``"1"`` for a plain ratio)."""

    name: str
    value: float
    unit: str


class NotMeasuredCode(StrEnum):
    """Why something has no value."""

    NO_FACE = "no_face"
    PHOTO_REFUSED = "photo_refused"
    TOO_COARSE = "too_coarse"
    TOO_LITTLE_SKIN = "too_little_skin"
    NOT_VISIBLE = "not_visible"
    NO_REFERENCE = "no_reference"
    NO_COLOUR = "no_colour"
    UNEVEN_LIGHT = "uneven_light"
    NOT_FROM_A_PHOTO = "not_from_a_photo"
    NOT_APPLICABLE = "not_applicable"
    NO_METHOD = "no_method"
    OUT_OF_RANGE = "out_of_range"
    ENHANCED_PIXELS = "enhanced_pixels"


@dataclass(frozen=True, slots=True)
class NotMeasured:
    """There is no value, and here is why, in one sentence a person understands."""

    code: NotMeasuredCode
    reason: str
    value: None = None


@dataclass(frozen=True, slots=True)
class Score:
    """A severity from 0 (none seen) to 100 (strongest on the scale), never bent to flatter.

    ``formula`` names the formula documented in *How scores are made*; ``raw`` is the value it
    came from; ``method`` is the map it was made of (``classical`` or a model's name).
    """

    value: float
    interval: Interval
    raw: Quantity
    formula: str
    method: str
    enhanced: bool = False


LEARNED_GRADE = "learned "
"""How the scale of a grade starts that is learned from painted faces and on no clinical scale."""


@dataclass(frozen=True, slots=True)
class Grade:
    """A grade on a published clinical scale, with the value it was read from and its source.

    The basis of a learned one, whose scale starts with `LEARNED_GRADE`, is its probability.
    """

    scale: str
    grade: int
    label: str
    basis: Quantity
    source: str
