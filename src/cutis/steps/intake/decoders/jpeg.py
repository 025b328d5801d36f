"""JPEG decoding, in the worker: OpenCV's libjpeg for grey and colour, Pillow for four channels.

OpenCV refuses a picture that ends early, and lets libjpeg report damage on the error stream,
which `diagnostics` catches; Pillow does neither. Its plug-in is used for CMYK alone, and by its
class, because opening a file by name may hand a multi-picture file to the MPO plug-in.
"""

from __future__ import annotations

import io
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cutis.steps.intake.cautions import Caution
from cutis.steps.intake.decoders.colour import image_to_rgb
from cutis.steps.intake.decoders.exif import read_exif
from cutis.steps.intake.decoders.picture import Decoded
from cutis.steps.intake.headers.header import Header
from cutis.steps.intake.headers.jpeg import JpegExtras, read_jpeg_extras
from cutis.steps.intake.headers.sniff import Kind
from cutis.steps.intake.limits import IntakeLimits
from cutis.steps.intake.process.diagnostics import Diagnostics
from cutis.steps.intake.refusals import Reason, Refused

_REDUCTIONS = {
    1: cv2.IMREAD_COLOR_RGB,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}
_END_MARK = b"\xff\xd9"
_MAX_FLAT_SHARE = 0.1
"""Share of the picture that may be filling where data ran out; beyond it the photo is refused."""


def decode_jpeg(
    data: memoryview, header: Header, limits: IntakeLimits, diagnostics: Diagnostics
) -> Decoded:
    """Decode a JPEG.

    A file without its end mark is read when nothing but the mark is missing: libjpeg reports
    no damage, and the scans hold every coefficient. In a file with its end mark, damage is a
    caution, unless over a tenth of the rows at the bottom are filling.

    Args:
        data: The whole file.
        header: What our own walk found.
        limits: Sizes and profile bytes that are allowed.
        diagnostics: Catches what libjpeg reports.

    Returns:
        The picture in the file's colours, not yet upright.

    Raises:
        Refused: Truncated or broken.
    """
    extras = read_jpeg_extras(data, limits)
    if header.channels == 4:
        return _decode_four_channels(data, extras)
    reduction = _reduction(header, limits)
    coded = np.frombuffer(data, np.uint8)
    if not header.complete:
        coded = np.concatenate((coded, np.frombuffer(_END_MARK, np.uint8)))
    pixels = _decode(coded, reduction, header)
    damaged = diagnostics.damaged()
    if not header.complete and (damaged or not header.covered):
        raise Refused(Reason.TRUNCATED, format=Kind.JPEG)
    if diagnostics.ran_out() and _flat_share(pixels) > _MAX_FLAT_SHARE:
        raise Refused(Reason.TRUNCATED, format=Kind.JPEG)
    decoded = Decoded(pixels, extras.profile, facts=read_exif(extras.exif))
    decoded.scaled_by = 1.0 / reduction
    if damaged:
        decoded.cautions.add(Caution.DAMAGED_DATA)
    elif not header.complete:
        decoded.cautions.add(Caution.END_MISSING)
    return decoded


def _decode(coded: NDArray[np.uint8], reduction: int, header: Header) -> NDArray[Any]:
    pixels = cv2.imdecode(coded, _REDUCTIONS[reduction] | cv2.IMREAD_IGNORE_ORIENTATION)
    if pixels is None:
        raise Refused(Reason.BROKEN if header.complete else Reason.TRUNCATED, format=Kind.JPEG)
    if reduction > 1:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB, dst=pixels)
    return np.asarray(pixels)


def _reduction(header: Header, limits: IntakeLimits) -> int:
    """Return the least power of two, at most 8, that brings a picture under the limit."""
    pixels = header.width_px * header.height_px
    return next((n for n in (1, 2, 4) if pixels <= limits.max_decode_px * n * n), 8)


def _flat_share(pixels: NDArray[Any]) -> float:
    """Return the share of rows, from the bottom up, that repeat the row above them.

    Where data run out, libjpeg fills whole blocks with one colour, so that each row equals
    the row above it except where blocks meet.
    """
    rows = len(pixels)
    same = np.array([np.array_equal(pixels[i], pixels[i - 1]) for i in range(1, rows)])
    inside = same | (np.arange(1, rows) % 8 == 0)
    changed = np.flatnonzero(~inside)
    first_flat = int(changed[-1]) + 2 if len(changed) else 0
    return 1.0 - first_flat / rows


def _decode_four_channels(data: memoryview, extras: JpegExtras) -> Decoded:
    from PIL import JpegImagePlugin  # noqa: PLC0415  (rare)

    image = JpegImagePlugin.JpegImageFile(io.BytesIO(data))
    image.load()
    pixels, name, cautions = image_to_rgb(image, extras.profile)
    return Decoded(pixels, profile_name=name, facts=read_exif(extras.exif), cautions=set(cautions))
