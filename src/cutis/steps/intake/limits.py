"""What a photo may cost: the limits of intake, each with the reason for its value."""

from __future__ import annotations

from dataclasses import dataclass, fields

from cutis.core.errors import InputError

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class IntakeLimits:
    """Limits of one photo; every one of them is checked before the picture is decoded.

    Attributes:
        max_bytes: Size of the file. 128 MiB holds any phone photo, a camera RAW of 45
            megapixels, and an uncompressed 16-bit TIFF of 22 megapixels.
        max_pixels: Width times height. Phones of 2024 to 2026 write up to 50 megapixels.
        max_side_px: Longest side; a panorama beyond it is no portrait.
        min_side_px: Shortest side; a smaller picture is an icon or a tracking pixel.
        max_frames: Pictures in one file. Only the first is read, the others are counted.
        max_jpeg_scans: Scans of a JPEG. Encoders write about 10; each scan costs a pass over
            the whole picture (libjpeg-turbo project, *Two Issues with the JPEG Standard*).
        max_segments: Segments, chunks, boxes or directory entries that are walked.
        max_box_depth: Nesting of boxes in HEIC and AVIF files; real files stay below 6.
        max_metadata_bytes: Everything that is neither pixels nor their tables.
        max_profile_bytes: An ICC profile after decompression; printer profiles reach 4 MiB.
        max_decode_px: A JPEG beyond it is decoded at half or quarter size (`scaled_by`).
        decode_timeout_s: Wall time of one decode; target R1 allows 5 s for the whole photo.
        decode_memory_bytes: Address space that decoding may add to the worker.
            60 megapixels take 0.9 GiB in the costliest path (16-bit camera RAW).
    """

    max_bytes: int = 128 * MIB
    max_pixels: int = 60_000_000
    max_side_px: int = 12_000
    min_side_px: int = 16
    max_frames: int = 10_000
    max_jpeg_scans: int = 100
    max_segments: int = 65_536
    max_box_depth: int = 12
    max_metadata_bytes: int = 16 * MIB
    max_profile_bytes: int = 4 * MIB
    max_decode_px: int = 32_000_000
    decode_timeout_s: float = 4.5
    decode_memory_bytes: int = 1536 * MIB

    def __post_init__(self) -> None:
        """Refuse a limit that is not positive."""
        for field in fields(self):
            value = getattr(self, field.name)
            if not value > 0:
                raise InputError(f"{field.name} must be above 0; it is {value}.")
