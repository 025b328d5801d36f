"""Walk over a WebP (RFC 9649): size, frames, metadata."""

from __future__ import annotations

from collections.abc import Iterator

from cutis.steps.intake.headers.header import Budget, Header, bad_header
from cutis.steps.intake.headers.sniff import Kind
from cutis.steps.intake.limits import IntakeLimits
from cutis.steps.intake.refusals import Reason, Refused

_METADATA = frozenset({b"ICCP", b"EXIF", b"XMP "})


def read_webp_header(data: memoryview, limits: IntakeLimits) -> Header:
    """Read what a WebP claims.

    Args:
        data: The whole file.
        limits: Chunks and metadata that are allowed.

    Returns:
        The header; an animation counts its frames.

    Raises:
        Refused: Broken or over a limit.
    """
    budget = Budget(Kind.WEBP, limits)
    size: tuple[int, int] | None = None
    lossy, frames = False, 0
    for kind, body in _chunks(data):
        budget.segment()
        if kind in _METADATA:
            budget.metadata(len(body))
        if kind in {b"VP8 ", b"VP8L", b"VP8X"} and size is None:
            size = _size(kind, body)
        lossy = lossy or kind == b"VP8 "
        frames += kind == b"ANMF"
        lossy = lossy or (kind == b"ANMF" and bytes(body[16:20]) in {b"VP8 ", b"ALPH"})
    if size is None:
        raise Refused(Reason.TRUNCATED, format=Kind.WEBP)
    return Header(
        Kind.WEBP, width_px=size[0], height_px=size[1], frames=max(frames, 1), lossy=lossy
    )


def _chunks(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Yield type and body of each chunk; the last one may be cut short."""
    position = 12
    while position + 8 <= len(data):
        length = int.from_bytes(data[position + 4 : position + 8], "little")
        yield bytes(data[position : position + 4]), data[position + 8 : position + 8 + length]
        position += 8 + length + (length & 1)


def _size(kind: bytes, body: memoryview) -> tuple[int, int]:
    """Return width and height of a lossy, lossless or extended picture."""
    if len(body) < 10 and not (kind == b"VP8L" and len(body) >= 5):
        raise Refused(Reason.TRUNCATED, format=Kind.WEBP)
    if kind == b"VP8X":
        return _little(body[4:7]) + 1, _little(body[7:10]) + 1
    if kind == b"VP8L":
        if body[0] != 0x2F:
            raise bad_header(Kind.WEBP, "its lossless mark is missing")
        bits = _little(body[1:5])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if bytes(body[3:6]) != b"\x9d\x01\x2a":
        raise bad_header(Kind.WEBP, "its key frame mark is missing")
    return _little(body[6:8]) & 0x3FFF, _little(body[8:10]) & 0x3FFF


def _little(raw: memoryview) -> int:
    return int.from_bytes(raw, "little")
