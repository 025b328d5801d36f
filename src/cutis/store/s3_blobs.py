"""Sealed blobs in S3-compatible storage, through obstore.

The address is ``s3://bucket/prefix``; endpoint, region and credentials come from the variables that
every S3 client reads (``AWS_ENDPOINT_URL``, ``AWS_REGION``, ``AWS_ACCESS_KEY_ID`` …).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cutis.core.errors import MissingExtraError, StoreUnavailableError
from cutis.store.blobs import missing_blob


class ObjectBlobs:
    """Blobs as objects below a prefix of an obstore store."""

    def __init__(self, store: Any) -> None:
        import obstore  # noqa: PLC0415 - an extra

        self._obstore = obstore
        self._store = store

    def put(self, blob_id: str, sealed: bytes) -> None:
        """Keep a blob; the storage answers when it is durable."""
        self._ask(self._obstore.put, blob_id, sealed)

    def get(self, blob_id: str) -> bytes:
        """Read a blob."""
        try:
            return bytes(self._ask(self._obstore.get, blob_id).bytes())
        except FileNotFoundError as error:
            raise missing_blob() from error

    def remove(self, blob_id: str) -> None:
        """Remove a blob."""
        try:
            self._ask(self._obstore.delete, blob_id)
        except FileNotFoundError:
            return

    def ids(self) -> Iterator[tuple[str, float]]:
        """List every object."""
        for chunk in self._obstore.list(self._store):
            for entry in chunk:
                yield entry["path"].rsplit("/", 1)[-1], entry["last_modified"].timestamp()

    def _ask(self, function: Any, blob_id: str, *content: bytes) -> Any:
        """Call a function of obstore; an absent object is a FileNotFoundError."""
        try:
            return function(self._store, f"{blob_id[:2]}/{blob_id}", *content)
        except FileNotFoundError:
            raise
        except Exception as error:
            raise StoreUnavailableError(
                "The object storage did not answer as it should; nothing was done. "
                "Check its address, its credentials and its room."
            ) from error


def open_s3(address: str) -> ObjectBlobs:
    """Open the storage at ``s3://bucket/prefix``.

    Raises:
        MissingExtraError: obstore is not installed.
    """
    try:
        from obstore.store import from_url  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError("S3-compatible storage", "s3") from error
    return ObjectBlobs(from_url(address))
