"""Erasure: destroy the key, then remove what it sealed; and finish what a crash interrupted.

Steps, each safe to do again:

1. In one transaction: a tombstone, the entry in the log, the person marked as erased, open jobs
   cancelled, the person's own login removed. From here on the person does not exist for anybody.
2. The key is destroyed, here and in the mirror. From here on nothing opens, in backups neither.
3. The tombstone says when, and is written beside the keys too, where no restore takes it back.
4. Blobs and rows are removed: tidiness, not secrecy.

The order holds on a full disk: what needs room comes last.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from cutis.core.errors import RecordNotFoundError, StoreFullError, StoreUnavailableError
from cutis.core.record_words import JobState, Relation, Role
from cutis.core.records import Call, ErasureReceipt
from cutis.store import tables
from cutis.store.account_tables import PASSKEYS, SESSIONS, USERS
from cutis.store.disk import disk_errors, put_file
from cutis.store.foundation import Foundation
from cutis.store.operation import Operation, not_found, person_row
from cutis.store.tenancy import all_tenants

_CHUNK = 50
_OPEN = (JobState.QUEUED.value, JobState.RUNNING.value)


def subject_digest(tenant_id: str, person_id: str) -> str:
    """Return what stands for an erased person in receipts and tombstones, 64 hex digits."""
    text = f"cutis/erased\0{tenant_id}\0{person_id}"
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def receipt_of(row: Row[Any]) -> ErasureReceipt:
    """Return a tombstone as the receipt of its erasure."""
    return ErasureReceipt(
        id=row.id,
        tenant_id=row.tenant_id,
        subject_sha256=row.subject_sha256,
        key_id=row.key_id,
        requested_at=row.requested_at,
        destroyed_at=row.destroyed_at or "",
        entry_index=row.entry_index,
    )


class Erasing(Foundation):
    """Erases people and proves it."""

    def erase(self, call: Call, person_id: str) -> ErasureReceipt:
        """Destroy a person's key and remove what it sealed; asked again, the same receipt."""
        before = self._tombstone(call.tenant_id, person_id)
        if before is None:
            try:
                self._run(call, "person.erase", lambda op: _bury(op, person_id))
            except RecordNotFoundError:
                before = self._tombstone(call.tenant_id, person_id)
                if before is None:
                    raise
        row = before or self._tombstone(call.tenant_id, person_id)
        if row is None:
            raise not_found()
        receipt = self._destroy(row)
        self._remove_quietly(call.tenant_id, person_id)
        return receipt

    def erasure_receipt(self, call: Call, receipt_id: str) -> ErasureReceipt:
        """Return a receipt."""

        def work(operation: Operation) -> ErasureReceipt:
            table = tables.tombstones
            statement = select(table).where(
                table.c.tenant_id == call.tenant_id, table.c.id == receipt_id
            )
            row = operation.connection.execute(statement).first()
            if row is None or row.destroyed_at is None:
                raise not_found()
            operation.record_id = receipt_id
            return receipt_of(row)

        return self._run(call, "receipt.read", work)

    def erasure_begun(self, tenant_id: str, person_id: str) -> bool:
        """Whether a person's erasure was committed, even if nobody was told; not logged."""
        return self._tombstone(tenant_id, person_id) is not None

    def finish_erasures(self) -> int:
        """Finish erasures that a crash interrupted; return how many people were still there."""
        graves, people = tables.tombstones, tables.people
        with self.parts.database.reading() as connection:
            open_graves = select(graves).where(graves.c.destroyed_at.is_(None))
            rows = connection.execute(all_tenants(open_graves)).all()
            left = select(people.c.tenant_id, people.c.id).where(people.c.erased_at.is_not(None))
            persons = connection.execute(all_tenants(left)).all()
        for row in rows:
            self._destroy(row)
        for tenant_id, person_id in persons:
            self._remove_quietly(tenant_id, person_id)
        return len(persons)

    def _tombstone(self, tenant_id: str, person_id: str) -> Row[Any] | None:
        table = tables.tombstones
        statement = select(table).where(
            table.c.tenant_id == tenant_id,
            table.c.subject_sha256 == subject_digest(tenant_id, person_id),
        )
        with self.parts.database.reading() as connection:
            return connection.execute(statement).first()

    def _destroy(self, row: Row[Any]) -> ErasureReceipt:
        """Destroy a key and say when; what was destroyed before keeps its time."""
        self.parts.keys.destroy(row.tenant_id, row.key_id)
        try:
            receipt = self._stamp(row)
            keep_tombstone(self.parts.keys, receipt)
        except StoreFullError:
            self.parts.reserve.release()
            self.parts.database.make_room()
            receipt = self._stamp(row)
            keep_tombstone(self.parts.keys, receipt)
        return receipt

    def _stamp(self, row: Row[Any]) -> ErasureReceipt:
        if row.destroyed_at is not None:
            return receipt_of(row)
        table = tables.tombstones
        chosen = (table.c.tenant_id == row.tenant_id, table.c.id == row.id)
        with self.parts.database.writing() as connection:
            unset = table.c.destroyed_at.is_(None)
            changed = update(table).where(*chosen, unset).values(destroyed_at=self._now())
            connection.execute(changed)
            return receipt_of(connection.execute(select(table).where(*chosen)).one())

    def _remove_quietly(self, tenant_id: str, person_id: str) -> None:
        """Remove what cannot be read any more; what is left over is removed at the next start."""
        try:
            self._remove(tenant_id, person_id)
        except (StoreFullError, StoreUnavailableError):
            return

    def _remove(self, tenant_id: str, person_id: str) -> None:
        table = tables.files
        mine = (table.c.tenant_id == tenant_id, table.c.person_id == person_id)
        with self.parts.database.reading() as connection:
            blobs = connection.execute(select(table.c.blob_id).where(*mine)).scalars().all()
        for blob_id in blobs:
            self.parts.blobs.remove(blob_id)
        removed = True
        while removed:
            with self.parts.database.writing() as connection:
                removed = remove_some(connection, tenant_id, person_id)


