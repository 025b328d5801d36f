"""Why a photo is refused: one key per reason, one sentence per key, one error class per key.

Inside the package a refusal travels as `Refused` with plain numbers and words; the sandboxed
worker can send nothing else. The door turns it into an error of `cutis.core.errors`.
"""

from __future__ import annotations

from enum import StrEnum

from cutis.core.errors import (
    CutisError,
    DecodeLimitError,
    MissingExtraError,
    PhotoError,
    PhotoTooLargeError,
    UnreadablePhotoError,
    UnsupportedPhotoError,
)

Fact = int | float | str

READ = (
    "Photos are read as JPEG, PNG, WebP, HEIC, AVIF or TIFF, as DICOM photograph, "
    "and as camera RAW (DNG, CR2, CR3, NEF, ARW)."
)


class Reason(StrEnum):
    """Why a photo is refused."""

    EMPTY = "empty"
    NOT_A_FILE = "not_a_file"
    CANNOT_OPEN = "cannot_open"
    DIGEST = "digest"
    NOT_A_PHOTO = "not_a_photo"
    KIND_NOT_READ = "kind_not_read"
    VARIANT_NOT_READ = "variant_not_read"
    BAD_HEADER = "bad_header"
    TRUNCATED = "truncated"
    BROKEN = "broken"
    SIZE_DIFFERS = "size_differs"
    TOO_MANY_BYTES = "too_many_bytes"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_LONG = "too_long"
    TOO_SMALL = "too_small"
    TOO_MANY_FRAMES = "too_many_frames"
    TOO_MANY_SCANS = "too_many_scans"
    TOO_MANY_SEGMENTS = "too_many_segments"
    TOO_MUCH_METADATA = "too_much_metadata"
    MEMORY = "memory"
    TIME = "time"
    KILLED = "killed"
    CRASHED = "crashed"
    NO_DECODER = "no_decoder"
    NEEDS_RAW = "needs_raw"
    NEEDS_CLINIC = "needs_clinic"


class Refused(Exception):  # noqa: N818  (a verdict on its way to the door, not yet an error)
    """A photo is refused: the reason and the facts that its sentence names."""

    def __init__(self, reason: Reason, **facts: Fact) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.facts = facts


_AGAIN = "Send the original file again."

