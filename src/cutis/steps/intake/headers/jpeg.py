"""Walk over a JPEG (ITU-T T.81, annex B): size, scans, tables and end mark; nothing is decoded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from cutis.steps.intake.headers.header import Budget, Header, bad_header, check_size
from cutis.steps.intake.headers.jpeg_quality import (
    QuantisationTables,
    estimate_quality,
    read_tables,
)
from cutis.steps.intake.headers.sniff import Kind
from cutis.steps.intake.limits import IntakeLimits
from cutis.steps.intake.refusals import Reason, Refused

_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
_SOS, _EOI, _DQT, _SOI = 0xDA, 0xD9, 0xDB, 0xD8
_APP1, _APP2 = 0xE1, 0xE2
_EXIF_MARK, _ICC_MARK = b"Exif\x00\x00", b"ICC_PROFILE\x00"
_READ_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC9, 0xCA})
_OTHER_FRAMES = frozenset({0xC3, 0xC5, 0xC6, 0xC7, 0xCB, 0xCD, 0xCE, 0xCF})
_ARITHMETIC = frozenset({0xC9, 0xCA})
_BARE = frozenset({0x01, _SOI, *range(0xD0, 0xD8)})
_PIXELS_PER_BYTE = 512
"""Huffman coding spends at least one bit on each block of 64 pixels."""


@dataclass(frozen=True, slots=True)
class JpegExtras:
    """What a JPEG carries beside its picture: EXIF, and ICC profile (empty when broken)."""

    exif: bytes | None
    profile: bytes | None


@dataclass(slots=True)
class _Walk:
    """What has been met so far."""

    frame: tuple[int, int, int, int] | None = None
    scans: int = 0
    first_scan: int = 0
    complete: bool = False
    tables: QuantisationTables | None = None
    coverage: dict[int, set[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Segment:
    """One marker segment: its code, where it starts, and what it holds."""

    code: int
    start: int
    body: memoryview


def read_jpeg_header(data: memoryview, limits: IntakeLimits) -> Header:
    """Read what a JPEG claims.

    Args:
        data: The whole file.
        limits: Scans, segments and metadata that are allowed.

    Returns:
        The header; ``complete`` is False when no end mark follows the last scan.

    Raises:
        Refused: Broken, of a coding that is not read, over a limit, or far too short for the
            picture it claims.
    """
    walk = _Walk()
    budget = Budget(Kind.JPEG, limits)
    for segment in _segments(data):
        budget.segment()
        if segment.code >= 0xE0:
            budget.metadata(len(segment.body))
        _note(walk, segment, limits)
    return _header(walk, len(data), limits)


def read_jpeg_extras(data: memoryview, limits: IntakeLimits) -> JpegExtras:
    """Return EXIF and ICC profile from the segments before the first scan.

    Args:
        data: The whole file.
        limits: Bytes that a profile may have.

    Returns:
        The first EXIF block, and the profile put together from its numbered pieces.
    """
    exif: bytes | None = None
    pieces: dict[int, memoryview] = {}
    count = 0
    for segment in _segments(data):
        if segment.code == _SOS:
            break
        if segment.code == _APP1 and exif is None and bytes(segment.body[:6]) == _EXIF_MARK:
            exif = bytes(segment.body)
        if (
            segment.code == _APP2
            and bytes(segment.body[:12]) == _ICC_MARK
            and len(segment.body) > 14
        ):
            pieces.setdefault(segment.body[12], segment.body[14:])
            count = max(count, segment.body[13])
    return JpegExtras(exif, _join_profile(pieces, count, limits.max_profile_bytes))


def _join_profile(pieces: dict[int, memoryview], count: int, max_bytes: int) -> bytes | None:
    """Join the pieces of a profile (ICC.1, annex B.4); empty when one is missing."""
    if not pieces:
        return None
    whole = sorted(pieces) == list(range(1, count + 1))
    if not whole or sum(map(len, pieces.values())) > max_bytes:
        return b""
    return b"".join(pieces[number] for number in sorted(pieces))


def _segments(data: memoryview) -> Iterator[_Segment]:
    """Yield the segments up to the end mark; bytes between them are skipped, as libjpeg does."""
    position = 2
    while found := _MARKER.search(data, position):
        code, start = data[found.start() + 1], found.start()
        position = found.end()
        if code in _BARE:
            continue
        if code == _EOI:
            yield _Segment(code, start, data[:0])
            return
        length = int.from_bytes(data[position : position + 2], "big")
        if length < 2:
            raise bad_header(Kind.JPEG, "a segment has an impossible length")
        if position + length > len(data):
            return
        yield _Segment(code, start, data[position + 2 : position + length])
        position += length


def _note(walk: _Walk, segment: _Segment, limits: IntakeLimits) -> None:
    if segment.code in _READ_FRAMES:
        _note_frame(walk, segment)
    elif segment.code in _OTHER_FRAMES:
        raise Refused(
            Reason.VARIANT_NOT_READ, format=Kind.JPEG, what="a lossless or hierarchical picture"
        )
    elif segment.code == _DQT and not walk.scans:
        walk.tables = read_tables(segment.body, walk.tables)
    elif segment.code == _SOS:
        walk.first_scan = walk.first_scan or segment.start
        walk.scans += 1
        _note_scan(walk.coverage, segment.body)
    elif segment.code == _EOI:
        walk.complete = True
    if walk.scans > limits.max_jpeg_scans:
        raise Refused(
            Reason.TOO_MANY_SCANS, limit=limits.max_jpeg_scans, scans=f"over {walk.scans - 1}"
        )


def _note_scan(coverage: dict[int, set[int]], body: memoryview) -> None:
    """Note which coefficients a scan brings to their last bit, component by component."""
    count = body[0] if body else 0
    if len(body) != 4 + 2 * count:
        return
    first, last, bits = body[-3:]
    if bits & 15 == 0:
        for component in body[1 : 1 + 2 * count : 2]:
            coverage.setdefault(component, set()).update(range(first, min(last, 63) + 1))


def _note_frame(walk: _Walk, segment: _Segment) -> None:
    if walk.frame is not None:
        raise bad_header(Kind.JPEG, "it describes its picture twice")
    body = segment.body
    if len(body) < 6:
        raise bad_header(Kind.JPEG, "the description of the picture is cut short")
    if body[0] != 8:
        raise Refused(Reason.VARIANT_NOT_READ, format=Kind.JPEG, what=f"samples of {body[0]} bits")
    height, width = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
    if not height or not width:
        raise bad_header(Kind.JPEG, "it claims a picture without pixels")
    walk.frame = (width, height, body[5], segment.code)


def _header(walk: _Walk, size_bytes: int, limits: IntakeLimits) -> Header:
    if walk.frame is None or not walk.scans:
        raise Refused(Reason.TRUNCATED, format=Kind.JPEG)
    width, height, channels, coding = walk.frame
    check_size(Kind.JPEG, width, height, limits)
    coded_bytes = size_bytes - walk.first_scan
    if coding not in _ARITHMETIC and coded_bytes * _PIXELS_PER_BYTE < width * height:
        raise Refused(Reason.TRUNCATED, format=Kind.JPEG)
    return Header(
        Kind.JPEG,
        width_px=width,
        height_px=height,
        channels=channels,
        lossy=True,
        jpeg_quality=estimate_quality(walk.tables) if walk.tables else None,
        complete=walk.complete,
        covered=sum(len(reached) == 64 for reached in walk.coverage.values()) >= channels,
    )
