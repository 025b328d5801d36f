"""One logged operation: a transaction that sees one tenant, seals what it writes, and is told of.

Steps of `Operation`'s transaction:

1. Lock the head of the log.
2. Look the idempotency key up; one that is known ends the work with the first result.
3. Do the work.
4. Append one entry, with the digest of each record that was written.
5. Keep the idempotency key. Commit.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from cutis.core.errors import RecordConflictError, RecordNotFoundError, TamperedError
from cutis.core.record_words import Kind, Outcome
from cutis.core.records import AuditEntry, Call
from cutis.store import tables
from cutis.store.entries import Write
from cutis.store.key_folder import KeyFolder
from cutis.store.log_table import append, latest_writes
from cutis.store.sealing import Identity, Random, open_sealed, seal


@dataclass(frozen=True, slots=True)
class Subject:
    """A person whose records are worked on, and the key to them."""

    id: str
    tenant_id: str
    key_id: str
    key: bytes = field(repr=False)

    def identity(self, record_id: str, kind: Kind, version: int) -> Identity:
        """Return the identity of one of this person's sealed things."""
        return Identity(self.tenant_id, self.id, record_id, kind, version, self.key_id)


@dataclass(frozen=True, slots=True)
class Opened:
    """A record in the clear: its columns, and its body as it was sealed."""

    id: str
    subject: Subject = field(repr=False)
    kind: Kind
    parent_id: str | None
    version: int
    created_at: str
    body: dict[str, Any] = field(repr=False)

    @property
    def person_id(self) -> str:
        """The person it is about."""
        return self.subject.id


@dataclass(slots=True)
class Operation:
    """What an operation may do inside its transaction."""

    connection: Connection
    call: Call
    action: str
    now: str
    keys: KeyFolder
    random: Random
    subject_id: str = ""
    record_id: str = ""
    outcome: Outcome = Outcome.DONE
    statement: str = ""
    replayed: str | None = None
    result: str = ""
    silent: bool = False
    writes: list[Write] = field(default_factory=list)
    index: int = -1

    @property
    def tenant_id(self) -> str:
        """The one tenant that is seen."""
        return self.call.tenant_id

    def new_id(self) -> str:
        """Return a fresh id: 32 hexadecimal digits, 128 random bits."""
        return self.random(16).hex()

    def subject(self, person_id: str) -> Subject:
        """Return a person's key; the entry then tells of this person.

        Raises:
            RecordNotFoundError: absent, another tenant's, or erased.
        """
        row = person_row(self.connection, self.tenant_id, person_id)
        self.subject_id = person_id
        return Subject(
            person_id, self.tenant_id, row.key_id, self.keys.person_key(self.tenant_id, row.key_id)
        )

    def insert(
        self, subject: Subject, kind: Kind, body: dict[str, Any], **given: str | None
    ) -> Opened:
        """Seal a new record; ``given`` may hold its ``id`` and its ``parent_id``."""
        record_id = given.get("id") or self.new_id()
        parent_id = given.get("parent_id")
        opened = Opened(record_id, subject, kind, parent_id, 1, self.now, body)
        row = {
            "id": record_id,
            "tenant_id": self.tenant_id,
            "person_id": subject.id,
            "kind": kind.value,
            "parent_id": parent_id,
            "version": 1,
            "created_at": self.now,
            "sealed": self.sealed(opened),
        }
        self.connection.execute(insert(tables.records), [row])
        return opened

    def replace(self, old: Opened, body: dict[str, Any], *, expected: int | None = None) -> Opened:
        """Seal the next version of a record.

        Raises:
            RecordConflictError: the version that stands is not the expected one.
        """
        refuse_other_version(old.version, expected)
        new = Opened(
            old.id, old.subject, old.kind, old.parent_id, old.version + 1, old.created_at, body
        )
        statement = (
            update(tables.records)
            .where(tables.records.c.tenant_id == self.tenant_id, tables.records.c.id == old.id)
            .where(tables.records.c.version == old.version)
            .values(version=new.version, sealed=self.sealed(new))
        )
        self.connection.execute(statement)
        return new

    def sealed(self, opened: Opened) -> bytes:
        """Return the sealed body of a record, and remember it for the entry."""
        identity = opened.subject.identity(opened.id, opened.kind, opened.version)
        sealed = seal(opened.subject.key, encode_body(opened.body), identity, random=self.random)
        self.wrote(opened.id, opened.version, sealed)
        return sealed

    def wrote(self, record_id: str, version: int, sealed: bytes) -> None:
        """Remember what was written; the entry is about the record written last."""
        self.writes.append(Write(record_id, version, hashlib.sha256(sealed).hexdigest()))
        self.record_id = record_id

    def read(self, kind: Kind, record_id: str) -> Opened:
        """Open one record.

        Raises:
            RecordNotFoundError: there is none of this kind for this tenant.
            TamperedError: it was altered, moved or rolled back.
        """
        table = tables.records
        statement = select(table).where(
            table.c.tenant_id == self.tenant_id, table.c.id == record_id, table.c.kind == kind.value
        )
        row = self.connection.execute(statement).first()
        if row is None:
            raise not_found()
        opened = self.open([row], self.subject(row.person_id))[0]
        self.record_id = record_id
        return opened

    def open(self, rows: Sequence[Any], subject: Subject) -> tuple[Opened, ...]:
        """Open rows of one person, each compared with what the log says of it."""
        known = latest_writes(self.connection, self.tenant_id, [row.id for row in rows])
        return tuple(self._open(row, subject, known.get(row.id)) for row in rows)

    def _open(self, row: Any, subject: Subject, write: Write | None) -> Opened:
        refuse_rollback(row, write)
        kind = Kind(row.kind)
        identity = subject.identity(row.id, kind, row.version)
        body = json.loads(open_sealed(subject.key, row.sealed, identity))
        return Opened(row.id, subject, kind, row.parent_id, row.version, row.created_at, body)

    def finish(self, size: int) -> None:
        """Append the entry and keep the idempotency key; nothing where the work was a replay."""
        if self.replayed is not None or self.silent:
            return
        call = self.call
        entry = AuditEntry(
            index=size,
            at=self.now,
            tenant_id=call.tenant_id,
            actor_id=call.actor_id,
            role=call.role,
            action=self.action,
            subject_id=self.subject_id,
            record_id=self.record_id,
            outcome=self.outcome,
            request_id=call.request_id,
            statement=self.statement,
        )
        append(self.connection, size, entry, self.writes)
        self.index = size
        self._keep_idempotency()

    def look_up(self) -> None:
        """Set ``replayed`` if the call's idempotency key was seen.

        Raises:
            RecordConflictError: it came with another request.
        """
        row = idempotency_row(self.connection, self.call)
        key = self.call.idempotency
        if row is None or key is None:
            return
        if row.action != self.action or row.request_sha256 != key.request_sha256:
            raise RecordConflictError(
                "This Idempotency-Key was used for another request. Use a new key for each request."
            )
        self.replayed = row.result

    def _keep_idempotency(self) -> None:
        key = self.call.idempotency
        if key is None:
            return
        row = {
            "tenant_id": self.tenant_id,
            "actor_id": self.call.actor_id,
            "key_sha256": _key_digest(key.key),
            "action": self.action,
            "request_sha256": key.request_sha256,
            "subject_id": self.subject_id,
            "result": self.result or self.record_id,
            "created_at": self.now,
        }
        self.connection.execute(insert(tables.idempotency), [row])


