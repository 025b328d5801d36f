"""Reading the bytes of a photo: regular files only, never more than the cap, with a digest."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import stat

from cutis.core.errors import InputError
from cutis.steps.intake.refusals import Reason, Refused

PhotoSource = bytes | bytearray | memoryview | str | os.PathLike[str]
"""Where a photo comes from: its bytes, or the path of a file."""

_CHUNK_BYTES = 1 << 20
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


def read_source(source: PhotoSource, max_bytes: int) -> bytes:
    """Return the bytes of a photo.

    Args:
        source: Bytes, or the path of a regular file.
        max_bytes: Cap; a file is never read beyond it.

    Returns:
        The bytes, at most ``max_bytes``.

    Raises:
        InputError: The source is neither bytes nor a path.
        Refused: The file cannot be opened, is no regular file, is empty or over the cap.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        size = source.nbytes if isinstance(source, memoryview) else len(source)
        _check_size(size, max_bytes)
        return bytes(source)
    if isinstance(source, str | os.PathLike):
        return _read_file(source, max_bytes)
    raise InputError(
        f"A photo is given as bytes or as a path; {type(source).__name__} came instead."
    )


def sha256_of(data: bytes, expected: str | None) -> str:
    """Return the SHA-256 of ``data`` in hexadecimal, checked against ``expected`` if given.

    Raises:
        InputError: ``expected`` is no SHA-256 in hexadecimal.
        Refused: The digests differ.
    """
    digest = hashlib.sha256(data).hexdigest()
    if expected is None:
        return digest
    if not _SHA256.fullmatch(expected):
        raise InputError("expected_sha256 must be 64 hexadecimal digits.")
    if not hmac.compare_digest(digest, expected.lower()):
        raise Refused(Reason.DIGEST)
    return digest


def _read_file(path: str | os.PathLike[str], max_bytes: int) -> bytes:
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    flags |= getattr(os, "O_BINARY", 0) | getattr(os, "O_NOCTTY", 0)
    try:
        descriptor = os.open(path, flags)
    except (OSError, ValueError) as error:
        raise Refused(Reason.CANNOT_OPEN, why=_why(error)) from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise Refused(Reason.NOT_A_FILE, what=_file_type(status.st_mode))
        _check_size(status.st_size, max_bytes)
        return _read_capped(descriptor, max_bytes)
    finally:
        os.close(descriptor)


def _read_capped(descriptor: int, max_bytes: int) -> bytes:
    """Read to the end, but never beyond the cap: a file may grow while it is read."""
    parts: list[bytes] = []
    total = 0
    try:
        while part := os.read(descriptor, min(_CHUNK_BYTES, max_bytes + 1 - total)):
            parts.append(part)
            total += len(part)
            _check_size(total, max_bytes)
    except OSError as error:
        raise Refused(Reason.CANNOT_OPEN, why=_why(error)) from error
    return b"".join(parts)


def _check_size(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise Refused(Reason.TOO_MANY_BYTES, limit_mib=max_bytes / (1 << 20))


def _why(error: OSError | ValueError) -> str:
    """Say why in the system's words, without the path."""
    text = error.strerror if isinstance(error, OSError) else "its name holds a null character"
    return (text or "the system gave no reason").lower()


def _file_type(mode: int) -> str:
    names = (
        (stat.S_ISDIR, "folder"),
        (stat.S_ISFIFO, "pipe"),
        (stat.S_ISSOCK, "socket"),
        (stat.S_ISCHR, "device"),
        (stat.S_ISBLK, "device"),
    )
    return next((name for test, name in names if test(mode)), "special file")
