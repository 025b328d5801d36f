"""A photo after intake: upright sRGB pixels and the little that is kept about their making."""

from __future__ import annotations

from dataclasses import dataclass

from cutis.core.arrays import RGB, RGB16


@dataclass(frozen=True, slots=True)
class CaptureInfo:
    """What is kept about a capture; never place, names, serial numbers or file names.

    ``width_px`` and ``height_px`` are those of the upright photo.
    ``scaled_by`` is 1 unless the decoder reduced a very large photo (0.5 is half size).
    ``jpeg_quality`` is estimated from the quantisation tables (0–100, IJG scale).
    """

    source_format: str
    width_px: int
    height_px: int
    bit_depth: int
    colour_profile: str
    sha256: str
    size_bytes: int
    lossy: bool
    damaged: bool = False
    scaled_by: float = 1.0
    jpeg_quality: float | None = None
    camera: str | None = None
    exposure_s: float | None = None
    iso: int | None = None
    flash_fired: bool | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """An upright photo in sRGB.

    ``rgb16`` holds the same picture with 16 bits a channel where the source had them.
    """

    rgb: RGB
    info: CaptureInfo
    rgb16: RGB16 | None = None

    @property
    def width_px(self) -> int:
        """Width of the upright photo in pixels."""
        return int(self.rgb.shape[1])

    @property
    def height_px(self) -> int:
        """Height of the upright photo in pixels."""
        return int(self.rgb.shape[0])
