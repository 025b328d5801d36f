"""PNG and TIFF with 16 bits a channel, by OpenCV, in the worker; Pillow keeps 8 bits only."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cutis.steps.intake.cautions import Caution
from cutis.steps.intake.decoders.alpha import over_white
from cutis.steps.intake.decoders.picture import Decoded
from cutis.steps.intake.headers.header import Header, check_size
from cutis.steps.intake.headers.sniff import Kind
from cutis.steps.intake.limits import IntakeLimits
from cutis.steps.intake.refusals import Reason, Refused

_CHANNEL_ORDER = {3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGBA}


def decode_deep(data: bytes, header: Header, limits: IntakeLimits) -> Decoded:
    """Decode a 16-bit picture.

    Args:
        data: The whole file.
        header: What our own walk found; the decoder must agree on the size.
        limits: Sizes that are allowed.

    Returns:
        16-bit pixels in the file's colours; those of a TIFF are upright already.

    Raises:
        Refused: Broken, or not as the header claims.
    """
    flags = cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if pixels is None:
        raise Refused(Reason.BROKEN, format=header.kind)
    _check(pixels, header, limits)
    if pixels.ndim == 3:
        pixels = cv2.cvtColor(pixels, _CHANNEL_ORDER[pixels.shape[2]], dst=pixels)
    return Decoded(np.asarray(pixels))


def invert(decoded: Decoded) -> None:
    """Turn pixels that count from white into pixels that count from black."""
    np.subtract(np.iinfo(decoded.pixels.dtype).max, decoded.pixels, out=decoded.pixels)


def lay_over_white(decoded: Decoded) -> None:
    """Compose pixels with alpha multiplied in over white."""
    decoded.pixels, transparent = over_white(decoded.pixels, premultiplied=True)
    if transparent:
        decoded.cautions.add(Caution.ALPHA)


def _check(pixels: NDArray[Any], header: Header, limits: IntakeLimits) -> None:
    height, width = pixels.shape[:2]
    check_size(header.kind, width, height, limits)
    claimed = {(header.width_px, header.height_px)}
    if header.kind is Kind.TIFF:
        claimed.add((header.height_px, header.width_px))
    if (width, height) not in claimed:
        raise Refused(Reason.SIZE_DIFFERS, format=header.kind)
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    if pixels.dtype != np.uint16 or channels not in {1, 3, 4}:
        raise Refused(Reason.VARIANT_NOT_READ, format=header.kind, what="pixels of an unusual kind")