_SENTENCES: dict[Reason, tuple[type[CutisError], str]] = {
    Reason.EMPTY: (
        UnreadablePhotoError,
        f"A photo was expected; the file is empty. {_AGAIN}",
    ),
    Reason.NOT_A_FILE: (
        UnreadablePhotoError,
        "A photo file was expected; this is a {what}. Give the path of one photo.",
    ),
    Reason.CANNOT_OPEN: (
        UnreadablePhotoError,
        "The file could not be opened: {why}. Check that it is there and may be read.",
    ),
    Reason.DIGEST: (
        UnreadablePhotoError,
        (
            "The SHA-256 digest of the file is not the expected one: it was altered on the way. "
            f"{_AGAIN}"
        ),
    ),
    Reason.NOT_A_PHOTO: (
        UnsupportedPhotoError,
        f"The file does not begin like any photo that is read. {READ}",
    ),
    Reason.KIND_NOT_READ: (
        UnsupportedPhotoError,
        f"The file is {{kind}}, which is not read. {READ} {{fix}}",
    ),
    Reason.VARIANT_NOT_READ: (
        UnsupportedPhotoError,
        (
            "This {format} holds {what}, which is not read. "
            "Save the photo as JPEG, or as PNG or TIFF with 8 or 16 bits a channel."
        ),
    ),
    Reason.BAD_HEADER: (
        UnreadablePhotoError,
        f"The {{format}} header is broken: {{what}}. {_AGAIN}",
    ),
    Reason.TRUNCATED: (
        UnreadablePhotoError,
        (
            "The {format} ends too early: a part of the picture is missing. "
            "The transfer was cut off, most likely. Send the original file again."
        ),
    ),
    Reason.BROKEN: (
        UnreadablePhotoError,
        f"The {{format}} picture data are broken and cannot be decoded. {_AGAIN}",
    ),
    Reason.SIZE_DIFFERS: (
        UnreadablePhotoError,
        f"The {{format}} header and its picture data disagree about the size. {_AGAIN}",
    ),
    Reason.TOO_MANY_BYTES: (
        PhotoTooLargeError,
        (
            "The file may have at most {limit_mib:g} MiB; it has more. "
            "Send it as JPEG or HEIC, as the camera wrote it."
        ),
    ),
    Reason.TOO_MANY_PIXELS: (
        PhotoTooLargeError,
        (
            "The photo may have at most {limit_mpx:g} megapixels; it claims {width} by {height} "
            "pixels. Send a smaller version."
        ),
    ),
    Reason.TOO_LONG: (
        PhotoTooLargeError,
        (
            "A side may have at most {limit} pixels; the photo claims {width} by {height}. "
            "Send a smaller version."
        ),
    ),
    Reason.TOO_SMALL: (
        UnsupportedPhotoError,
        (
            "A photo has at least {limit} pixels a side; this picture has {width} by {height}. "
            "Send the photo itself, not an icon of it."
        ),
    ),
    Reason.TOO_MANY_FRAMES: (
        PhotoTooLargeError,
        "A file may hold at most {limit} pictures; this one holds more. Send one photo.",
    ),
    Reason.TOO_MANY_SCANS: (
        PhotoTooLargeError,
        "A JPEG may have at most {limit} scans; this one has {scans}. Save it again as JPEG.",
    ),
    Reason.TOO_MANY_SEGMENTS: (
        PhotoTooLargeError,
        "The {format} may have at most {limit} parts; it has more. Save the photo again.",
    ),
    Reason.TOO_MUCH_METADATA: (
        PhotoTooLargeError,
        (
            "The {format} may carry at most {limit_mib:g} MiB beside the picture; it has more. "
            "Save the photo again without extras."
        ),
    ),
    Reason.MEMORY: (
        DecodeLimitError,
        (
            "Decoding the photo needed more memory than the {limit_mib:g} MiB that one photo may "
            "take. Send a smaller version."
        ),
    ),
    Reason.TIME: (
        DecodeLimitError,
        (
            "Decoding the photo took longer than the {limit_s:g} s that one photo may take. "
            "Send a smaller version, or save it again as JPEG."
        ),
    ),
    Reason.KILLED: (
        DecodeLimitError,
        (
            "Decoding was ended from outside, most often because the machine ran out of memory. "
            "Try again, or send a smaller version."
        ),
    ),
    Reason.CRASHED: (
        UnreadablePhotoError,
        f"The decoder broke down on this file: its data are damaged or hostile. {_AGAIN}",
    ),
    Reason.NO_DECODER: (
        DecodeLimitError,
        (
            "The decoding process could not be started: {why}. Free memory and processes, "
            "then try again."
        ),
    ),
}

_EXTRAS = {
    Reason.NEEDS_RAW: ("Reading camera RAW", "raw"),
    Reason.NEEDS_CLINIC: ("Reading DICOM photographs", "clinic"),
}


def error_for(refused: Refused) -> PhotoError | MissingExtraError:
    """Return the error that the caller gets for a refusal.

    Args:
        refused: The reason and its facts.

    Returns:
        An error whose message says what was expected, what came and what to do.
    """
    if refused.reason in _EXTRAS:
        feature, extra = _EXTRAS[refused.reason]
        return MissingExtraError(feature, extra)
    kind, sentence = _SENTENCES[refused.reason]
    error = kind(sentence.format_map(_Facts(refused.facts)).strip())
    assert isinstance(error, PhotoError)  # noqa: S101  (every class in the table is one)
    return error


class _Facts(dict[str, Fact]):
    """Facts by name; a missing one reads as its plain name, never as an exception."""

    def __missing__(self, key: str) -> str:
        return f"({key})"
