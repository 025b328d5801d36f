"""PNG, WebP, AVIF and 8-bit TIFF by Pillow, in the worker; one format is named to it each time."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutis.steps.intake.cautions import Caution
from cutis.steps.intake.decoders.colour import image_to_rgb
from cutis.steps.intake.decoders.exif import read_exif
from cutis.steps.intake.decoders.picture import Decoded
from cutis.steps.intake.headers.header import Header, check_size
from cutis.steps.intake.headers.sniff import Kind
from cutis.steps.intake.limits import IntakeLimits
from cutis.steps.intake.refusals import Reason, Refused

_FORMATS = {Kind.PNG: "PNG", Kind.WEBP: "WEBP", Kind.AVIF: "AVIF", Kind.TIFF: "TIFF"}
_TO_RGBA = frozenset({"LA", "PA", "La", "RGBa", "RGBA"})
_TO_RGB = frozenset({"RGB", "RGBX", "YCbCr", "HSV"})


def decode_with_pillow(data: bytes, header: Header, limits: IntakeLimits) -> Decoded:
    """Decode the first picture of a file.

    Args:
        data: The whole file.
        header: What our own walk found; the decoder must agree on the size.
        limits: Sizes that are allowed.

    Returns:
        The picture in the file's colours, not yet upright.

    Raises:
        Refused: Of a size or kind that is not allowed; other faults raise what Pillow raises.
    """
    Image.MAX_IMAGE_PIXELS = None  # checked here and by our own walk
    with Image.open(io.BytesIO(data), formats=[_FORMATS[header.kind]]) as image:
        _check(image, header, limits)
        profile = image.info.get("icc_profile")
        exif = image.info.get("exif")
        image.load()
        decoded = _pixels(image, profile, header.kind)
    decoded.facts = read_exif(exif if isinstance(exif, bytes) else None)
    return decoded


def _check(image: Image.Image, header: Header, limits: IntakeLimits) -> None:
    check_size(header.kind, image.width, image.height, limits)
    claimed = {(header.width_px, header.height_px)}
    if header.kind is Kind.TIFF:
        claimed.add((header.height_px, header.width_px))
    if header.kind is not Kind.AVIF and image.size not in claimed:
        raise Refused(Reason.SIZE_DIFFERS, format=header.kind)


def _pixels(image: Image.Image, profile: Any, kind: Kind) -> Decoded:
    icc = profile if isinstance(profile, bytes) else None
    if image.mode in {"CMYK", "LAB"}:
        pixels, name, cautions = image_to_rgb(image, icc)
        return Decoded(pixels, profile_name=name, cautions=set(cautions))
    if image.mode == "1":
        return Decoded(_array(image.convert("L")), icc, cautions={Caution.BILEVEL})
    if image.mode == "L" and "transparency" not in image.info:
        return Decoded(_array(image), icc)
    if image.mode in _TO_RGBA or "transparency" in image.info:
        return Decoded(_array(image.convert("RGBA")), icc)
    if image.mode in _TO_RGB or image.mode == "P":
        return Decoded(_array(image.convert("RGB")), icc)
    raise Refused(Reason.VARIANT_NOT_READ, format=kind, what="pixels of an unusual kind")


def _array(image: Image.Image) -> NDArray[np.uint8]:
    return np.array(image, dtype=np.uint8)
