"""From bytes to upright sRGB pixels: what the sandboxed worker does for each photo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.steps.intake.cautions import Caution
from cutis.steps.intake.decoders.alpha import over_white
from cutis.steps.intake.decoders.colour import (
    Converted,
    grey_to_srgb,
    numbered_to_srgb,
    rgb8_to_srgb,
    rgb16_to_srgb,
    to_eight_bits,
)
from cutis.steps.intake.decoders.exif import CaptureFacts
from cutis.steps.intake.decoders.orientation import upright
from cutis.steps.intake.decoders.picture import Decoded
from cutis.steps.intake.headers.header import Header
from cutis.steps.intake.headers.sniff import Kind
from cutis.steps.intake.limits import IntakeLimits
from cutis.steps.intake.process.diagnostics import Diagnostics


@dataclass(frozen=True, slots=True, eq=False)
class Developed:
    """An upright sRGB picture and what is kept about it."""

    rgb: NDArray[np.uint8]
    rgb16: NDArray[np.uint16] | None
    colour_profile: str
    facts: CaptureFacts
    cautions: tuple[Caution, ...]
    scaled_by: float
    bit_depth: int


def develop(
    data: memoryview, header: Header, limits: IntakeLimits, diagnostics: Diagnostics
) -> Developed:
    """Decode a photo, bring it to sRGB and turn it upright.

    Args:
        data: The whole file.
        header: What our own walk found.
        limits: What the photo may cost.
        diagnostics: Catches what the libraries print.

    Returns:
        The picture; nothing of the file but pixels and the kept facts is in it.

    Raises:
        Refused: The photo is refused; other faults raise what the decoder raises.
    """
    decoded = _decode(data, header, limits, diagnostics)
    if decoded.facts.orientation == 0:
        decoded.cautions.add(Caution.BAD_ORIENTATION)
    if header.kind is not Kind.JPEG and diagnostics.damaged():
        decoded.cautions.add(Caution.DAMAGED_DATA)
    if header.kind is Kind.PNG and not header.complete:
        decoded.cautions.add(Caution.END_MISSING)
    if header.high_dynamic_range:
        decoded.cautions.add(Caution.HDR)
    if decoded.scaled_by < 1:
        decoded.cautions.add(Caution.REDUCED)
    rgb, rgb16, name = _to_srgb(decoded, header.primaries)
    turn = decoded.facts.orientation
    return Developed(
        rgb=upright(rgb, turn),
        rgb16=None if rgb16 is None else upright(rgb16, turn),
        colour_profile=name,
        facts=decoded.facts,
        cautions=tuple(sorted(decoded.cautions)),
        scaled_by=decoded.scaled_by,
        bit_depth=decoded.bit_depth or header.bit_depth,
    )


def _decode(
    data: memoryview, header: Header, limits: IntakeLimits, diagnostics: Diagnostics
) -> Decoded:
    """Choose the decoder; each is imported when the first photo of its kind comes."""
    match header.kind:
        case Kind.JPEG:
            from cutis.steps.intake.decoders.jpeg import decode_jpeg  # noqa: PLC0415

            decoded = decode_jpeg(data, header, limits, diagnostics)
        case Kind.PNG:
            from cutis.steps.intake.decoders.png import decode_png  # noqa: PLC0415

            decoded = decode_png(data, header, limits)
        case Kind.TIFF:
            from cutis.steps.intake.decoders.tiff import decode_tiff  # noqa: PLC0415

            decoded = decode_tiff(data, header, limits)
        case Kind.HEIC:
            from cutis.steps.intake.decoders.heif import decode_heif  # noqa: PLC0415

            decoded = decode_heif(data, header, limits)
        case Kind.DICOM:
            from cutis.steps.intake.decoders.dicom import decode_dicom  # noqa: PLC0415

            decoded = decode_dicom(data, limits, diagnostics)
        case Kind.RAW:
            from cutis.steps.intake.decoders.raw import decode_raw  # noqa: PLC0415

            decoded = decode_raw(data, limits)
        case Kind.WEBP | Kind.AVIF:
            from cutis.steps.intake.decoders.pillow import decode_with_pillow  # noqa: PLC0415

            decoded = decode_with_pillow(bytes(data), header, limits)
    return decoded


def _to_srgb(
    decoded: Decoded, primaries: int | None
) -> tuple[NDArray[np.uint8], NDArray[np.uint16] | None, str]:
    """Return the 8-bit picture, the 16-bit picture if there is one, and the colours' name."""
    pixels: NDArray[Any] = decoded.pixels
    if pixels.ndim == 3 and pixels.shape[2] == 4:
        pixels, transparent = over_white(pixels)
        if transparent:
            decoded.cautions.add(Caution.ALPHA)
    if decoded.profile_name is not None:
        deep = pixels if pixels.dtype == np.uint16 else None
        rgb = pixels if deep is None else to_eight_bits(deep)
        return rgb, deep, decoded.profile_name
    if pixels.dtype == np.uint16:
        return _to_srgb16(pixels, decoded)
    rgb, name, cautions = _eight_bits_to_srgb(pixels, decoded.profile, primaries)
    decoded.cautions.update(cautions)
    return rgb, None, name


def _eight_bits_to_srgb(
    pixels: NDArray[np.uint8], profile: bytes | None, primaries: int | None
) -> Converted:
    """Convert by profile, or by number where there is no profile."""
    if pixels.ndim == 2:
        return grey_to_srgb(pixels, profile)
    numbered = numbered_to_srgb(pixels, primaries) if profile is None else None
    return numbered or rgb8_to_srgb(pixels, profile)


def _to_srgb16(
    pixels: NDArray[np.uint16], decoded: Decoded
) -> tuple[NDArray[np.uint8], NDArray[np.uint16] | None, str]:
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    converted = rgb16_to_srgb(pixels, decoded.profile)
    if converted is not None:
        rgb16, name, _ = converted
        return to_eight_bits(rgb16), rgb16, name
    rgb, name, cautions = rgb8_to_srgb(to_eight_bits(pixels), decoded.profile)
    decoded.cautions.update((*cautions, Caution.DEPTH_LOST))
    return rgb, None, name
