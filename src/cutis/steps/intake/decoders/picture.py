"""What a decoder hands on: pixels still in the file's colours, and how to read them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from cutis.steps.intake.cautions import Caution
from cutis.steps.intake.decoders.exif import CaptureFacts


@dataclass(slots=True, eq=False)
class Decoded:
    """A decoded picture before its colours are converted.

    ``pixels`` is ``[row, col]`` grey or ``[row, col, channel]`` with 3 (RGB) or 4 (RGBA)
    channels, 8 or 16 bits.
    ``profile`` is the embedded ICC profile: None is absent, empty is broken.
    ``profile_name`` is set where the pixels are sRGB already, and names what they were before.
    """

    pixels: NDArray[Any]
    profile: bytes | None = None
    profile_name: str | None = None
    facts: CaptureFacts = field(default_factory=CaptureFacts)
    cautions: set[Caution] = field(default_factory=set)
    scaled_by: float = 1.0
    bit_depth: int | None = None
