"""From bytes to a checked header: sniff, walk, limits."""

from __future__ import annotations

from cutis.steps.intake.headers.dicom import read_dicom_header
from cutis.steps.intake.headers.header import Header, HeaderReader, check_header
from cutis.steps.intake.headers.isobmff import read_avif_header, read_heic_header
from cutis.steps.intake.headers.jpeg import read_jpeg_header
from cutis.steps.intake.headers.png import read_png_header
from cutis.steps.intake.headers.sniff import PROBE_BYTES, Kind, sniff
from cutis.steps.intake.headers.tiff import read_tiff_header
from cutis.steps.intake.headers.webp import read_webp_header
from cutis.steps.intake.limits import IntakeLimits


def read_header(data: bytes, limits: IntakeLimits) -> Header:
    """Return the checked header of a photo.

    Args:
        data: The whole file.
        limits: What the photo may cost.

    Returns:
        The header; nothing was decoded to read it.

    Raises:
        Refused: No photo, of a kind that is not read, broken, or over a limit.
    """
    kind = sniff(data[:PROBE_BYTES])
    reader = _READERS.get(kind, _leave_to_decoder)
    header = reader(memoryview(data), limits)
    check_header(header, limits)
    return header


def _leave_to_decoder(_: memoryview, __: IntakeLimits) -> Header:
    """Return the header of a camera RAW, whose size the decoder reads and checks."""
    return Header(Kind.RAW, bit_depth=16)


_READERS: dict[Kind, HeaderReader] = {
    Kind.JPEG: read_jpeg_header,
    Kind.PNG: read_png_header,
    Kind.WEBP: read_webp_header,
    Kind.TIFF: read_tiff_header,
    Kind.HEIC: read_heic_header,
    Kind.AVIF: read_avif_header,
    Kind.DICOM: read_dicom_header,
}
