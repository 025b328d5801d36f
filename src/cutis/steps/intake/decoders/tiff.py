"""TIFF decoding, in the worker: Pillow for 8 bits, OpenCV for 16; both turn the page upright."""

from __future__ import annotations

from dataclasses import replace

from cutis.steps.intake.decoders.deep import decode_deep, invert, lay_over_white
from cutis.steps.intake.decoders.exif import read_exif
from cutis.steps.intake.decoders.picture import Decoded
from cutis.steps.intake.decoders.pillow import decode_with_pillow
from cutis.steps.intake.headers.header import Header
from cutis.steps.intake.headers.tiff import TiffExtras, read_tiff_extras
from cutis.steps.intake.limits import IntakeLimits


def decode_tiff(data: memoryview, header: Header, limits: IntakeLimits) -> Decoded:
    """Decode the first page of a TIFF.

    Args:
        data: The whole file.
        header: What our own walk found.
        limits: Sizes and profile bytes that are allowed.

    Returns:
        The upright page in the file's colours.
    """
    extras = read_tiff_extras(data, limits.max_profile_bytes)
    if header.bit_depth == 16:
        decoded = _deep(bytes(data), header, limits, extras)
    else:
        decoded = decode_with_pillow(bytes(data), header, limits)
    if decoded.profile_name is None:
        decoded.profile = extras.profile
    facts = read_exif(data)
    decoded.facts = replace(facts, orientation=min(facts.orientation, 1))
    return decoded


def _deep(data: bytes, header: Header, limits: IntakeLimits, extras: TiffExtras) -> Decoded:
    decoded = decode_deep(data, header, limits)
    if extras.white_is_zero and decoded.pixels.ndim == 2:
        invert(decoded)
    if extras.premultiplied and decoded.pixels.ndim == 3 and decoded.pixels.shape[2] == 4:
        lay_over_white(decoded)
    return decoded
