"""Walk over a TIFF (TIFF 6.0): size, depth, pages, strips; and telling camera RAW apart."""

from __future__ import annotations

from dataclasses import dataclass

from cutis.steps.intake.headers.header import Budget, Header, bad_header, check_size
from cutis.steps.intake.headers.sniff import Kind
from cutis.steps.intake.headers.structure import Directory, TiffError, TiffStructure
from cutis.steps.intake.limits import IntakeLimits
from cutis.steps.intake.refusals import Reason, Refused

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_STRIP_OFFSETS, _SAMPLES, _TILE_OFFSETS = 273, 277, 324
_PLANAR, _SUB_DIRECTORIES, _EXTRA_SAMPLES, _SAMPLE_FORMAT = 284, 330, 338, 339
_PROFILE, _DNG_VERSION = 34675, 50706
_COMPRESSIONS = frozenset({1, 5, 7, 8, 32773, 32946})
"""None, LZW, JPEG, deflate, PackBits, deflate under its older number."""
_PHOTOMETRICS = frozenset({0, 1, 2, 3, 5, 6, 8})
_DEEP_PHOTOMETRICS = frozenset({0, 1, 2})
_SENSOR = frozenset({32803, 34892})
"""Colour filter array (TIFF/EP) and linear RAW (DNG): pixels as the sensor gave them."""
_DEPTHS = frozenset({1, 2, 4, 8, 16})
_MAX_SAMPLES = 6
"""Four inks and two masks."""
_UNSIGNED = frozenset({1, 4})


@dataclass(frozen=True, slots=True)
class _Page:
    """What a directory says about its picture."""

    width: int
    height: int
    bits: int
    samples: int
    compression: int
    photometric: int
    planar: int
    sample_format: int


@dataclass(frozen=True, slots=True)
class TiffExtras:
    """What the first page says on how to read it; an empty profile is too large."""

    profile: bytes | None
    white_is_zero: bool
    premultiplied: bool


def read_tiff_header(data: memoryview, limits: IntakeLimits) -> Header:
    """Read what a TIFF claims; a camera RAW in TIFF clothing comes back as such.

    Args:
        data: The whole file.
        limits: Pages and directories that are allowed.

    Returns:
        The header of the first page.

    Raises:
        Refused: Broken, of a coding that is not read, over a limit, or too short.
    """
    try:
        structure = TiffStructure(data)
        pages = list(_chain(structure, limits))
        if bytes(data[8:10]) == b"CR" or any(_is_raw(structure, page) for page in pages[:8]):
            return Header(Kind.RAW, bit_depth=16)
    except TiffError as error:
        raise bad_header(Kind.TIFF, str(error)) from error
    page = _read_page(pages[0])
    _check_coding(page)
    check_size(Kind.TIFF, page.width, page.height, limits)
    _check_enough(pages[0], page, len(data))
    return Header(
        Kind.TIFF,
        width_px=page.width,
        height_px=page.height,
        bit_depth=page.bits,
        frames=len(pages),
        lossy=page.compression == 7,
    )


def read_tiff_extras(data: memoryview, max_profile_bytes: int) -> TiffExtras:
    """Return ICC profile and pixel meaning of the first page.

    Args:
        data: The whole file, with a header that was read before.
        max_profile_bytes: Most bytes that a profile may have.
    """
    structure = TiffStructure(data)
    page = structure.directory(structure.first_offset)
    entry = page.entries.get(_PROFILE)
    fits = entry is not None and len(entry.raw) <= max_profile_bytes
    return TiffExtras(
        profile=None if entry is None else bytes(entry.raw) if fits else b"",
        white_is_zero=page.first(_PHOTOMETRIC, 1) == 0,
        premultiplied=page.first(_EXTRA_SAMPLES, 0) == 1,
    )


def _chain(structure: TiffStructure, limits: IntakeLimits) -> list[Directory]:
    budget = Budget(Kind.TIFF, limits)
    pages: list[Directory] = []
    for directory in structure.chain(limits.max_frames + 1):
        budget.segment()
        pages.append(directory)
    if not pages:
        raise bad_header(Kind.TIFF, "it has no directory")
    return pages


def _is_raw(structure: TiffStructure, page: Directory) -> bool:
    """Tell whether a directory, or one below it, holds pixels as the sensor gave them."""
    if _DNG_VERSION in page.entries or page.first(_PHOTOMETRIC, 0) in _SENSOR:
        return True
    below = page.entries.get(_SUB_DIRECTORIES)
    for offset in below.integers()[:8] if below else ():
        try:
            if structure.directory(offset).first(_PHOTOMETRIC, 0) in _SENSOR:
                return True
        except TiffError:
            continue
    return False


def _read_page(page: Directory) -> _Page:
    bits = page.entries.get(_BITS)
    depths = set(bits.integers()) if bits else {1}
    return _Page(
        width=page.first(_WIDTH, 0),
        height=page.first(_HEIGHT, 0),
        bits=max(depths, default=1),
        samples=page.first(_SAMPLES, 1),
        compression=page.first(_COMPRESSION, 1),
        photometric=page.first(_PHOTOMETRIC, 1),
        planar=page.first(_PLANAR, 1),
        sample_format=page.first(_SAMPLE_FORMAT, 1),
    )


def _check_coding(page: _Page) -> None:
    what = None
    if page.compression not in _COMPRESSIONS:
        what = "a compression other than LZW, deflate, PackBits or JPEG"
    elif page.sample_format not in _UNSIGNED or page.bits not in _DEPTHS:
        what = f"samples of {min(page.bits, 99)} bits or of another number type"
    elif page.photometric not in _PHOTOMETRICS or not 1 <= page.samples <= _MAX_SAMPLES:
        what = "pixels of an unusual kind"
    elif page.bits == 16 and page.photometric not in _DEEP_PHOTOMETRICS:
        what = "16-bit pixels other than grey or RGB"
    elif page.bits == 16 and page.planar == 2 and page.samples > 1:
        what = "16-bit channels stored one after the other"
    if what:
        raise Refused(Reason.VARIANT_NOT_READ, format=Kind.TIFF, what=what)


def _check_enough(directory: Directory, page: _Page, size_bytes: int) -> None:
    """Refuse a page without data, or an uncompressed one larger than its file."""
    if not {_STRIP_OFFSETS, _TILE_OFFSETS} & directory.entries.keys():
        raise bad_header(Kind.TIFF, "it does not say where its picture is")
    if page.compression != 1:
        return
    row_bits = page.width * page.bits * (1 if page.photometric == 6 else page.samples)
    if size_bytes < page.height * ((row_bits + 7) // 8):
        raise Refused(Reason.TRUNCATED, format=Kind.TIFF)
