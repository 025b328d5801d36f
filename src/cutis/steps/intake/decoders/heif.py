"""HEIC decoding, in the worker: libheif by pi-heif; its pixels come upright."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cutis.steps.intake.decoders.exif import read_exif
from cutis.steps.intake.decoders.picture import Decoded
from cutis.steps.intake.headers.header import Header, check_size
from cutis.steps.intake.headers.sniff import Kind
from cutis.steps.intake.limits import IntakeLimits
from cutis.steps.intake.refusals import Reason, Refused

_THREADS = 2


def decode_heif(data: memoryview, header: Header, limits: IntakeLimits) -> Decoded:
    """Decode the primary picture of a HEIC; thumbnails and depth maps are left alone.

    Args:
        data: The whole file.
        header: What our own walk found.
        limits: Sizes that are allowed.

    Returns:
        The upright picture in the file's colours.

    Raises:
        Refused: Of a size or kind that is not allowed; other faults raise what pi-heif raises.
    """
    import pi_heif  # noqa: PLC0415  (only when such a photo comes)

    pi_heif.options.DECODE_THREADS = _THREADS
    pi_heif.options.THUMBNAILS = False
    pi_heif.options.DEPTH_IMAGES = False
    pi_heif.options.AUX_IMAGES = False
    file = pi_heif.open_heif(bytes(data), convert_hdr_to_8bit=True)
    width, height = file.size
    check_size(Kind.HEIC, width, height, limits)
    pixels = np.array(file)  # a copy: the memory goes when the file does
    if pixels.ndim == 3 and pixels.shape[2] == 2:
        pixels = pixels[..., [0, 0, 0, 1]]
    if file.premultiplied_alpha:
        raise Refused(Reason.VARIANT_NOT_READ, format=Kind.HEIC, what="pixels of an unusual kind")
    profile = file.info.get("icc_profile")
    exif = file.info.get("exif")
    facts = read_exif(exif if isinstance(exif, bytes) else None)
    return Decoded(
        pixels,
        profile if isinstance(profile, bytes) else None,
        facts=replace(facts, orientation=1),
        bit_depth=int(file.info.get("bit_depth", header.bit_depth)),
    )
