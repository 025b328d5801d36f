"""The door: bytes or a path in, an upright sRGB photo out, or a typed refusal."""

from __future__ import annotations

import atexit

import numpy as np

from cutis.core.capture import CaptureInfo, Photo
from cutis.steps.intake.cautions import Caution, sentences
from cutis.steps.intake.headers.header import Header
from cutis.steps.intake.headers.read import read_header
from cutis.steps.intake.limits import IntakeLimits
from cutis.steps.intake.process.channel import ChannelError
from cutis.steps.intake.process.exchange import Reply, parse_reply, request_words
from cutis.steps.intake.process.supervisor import Decoder
from cutis.steps.intake.reading import PhotoSource, read_source, sha256_of
from cutis.steps.intake.refusals import Reason, Refused, error_for

_BYTES_PER_PIXEL = 9
_DEFAULT_LIMITS = IntakeLimits()
_decoder = Decoder()
atexit.register(_decoder.close)


def open_photo(
    source: PhotoSource,
    limits: IntakeLimits = _DEFAULT_LIMITS,
    *,
    expected_sha256: str | None = None,
    decoder: Decoder | None = None,
) -> Photo:
    """Open a photo from bytes or a path.

    In this order: bytes up to a cap, digest, first bytes, our own walk over the header, and
    only then a decoder, in a process of its own with limits on time and memory. What comes
    back are pixels; no metadata of the file passes but the few facts of `CaptureInfo`.

    Args:
        source: The bytes of the file, or its path.
        limits: What the photo may cost.
        expected_sha256: The digest that the sender gave, 64 hexadecimal digits.
        decoder: A decoding process of your own; the shared one when left out.

    Returns:
        The upright photo in sRGB.

    Raises:
        PhotoError: The photo is refused; the message says why and what to do.
        MissingExtraError: It is a camera RAW or DICOM file and the extra is not installed.
        InputError: The arguments are no photo source or no digest.
    """
    try:
        data = read_source(source, limits.max_bytes)
        digest = sha256_of(data, expected_sha256)
        header = read_header(data, limits)
        reply, block = _decode(decoder or _decoder, data, header, limits)
    except Refused as refused:
        raise error_for(refused) from refused
    return _photo(reply, block, header, digest=digest, size_bytes=len(data))


def warm_decoder() -> None:
    """Start the shared decoding process without waiting for it, so that it is ready in time."""
    try:
        _decoder.warm()
    except Refused as refused:
        raise error_for(refused) from refused


def close_decoder() -> None:
    """End the shared decoding process; the next photo starts a new one."""
    _decoder.close()


def decoder_walls() -> tuple[str, ...]:
    """Return the walls that stand around the shared decoding process.

    Returns:
        Any of ``limits`` (memory, time, descriptors), ``no_new_privileges``, ``system_calls``
        (no network, no other programs) and ``files`` (nothing but program files is readable).

    Raises:
        DecodeLimitError: The process cannot be started.
    """
    try:
        return _decoder.walls()
    except Refused as refused:
        raise error_for(refused) from refused


def _decode(
    decoder: Decoder, data: bytes, header: Header, limits: IntakeLimits
) -> tuple[Reply, memoryview]:
    words, block = decoder.decode(
        request_words(header, limits),
        memoryview(data),
        limits.max_pixels * _BYTES_PER_PIXEL,
        limits.decode_timeout_s,
    )
    try:
        reply = parse_reply(words, limits)
    except ChannelError as error:
        raise Refused(Reason.CRASHED) from error
    if block.nbytes != reply.block_bytes():
        raise Refused(Reason.CRASHED)
    return reply, block


def _photo(
    reply: Reply, block: memoryview, header: Header, *, digest: str, size_bytes: int
) -> Photo:
    """Lay pixels and facts together; the pixels are a view of what the worker sent."""
    shape = (reply.height_px, reply.width_px, 3)
    count = reply.height_px * reply.width_px * 3
    deep = np.frombuffer(block, np.uint16, count).reshape(shape) if reply.deep else None
    rgb = np.frombuffer(block, np.uint8, count, 2 * count if reply.deep else 0).reshape(shape)
    cautions = reply.cautions + ((Caution.FIRST_OF_MANY,) if header.frames > 1 else ())
    info = CaptureInfo(
        source_format=header.kind.value,
        width_px=reply.width_px,
        height_px=reply.height_px,
        bit_depth=reply.bit_depth,
        colour_profile=reply.colour_profile,
        sha256=digest,
        size_bytes=size_bytes,
        lossy=header.lossy,
        damaged=Caution.DAMAGED_DATA in cautions or Caution.END_MISSING in cautions,
        scaled_by=reply.scaled_by,
        jpeg_quality=header.jpeg_quality,
        camera=reply.facts.camera,
        exposure_s=reply.facts.exposure_s,
        iso=reply.facts.iso,
        flash_fired=reply.facts.flash_fired,
        warnings=sentences(cautions),
    )
    return Photo(rgb, info, deep)
