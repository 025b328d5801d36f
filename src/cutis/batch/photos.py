"""Where the photos of a batch lie: folders, patterns, manifests and object storage.

Addresses are listed one after the other and never gathered. Object storage is reached by obstore:
``s3://bucket/prefix/``, ``gs://``, ``az://`` or ``file:///folder/``; endpoint and credentials come
from the variables that every client reads (``AWS_ENDPOINT_URL``, ``AWS_ACCESS_KEY_ID`` …).
"""

from __future__ import annotations

import csv
import glob
import os
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from cutis.core.errors import InputError, MissingExtraError, UnreadablePhotoError
from cutis.steps.intake.suffixes import SUFFIXES

MANIFEST_COLUMN = "photo"
_MANIFESTS = (".csv", ".parquet")
_PATTERN = frozenset("*?[")
_LIST_CHUNK = 1000


class UnreachedError(OSError):
    """A photo could not be fetched now; it may be there later."""


def find_addresses(
    inputs: Iterable[str], *, column: str = MANIFEST_COLUMN, leave_out: Path | None = None
) -> Iterator[str]:
    """Yield the address of every photo that ``inputs`` name.

    Args:
        inputs: files, folders, patterns such as ``photos/**/*.jpg``, manifests (CSV or Parquet
            with a column of paths or URLs; paths count from the manifest's folder), and URLs of
            objects or, with ``/`` at the end, of all photos below a prefix.
        column: the manifest's column.
        leave_out: a folder that is not searched, such as that of the results.

    Yields:
        Absolute paths, and URLs as they were given; one named twice comes twice.

    Raises:
        InputError: an input names nothing, or a manifest lacks the column.
        MissingExtraError: object storage or Parquet is not installed.
    """
    for name in inputs:
        if "://" in name:
            yield from _in_storage(name)
        elif Path(name).suffix.lower() in _MANIFESTS and Path(name).is_file():
            yield from _in_manifest(Path(name), column)
        else:
            yield from _on_disk(name, leave_out)


def read_photo(address: str, max_bytes: int) -> bytes:
    """Fetch a photo whole, but never more than ``max_bytes`` and one.

    Raises:
        UnreadablePhotoError: there is nothing at the address.
        UnreachedError: it cannot be fetched now.
    """
    try:
        if "://" in address:
            return _fetch(address, max_bytes)
        with Path(address).open("rb") as stream:
            return stream.read(max_bytes + 1)
    except (FileNotFoundError, IsADirectoryError) as error:
        raise UnreadablePhotoError(
            "There is no photo at this address. Correct the list, or put the photo there."
        ) from error
    except OSError as error:
        raise UnreachedError(error.strerror or "it did not answer") from error


def _on_disk(name: str, leave_out: Path | None) -> Iterator[str]:
    path = Path(name)
    if path.is_dir():
        yield from _in_folder(path, leave_out)
    elif path.exists():
        yield str(path.absolute())
    elif _PATTERN & set(name):
        for found in glob.iglob(name, recursive=True):  # noqa: PTH207 - pathlib's has no ** files
            if Path(found).is_file():
                yield str(Path(found).absolute())
    else:
        raise InputError("An input is neither a file, a folder, a pattern nor a URL. Correct it.")


def _in_folder(folder: Path, leave_out: Path | None) -> Iterator[str]:
    """Walk a folder in a fixed order, one directory in memory at a time; hidden ones are left."""
    for place, folders, files in os.walk(folder.absolute()):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        if leave_out is not None and Path(place) == leave_out.absolute():
            folders.clear()
            continue
        for name in sorted(files):
            if not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES:
                yield str(Path(place) / name)


def _in_manifest(manifest: Path, column: str) -> Iterator[str]:
    rows = _csv_column if manifest.suffix.lower() == ".csv" else _parquet_column
    for address in rows(manifest, column):
        if address:
            url = "://" in address
            yield address if url else str((manifest.parent / address).absolute())


def _csv_column(manifest: Path, column: str) -> Iterator[str]:
    with manifest.open(newline="", encoding="utf-8-sig") as stream:
        reader = csv.DictReader(stream)
        _check_column(column, reader.fieldnames or ())
        for row in reader:
            yield row[column] or ""


def _parquet_column(manifest: Path, column: str) -> Iterator[str]:
    try:
        import pyarrow.parquet as pq  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError("A Parquet manifest", "scale") from error
    with pq.ParquetFile(manifest) as file:
        _check_column(column, file.schema_arrow.names)
        for batch in file.iter_batches(columns=[column]):
            yield from (str(address or "") for address in batch.column(0).to_pylist())


def _check_column(column: str, known: Iterable[str]) -> None:
    names = list(known)
    if column not in names:
        raise InputError(
            f"The manifest has no column {column!r}; it has {', '.join(names) or 'none'}. "
            "Name the column of addresses with --column."
        )


def _in_storage(url: str) -> Iterator[str]:
    """Yield the photos below a prefix, or the one object that is named."""
    if not url.endswith("/"):
        yield url
        return
    obstore, store = _storage(url)
    for chunk in obstore.list(store, chunk_size=_LIST_CHUNK):
        for entry in chunk:
            if Path(entry["path"]).suffix.lower() in SUFFIXES:
                yield url + entry["path"]


def _fetch(url: str, max_bytes: int) -> bytes:
    folder, _, name = url.rpartition("/")
    obstore, store = _storage(folder + "/")
    try:
        found = obstore.get(store, name)
        if found.meta["size"] > max_bytes:
            return bytes(obstore.get_range(store, name, start=0, end=max_bytes + 1))
        return bytes(found.bytes())
    except FileNotFoundError:
        raise
    except Exception as error:
        raise UnreachedError("the object storage did not answer as it should") from error


@lru_cache(maxsize=64)
def _storage(prefix: str) -> tuple[Any, Any]:
    try:
        import obstore  # noqa: PLC0415 - an extra
        from obstore.store import from_url  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError("Object storage", "scale") from error
    try:
        return obstore, from_url(prefix)
    except Exception as error:
        raise InputError(
            "An address of object storage cannot be used. Write s3://bucket/prefix/, and set the "
            "variables of its client."
        ) from error
