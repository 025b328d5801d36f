"""Files that outlast a power cut: written beside, synced, renamed, and the folder synced.

The steps of the system are behind `FileSystem`, so that a test can take the power away between any
two of them.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from cutis.core.errors import StoreError, StoreFullError, StoreUnavailableError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class FileSystem(Protocol):
    """What the system offers; nothing here is durable but what a sync has returned for."""

    def write(self, path: Path, content: bytes, *, mode: int) -> None:
        """Write a new or existing file and sync its content."""
        ...

    def overwrite(self, path: Path, content: bytes) -> None:
        """Write over the content of a file that is there, in place, and sync it."""
        ...

    def rename(self, old: Path, new: Path) -> None:
        """Give a file another name within its folder, in place of what has that name."""
        ...

    def unlink(self, path: Path) -> None:
        """Remove a name; no error where there is none."""
        ...

    def sync_folder(self, folder: Path) -> None:
        """Make the names in a folder durable."""
        ...

    def make_folder(self, folder: Path) -> None:
        """Make a folder and those above it, each durable in its parent."""
        ...

    def read(self, path: Path) -> bytes:
        """Return the content of a file; FileNotFoundError where there is none."""
        ...


class SystemFiles:
    """The real thing."""

    def write(self, path: Path, content: bytes, *, mode: int) -> None:
        """Write and fsync. A sync that fails is never tried again: its pages may be gone."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        _write_synced(os.open(path, flags, mode), content)

    def overwrite(self, path: Path, content: bytes) -> None:
        """Write over it without making it shorter first, which would give its blocks up unread."""
        _write_synced(os.open(path, os.O_WRONLY | os.O_CLOEXEC), content)

    def rename(self, old: Path, new: Path) -> None:
        """Rename in place."""
        old.replace(new)

    def unlink(self, path: Path) -> None:
        """Remove a name."""
        path.unlink(missing_ok=True)

    def sync_folder(self, folder: Path) -> None:
        """Fsync a folder."""
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def make_folder(self, folder: Path) -> None:
        """Make folders, for this user only, and sync each parent."""
        if folder.is_dir():
            return
        self.make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        self.sync_folder(folder.parent)

    def read(self, path: Path) -> bytes:
        """Read it whole."""
        return path.read_bytes()


def _write_synced(descriptor: int, content: bytes) -> None:
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def put_file(files: FileSystem, path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Put a file in place, whole or not at all; when this returns it outlasts a power cut.

    Raises:
        StoreFullError: there is no room.
        StoreUnavailableError: the disk refused.
    """
    part = path.with_name(f".{path.name}.{os.urandom(4).hex()}.part")
    with disk_errors():
        files.make_folder(path.parent)
        try:
            files.write(part, content, mode=mode)
            files.rename(part, path)
            files.sync_folder(path.parent)
        except OSError:
            with contextlib.suppress(OSError):
                files.unlink(part)
            raise


def remove_file(files: FileSystem, path: Path) -> None:
    """Remove a file for good; no error where there is none."""
    with disk_errors():
        files.unlink(path)
        with contextlib.suppress(FileNotFoundError):
            files.sync_folder(path.parent)


@contextlib.contextmanager
def disk_errors() -> Iterator[None]:
    """Turn errors of the system into those of the store; no path leaks into a message."""
    try:
        yield
    except OSError as error:
        raise _disk_error(error) from error


def _disk_error(error: OSError) -> StoreError:
    if error.errno in _FULL:
        return StoreFullError(
            "There is no room to keep more. Free some space or move the data folder; "
            "reading, exporting and erasing still work."
        )
    return StoreUnavailableError(
        f"The disk refused ({error.strerror or type(error).__name__}); nothing was done. "
        "Check the disk and the rights of the data folder."
    )
