"""From a file's colours to sRGB, in the worker: ICC profiles by Little CMS, in bands."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from cutis.steps.intake.cautions import Caution
from cutis.steps.intake.decoders.profile import (
    MatrixProfile,
    ProfileError,
    is_srgb,
    numbered_profile,
    parse_matrix_profile,
)
from cutis.steps.intake.decoders.shaper import for_each_band, to_srgb8, to_srgb16

ASSUMED = "sRGB (assumed)"
SRGB = "sRGB"
_NO_CACHE = 0x0040
"""``cmsFLAGS_NOCACHE``: lets threads share a transform, and is faster on photos."""
_FLAGS = ImageCms.Flags(_NO_CACHE) | ImageCms.Flags.BLACKPOINTCOMPENSATION
_BAND_ROWS = 256
_KNOWN_NAMES = (
    ("display p3", "Display P3"),
    ("adobe rgb", "Adobe RGB (1998)"),
    ("prophoto", "ProPhoto RGB"),
    ("romm", "ProPhoto RGB"),
    ("rec2020", "Rec. 2020"),
    ("bt.2020", "Rec. 2020"),
    ("srgb", SRGB),
)

_CMS_ERRORS = (ImageCms.PyCMSError, OSError, ValueError, TypeError)

Converted = tuple[NDArray[Any], str, tuple[Caution, ...]]
"""sRGB pixels ``[row, col, 3]``, the name of the colours before, and what to say about it."""


def rgb8_to_srgb(pixels: NDArray[np.uint8], profile: bytes | None) -> Converted:
    """Convert 8-bit RGB to sRGB; without a profile, or with a broken one, sRGB is assumed.

    Args:
        pixels: ``[row, col, 3]``.
        profile: ICC profile; None is absent, empty is broken.
    """
    if profile is None:
        return pixels, ASSUMED, ()
    matrix = _matrix_or_none(profile)
    try:
        if matrix is not None:
            return _shape8(pixels, matrix, profile)
        source = _open(profile)
        if _space(source) != "RGB":
            return pixels, ASSUMED, (Caution.PROFILE_BROKEN,)
        transform = _transform(source, "RGB")
        if _changes_nothing(transform):
            return pixels, SRGB, ()
        return _apply_in_bands(pixels, transform), _name(source, "RGB"), ()
    except _CMS_ERRORS:
        return pixels, ASSUMED, (Caution.PROFILE_BROKEN,)


def _matrix_or_none(profile: bytes) -> MatrixProfile | None:
    try:
        return parse_matrix_profile(profile)
    except ProfileError:
        return None


def _shape8(pixels: NDArray[np.uint8], matrix: MatrixProfile, profile: bytes) -> Converted:
    if is_srgb(matrix):
        return pixels, SRGB, ()
    name = _name(_open(profile), "RGB")
    return to_srgb8(pixels, matrix), name, ()


def rgb16_to_srgb(pixels: NDArray[np.uint16], profile: bytes | None) -> Converted | None:
    """Convert 16-bit RGB to sRGB; None when the profile is no matrix profile.

    Args:
        pixels: ``[row, col, 3]``, 0 to 65535.
        profile: ICC profile; None is absent, empty is broken.
    """
    if profile is None:
        return pixels, ASSUMED, ()
    matrix = _matrix_or_none(profile)
    if matrix is None:
        return None
    if is_srgb(matrix):
        return pixels, SRGB, ()
    try:
        name = _name(_open(profile), "RGB")
    except _CMS_ERRORS:
        return None
    return to_srgb16(pixels, matrix), name, ()


def numbered_to_srgb(pixels: NDArray[np.uint8], primaries: int | None) -> Converted | None:
    """Convert 8-bit RGB whose colours are named by a number of ITU-T H.273.

    Returns:
        None where the number is absent or unknown.
    """
    if primaries == 1:
        return pixels, SRGB, ()
    numbered = numbered_profile(primaries or 0)
    if numbered is None:
        return None
    profile, name = numbered
    return to_srgb8(pixels, profile), name, ()


def to_eight_bits(pixels: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Round 16 bits to 8, exactly: ``round(v / 257)``, since 65535 is 255 times 257."""
    out = np.empty(pixels.shape, np.uint8)
    for top in range(0, len(pixels), _BAND_ROWS):
        band = pixels[top : top + _BAND_ROWS].astype(np.uint32)
        out[top : top + _BAND_ROWS] = (band + 128) // 257
    return out