def remove_some(connection: Connection, tenant_id: str, person_id: str) -> bool:
    """Remove some rows of an erased person, the person's own last; False when none is left."""
    for table, column in (
        (tables.jobs, tables.jobs.c.id),
        (tables.files, tables.files.c.blob_id),
        (tables.records, tables.records.c.id),
        (tables.links, tables.links.c.user_id),
    ):
        mine = (table.c.tenant_id == tenant_id, table.c.person_id == person_id)
        some = connection.execute(select(column).where(*mine).limit(_CHUNK)).scalars().all()
        if some:
            connection.execute(delete(table).where(*mine, column.in_(some)))
            return True
    keys, people = tables.idempotency, tables.people
    connection.execute(
        delete(keys).where(keys.c.tenant_id == tenant_id, keys.c.subject_id == person_id)
    )
    mine = (people.c.tenant_id == tenant_id, people.c.id == person_id)
    connection.execute(delete(people).where(*mine, people.c.erased_at.is_not(None)))
    return False


def _bury(operation: Operation, person_id: str) -> None:
    """Step 1: the tombstone, the mark, no more jobs, no more login."""
    row = person_row(operation.connection, operation.tenant_id, person_id)
    operation.subject_id = person_id
    operation.record_id = operation.new_id()
    size = operation.connection.execute(select(tables.log_head.c.size)).scalar_one()
    tombstone = {
        "id": operation.record_id,
        "tenant_id": operation.tenant_id,
        "subject_sha256": subject_digest(operation.tenant_id, person_id),
        "key_id": row.key_id,
        "requested_at": operation.now,
        "entry_index": size,
    }
    operation.connection.execute(insert(tables.tombstones), [tombstone])
    people, jobs = tables.people, tables.jobs
    marked = (
        update(people)
        .where(people.c.tenant_id == operation.tenant_id, people.c.id == person_id)
        .values(erased_at=operation.now)
    )
    stopped = (
        update(jobs)
        .where(jobs.c.tenant_id == operation.tenant_id, jobs.c.person_id == person_id)
        .where(jobs.c.state.in_(_OPEN))
        .values(state=JobState.CANCELLED.value, finished_at=operation.now, lease_sha256=None)
    )
    operation.connection.execute(marked)
    operation.connection.execute(stopped)
    remove_own_logins(operation.connection, operation.tenant_id, person_id)


def remove_own_logins(connection: Connection, tenant_id: str, person_id: str) -> None:
    """Remove who signed in as this person and is nothing else here, with passkeys and sessions.

    A clinician who is a patient, too, stays a clinician.
    """
    links = tables.links
    own = select(links.c.user_id).where(
        links.c.tenant_id == tenant_id,
        links.c.person_id == person_id,
        links.c.relation == Relation.SELF.value,
    )
    others = select(links.c.user_id).where(
        links.c.tenant_id == tenant_id, links.c.person_id != person_id
    )
    users = select(USERS.c.id).where(
        USERS.c.tenant_id == tenant_id,
        USERS.c.id.in_(connection.execute(own).scalars().all()),
        USERS.c.id.not_in(connection.execute(others).scalars().all()),
        USERS.c.roles == Role.PERSON.value,
    )
    ids = connection.execute(users).scalars().all()
    connection.execute(delete(PASSKEYS).where(PASSKEYS.c.user_id.in_(ids)))
    for table, column in ((SESSIONS, SESSIONS.c.user_id), (USERS, USERS.c.id)):
        connection.execute(delete(table).where(table.c.tenant_id == tenant_id, column.in_(ids)))


def keep_tombstone(keys: Any, receipt: ErasureReceipt) -> None:
    """Write a tombstone beside the keys, and into their mirror: no restore takes it back."""
    content = json.dumps({name: getattr(receipt, name) for name in receipt.__slots__}).encode()
    for folder in filter(None, (keys.folder, keys.mirror)):
        put_file(keys.files, folder / "tombstones" / f"{receipt.id}.json", content)


def kept_tombstones(keys: Any) -> list[ErasureReceipt]:
    """Return every tombstone that lies beside the keys or in their mirror."""
    found: dict[str, ErasureReceipt] = {}
    for folder in filter(None, (keys.folder, keys.mirror)):
        for path in sorted((folder / "tombstones").glob("*.json")):
            with disk_errors():
                receipt = ErasureReceipt(**json.loads(path.read_bytes()))
            found[receipt.id] = receipt
    return list(found.values())
