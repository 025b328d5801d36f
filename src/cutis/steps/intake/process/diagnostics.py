"""What image libraries print to the error stream: caught in memory, searched for damage."""

from __future__ import annotations

import os
import re
import tempfile

_MAX_BYTES = 8192
_DAMAGE = re.compile(
    rb"corrupt jpeg data|premature end of jpeg|extraneous bytes|bad huffman|"
    rb"unsupported marker|inconsistent progression|crc error|"
    rb"not enough data|decoding error|prematurely terminated|fractional scanline",
    re.IGNORECASE,
)


class Diagnostics:
    """A piece of memory that can take the place of the error stream of this process."""

    def __init__(self) -> None:
        self._descriptor = _scratch_descriptor()

    def take_error_stream(self) -> None:
        """Catch from now on what anything in this process prints as an error."""
        os.dup2(self._descriptor, 2)

    def clear(self) -> None:
        """Forget what was printed."""
        os.ftruncate(self._descriptor, 0)
        os.lseek(self._descriptor, 0, os.SEEK_SET)

    def damaged(self) -> bool:
        """Tell whether a library reported damaged picture data since the last `clear`."""
        return bool(_DAMAGE.search(self._text()))

    def ran_out(self) -> bool:
        """Tell whether the data ended before the picture did, so that the rest is filling."""
        return b"premature end" in self._text().lower()

    def _text(self) -> bytes:
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        text = os.read(self._descriptor, _MAX_BYTES)
        os.lseek(self._descriptor, 0, os.SEEK_END)
        return text


def _scratch_descriptor() -> int:
    """Return a descriptor of memory, or of a nameless temporary file where there is none."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("diagnostics")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
