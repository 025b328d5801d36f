"""Walk over a PNG (W3C PNG 3rd edition): size, depth, frames; and a copy without its extras."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from cutis.steps.intake.headers.header import Budget, Header, bad_header, check_size
from cutis.steps.intake.headers.sniff import Kind
from cutis.steps.intake.limits import IntakeLimits
from cutis.steps.intake.refusals import Reason, Refused

_SIGNATURE_BYTES = 8
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
_PICTURE = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_DEFLATE_RATIO = 1032
"""Deflate never packs better than 1032 : 1 (zlib's technical details)."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk: type, body, and the whole of it with length and checksum."""

    type: bytes
    body: memoryview
    whole: memoryview


@dataclass(frozen=True, slots=True)
class PngExtras:
    """What a PNG carries beside its picture; an empty profile is broken or too large.

    ``gamma`` counts in 1/100000, as the gAMA chunk does; ``is_srgb`` is the sRGB chunk.
    """

    exif: bytes | None
    profile: bytes | None
    gamma: int | None
    is_srgb: bool


def read_png_header(data: memoryview, limits: IntakeLimits) -> Header:
    """Read what a PNG claims.

    Args:
        data: The whole file.
        limits: Chunks and metadata that are allowed.

    Returns:
        The header; an animation counts its frames.

    Raises:
        Refused: Broken, over a limit, or far too short for the picture it claims.
    """
    budget = Budget(Kind.PNG, limits)
    claims: tuple[int, int, int, int] | None = None
    data_bytes, frames, complete = 0, 0, False
    for chunk in png_chunks(data):
        budget.segment()
        if claims is None:
            claims = _read_claims(chunk)
        elif chunk.type == b"IDAT":
            data_bytes += len(chunk.body)
        elif chunk.type == b"fcTL":
            frames += 1
        elif chunk.type == b"IEND":
            complete = True
        elif chunk.type not in _PICTURE and chunk.type != b"fdAT":
            budget.metadata(len(chunk.body))
    if claims is None or not data_bytes:
        raise Refused(Reason.TRUNCATED, format=Kind.PNG)
    width, height, depth, channels = claims
    check_size(Kind.PNG, width, height, limits)
    _check_enough(data_bytes, height * ((width * depth * channels + 7) // 8))
    return Header(
        Kind.PNG,
        width_px=width,
        height_px=height,
        bit_depth=depth,
        frames=max(frames, 1),
        complete=complete,
    )


def png_chunks(data: memoryview) -> Iterator[Chunk]:
    """Yield the chunks up to the end chunk; a chunk that is cut short ends the walk."""
    position = _SIGNATURE_BYTES
    while position + 12 <= len(data):
        length = int.from_bytes(data[position : position + 4], "big")
        end = position + 12 + length
        if end > len(data):
            return
        kind = bytes(data[position + 4 : position + 8])
        yield Chunk(kind, data[position + 8 : end - 4], data[position:end])
        if kind == b"IEND":
            return
        position = end


def without_extras(data: memoryview) -> bytes:
    """Return the PNG with its first picture only: no text, times, profiles or frames."""
    kept = [chunk.whole for chunk in png_chunks(data) if chunk.type in _PICTURE]
    return b"".join((data[:_SIGNATURE_BYTES], *kept))


def read_png_extras(data: memoryview, max_profile_bytes: int) -> PngExtras:
    """Return EXIF, ICC profile and gamma of a PNG.

    Args:
        data: The whole file.
        max_profile_bytes: Most bytes that a profile may have when unpacked.
    """
    bodies: dict[bytes, memoryview] = {}
    for chunk in png_chunks(data):
        bodies.setdefault(chunk.type, chunk.body)
    packed = bodies.get(b"iCCP")
    gamma = bodies.get(b"gAMA")
    return PngExtras(
        exif=bytes(bodies[b"eXIf"]) if b"eXIf" in bodies else None,
        profile=None if packed is None else _profile(packed, max_profile_bytes),
        gamma=None if gamma is None else int.from_bytes(gamma[:4], "big"),
        is_srgb=b"sRGB" in bodies,
    )


def _profile(body: memoryview, max_bytes: int) -> bytes:
    """Return the profile after its name and method; empty when broken or too large."""
    _, _, packed = bytes(body).partition(b"\x00")
    return _unpack(packed[1:], max_bytes)


def _unpack(packed: bytes, max_bytes: int) -> bytes:
    """Inflate at most ``max_bytes``; empty when there is more, or when it is broken."""
    inflater = zlib.decompressobj()
    try:
        profile = inflater.decompress(packed, max_bytes)
    except zlib.error:
        return b""
    return profile if inflater.eof else b""


def _read_claims(chunk: Chunk) -> tuple[int, int, int, int]:
    """Return width, height, bits a sample and samples a pixel from the first chunk."""
    body = chunk.body
    if chunk.type != b"IHDR" or len(body) != 13:
        raise bad_header(Kind.PNG, "it does not begin with its size")
    width, height = int.from_bytes(body[:4], "big"), int.from_bytes(body[4:8], "big")
    depth, colour = body[8], body[9]
    if depth not in _DEPTHS.get(colour, ()):
        raise bad_header(Kind.PNG, "its colour type and depth do not go together")
    return width, height, depth, _CHANNELS[colour]


def _check_enough(data_bytes: int, needed_bytes: int) -> None:
    """Refuse a picture that no deflate stream of this length can hold."""
    if data_bytes * _DEFLATE_RATIO + _DEFLATE_RATIO < needed_bytes:
        raise Refused(Reason.TRUNCATED, format=Kind.PNG)
