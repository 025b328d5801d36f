"""What every part of the repository stands on: parts put together, and how an operation is run."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import insert

from cutis.core.errors import (
    RecordConflictError,
    RecordNotFoundError,
    StoreFullError,
    StoreUnavailableError,
    TamperedError,
)
from cutis.core.ports import Clock
from cutis.core.record_words import Kind
from cutis.core.records import Call, File
from cutis.store import tables
from cutis.store.blobs import BlobStore
from cutis.store.database import Database
from cutis.store.key_folder import KeyFolder
from cutis.store.log_table import lock_head
from cutis.store.operation import Operation, Subject, idempotency_row, person_row
from cutis.store.reserve import Reserve
from cutis.store.sealing import Random, open_sealed, seal
from cutis.store.times import SystemClock, to_text

_Result = TypeVar("_Result")
_Work = Callable[[Operation], _Result]


@dataclass(frozen=True, slots=True)
class Parts:
    """What a repository is made of."""

    database: Database
    keys: KeyFolder
    blobs: BlobStore
    reserve: Reserve
    clock: Clock = field(default_factory=SystemClock)
    random: Random = os.urandom


@dataclass(slots=True)
class KeptFiles:
    """Sealed files that are on the disk already, and wait for the record that speaks of them."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    used: bool = False

    def insert(self, operation: Operation, record_id: str) -> list[dict[str, Any]]:
        """Put the rows in, and return what the record's body says of its files."""
        if self.rows:
            rows = [{**row, "record_id": record_id} for row in self.rows]
            operation.connection.execute(insert(tables.files), rows)
        self.used = True
        return self.entries


class Foundation:
    """Runs operations, and keeps files around them."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts

    def _now(self) -> str:
        return to_text(self.parts.clock.now())

    def _run(
        self, call: Call, action: str, work: _Work[_Result], *, grows: bool = False
    ) -> _Result:
        """Run one logged operation; what does not grow the records gets the room kept back."""
        if grows:
            self.parts.reserve.refuse_when_low()
        try:
            return self._once(call, action, work)
        except StoreFullError:
            if grows:
                raise
            self.parts.reserve.release()
            self.parts.database.make_room()
        return self._once(call, action, work)

    def _once(self, call: Call, action: str, work: _Work[_Result]) -> _Result:
        parts = self.parts
        with parts.database.writing() as connection:
            size = lock_head(connection)
            operation = Operation(
                connection, call, action, self._now(), keys=parts.keys, random=parts.random
            )
            operation.look_up()
            result = work(operation)
            operation.finish(size)
        return result

    def _is_known(self, call: Call) -> bool:
        """Whether the call's idempotency key was seen; saves sealing what was kept already."""
        if call.idempotency is None:
            return False
        with self.parts.database.reading() as connection:
            return idempotency_row(connection, call) is not None

    @contextlib.contextmanager
    def _kept(self, call: Call, person_id: str, files: Mapping[str, File]) -> Iterator[KeptFiles]:
        """Seal files and make them durable, before the transaction that speaks of them.

        They are removed again where no record came to speak of them; where the commit itself failed
        nobody knows, so they stay and are swept later.
        """
        kept = KeptFiles()
        if self._is_known(call) or not files:
            yield kept
            return
        try:
            subject = self._subject(call.tenant_id, person_id)
            for name, file in files.items():
                self._keep(subject, name, file, kept)
            yield kept
        except (StoreFullError, RecordNotFoundError, RecordConflictError, TamperedError):
            self._drop(kept)
            raise
        if not kept.used:
            self._drop(kept)

    def _subject(self, tenant_id: str, person_id: str) -> Subject:
        with self.parts.database.reading() as connection:
            row = person_row(connection, tenant_id, person_id)
        try:
            key = self.parts.keys.person_key(tenant_id, row.key_id)
        except TamperedError:
            with self.parts.database.reading() as connection:
                person_row(connection, tenant_id, person_id)  # not found: erased between the two
            raise
        return Subject(person_id, tenant_id, row.key_id, key)

    def _keep(self, subject: Subject, name: str, file: File, kept: KeptFiles) -> None:
        blob_id = self.parts.random(16).hex()
        identity = subject.identity(blob_id, Kind.FILE, 1)
        sealed = seal(subject.key, file.content, identity, random=self.parts.random)
        kept.entries.append(
            {
                "name": name,
                "media_type": file.media_type,
                "size_bytes": len(file.content),
                "sha256": hashlib.sha256(file.content).hexdigest(),
                "blob_id": blob_id,
            }
        )
        kept.rows.append(
            {
                "blob_id": blob_id,
                "tenant_id": subject.tenant_id,
                "person_id": subject.id,
                "size_bytes": len(sealed),
                "sealed_sha256": hashlib.sha256(sealed).hexdigest(),
            }
        )
        self.parts.blobs.put(blob_id, sealed)

    def _drop(self, kept: KeptFiles) -> None:
        for row in kept.rows:
            with contextlib.suppress(StoreUnavailableError, StoreFullError):
                self.parts.blobs.remove(row["blob_id"])

    def _open_file(self, subject: Subject, entry: Mapping[str, Any]) -> File:
        """Read and open a file that a record's body tells of.

        Raises:
            TamperedError: it is gone, altered or another one.
        """
        sealed = self.parts.blobs.get(entry["blob_id"])
        identity = subject.identity(entry["blob_id"], Kind.FILE, 1)
        plain = open_sealed(subject.key, sealed, identity)
        if hashlib.sha256(plain).hexdigest() != entry["sha256"]:
            raise TamperedError("A file is not the one that its record tells of.")
        return File(entry["media_type"], plain)
