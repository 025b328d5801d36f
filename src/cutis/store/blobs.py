"""Sealed blobs on disk: one file each, by random id, in folders of 256 by 256.

Only sealed bytes come here; names tell nothing. A blob is durable before the transaction that
speaks of it commits, so that no record is ever without its file; a file without a record is swept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from cutis.core.errors import TamperedError
from cutis.store.disk import FileSystem, SystemFiles, disk_errors, put_file, remove_file

_ID = re.compile(r"[0-9a-f]{32}")


class BlobStore(Protocol):
    """Where sealed bytes lie; each blob is written once and never changed."""

    def put(self, blob_id: str, sealed: bytes) -> None:
        """Keep a blob; durable when this returns."""
        ...

    def get(self, blob_id: str) -> bytes:
        """Return a blob; `TamperedError` where it is gone."""
        ...

    def remove(self, blob_id: str) -> None:
        """Remove a blob; no error where there is none."""
        ...

    def ids(self) -> Iterator[tuple[str, float]]:
        """Yield every id with the time it was written, in seconds since 1970."""
        ...


class DiskBlobs:
    """Blobs as files below one folder."""

    def __init__(self, folder: Path, files: FileSystem | None = None) -> None:
        self._folder = folder
        self._files = files or SystemFiles()

    def put(self, blob_id: str, sealed: bytes) -> None:
        """Keep a blob: written, synced, renamed, its folder synced."""
        put_file(self._files, self._path(blob_id), sealed)

    def get(self, blob_id: str) -> bytes:
        """Read a blob."""
        try:
            with disk_errors():
                return self._files.read(self._path(blob_id))
        except Exception as error:
            if isinstance(error.__cause__, FileNotFoundError):
                raise missing_blob() from error
            raise

    def remove(self, blob_id: str) -> None:
        """Remove a blob."""
        remove_file(self._files, self._path(blob_id))

    def ids(self) -> Iterator[tuple[str, float]]:
        """Walk the folders; what was left half-written is no blob."""
        for path in self._folder.glob("??/??/*"):
            if _ID.fullmatch(path.name):
                yield path.name, path.stat().st_mtime

    def _path(self, blob_id: str) -> Path:
        if not _ID.fullmatch(blob_id):
            raise TamperedError("A blob id is 32 hexadecimal digits; this record holds another.")
        return self._folder / blob_id[:2] / blob_id[2:4] / blob_id


def missing_blob() -> TamperedError:
    """Return the error that says a blob is gone."""
    return TamperedError(
        "The file of a record is missing from the storage. Run cutis admin verify, and restore "
        "it from a backup."
    )
