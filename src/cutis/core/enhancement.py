"""Enlarged pictures, which of their pixels a network has drawn, and what that does to scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from jaxtyping import Float32
from numpy import ndarray

from cutis.core.arrays import RGB, Box, Mask
from cutis.core.scores import NotMeasured, Score
from cutis.core.vocabulary import Condition

Enlarged = Float32[ndarray, "rows cols 3"]
"""What an upscaler draws: sRGB-encoded, in the range 0-255, which it may overshoot a little."""

TEXTURE_MEASURES = frozenset({Condition.PORES, Condition.WRINKLES, Condition.TEXTURE})
"""Pores, fine wrinkles and roughness: what a generator with texture may have invented."""


@dataclass(frozen=True, slots=True)
class EnhancementPlan:
    """Whether to enhance a face, and by how much: ``scale`` 1 is off, else 2 or 4."""

    scale: int
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Enhanced:
    """An enlarged picture.

    Attributes:
        rgb: the picture.
        scale: how many times larger than what came.
        drawn: pixels that the network has drawn; elsewhere the enlargement is bicubic.
        drawn_share: their share, 0-1.
        consistency_db: PSNR between what came and the enlarged picture reduced again.
        sentence: what was done, for people.
    """

    rgb: RGB
    scale: int
    drawn: Mask
    drawn_share: float
    consistency_db: float
    sentence: str


@dataclass(frozen=True, slots=True, eq=False)
class EnlargedFace:
    """A face that was enlarged to be found: the cut in photo pixels, and what was made of it."""

    box: Box
    picture: Enhanced


class Ruling(StrEnum):
    """What the audit says of one score."""

    STANDS = "stands"
    MOVED = "moved"
    INVENTED = "invented"
    NO_COMPARISON = "no_comparison"
    NOT_MEASURED = "not_measured"


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One score on the photo and on enhanced pixels; None where it was not measured there.

    ``allowed`` is the shift in points up to which two shots of one face cannot be told apart.
    """

    condition: Condition
    original: float | None
    enhanced: float | None
    allowed: float | None
    ruling: Ruling

    @property
    def shift(self) -> float | None:
        """The enhanced score less the original one, in points."""
        if self.original is None or self.enhanced is None:
            return None
        return self.enhanced - self.original

    @property
    def beyond(self) -> bool:
        """Whether the score moved by more than another shot would move it."""
        return (
            self.shift is not None and self.allowed is not None and abs(self.shift) > self.allowed
        )


@runtime_checkable
class EnhancementAudit(Protocol):
    """Compares scores of the photo's own pixels with those of enhanced ones."""

    def __call__(
        self,
        original: Mapping[Condition, Score | NotMeasured],
        enhanced: Mapping[Condition, Score | NotMeasured],
        *,
        texture: float,
        mm_per_px: float,
    ) -> tuple[AuditRow, ...]:
        """Return one row per score of ``enhanced``.

        ``texture`` is the upscaler's share of invented texture, 0-1, ``mm_per_px`` the photo's
        scale at the face.
        """
        ...


@dataclass(frozen=True, slots=True)
class Enhancement:
    """How a small face was enlarged so that it and its skin could be found.

    Scores are made of the photo's own pixels; ``audit`` tells what each one would have been on the
    enlarged ones, and whether it would have counted there.

    Attributes:
        scale: 2 or 4 times larger.
        texture: the share of invented texture, 0-1.
        drawn_share: share of the enlarged face that a network has drawn, 0-1; the rest is bicubic.
        consistency_db: PSNR between the photo and the enlarged face reduced again.
        sentence: what was done, for people.
        audit: each score on both.
    """

    scale: int
    texture: float
    drawn_share: float
    consistency_db: float
    sentence: str
    audit: tuple[AuditRow, ...]
