"""DICOM photographs, in the worker: pydicom for the data set (extra ``clinic``), ours for JPEG.

Names, dates, identifiers and descriptions are never looked up.
"""

from __future__ import annotations

import io
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.steps.intake.cautions import Caution
from cutis.steps.intake.decoders.jpeg import decode_jpeg
from cutis.steps.intake.decoders.picture import Decoded
from cutis.steps.intake.headers.dicom import JPEG_BASELINE
from cutis.steps.intake.headers.header import check_size
from cutis.steps.intake.headers.jpeg import read_jpeg_header
from cutis.steps.intake.headers.sniff import Kind
from cutis.steps.intake.limits import IntakeLimits
from cutis.steps.intake.process.diagnostics import Diagnostics
from cutis.steps.intake.refusals import Reason, Refused

_GREY = frozenset({"MONOCHROME1", "MONOCHROME2"})
_COLOUR = frozenset({"RGB", "YBR_FULL", "YBR_FULL_422"})


def decode_dicom(data: memoryview, limits: IntakeLimits, diagnostics: Diagnostics) -> Decoded:
    """Decode the first frame of a DICOM photograph.

    Args:
        data: The whole file.
        limits: Sizes that are allowed; checked before the pixels are unpacked.
        diagnostics: Catches what libjpeg reports.

    Returns:
        The frame in the file's colours.

    Raises:
        Refused: pydicom is not installed, or the kind or size is not allowed; other faults
            raise what pydicom raises.
    """
    try:
        import pydicom  # noqa: PLC0415  (an extra)
    except ImportError as error:
        raise Refused(Reason.NEEDS_CLINIC) from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data_set = pydicom.dcmread(io.BytesIO(data))
        photometric = str(data_set.PhotometricInterpretation)
        check_size(Kind.DICOM, int(data_set.Columns), int(data_set.Rows), limits)
        _check_kind(data_set, photometric)
        if data_set.file_meta.TransferSyntaxUID == JPEG_BASELINE:
            decoded = _decode_jpeg_frame(data_set, limits, diagnostics)
        else:
            decoded = Decoded(_plain_frame(data_set, photometric))
    if int(data_set.get("NumberOfFrames") or 1) > 1:
        decoded.cautions.add(Caution.FIRST_OF_MANY)
    profile = data_set.get("ICCProfile")
    decoded.profile = bytes(profile) if profile else None
    decoded.bit_depth = int(data_set.BitsStored)
    return decoded


def _check_kind(data_set: Any, photometric: str) -> None:
    known = photometric in _GREY | _COLOUR and int(data_set.BitsAllocated) in {8, 16}
    if not known or int(data_set.get("PixelRepresentation") or 0):
        raise Refused(Reason.VARIANT_NOT_READ, format=Kind.DICOM, what="pixels of an unusual kind")


def _decode_jpeg_frame(data_set: Any, limits: IntakeLimits, diagnostics: Diagnostics) -> Decoded:
    from pydicom.encaps import get_frame  # noqa: PLC0415  (an extra)

    frames = int(data_set.get("NumberOfFrames") or 1)
    coded = memoryview(get_frame(data_set.PixelData, 0, number_of_frames=frames))
    header = read_jpeg_header(coded, limits)
    if (header.width_px, header.height_px) != (data_set.Columns, data_set.Rows):
        raise Refused(Reason.SIZE_DIFFERS, format=Kind.DICOM)
    return decode_jpeg(coded, header, limits, diagnostics)


def _plain_frame(data_set: Any, photometric: str) -> NDArray[Any]:
    """Return an uncompressed frame: 8 bits as they are, more scaled to the full 16."""
    from pydicom.pixels import pixel_array  # noqa: PLC0415  (an extra)

    pixels = np.ascontiguousarray(pixel_array(data_set, index=0))
    if photometric == "MONOCHROME1":
        pixels = (2 ** int(data_set.BitsStored) - 1) - pixels
    if pixels.dtype == np.uint8:
        return pixels
    top = 2 ** int(data_set.BitsStored) - 1
    scaled = np.minimum(pixels, top).astype(np.uint32) * 65535 + top // 2
    return np.asarray(scaled // top, dtype=np.uint16)
