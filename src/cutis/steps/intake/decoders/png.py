"""PNG decoding, in the worker: only the picture's own chunks ever reach a decoder."""

from __future__ import annotations

from cutis.steps.intake.cautions import Caution
from cutis.steps.intake.decoders.deep import decode_deep
from cutis.steps.intake.decoders.exif import read_exif
from cutis.steps.intake.decoders.picture import Decoded
from cutis.steps.intake.decoders.pillow import decode_with_pillow
from cutis.steps.intake.headers.header import Header
from cutis.steps.intake.headers.png import read_png_extras, without_extras
from cutis.steps.intake.limits import IntakeLimits

_SRGB_GAMMA = range(44_000, 47_001)
"""The gamma chunk counts in 1/100000; 45455 stands for sRGB, writers round it."""


def decode_png(data: memoryview, header: Header, limits: IntakeLimits) -> Decoded:
    """Decode the first picture of a PNG, text and animation left out.

    Args:
        data: The whole file.
        header: What our own walk found.
        limits: Sizes and profile bytes that are allowed.

    Returns:
        The picture in the file's colours, not yet upright.
    """
    extras = read_png_extras(data, limits.max_profile_bytes)
    clean = without_extras(data)
    decode = decode_deep if header.bit_depth == 16 else decode_with_pillow
    decoded = decode(clean, header, limits)
    decoded.profile = extras.profile
    decoded.facts = read_exif(extras.exif)
    odd_gamma = extras.gamma is not None and extras.gamma not in _SRGB_GAMMA
    if odd_gamma and extras.profile is None and not extras.is_srgb:
        decoded.cautions.add(Caution.GAMMA_IGNORED)
    return decoded
