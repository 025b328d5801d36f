"""An enlarged picture, and which of its pixels a network has drawn."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float32
from numpy import ndarray

from cutis.core.arrays import RGB, Mask

Enlarged = Float32[ndarray, "rows cols 3"]
"""What an upscaler draws: sRGB-encoded, in the range 0-255, which it may overshoot a little."""


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
