"""S11 and S12: nothing is readable at rest; what was altered, moved or put back is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from operations_of_records import MAP, PIXELS, READS, WRITES, Ids, fill
from sqlalchemy import Table, select, update

from cutis.core.errors import RecordConflictError, TamperedError
from cutis.core.records import Call, File, PersonDraft
from cutis.store import tables
from cutis.store.opening import places_of
from cutis.store.options import StoreOptions
from cutis.store.repository import Repository
from cutis.store.tenancy import all_tenants

KNOWN = (
    *(f"known-{word}" for word in "reference note visit camera answer reason".split()),
    '"grade": "known"',
    "form-77",
    "1990",
    "Clinic",
    "image/jpeg",
    "acne",
    PIXELS.content.decode(),
    MAP.content.decode(),
)
"""Words that were kept, and of which nothing may be found."""


def test_nothing_known_is_found_at_rest(store: Repository, call: Call, options: StoreOptions):
    """S11: every byte at rest is searched: files, write-ahead log, and the rows of the server."""
    ids = fill(store, call)
    store.change_person(call, ids.person, PersonDraft("known-second"), expected_version=1)
    kept = b"\n".join([*_files(options), *_rows(store)])
    keys = [store.parts.keys.roots.key, store.parts.keys.tenant_key(call.tenant_id)[1]]
    keys.append(store._subject(call.tenant_id, ids.person).key)
    assert len(kept) > 5000
    assert not [word for word in (*KNOWN, "known-second") if word.encode() in kept]
    assert not [key for key in keys if key in kept]
    assert ids.person.encode() in kept, "the search finds what is there"


def _files(options: StoreOptions) -> list[bytes]:
    places = places_of(options)
    folders = (places.data, places.mirror or places.data)
    return [path.read_bytes() for f in folders for path in f.rglob("*") if path.is_file()]


def _rows(store: Repository) -> list[bytes]:
    with store.parts.database.reading() as connection:
        rows = [
            value
            for table in tables.metadata.sorted_tables
            for row in connection.execute(all_tenants(select(table)))
            for value in row
        ]
    return [value if isinstance(value, bytes) else str(value).encode() for value in rows]


@dataclass(frozen=True, slots=True)
class Sealed:
    """A kind of row with sealed bytes, which one it is, and how it is read."""

    table: Table
    id: Callable[[Ids], str]
    read: str


SEALED = {
    "person": Sealed(tables.people, lambda i: i.person, "person"),
    "visit": Sealed(tables.records, lambda i: i.visit, "visit"),
    "photo": Sealed(tables.records, lambda i: i.photo, "photo"),
    "assessment": Sealed(tables.records, lambda i: i.assessment, "assessment"),
    "review": Sealed(tables.records, lambda i: i.review, "reviews"),
}


def row_of(store: Repository, table: Table, record_id: str) -> dict[str, Any]:
    with store.parts.database.reading() as connection:
        statement = select(table).where(table.c.id == record_id)
        return dict(connection.execute(all_tenants(statement)).mappings().one())


def put(store: Repository, table: Table, record_id: str, **values: Any) -> None:
    """Do what somebody with the database in hand would do."""
    with store.parts.database.writing() as connection:
        statement = update(table).where(table.c.id == record_id).values(**values)
        connection.execute(all_tenants(statement))


@pytest.mark.parametrize("name", SEALED)
def test_flipped_bits_of_a_row_are_refused(store: Repository, call: Call, name: str):
    """S12: here at 24 places of each kind; every bit is flipped in ``test_sealing.py``."""
    ids, sealed = fill(store, call), SEALED[name]
    record_id = sealed.id(ids)
    good = row_of(store, sealed.table, record_id)["sealed"]
    for place in range(24):
        bit = place * (len(good) * 8 - 1) // 23
        flipped = bytearray(good)
        flipped[bit // 8] ^= 1 << bit % 8
        put(store, sealed.table, record_id, sealed=bytes(flipped))
        with pytest.raises(TamperedError):
            READS[sealed.read](store, call, ids)
    put(store, sealed.table, record_id, sealed=good)
    READS[sealed.read](store, call, ids)


@pytest.mark.parametrize("name", SEALED)
def test_a_swapped_row_is_refused(store: Repository, call: Call, name: str):
    """S12: another person's sealed bytes, and another record's of the same person."""
    one, other, sealed = fill(store, call), fill(store, call), SEALED[name]
    good = row_of(store, sealed.table, sealed.id(one))
    foreign = row_of(store, sealed.table, sealed.id(other))
    put(store, sealed.table, sealed.id(one), sealed=foreign["sealed"])
    with pytest.raises(TamperedError):
        READS[sealed.read](store, call, one)
    assert any(sealed.id(one) in problem for problem in store.verify().problems)
    put(store, sealed.table, sealed.id(one), sealed=good["sealed"])
    assert store.verify().problems == ()


def test_a_record_given_to_another_person_is_refused(store: Repository, call: Call):
    one, other = fill(store, call), fill(store, call)
    put(store, tables.records, one.visit, person_id=other.person)
    with pytest.raises(TamperedError):
        store.visit(call, one.visit)


@pytest.mark.parametrize("name", ["person", "visit"])
def test_a_record_put_back_is_refused(store: Repository, call: Call, name: str):
    """S12: the older row opens with its own version, and is still not what the log tells of."""
    ids, sealed = fill(store, call), SEALED[name]
    old = row_of(store, sealed.table, sealed.id(ids))
    WRITES[f"change_{name}"](store, call, ids)
    new = row_of(store, sealed.table, sealed.id(ids))
    put(store, sealed.table, sealed.id(ids), version=old["version"], sealed=old["sealed"])
    with pytest.raises(TamperedError, match="put back"):
        READS[sealed.read](store, call, ids)
    assert any(sealed.id(ids) in problem for problem in store.verify().problems)
    put(store, sealed.table, sealed.id(ids), version=new["version"], sealed=new["sealed"])
    assert store.verify().problems == ()


def test_files_flipped_swapped_or_removed_are_refused(store: Repository, call: Call):
    ids = fill(store, call)
    photo, other = (
        store.parts.blobs._path(_blob_of(store, record))  # type: ignore[attr-defined]
        for record in (ids.photo, ids.assessment)
    )
    good = photo.read_bytes()
    for bit in range(0, len(good) * 8, 7):
        flipped = bytearray(good)
        flipped[bit // 8] ^= 1 << bit % 8
        photo.write_bytes(bytes(flipped))
        with pytest.raises(TamperedError):
            store.read_file(call, ids.photo, "photo")
    photo.write_bytes(other.read_bytes())
    with pytest.raises(TamperedError):
        store.read_file(call, ids.photo, "photo")
    photo.unlink()
    with pytest.raises(TamperedError, match="missing"):
        store.read_file(call, ids.photo, "photo")
    assert any(ids.photo in problem for problem in store.verify().problems)


def _blob_of(store: Repository, record_id: str) -> str:
    table = tables.files
    with store.parts.database.reading() as connection:
        statement = select(table.c.blob_id).where(table.c.record_id == record_id)
        return str(connection.execute(all_tenants(statement)).scalar_one())


def test_what_was_removed_or_altered_behind_the_log_is_told(store: Repository, call: Call):
    ids, database = fill(store, call), store.parts.database
    with database.writing() as connection:
        files = tables.files.delete().where(tables.files.c.record_id == ids.review)
        connection.execute(all_tenants(files))
        review = tables.records.delete().where(tables.records.c.id == ids.review)
        connection.execute(all_tenants(review))
        entry = tables.log_entries
        connection.execute(
            all_tenants(update(entry).where(entry.c.idx == 2).values(subject_id="someone"))
        )
    problems = "\n".join(store.verify().problems)
    assert f"record {ids.review}: the log tells of it, and it is gone" in problems
    assert "log entry 2: it is not the one that was written" in problems


def test_an_altered_entry_is_told(store: Repository, call: Call):
    ids = fill(store, call)
    size = store.log_size()
    content = next(store.log_entries(size - 1, size))
    table = tables.log_entries
    with store.parts.database.writing() as connection:
        changed = content.replace(b'"user1"', b'"user2"')
        statement = update(table).where(table.c.idx == size - 1).values(entry=changed)
        connection.execute(all_tenants(statement))
    with pytest.raises(TamperedError):
        store.reviews(call, ids.assessment)
    assert f"log entry {size - 1}" in "\n".join(store.verify().problems)


def test_a_missing_entry_is_told(store: Repository, call: Call, person_id: str):
    index = store.note(call, "policy.refuse")
    store.note(call, "policy.refuse")
    table = tables.log_entries
    with store.parts.database.writing() as connection:
        connection.execute(all_tenants(table.delete().where(table.c.idx == index)))
    problems = store.verify().problems
    assert f"log entry {index}: it is missing" in problems


def test_two_writers_of_one_version_make_one(store: Repository, call: Call, person_id: str):
    store.change_person(call, person_id, PersonDraft("first"), expected_version=1)
    with pytest.raises(RecordConflictError):
        store.change_person(call, person_id, PersonDraft("second"), expected_version=1)


def test_a_file_shows_no_pixels_in_its_repr():
    assert "pixels" not in repr(File("image/jpeg", b"pixels"))
    assert "pixels" not in repr(replace(PIXELS))
