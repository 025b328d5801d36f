"""Camera RAW decoding, in the worker: LibRaw by rawpy (extra ``raw``).

The photo is developed with the camera's own white balance, to sRGB with 16 bits, and without
automatic brightening, so that the same light gives the same numbers. Demosaicing is by
patterned pixel grouping, the quickest method without visible artefacts on skin.
"""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np

from cutis.steps.intake.cautions import Caution
from cutis.steps.intake.decoders.exif import read_exif
from cutis.steps.intake.decoders.picture import Decoded
from cutis.steps.intake.headers.header import check_size
from cutis.steps.intake.headers.sniff import Kind
from cutis.steps.intake.limits import IntakeLimits
from cutis.steps.intake.refusals import Reason, Refused

_SRGB_GAMMA = (2.4, 12.92)
"""Exponent and slope of the sRGB curve (IEC 61966-2-1) in LibRaw's terms."""
_FULL_SIZE_PX = 26_000_000
"""Beyond it a photo is developed at half size, each square of the mosaic one pixel: full
development of 24 megapixels takes 3 s on two cores, and a photo may take 5 s in all."""


def decode_raw(data: memoryview, limits: IntakeLimits) -> Decoded:
    """Develop a camera RAW.

    Args:
        data: The whole file.
        limits: Sizes that are allowed; checked before the pixels are unpacked.

    Returns:
        The upright picture in sRGB with 16 bits.

    Raises:
        Refused: rawpy is not installed, or the size is not allowed; other faults raise what
            rawpy raises.
    """
    try:
        import rawpy  # noqa: PLC0415  (an extra)
    except ImportError as error:
        raise Refused(Reason.NEEDS_RAW) from error
    with rawpy.RawPy() as raw:
        raw.open_buffer(io.BytesIO(data))
        sizes = raw.sizes
        check_size(Kind.RAW, sizes.width, sizes.height, limits)
        check_size(Kind.RAW, sizes.raw_width, sizes.raw_height, limits)
        half = sizes.width * sizes.height > min(_FULL_SIZE_PX, limits.max_decode_px)
        raw.unpack()
        pixels = raw.postprocess(
            demosaic_algorithm=rawpy.DemosaicAlgorithm.PPG,
            half_size=half,
            use_camera_wb=True,
            output_color=rawpy.ColorSpace.sRGB,
            output_bps=16,
            no_auto_bright=True,
            gamma=_SRGB_GAMMA,
        )
    if pixels.ndim != 3 or pixels.shape[2] != 3:
        raise Refused(Reason.VARIANT_NOT_READ, format=Kind.RAW, what="pixels of an unusual kind")
    return Decoded(
        np.ascontiguousarray(pixels),
        profile_name="camera RAW",
        facts=replace(read_exif(data), orientation=1),
        cautions={Caution.DEVELOPED},
        bit_depth=16,
        scaled_by=0.5 if half else 1.0,
    )
