"""S13: erasure destroys the key, at once and in every copy, and proves it without personal data."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from operations_of_records import ON_A_PERSON, fill, open_with
from sqlalchemy import func, select

from cutis.core.accounts import Passkey, User
from cutis.core.errors import RecordNotFoundError, StoreUnavailableError
from cutis.core.record_words import Relation, Role
from cutis.core.records import Call, Link, Page, PersonDraft
from cutis.store import tables
from cutis.store.account_seal import AccountSeal
from cutis.store.accounts import DatabaseAccounts
from cutis.store.backup import back_up, copy_keys, restore, restore_keys
from cutis.store.erasing import kept_tombstones, subject_digest
from cutis.store.key_folder import KeyFolder, KeyGoneError
from cutis.store.opening import init_store, places_of
from cutis.store.options import StoreOptions
from cutis.store.repository import Repository
from cutis.store.tenancy import all_tenants
from cutis.testing import FakeClock

LONGEST_S = 60.0


def test_an_erased_person_is_gone_within_a_minute(store: Repository, call: Call):
    """S13: nothing answers any more, no row and no file is left, the log stays and agrees."""
    ids, other = fill(store, call), fill(store, call)
    started = time.perf_counter()
    receipt = store.erase(call, ids.person)
    assert time.perf_counter() - started < LONGEST_S
    for name, operation in ON_A_PERSON.items():
        if name != "erase":
            with pytest.raises(RecordNotFoundError):
                operation(store, call, ids)
    assert store.standing(call.tenant_id, ids.person, user_id="user1") is None
    assert store.locate(call.tenant_id, ids.photo) is None
    assert [person.id for person in store.people(call, Page()).items] == [other.person]
    for name in ("people", "records", "files", "jobs", "links"):
        assert _rows_of(store, name, ids.person) == 0, name
    assert len(list(store.parts.blobs.ids())) == 3, "the other person's"
    with pytest.raises(KeyGoneError):
        store.parts.keys.person_key(call.tenant_id, receipt.key_id)
    assert store.verify().problems == ()


def _rows_of(store: Repository, name: str, person_id: str) -> int:
    table = tables.metadata.tables[name]
    column = table.c.id if name == "people" else table.c.person_id
    statement = select(func.count()).select_from(table).where(column == person_id)
    with store.parts.database.reading() as connection:
        return int(connection.execute(all_tenants(statement)).scalar_one())


def test_the_receipt_proves_it_without_personal_data(store: Repository, call: Call):
    ids = fill(store, call)
    receipt = store.erase(call, ids.person)
    assert receipt.subject_sha256 == subject_digest(call.tenant_id, ids.person)
    assert ids.person not in json.dumps(asdict(receipt))
    assert receipt.requested_at < receipt.destroyed_at
    entry = store.audit_entries(call, Page(1), subject_id=ids.person).items[0]
    assert (entry.index, entry.action) == (receipt.entry_index, "person.erase")
    assert store.erasure_receipt(call, receipt.id) == receipt
    stranger = replace(call, tenant_id=store.create_tenant("Other", actor_id="x").id)
    with pytest.raises(RecordNotFoundError):
        store.erasure_receipt(stranger, receipt.id)
    with pytest.raises(RecordNotFoundError):
        store.erase(stranger, ids.person)


def test_asked_again_the_receipt_is_the_same(store: Repository, call: Call):
    ids = fill(store, call)
    receipt, size = store.erase(call, ids.person), store.log_size()
    assert store.erase(call, ids.person) == receipt
    assert store.log_size() == size


def test_no_backup_opens_what_was_erased(
    store: Repository, call: Call, options: StoreOptions, tmp_path: Path, clock: FakeClock
):
    """S13: a backup from before the erasure, with the key folder as it is and with its mirror."""
    ids, other = fill(store, call), fill(store, call)
    back_up(store.parts, tmp_path / "backup")
    receipt = store.erase(call, ids.person)
    assert not [path for path in tmp_path.rglob("*") if receipt.key_id in path.name]
    _empty(store)
    assert restore(store, tmp_path / "backup", actor_id="x") == 1
    with pytest.raises(RecordNotFoundError):
        store.person(call, ids.person)
    assert store.erase(call, ids.person).id == receipt.id
    assert store.visit(call, other.visit).note == "known-visit"
    assert _rows_of(store, "records", ids.person) == 0
    assert store.verify().problems == ()


def test_the_own_login_goes_with_the_person(store: Repository, call: Call, tmp_path: Path):
    """S13: and no restore brings it back; who is more here than that person stays."""
    accounts = DatabaseAccounts(store.parts.database, AccountSeal(bytes(32)))
    ids, other = fill(store, call), fill(store, call)
    at = "2026-01-01T00:00:00Z"
    for name, roles in (("own", {Role.PERSON}), ("doctor", {Role.PERSON, Role.CLINICIAN})):
        user = User(
            name,
            call.tenant_id,
            name,
            frozenset(roles),
            None,
            disabled=False,
            version=1,
            created_at=at,
        )
        accounts.add_user(user)
        store.link(call, Link(name, ids.person, Relation.SELF))
    accounts.add_user(replace(user, id="two", login="two", roles=frozenset({Role.PERSON})))
    for person in (ids.person, other.person):
        store.link(call, Link("two", person, Relation.SELF))
    accounts.add_passkey(Passkey("key", "own", b"k", 0, "phone", at))
    back_up(store.parts, tmp_path / "backup")
    for again in (False, True):
        if again:
            _empty(store)
            restore(store, tmp_path / "backup", actor_id="x")
        else:
            store.erase(call, ids.person)
        assert [user.id for user in accounts.users(call.tenant_id)] == ["doctor", "two"]
        assert accounts.passkey("key") is None


def _empty(store: Repository) -> None:
    """Lose the database, as a disk would."""
    with store.parts.database.writing() as connection:
        for table in reversed(tables.metadata.sorted_tables):
            connection.execute(all_tenants(table.delete()))
        connection.execute(tables.log_head.insert().values(id=1, size=0))


def test_a_copy_of_the_keys_brings_nobody_back(
    store: Repository, call: Call, tmp_path: Path, clock: FakeClock
):
    ids, other = fill(store, call), fill(store, call)
    copied = copy_keys(store.parts, tmp_path / "copy")
    assert copied == 4
    receipt = store.erase(call, ids.person)
    other_key = store._subject(call.tenant_id, other.person).key_id
    (store.parts.keys.folder / call.tenant_id / other_key[:2] / f"{other_key}.key").unlink()
    assert restore_keys(store.parts, tmp_path / "copy") == 1
    assert store.person(call, other.person).reference == "known-reference"
    with pytest.raises(KeyGoneError):
        store.parts.keys.person_key(call.tenant_id, receipt.key_id)


def test_tombstones_lie_beside_the_keys_and_in_the_mirror(store: Repository, call: Call):
    receipt = store.erase(call, fill(store, call).person)
    for folder in (store.parts.keys.folder, store.parts.keys.mirror):
        assert folder is not None
        assert kept_tombstones(replace(store.parts.keys, folder=folder, mirror=None)) == [receipt]


class BrokenKeys:
    """A key folder that cannot destroy, as a disk that only reads."""

    def __init__(self, keys: KeyFolder) -> None:
        self._keys = keys

    def __getattr__(self, name: str) -> Any:
        return getattr(self._keys, name)

    def destroy(self, tenant_id: str, key_id: str) -> None:
        raise StoreUnavailableError("The disk refused.")


def test_an_erasure_that_was_cut_off_is_finished_at_the_next_start(
    options: StoreOptions, clock: FakeClock
):
    """A crash after the transaction: gone for everybody at once, the key at the next start."""
    store = open_with(options, clock)
    call = Call(store.create_tenant("Clinic", actor_id="x").id, "user1", Role.ADMIN)
    ids = fill(store, call)
    keys = store.parts.keys
    store.parts = replace(store.parts, keys=BrokenKeys(keys))  # type: ignore[arg-type]
    with pytest.raises(StoreUnavailableError):
        store.erase(call, ids.person)
    with pytest.raises(RecordNotFoundError):
        store.person(call, ids.person)
    assert list(keys.person_keys(call.tenant_id)), "the key is still there"
    store.close()
    again = open_with(options, clock)
    assert not list(keys.person_keys(call.tenant_id))
    assert _rows_of(again, "records", ids.person) == 0
    assert again.erase(call, ids.person).destroyed_at
    assert again.verify().problems == ()
    again.close()


def test_a_key_put_back_by_hand_is_told(store: Repository, call: Call):
    person = store.add_person(call, PersonDraft("r")).id
    key_id = store._subject(call.tenant_id, person).key_id
    path = store.parts.keys.folder / call.tenant_id / key_id[:2] / f"{key_id}.key"
    content = path.read_bytes()
    store.erase(call, person)
    path.write_bytes(content)
    assert any("destroyed" in problem for problem in store.verify().problems)


def test_init_refuses_a_new_root_key_over_old_keys(store: Repository, call: Call, options: Any):
    places_of(options).root_key.unlink()
    with pytest.raises(Exception, match="not the root key"):
        init_store(options)
