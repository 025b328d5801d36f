"""Tenants, people, ties between users and people, and what the policy must know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from cutis.core.errors import InputError, RecordNotFoundError
from cutis.core.record_words import Kind, Purpose, Relation, Role
from cutis.core.records import (
    Call,
    Consent,
    Link,
    Listing,
    Page,
    Person,
    PersonDraft,
    Standing,
    Tenant,
)
from cutis.store import tables
from cutis.store.bodies import consent_of, person_body, person_of
from cutis.store.foundation import Foundation
from cutis.store.operation import (
    Opened,
    Operation,
    Subject,
    person_row,
    refuse_other_version,
)
from cutis.store.paging import page_of
from cutis.store.sealing import Identity, open_sealed, seal

_ADULT_YEARS = 18
_OLDEST_YEAR, _LATEST_YEAR = 1880, 2200


class PeopleRecords(Foundation):
    """Tenants and their people."""

    def create_tenant(self, name: str, *, actor_id: str) -> Tenant:
        """Make a tenant with a key of its own; one entry, in the new tenant."""
        tenant_id = self.parts.random(16).hex()
        self.parts.keys.create_tenant(tenant_id)

        def work(operation: Operation) -> Tenant:
            sealed = self._seal_name(tenant_id, name, 1)
            row = {"id": tenant_id, "version": 1, "created_at": operation.now, "sealed": sealed}
            operation.connection.execute(insert(tables.tenants), [row])
            operation.wrote(tenant_id, 1, sealed)
            return Tenant(tenant_id, name, operation.now)

        return self._run(Call(tenant_id, actor_id, Role.ADMIN), "tenant.create", work, grows=True)

    def tenants(self) -> Sequence[Tenant]:
        """Return all tenants, oldest first; for the operator, never for a user."""
        order = tables.tenants.c.created_at, tables.tenants.c.id
        with self.parts.database.reading() as connection:
            rows = connection.execute(select(tables.tenants).order_by(*order)).all()
        return [
            Tenant(row.id, self._open_name(row.id, row.sealed, row.version), row.created_at)
            for row in rows
        ]

    def _seal_name(self, tenant_id: str, name: str, version: int) -> bytes:
        """Seal a tenant's name under the tenant's key, with the key's id before it."""
        key_id, key = self.parts.keys.tenant_key(tenant_id)
        identity = Identity(tenant_id, "", tenant_id, Kind.TENANT, version, key_id)
        sealed = seal(key, name.encode("utf-8"), identity, random=self.parts.random)
        return key_id.encode("ascii") + b"\n" + sealed

    def _open_name(self, tenant_id: str, content: bytes, version: int) -> str:
        head, _, sealed = content.partition(b"\n")
        key_id = head.decode("ascii", "replace")
        identity = Identity(tenant_id, "", tenant_id, Kind.TENANT, version, key_id)
        key = self.parts.keys.tenant_key_of(tenant_id, key_id)
        return open_sealed(key, sealed, identity).decode("utf-8")

    def rotate_tenant_key(self, tenant_id: str, *, actor_id: str) -> int:
        """Give a tenant a new key, wrap its people's keys with it, and drop the old one.

        Copies of people's keys that were made before open no more. Returns how many were wrapped.
        """
        keys = self.parts.keys
        keys.create_tenant(tenant_id)
        count = keys.rewrap_people(tenant_id)

        def work(operation: Operation) -> None:
            table = tables.tenants
            chosen = table.c.id == tenant_id
            row = operation.connection.execute(select(table).where(chosen)).one()
            name = self._open_name(tenant_id, row.sealed, row.version)
            sealed = self._seal_name(tenant_id, name, row.version + 1)
            changed = update(table).where(chosen).values(version=row.version + 1, sealed=sealed)
            operation.connection.execute(changed)
            operation.wrote(tenant_id, row.version + 1, sealed)

        self._run(Call(tenant_id, actor_id, Role.ADMIN), "tenant.rotate_key", work)
        keys.drop_old_tenant_keys(tenant_id)
        return count

    def add_person(self, call: Call, draft: PersonDraft) -> Person:
        """Keep a person under a new pseudonym and a key of their own."""
        _refuse_year(draft.birth_year)

        def work(operation: Operation) -> Person:
            if operation.replayed is not None:
                return person_of(read_person(operation, operation.replayed))
            key_id = operation.new_id()
            key = self.parts.keys.create_person(call.tenant_id, key_id)
            subject = Subject(operation.new_id(), call.tenant_id, key_id, key)
            operation.subject_id = subject.id
            body = person_body(draft)
            opened = Opened(subject.id, subject, Kind.PERSON, None, 1, operation.now, body)
            _insert_person(operation, opened)
            if draft.user_id:
                _insert_link(operation, Link(draft.user_id, subject.id, Relation.SELF))
            return person_of(opened)

        return self._run(call, "person.add", work, grows=True)

    def person(self, call: Call, person_id: str) -> Person:
        """Return one person."""
        return self._run(call, "person.read", lambda op: person_of(read_person(op, person_id)))

    def change_person(
        self, call: Call, person_id: str, draft: PersonDraft, *, expected_version: int
    ) -> Person:
        """Put ``draft`` in place of what is kept, if ``expected_version`` stands."""
        _refuse_year(draft.birth_year)

        def work(operation: Operation) -> Person:
            old = read_person(operation, person_id)
            if operation.replayed is not None:
                return person_of(old)
            refuse_other_version(old.version, expected_version)
            body = person_body(draft)
            new = Opened(old.id, old.subject, old.kind, None, old.version + 1, old.created_at, body)
            statement = (
                update(tables.people)
                .where(tables.people.c.tenant_id == call.tenant_id, tables.people.c.id == person_id)
                .values(version=new.version, sealed=operation.sealed(new))
            )
            operation.connection.execute(statement)
            return person_of(new)

        return self._run(call, "person.change", work, grows=True)

    def people(self, call: Call, page: Page, *, of_user: str | None = None) -> Listing[Person]:
        """Return people of the tenant; with ``of_user`` those whom this user is linked to."""

        def work(operation: Operation) -> Listing[Person]:
            table = tables.people
            statement = select(table).where(
                table.c.tenant_id == call.tenant_id, table.c.erased_at.is_(None)
            )
            if of_user is not None:
                linked = select(tables.links.c.person_id).where(
                    tables.links.c.tenant_id == call.tenant_id, tables.links.c.user_id == of_user
                )
                statement = statement.where(table.c.id.in_(linked))
            rows, cursor = page_of(operation.connection, table, statement, page)
            found = tuple(person_of(_open_person(operation, row)) for row in rows)
            operation.subject_id = operation.record_id = ""
            return Listing(found, cursor)

        return self._run(call, "person.list", work)

    def link(self, call: Call, link: Link) -> None:
        """Tie a user to a person; the same tie twice is one."""

        def work(operation: Operation) -> None:
            operation.subject(link.person_id)
            if operation.replayed is None and link not in _links(operation, link.person_id):
                _insert_link(operation, link)

        self._run(call, f"link.{link.relation.value}", work, grows=True)

    def unlink(self, call: Call, link: Link) -> None:
        """Undo a tie; no error where there is none."""

        def work(operation: Operation) -> None:
            operation.subject(link.person_id)
            table = tables.links
            statement = delete(table).where(
                table.c.tenant_id == call.tenant_id,
                table.c.user_id == link.user_id,
                table.c.person_id == link.person_id,
                table.c.relation == link.relation.value,
            )
            if operation.replayed is None:
                operation.connection.execute(statement)

        self._run(call, f"unlink.{link.relation.value}", work)

    def links(self, call: Call, person_id: str) -> Sequence[Link]:
        """Return the ties of a person."""

        def work(operation: Operation) -> Sequence[Link]:
            operation.subject(person_id)
            return _links(operation, person_id)

        return self._run(call, "link.list", work)

    def standing(self, tenant_id: str, person_id: str, *, user_id: str) -> Standing | None:
        """Return what the policy must know, None where the person is absent; not logged."""
        call = Call(tenant_id, user_id, Role.WORKER)
        with self.parts.database.reading() as connection:
            operation = Operation(
                connection, call, "", self._now(), keys=self.parts.keys, random=self.parts.random
            )
            try:
                person = read_person(operation, person_id)
            except RecordNotFoundError:
                return None
            relations = [x.relation for x in _links(operation, person_id) if x.user_id == user_id]
            granted = granted_now(consents_of(operation, person.subject), operation.now)
        adult = _is_adult(person.body["birth_year"], self.parts.clock.now())
        return Standing(person_id, _closest(relations), granted, adult)

    def locate(self, tenant_id: str, record_id: str) -> tuple[Kind, str] | None:
        """Return kind and person of a record or job, None where it is absent; not logged."""
        people, records, jobs = tables.people, tables.records, tables.jobs
        with self.parts.database.reading() as connection:
            alive = select(people.c.id).where(
                people.c.tenant_id == tenant_id, people.c.erased_at.is_(None)
            )
            for table in (records, jobs):
                statement = select(table).where(
                    table.c.tenant_id == tenant_id,
                    table.c.id == record_id,
                    table.c.person_id.in_(alive),
                )
                if row := connection.execute(statement).first():
                    kind = Kind(row.kind) if table is records else Kind.PHOTO
                    return kind, row.person_id
            found = connection.execute(alive.where(people.c.id == record_id)).first()
        return (Kind.PERSON, record_id) if found else None


