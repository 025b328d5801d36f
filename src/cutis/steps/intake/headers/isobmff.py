"""Walk over HEIC and AVIF boxes (ISO/IEC 14496-12, 23008-12): sizes, depth, frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from cutis.steps.intake.headers.header import Budget, Header, bad_header, check_size
from cutis.steps.intake.headers.sniff import Kind
from cutis.steps.intake.limits import IntakeLimits
from cutis.steps.intake.refusals import Reason, Refused

_CONTAINERS = frozenset({b"meta", b"iprp", b"ipco", b"moov", b"trak", b"mdia", b"minf", b"stbl"})
_PIXEL_BOXES = frozenset({b"mdat", b"idat", b"free", b"skip"})
_HDR_TRANSFERS = frozenset({16, 18})
"""PQ and HLG (ITU-T H.273)."""


@dataclass(slots=True)
class _Claims:
    """What the boxes claim."""

    sizes: list[tuple[int, int]] = field(default_factory=list)
    bit_depth: int = 8
    frames: int = 1
    high_dynamic_range: bool = False
    primaries: int | None = None


def read_heic_header(data: memoryview, limits: IntakeLimits) -> Header:
    """Read what a HEIC claims; see `read_avif_header`."""
    return _read(data, limits, Kind.HEIC)


def read_avif_header(data: memoryview, limits: IntakeLimits) -> Header:
    """Read what an AVIF claims.

    Args:
        data: The whole file.
        limits: Boxes, nesting, pixels and metadata that are allowed.

    Returns:
        The header; the size is the largest of any picture in the file.

    Raises:
        Refused: Broken or over a limit.
    """
    return _read(data, limits, Kind.AVIF)


def _read(data: memoryview, limits: IntakeLimits, kind: Kind) -> Header:
    budget = Budget(kind, limits)
    claims = _Claims()
    for name, body in _boxes(data, limits.max_box_depth, kind, budget):
        _note(name, body, claims)
    if not claims.sizes:
        raise Refused(Reason.TRUNCATED, format=kind)
    for width, height in claims.sizes:
        if width * height > limits.max_pixels:
            check_size(kind, width, height, limits)
    width, height = max(claims.sizes, key=lambda size: size[0] * size[1])
    return Header(
        kind,
        width_px=width,
        height_px=height,
        bit_depth=claims.bit_depth,
        frames=claims.frames,
        lossy=True,
        high_dynamic_range=claims.high_dynamic_range,
        primaries=claims.primaries,
    )


def _boxes(
    data: memoryview, depth: int, kind: Kind, budget: Budget
) -> Iterator[tuple[bytes, memoryview]]:
    """Yield every box, those inside containers too."""
    if not depth:
        raise bad_header(kind, "its boxes are nested too deeply")
    position = 0
    while position + 8 <= len(data):
        budget.segment()
        size, start = _extent(data, position, kind)
        name = bytes(data[position + 4 : position + 8])
        body = data[position + start : position + size]
        if name in _CONTAINERS:
            skip = 4 if name == b"meta" else 0
            yield from _boxes(body[skip:], depth - 1, kind, budget)
        elif name not in _PIXEL_BOXES:
            budget.metadata(len(body))
            yield name, body
        position += size


def _extent(data: memoryview, position: int, kind: Kind) -> tuple[int, int]:
    """Return the size of a box and the length of its head."""
    size, start = int.from_bytes(data[position : position + 4], "big"), 8
    if size == 1:
        size, start = int.from_bytes(data[position + 8 : position + 16], "big"), 16
    elif size == 0:
        size = len(data) - position
    if size < start:
        raise bad_header(kind, "a box has an impossible size")
    return size, start


def _note(name: bytes, body: memoryview, claims: _Claims) -> None:
    if name == b"ispe" and len(body) >= 12:
        claims.sizes.append((_big(body[4:8]), _big(body[8:12])))
    elif name == b"stsd" and len(body) >= 44:
        claims.sizes.append((_big(body[40:42]), _big(body[42:44])))
    elif name == b"stsz" and len(body) >= 12:
        claims.frames = max(claims.frames, _big(body[8:12]))
    elif name == b"pixi" and len(body) >= 6:
        claims.bit_depth = max(claims.bit_depth, min(max(body[5:9]), 16))
    elif name == b"colr" and bytes(body[:4]) == b"nclx" and len(body) >= 10:
        primaries, transfer = _big(body[4:6]), _big(body[6:8])
        claims.primaries = claims.primaries or primaries
        claims.high_dynamic_range |= transfer in _HDR_TRANSFERS


def _big(raw: memoryview) -> int:
    return int.from_bytes(raw, "big")
