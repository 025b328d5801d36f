"""What a file is, by its first bytes; names and extensions are never believed."""

from __future__ import annotations

from enum import StrEnum

from cutis.steps.intake.refusals import Reason, Refused

PROBE_BYTES = 4096
"""How many bytes at the start are looked at."""


class Kind(StrEnum):
    """A kind of file that is read; the value is the name used in messages and records."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WebP"
    TIFF = "TIFF"
    HEIC = "HEIC"
    AVIF = "AVIF"
    DICOM = "DICOM"
    RAW = "camera RAW"


_SAVE_AS = "Save it as JPEG or PNG first."
_TAKE = "Send a photo."

_READ: tuple[tuple[int, bytes, Kind], ...] = (
    (0, b"\xff\xd8\xff", Kind.JPEG),
    (0, b"\x89PNG\r\n\x1a\n", Kind.PNG),
    (0, b"IIRO", Kind.RAW),
    (0, b"IIRS", Kind.RAW),
    (0, b"MMOR", Kind.RAW),
    (0, b"IIU\x00", Kind.RAW),
    (0, b"FUJIFILMCCD-RAW", Kind.RAW),
    (0, b"II*\x00", Kind.TIFF),
    (0, b"MM\x00*", Kind.TIFF),
    (128, b"DICM", Kind.DICOM),
)

_REFUSED: tuple[tuple[int, bytes, str, str], ...] = (
    (0, b"GIF8", "a GIF", _SAVE_AS),
    (0, b"BM", "a BMP", _SAVE_AS),
    (0, b"II+\x00", "a BigTIFF", "Save it as plain TIFF."),
    (0, b"MM\x00+", "a BigTIFF", "Save it as plain TIFF."),
    (0, b"\x00\x00\x00\x0cjP  ", "a JPEG 2000", _SAVE_AS),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000", _SAVE_AS),
    (0, b"\xff\x0a", "a JPEG XL", _SAVE_AS),
    (0, b"\x00\x00\x00\x0cJXL ", "a JPEG XL", _SAVE_AS),
    (0, b"8BPS", "a Photoshop document", _SAVE_AS),
    (0, b"%!PS", "a PostScript document", _SAVE_AS),
    (0, b"\xc5\xd0\xd3\xc6", "a PostScript document", _SAVE_AS),
    (0, b"\x00\x00\x01\x00", "an icon", _TAKE),
    (0, b"\x00\x00\x02\x00", "a cursor", _TAKE),
    (0, b"DDS ", "a DirectDraw surface", _SAVE_AS),
    (0, b"v/1\x01", "an OpenEXR picture", _SAVE_AS),
    (0, b"#?RADIANCE", "a Radiance picture", _SAVE_AS),
    (0, b"qoif", "a QOI picture", _SAVE_AS),
    (0, b"\x0a\x05\x01\x08", "a PCX picture", _SAVE_AS),
    (0, b"SIMPLE  =", "a FITS file", _SAVE_AS),
    (0, b"PK\x03\x04", "a ZIP archive", "Unpack it and send the photo."),
    (0, b"PK\x05\x06", "a ZIP archive", "Unpack it and send the photo."),
    (0, b"\x1f\x8b", "a gzip archive", "Unpack it and send the photo."),
    (0, b"Rar!", "a RAR archive", "Unpack it and send the photo."),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "Unpack it and send the photo."),
    (257, b"ustar", "a tar archive", "Unpack it and send the photo."),
    (0, b"MZ", "a program", _TAKE),
    (0, b"\x7fELF", "a program", _TAKE),
    (0, b"\x1aE\xdf\xa3", "a video", "Send a photo, or a still of the video."),
    (0, b"RIFF", "a RIFF file other than WebP", "Send a photo."),
)

_TEXTS: tuple[tuple[bytes, str, str], ...] = (
    (b"%pdf-", "a PDF document", "Export its picture as JPEG or PNG."),
    (b"<svg", "an SVG drawing", _TAKE),
    (b"<!doctype html", "a web page", _TAKE),
    (b"<html", "a web page", _TAKE),
)

_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_AVIF_BRANDS = frozenset({b"avif", b"avis"})


def sniff(head: bytes) -> Kind:
    """Tell what a file is from its start.

    Args:
        head: The first bytes, at most `PROBE_BYTES` are looked at.

    Returns:
        The kind; camera RAW inside a TIFF is told apart later, by its directories.

    Raises:
        Refused: It is another kind of file, or none that is known.
    """
    if not head:
        raise Refused(Reason.EMPTY)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Kind.WEBP
    if head[4:8] == b"ftyp":
        return _by_brand(head)
    for offset, magic, kind in _READ:
        if head.startswith(magic, offset):
            return kind
    raise _other(head)


def _by_brand(head: bytes) -> Kind:
    """Tell HEIC, AVIF and Canon RAW apart by the brands of the file type box."""
    size = min(int.from_bytes(head[:4], "big"), PROBE_BYTES)
    brands = [head[i : i + 4] for i in (8, *range(16, size - 3, 4))]
    if brands[0] == b"crx ":
        return Kind.RAW
    if _AVIF_BRANDS & set(brands):
        return Kind.AVIF
    if _HEIC_BRANDS & set(brands):
        return Kind.HEIC
    raise Refused(
        Reason.KIND_NOT_READ, kind="a video", fix="Send a photo, or a still of the video."
    )


def _other(head: bytes) -> Refused:
    """Name a file that is not read, where its kind is known."""
    text = head[:PROBE_BYTES].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for magic, kind, fix in _TEXTS:
        if text.startswith(magic):
            return Refused(Reason.KIND_NOT_READ, kind=kind, fix=fix)
    if text.startswith(b"<?xml") and b"<svg" in text:
        return Refused(Reason.KIND_NOT_READ, kind="an SVG drawing", fix=_TAKE)
    for offset, magic, kind, fix in _REFUSED:
        if head.startswith(magic, offset):
            return Refused(Reason.KIND_NOT_READ, kind=kind, fix=fix)
    return Refused(Reason.NOT_A_PHOTO)
