"""The little that is kept of EXIF (CIPA DC-008): orientation, camera, exposure, speed, flash.

Everything else, above all place, dates, names, serial numbers, comments and thumbnails, is
never looked up. A camera's name is kept only when its maker is known and its model looks like
one, so that no free text travels from a file into a report.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cutis.steps.intake.headers.structure import Directory, TiffError, TiffStructure

_MAKE, _MODEL, _ORIENTATION, _EXIF = 271, 272, 274, 34665
_EXPOSURE, _ISO, _FLASH = 33434, 34855, 37385
_MAX_CAMERA = 64
_MARK = b"Exif\x00\x00"
_MODEL_FORM = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ()+._-]*(?:/[A-Za-z0-9])?")
_MAX_MODEL_WORDS = 6
_MAKER_WORDS = frozenset(
    # Makers of cameras and phones, and the words that follow their names.
    "acer alcatel apple arashi asus blackberry blackview canon casio caterpillar cubot dji doogee "
    "eastman epson essential fairphone fuji fujifilm gigaset google gopro hasselblad hmd honor "
    "htc huawei infinix insta360 iqoo itel jenoptik kodak konica kyocera leica lenovo lg lge "
    "logitech mamiya meizu microsoft minolta motorola nikon nokia nothing nubia nvidia olympus om "
    "oneplus oppo oukitel palm panasonic pantech pentax phase polaroid poco razer realme redmi "
    "ricoh samsung sanyo sharp sigma sony tcl tecno toshiba ulefone umidigi vivo wiko xiaomi yi "
    "zeiss zte ag camera co company communications computer corp corporation digital electric "
    "electronics ericsson film global imaging inc limited ltd mobile one optical photo solutions "
    "techwin technology vision".split()
)


@dataclass(frozen=True, slots=True)
class CaptureFacts:
    """What is kept of EXIF; ``orientation`` is 1 to 8, or 0 when the mark is invalid."""

    orientation: int = 1
    camera: str | None = None
    exposure_s: float | None = None
    iso: int | None = None
    flash_fired: bool | None = None


def read_exif(raw: bytes | memoryview | None) -> CaptureFacts:
    """Read the kept facts from an EXIF block.

    Args:
        raw: The block with or without its ``Exif`` mark, or a whole TIFF; None when absent.

    Returns:
        The facts; all defaults where the block is absent or broken. Nothing is raised.
    """
    if not raw:
        return CaptureFacts()
    block = memoryview(raw)
    try:
        structure = TiffStructure(block[6:] if bytes(block[:6]) == _MARK else block)
        main = structure.directory(structure.first_offset)
    except TiffError:
        return CaptureFacts()
    return _facts(main, _sub_directory(structure, main))


def camera_name(make: str, model: str) -> str | None:
    """Return maker and model as one printable name of at most 64 characters, or None.

    Args:
        make: The maker as written in the file.
        model: The model as written in the file.

    Returns:
        None when the maker is unknown or the model does not look like one.
    """
    make, model = " ".join(make.split()), " ".join(model.split())
    plain = make.isascii() and make.isprintable()
    if not plain or not _is_known(make) or not _looks_like_model(model):
        return None
    name = model if model.lower().startswith(make.split()[0].lower()) else f"{make} {model}"
    return name if len(name) <= _MAX_CAMERA else None


def _facts(main: Directory, sub: Directory | None) -> CaptureFacts:
    orientation = main.first(_ORIENTATION, 1)
    texts = [main.entries[tag].text() if tag in main.entries else "" for tag in (_MAKE, _MODEL)]
    facts = CaptureFacts(
        orientation=orientation if 1 <= orientation <= 8 else 0,
        camera=camera_name(*texts),
    )
    if sub is None:
        return facts
    exposure = sub.entries.get(_EXPOSURE)
    flash = sub.first(_FLASH, -1)
    return CaptureFacts(
        orientation=facts.orientation,
        camera=facts.camera,
        exposure_s=_within(exposure.rational() if exposure else None, 1e-7, 3600.0),
        iso=int(_within(sub.first(_ISO, 0), 1, 10_000_000) or 0) or None,
        flash_fired=bool(flash & 1) if flash >= 0 else None,
    )


def _sub_directory(structure: TiffStructure, main: Directory) -> Directory | None:
    offset = main.first(_EXIF, 0)
    if not offset or offset == structure.first_offset:
        return None
    try:
        return structure.directory(offset)
    except TiffError:
        return None


def _within(value: float | None, low: float, high: float) -> float | None:
    return value if value is not None and low <= value <= high else None


def _looks_like_model(model: str) -> bool:
    return bool(
        _MODEL_FORM.fullmatch(model)
        and ".." not in model
        and len(model.split()) <= _MAX_MODEL_WORDS
    )


def _is_known(make: str) -> bool:
    """Tell whether every word of a maker is the name of a maker or follows one."""
    words = re.findall(r"[a-z0-9]+", make.lower())
    return 0 < len(words) <= 5 and set(words) <= _MAKER_WORDS