def read_person(operation: Operation, person_id: str) -> Opened:
    """Open what is kept of a person."""
    row = person_row(operation.connection, operation.tenant_id, person_id)
    return _open_person(operation, row)


def _open_person(operation: Operation, row: Row[Any]) -> Opened:
    subject = operation.subject(row.id)
    operation.record_id = row.id
    same = _PersonRow(row.id, row.version, row.created_at, row.sealed)
    return operation.open([same], subject)[0]


@dataclass(frozen=True, slots=True)
class _PersonRow:
    """A row of people in the shape of a row of records."""

    id: str
    version: int
    created_at: str
    sealed: bytes
    kind: str = Kind.PERSON.value
    parent_id: None = None


def _insert_person(operation: Operation, opened: Opened) -> None:
    row = {
        "id": opened.id,
        "tenant_id": operation.tenant_id,
        "key_id": opened.subject.key_id,
        "version": opened.version,
        "created_at": opened.created_at,
        "sealed": operation.sealed(opened),
    }
    operation.connection.execute(insert(tables.people), [row])


def _insert_link(operation: Operation, link: Link) -> None:
    row = {
        "tenant_id": operation.tenant_id,
        "user_id": link.user_id,
        "person_id": link.person_id,
        "relation": link.relation.value,
    }
    operation.connection.execute(insert(tables.links), [row])


