"""What a file claims about its picture, read by our own walk before any decoder sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cutis.steps.intake.headers.sniff import Kind
from cutis.steps.intake.limits import IntakeLimits
from cutis.steps.intake.refusals import Reason, Refused


@dataclass(frozen=True, slots=True)
class Header:
    """What the header claims.

    ``width_px`` and ``height_px`` are of the stored, not yet upright picture; 0 where only the
    decoder can tell (DICOM, some camera RAW), which then checks them itself.
    ``channels`` counts the components of a JPEG and is 0 for other kinds.
    ``complete`` is False when the end mark of a JPEG or PNG is missing; ``covered`` is False
    when the scans of a JPEG, as far as they go, do not hold every component to its last bit.
    ``primaries`` is the code of ITU-T H.273 where a HEIC or AVIF names its colours by number.
    """

    kind: Kind
    width_px: int = 0
    height_px: int = 0
    bit_depth: int = 8
    channels: int = 0
    frames: int = 1
    lossy: bool = False
    jpeg_quality: float | None = None
    complete: bool = True
    covered: bool = True
    high_dynamic_range: bool = False
    primaries: int | None = None


HeaderReader = Callable[[memoryview, IntakeLimits], Header]
"""Reads the header of one kind of file."""


class Budget:
    """Counts what a walk meets, and refuses when there is too much of it."""

    def __init__(self, kind: Kind, limits: IntakeLimits) -> None:
        self._kind = kind
        self._limits = limits
        self._segments = 0
        self._metadata_bytes = 0

    def segment(self) -> None:
        """Count one segment, chunk, box or directory entry."""
        self._segments += 1
        if self._segments > self._limits.max_segments:
            raise Refused(
                Reason.TOO_MANY_SEGMENTS, format=self._kind, limit=self._limits.max_segments
            )

    def metadata(self, size_bytes: int) -> None:
        """Count bytes that are no pixels."""
        self._metadata_bytes += size_bytes
        if self._metadata_bytes > self._limits.max_metadata_bytes:
            raise Refused(
                Reason.TOO_MUCH_METADATA,
                format=self._kind,
                limit_mib=self._limits.max_metadata_bytes / (1 << 20),
            )


def bad_header(kind: Kind, what: str) -> Refused:
    """Return the refusal of a header that breaks the rules of its format."""
    return Refused(Reason.BAD_HEADER, format=kind, what=what)


def check_size(kind: Kind, width: int, height: int, limits: IntakeLimits) -> None:
    """Refuse a picture whose claimed size is impossible or over a limit.

    Raises:
        Refused: No pixels at all, too few, too many, or a side that is too long.
    """
    if width <= 0 or height <= 0:
        raise bad_header(kind, "it claims a picture without pixels")
    if width * height > limits.max_pixels:
        raise Refused(
            Reason.TOO_MANY_PIXELS,
            limit_mpx=limits.max_pixels / 1e6,
            width=width,
            height=height,
        )
    if max(width, height) > limits.max_side_px:
        raise Refused(Reason.TOO_LONG, limit=limits.max_side_px, width=width, height=height)
    if min(width, height) < limits.min_side_px:
        raise Refused(Reason.TOO_SMALL, limit=limits.min_side_px, width=width, height=height)


def check_header(header: Header, limits: IntakeLimits) -> None:
    """Refuse a header over a limit; sizes that only the decoder knows pass.

    Raises:
        Refused: A limit of pixels, sides or frames is exceeded.
    """
    if header.width_px or header.height_px:
        check_size(header.kind, header.width_px, header.height_px, limits)
    if header.frames > limits.max_frames:
        raise Refused(Reason.TOO_MANY_FRAMES, limit=limits.max_frames)
