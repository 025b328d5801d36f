"""Room kept back, so that reading, exporting and erasing work on a full disk.

Two walls. Nothing new is kept once less than ``min_free`` is free. And a file of ``reserve`` bytes
lies in the data folder: where the disk is full all the same, it is given up for what must work.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from cutis.core.errors import StoreFullError

_NAME = "reserve"


@dataclass(frozen=True, slots=True)
class Reserve:
    """The room kept back in one folder; a folder of None keeps none (a database elsewhere)."""

    folder: Path | None
    reserve_bytes: int
    min_free_bytes: int

    def fill(self) -> bool:
        """Make the file again if there is room for it and for more; tell whether it is there."""
        if self.folder is None or not self.reserve_bytes:
            return True
        path = self.folder / _NAME
        if path.exists():
            return True
        if shutil.disk_usage(self.folder).free < self.reserve_bytes + self.min_free_bytes:
            return False
        try:
            with path.open("xb") as stream:
                os.posix_fallocate(stream.fileno(), 0, self.reserve_bytes)
        except OSError:
            with contextlib.suppress(OSError):
                path.unlink()
            return False
        return True

    def release(self) -> None:
        """Give the file up."""
        if self.folder is not None:
            with contextlib.suppress(OSError):
                (self.folder / _NAME).unlink()

    def refuse_when_low(self) -> None:
        """Raise if nothing new should be kept.

        Raises:
            StoreFullError: too little is free.
        """
        if self.folder is None:
            return
        if shutil.disk_usage(self.folder).free < self.min_free_bytes or not self.fill():
            raise StoreFullError(
                "There is too little room to keep more. Free some space or move the data folder; "
                "reading, exporting and erasing still work."
            )
