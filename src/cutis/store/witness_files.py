"""What a witness remembers, as files in a folder of its own: one per log, replaced in one move."""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

from cutis.core.errors import StoreError
from cutis.store.checkpoint import Checkpoint

try:
    import fcntl
except ImportError:  # no such locks on Windows; there one process keeps the folder
    fcntl = None  # type: ignore[assignment]


class WitnessFolder:
    """A `WitnessMemory` that outlives a crash. Keep the folder away from the log's own backup.

    Who restores it from a backup makes the witness forget: it would sign a shorter log again.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    def last(self, origin: str) -> Checkpoint | None:
        """Return the last checkpoint of a log.

        Raises:
            StoreError: the file cannot be read, or was changed.
        """
        try:
            return Checkpoint.parse(self._path(origin).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _failed(error) from error

    def replace(self, old: Checkpoint | None, new: Checkpoint) -> bool:
        """Put ``new`` in place of ``old`` and on the disk; False where ``old`` is not the last.

        Raises:
            StoreError: the disk refused; then ``old`` is still the last.
        """
        path = self._path(new.origin)
        part = path.with_suffix(".part")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with self._alone():
                if self.last(new.origin) != old:
                    return False
                with part.open("w", encoding="utf-8", newline="\n") as stream:
                    stream.write(new.text())
                    stream.flush()
                    os.fsync(stream.fileno())
                part.replace(path)
                self._sync_folder()
        except OSError as error:
            raise _failed(error) from error
        return True

    def _path(self, origin: str) -> Path:
        return self._folder / f"{hashlib.sha256(origin.encode()).hexdigest()}.checkpoint"

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other threads and other processes out."""
        with self._lock, (self._folder / "lock").open("w") as stream:
            if fcntl is not None:
                fcntl.flock(stream, fcntl.LOCK_EX)
            yield

    def _sync_folder(self) -> None:
        if os.name != "posix":
            return
        handle = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _failed(error: OSError) -> StoreError:
    return StoreError(
        f"The witness cannot keep or read what it has seen ({error.strerror}), so it signs "
        "nothing. Free some space, or correct the rights of its folder."
    )
