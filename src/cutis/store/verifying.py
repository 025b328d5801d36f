"""Verification of the storage: entries hash right, records and files open, nothing is missing.

Read only; what is found is returned as sentences with ids, never with content.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, select

from cutis.core.errors import StoreError, TamperedError
from cutis.core.record_words import Role
from cutis.core.records import Call
from cutis.store import tables
from cutis.store.entries import Write, decode_entry
from cutis.store.foundation import Foundation
from cutis.store.log_table import log_size, read_entries
from cutis.store.merkle import Frontier, leaf_hash
from cutis.store.operation import Opened, Operation
from cutis.store.people import read_person
from cutis.store.tenancy import all_tenants


@dataclass(frozen=True, slots=True)
class Verified:
    """What was looked at, the root of the log (hex), and what is wrong; empty where all is well."""

    entries: int
    records: int
    files: int
    root: str
    problems: tuple[str, ...]


@dataclass(slots=True)
class _Log:
    """The log as it was read: its size, roots at the sizes asked for, what it says of records."""

    size: int
    frontier: Frontier
    roots: dict[int, bytes]
    latest: dict[str, Write]
    subjects: dict[str, str]
    erased: set[str]
    problems: list[str]


class Verifying(Foundation):
    """Checks what is kept against what the log tells."""

    def verify(self) -> Verified:
        """Check everything; takes as long as reading all of it."""
        with self.parts.database.reading() as connection:
            rows = connection.execute(select(tables.checkpoints)).all()
            notes = {row.size: row.note for row in rows}
            log = _read_log(connection, notes)
            problems = [*log.problems, *_checkpoint_problems(log, notes)]
            seen, files = set(), 0
            for tenant_id, person_id in _people(connection):
                opened, wrong = self._open_all(connection, tenant_id, person_id)
                seen |= {one.id for one in opened}
                problems += wrong
                for one in opened:
                    files += len(one.body.get("files", ()))
                    problems += self._file_problems(one)
            problems += _missing(connection, log, seen)
            problems += self._revived(connection)
        return Verified(log.size, len(seen), files, log.frontier.root().hex(), tuple(problems))

    def _open_all(
        self, connection: Connection, tenant_id: str, person_id: str
    ) -> tuple[list[Opened], list[str]]:
        """Open what is kept of a person; what does not open is told, and the rest goes on."""
        call = Call(tenant_id, "verify", Role.WORKER)
        operation = Operation(
            connection, call, "", self._now(), keys=self.parts.keys, random=self.parts.random
        )
        try:
            person = read_person(operation, person_id)
        except StoreError as error:
            return [], [f"person {person_id}: {error}"]
        table = tables.records
        mine = select(table).where(table.c.tenant_id == tenant_id, table.c.person_id == person_id)
        opened, problems = [person], []
        for row in connection.execute(mine).all():
            try:
                opened += operation.open([row], person.subject)
            except StoreError as error:
                problems.append(f"{row.kind} {row.id}: {error}")
        return opened, problems

    def _file_problems(self, opened: Opened) -> Iterator[str]:
        for entry in opened.body.get("files", ()):
            try:
                self._open_file(opened.subject, entry)
            except StoreError as error:
                yield f"file {entry['blob_id']} of {opened.kind.value} {opened.id}: {error}"

    def _revived(self, connection: Connection) -> Iterator[str]:
        """Tell of keys that were destroyed and are here again."""
        for row in connection.execute(all_tenants(select(tables.tombstones))).all():
            try:
                self.parts.keys.person_key(row.tenant_id, row.key_id)
            except TamperedError:
                continue
            if row.destroyed_at is not None:
                yield f"key {row.key_id}: it was destroyed, and is here again; prune removes it"


def _read_log(connection: Connection, sizes: Iterable[int]) -> _Log:
    """Read every entry, in order, and check each against its row."""
    log = _Log(log_size(connection), Frontier(), {}, {}, {}, set(), [])
    wanted = set(sizes)
    for index, tenant, subject, content, kept in read_entries(connection, 0, log.size):
        if index != log.frontier.size:
            log.problems.append(f"log entry {log.frontier.size}: it is missing")
            break
        log.frontier = log.frontier.append(leaf_hash(content))
        if log.frontier.size in wanted:
            log.roots[log.frontier.size] = log.frontier.root()
        try:
            entry, writes = decode_entry(content)
        except TamperedError as error:
            log.problems.append(f"log entry {index}: {error}")
            continue
        told = (entry.index, entry.tenant_id, entry.subject_id, leaf_hash(content))
        if told != (index, tenant, subject, kept):
            log.problems.append(f"log entry {index}: it is not the one that was written")
        if entry.action == "person.erase":
            log.erased.add(subject)
        for write in writes:
            log.latest[write.record_id] = write
            log.subjects[write.record_id] = subject
    if log.frontier.size != log.size:
        log.problems.append(f"log: {log.frontier.size} entries are here, {log.size} were written")
    return log


def _checkpoint_problems(log: _Log, notes: dict[int, str]) -> Iterator[str]:
    """Compare the kept checkpoints with the log; their signatures are checked elsewhere."""
    for size, note in notes.items():
        lines = note.split("\n")
        root = log.roots.get(size)
        if root is None:
            yield f"checkpoint {size}: the log has fewer entries than were signed"
        elif len(lines) < 3 or lines[2] != base64.b64encode(root).decode("ascii"):
            yield f"checkpoint {size}: the log is not the one that was signed"


def _people(connection: Connection) -> list[tuple[str, str]]:
    table = tables.people
    statement = select(table.c.tenant_id, table.c.id).where(table.c.erased_at.is_(None))
    return [(row.tenant_id, row.id) for row in connection.execute(all_tenants(statement))]


def _missing(connection: Connection, log: _Log, seen: set[str]) -> Iterator[str]:
    """Tell of records that the log tells of, whose person was not erased, and that are not here."""
    alive = {person_id for _, person_id in _people(connection)}
    for record_id in sorted(set(log.latest) - seen):
        subject = log.subjects[record_id]
        if subject and subject in alive and not _is_there(connection, record_id):
            yield f"record {record_id}: the log tells of it, and it is gone"
        elif (
            subject and subject not in alive and subject not in log.erased and record_id == subject
        ):
            yield f"person {record_id}: gone without an erasure in the log"


def _is_there(connection: Connection, record_id: str) -> bool:
    table = tables.records
    statement = select(table.c.id).where(table.c.id == record_id)
    return connection.execute(all_tenants(statement)).first() is not None