def image_to_rgb(image: Image.Image, profile: bytes | None) -> Converted:
    """Convert a CMYK or CIELab image of Pillow to sRGB.

    Args:
        image: Mode ``CMYK`` or ``LAB``; Adobe's inversion is undone already.
        profile: ICC profile; None is absent, empty is broken.
    """
    if image.mode == "LAB":
        lab = ImageCms.createProfile("LAB")
        return np.asarray(_convert(image, _lab_transform(lab))), "CIE L*a*b* (D50)", ()
    if profile:
        try:
            source = _open(profile)
            if _space(source) == "CMYK":
                converted = _convert(image, _transform(source, "CMYK"))
                return np.asarray(converted), "embedded CMYK profile", ()
        except _CMS_ERRORS:
            pass
    cautions = (Caution.CMYK_ASSUMED,) + ((Caution.PROFILE_BROKEN,) if profile is not None else ())
    return np.asarray(image.convert("RGB")), "CMYK (approximate)", cautions


def grey_to_srgb(pixels: NDArray[np.uint8], profile: bytes | None) -> Converted:
    """Convert 8-bit grey to sRGB.

    Args:
        pixels: ``[row, col]``.
        profile: ICC profile of a grey or, as some cameras write, an RGB space.
    """
    if profile:
        try:
            source = _open(profile)
            if _space(source) == "GRAY":
                image = Image.fromarray(pixels)
                return np.asarray(_convert(image, _transform(source, "L"))), "grey profile", ()
        except _CMS_ERRORS:
            pass
    return rgb8_to_srgb(np.repeat(pixels[..., None], 3, axis=2), profile)


def _open(profile: bytes) -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(io.BytesIO(profile))


def _space(profile: ImageCms.ImageCmsProfile) -> str:
    return str(profile.profile.xcolor_space).strip()


def _name(profile: ImageCms.ImageCmsProfile, space: str) -> str:
    """Name a profile by a known name only: descriptions may hold names of people."""
    text = str(profile.profile.profile_description or "").lower()
    known = next((name for part, name in _KNOWN_NAMES if part in text), None)
    return known or f"embedded {space} profile"


def _transform(source: ImageCms.ImageCmsProfile, mode: str) -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(
        source,
        ImageCms.createProfile("sRGB"),
        mode,
        "RGB",
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        flags=_FLAGS,
    )


def _lab_transform(lab: Any) -> ImageCms.ImageCmsTransform:
    return _transform(ImageCms.ImageCmsProfile(lab), "LAB")


def _convert(image: Image.Image, transform: ImageCms.ImageCmsTransform) -> Image.Image:
    converted = ImageCms.applyTransform(image, transform)
    if converted is None:
        raise ValueError("no picture came back")
    return converted


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    """Tell whether a transform moves no colour of a 9 by 9 by 9 grid by more than one step."""
    steps = np.linspace(0, 255, 9).round().astype(np.uint8)
    grid = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(27, 27, 3)
    moved = np.asarray(_convert(Image.fromarray(grid), transform)).astype(np.int16)
    return int(np.abs(moved - grid).max()) <= 1


def _apply_in_bands(
    pixels: NDArray[np.uint8], transform: ImageCms.ImageCmsTransform
) -> NDArray[np.uint8]:
    """Apply a transform in place, band by band, so that little memory is needed twice."""
    pixels = pixels if pixels.flags.writeable else pixels.copy()

    def convert(top: int) -> None:
        band = Image.fromarray(pixels[top : top + _BAND_ROWS])
        pixels[top : top + _BAND_ROWS] = np.asarray(_convert(band, transform))

    for_each_band(convert, len(pixels), _BAND_ROWS)
    return pixels
