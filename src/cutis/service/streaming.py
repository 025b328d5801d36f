"""What is written to a stream, sent on as it is written: nothing of it touches the disk."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from typing import BinaryIO

_CHUNK_BYTES = 1 << 18


def streamed(write: Callable[[BinaryIO], None]) -> Iterator[bytes]:
    """Return what ``write`` writes, in chunks; it runs in a thread of its own.

    The first chunk is waited for here, so that an error before it is raised to the caller; a later
    one breaks the stream off.
    """
    source = _Source(write)
    first = source.read()
    if source.error is not None and not first:
        source.close()
        raise source.error
    return source.chunks(first)


class _Source:
    """The reading end of a pipe whose writing end is given away."""

    def __init__(self, write: Callable[[BinaryIO], None]) -> None:
        reading, writing = os.pipe()
        self._stream = os.fdopen(reading, "rb", buffering=0)
        self.error: BaseException | None = None
        self._thread = threading.Thread(
            target=self._run, args=(write, writing), name="cutis-stream", daemon=True
        )
        self._thread.start()

    def read(self) -> bytes:
        """Return the next chunk; empty at the end, when the writer is done."""
        chunk = self._stream.read(_CHUNK_BYTES) or b""
        if not chunk:
            self._thread.join()
        return chunk

    def chunks(self, first: bytes) -> Iterator[bytes]:
        """Yield the first chunk and all others; raise at the end what the writer raised."""
        try:
            chunk = first
            while chunk:
                yield chunk
                chunk = self.read()
            if self.error is not None:
                raise self.error
        finally:
            self.close()

    def close(self) -> None:
        """Close the reading end; a writer that still writes is told."""
        self._stream.close()
        self._thread.join()

    def _run(self, write: Callable[[BinaryIO], None], writing: int) -> None:
        try:
            with contextlib.suppress(BrokenPipeError), os.fdopen(writing, "wb") as stream:
                write(stream)
        except BaseException as error:  # noqa: BLE001  (it is raised where it is read)
            self.error = error