def person_row(connection: Connection, tenant_id: str, person_id: str) -> Row[Any]:
    """Return the row of a person who was not erased.

    Raises:
        RecordNotFoundError: there is none for this tenant.
    """
    table = tables.people
    statement = select(table).where(
        table.c.tenant_id == tenant_id, table.c.id == person_id, table.c.erased_at.is_(None)
    )
    row = connection.execute(statement).first()
    if row is None:
        raise not_found()
    return row


def idempotency_row(connection: Connection, call: Call) -> Row[Any] | None:
    """Return what is kept for the call's idempotency key, if it has one that is known."""
    if call.idempotency is None:
        return None
    table = tables.idempotency
    statement = select(table).where(
        table.c.tenant_id == call.tenant_id,
        table.c.actor_id == call.actor_id,
        table.c.key_sha256 == _key_digest(call.idempotency.key),
    )
    return connection.execute(statement).first()


def refuse_rollback(row: Any, write: Write | None) -> None:
    """Raise unless a row is what the log says was written last.

    Raises:
        TamperedError: it is an older version, an altered one, or one that nobody logged.
    """
    digest = hashlib.sha256(row.sealed).hexdigest()
    if write is None or (row.version, digest) != (write.version, write.digest):
        raise TamperedError(
            "A record is not the one that the log tells of: it was altered or put back. "
            "Run: cutis admin verify"
        )


def refuse_other_version(stands: int, expected: int | None) -> None:
    """Raise unless the expected version stands.

    Raises:
        RecordConflictError: another does.
    """
    if expected is not None and stands != expected:
        raise RecordConflictError(
            f"Version {stands} of this record stands, not version {expected}. Read it again, "
            "then make the change on what it says now."
        )


def not_found() -> RecordNotFoundError:
    """Return the one answer for absent, foreign and erased records."""
    return RecordNotFoundError("There is no such record here. Check its id.")


def encode_body(body: dict[str, Any]) -> bytes:
    """Return a body as JSON in UTF-8."""
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def _key_digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8")).hexdigest()
