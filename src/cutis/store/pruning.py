"""Pruning: what the clocks say is due goes, each with its entry; and rubbish is swept."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlalchemy import delete, func, select

from cutis.core.errors import RecordNotFoundError
from cutis.core.record_words import Kind, Purpose, Role
from cutis.core.records import Call, Consent
from cutis.store import tables
from cutis.store.erasing import Erasing
from cutis.store.operation import Operation, person_row
from cutis.store.people import consents_of, granted_now
from cutis.store.retention import Due, HeldPerson, RetentionRules, due
from cutis.store.tenancy import all_tenants
from cutis.store.times import later

PRUNER = "retention"
"""The actor of what the clocks do."""

_ORPHAN_S = 3600.0


@dataclass(frozen=True, slots=True)
class Pruned:
    """What pruning did, in numbers."""

    people: int = 0
    photos: int = 0
    keys: int = 0
    blobs: int = 0


class Pruning(Erasing):
    """Keeps no longer than the rules say."""

    def prune(self, rules: RetentionRules) -> Pruned:
        """Remove what is due now, in every tenant."""
        self.finish_erasures()
        done = Pruned()
        for one in due(rules, list(self._held()), self._now()):
            with contextlib.suppress(RecordNotFoundError):  # erased meanwhile
                self._let_go(one)
                people, photos = int(one.photo_id is None), int(one.photo_id is not None)
                done = replace(done, people=done.people + people, photos=done.photos + photos)
        keys = self._forget_keys(rules.idempotency_days)
        blobs = self._sweep_blobs()
        self.parts.reserve.fill()
        return replace(done, keys=keys, blobs=blobs)

    def _let_go(self, one: Due) -> None:
        call = Call(one.tenant_id, PRUNER, Role.WORKER, request_id=one.reason.value)
        if one.photo_id is None:
            self.erase(call, one.person_id)
        else:
            self._remove_pixels(call, one.photo_id)

    def _remove_pixels(self, call: Call, photo_id: str) -> None:
        def work(operation: Operation) -> list[str]:
            photo = operation.read(Kind.PHOTO, photo_id)
            blobs = [entry["blob_id"] for entry in photo.body["files"]]
            operation.replace(photo, {**photo.body, "files": []})
            table = tables.files
            mine = (table.c.tenant_id == call.tenant_id, table.c.blob_id.in_(blobs))
            operation.connection.execute(delete(table).where(*mine))
            return blobs

        for blob_id in self._run(call, "photo.expire", work):
            self.parts.blobs.remove(blob_id)

    def _held(self) -> Iterator[HeldPerson]:
        table = tables.people
        statement = select(table.c.tenant_id, table.c.id).where(table.c.erased_at.is_(None))
        with self.parts.database.reading() as connection:
            people = connection.execute(all_tenants(statement)).all()
        for tenant_id, person_id in people:
            with contextlib.suppress(RecordNotFoundError):
                yield self._held_of(tenant_id, person_id)

    def _held_of(self, tenant_id: str, person_id: str) -> HeldPerson:
        call = Call(tenant_id, PRUNER, Role.WORKER)
        records = tables.records
        mine = (records.c.tenant_id == tenant_id, records.c.person_id == person_id)
        with self.parts.database.reading() as connection:
            row = person_row(connection, tenant_id, person_id)
            operation = Operation(
                connection, call, "", self._now(), keys=self.parts.keys, random=self.parts.random
            )
            subject = operation.subject(person_id)
            latest = select(func.max(records.c.created_at)).where(*mine)
            active_at = connection.execute(latest).scalar() or row.created_at
            with_pixels = (
                select(records.c.id, records.c.created_at)
                .join(tables.files, tables.files.c.record_id == records.c.id)
                .where(*mine, tables.files.c.tenant_id == tenant_id)
                .where(records.c.kind == Kind.PHOTO.value)
            )
            photos = tuple((r.id, r.created_at) for r in connection.execute(with_pixels))
            ended = consent_ended_at(consents_of(operation, subject), operation.now)
        return HeldPerson(tenant_id, person_id, active_at, ended, photos)

    def _forget_keys(self, days: int) -> int:
        table = tables.idempotency
        old = delete(table).where(table.c.created_at < later(self._now(), days=-days))
        with self.parts.database.writing() as connection:
            return int(connection.execute(all_tenants(old)).rowcount)

    def _sweep_blobs(self) -> int:
        """Remove blobs that no record speaks of, once they are an hour old."""
        limit = self.parts.clock.now().timestamp() - _ORPHAN_S
        old = [blob_id for blob_id, written in self.parts.blobs.ids() if written < limit]
        statement = select(tables.files.c.blob_id)
        with self.parts.database.reading() as connection:
            known = set(connection.execute(all_tenants(statement)).scalars())
        orphans = [blob_id for blob_id in old if blob_id not in known]
        for blob_id in orphans:
            self.parts.blobs.remove(blob_id)
        return len(orphans)


def consent_ended_at(consents: tuple[Consent, ...], now: str) -> str | None:
    """Return when the consent to assessment ended; None where it stands or was never given."""
    told = [c for c in consents if c.given.purpose is Purpose.ASSESSMENT]
    if not told or Purpose.ASSESSMENT in granted_now(told, now):
        return None
    last = told[-1]
    return last.created_at if not last.given.granted else last.given.expires_at