def _links(operation: Operation, person_id: str) -> list[Link]:
    table = tables.links
    statement = (
        select(table)
        .where(table.c.tenant_id == operation.tenant_id, table.c.person_id == person_id)
        .order_by(table.c.user_id, table.c.relation)
    )
    rows = operation.connection.execute(statement)
    return [Link(row.user_id, row.person_id, Relation(row.relation)) for row in rows]


def consents_of(operation: Operation, subject: Subject) -> tuple[Consent, ...]:
    """Return every consent receipt of a person, oldest first."""
    table = tables.records
    statement = (
        select(table)
        .where(table.c.tenant_id == operation.tenant_id, table.c.person_id == subject.id)
        .where(table.c.kind == Kind.CONSENT.value)
        .order_by(table.c.created_at, table.c.id)
    )
    rows = operation.connection.execute(statement).all()
    return tuple(consent_of(opened) for opened in operation.open(rows, subject))


def granted_now(consents: Sequence[Consent], now: str) -> frozenset[Purpose]:
    """Return the purposes whose latest receipt says yes and has not run out."""
    latest = {consent.given.purpose: consent.given for consent in consents}
    return frozenset(
        purpose
        for purpose, given in latest.items()
        if given.granted and (given.expires_at is None or given.expires_at > now)
    )


def _closest(relations: Sequence[Relation]) -> Relation | None:
    order = (Relation.SELF, Relation.GUARDIAN, Relation.CARE)
    return next((relation for relation in order if relation in relations), None)


def _is_adult(birth_year: int | None, now: datetime) -> bool | None:
    """Tell from the year alone; in the year of the 18th birthday one still counts as a child."""
    return None if birth_year is None else now.year - birth_year > _ADULT_YEARS


def _refuse_year(year: int | None) -> None:
    if year is not None and not _OLDEST_YEAR <= year <= _LATEST_YEAR:
        raise InputError(f"A birth year has four digits, such as 1990; {year} came.")
