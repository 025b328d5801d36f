"""R14 in short: a state machine and racing threads, on both engines; the long form is a script."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest
from operations_of_records import PIXELS
from races import race, run_machine

from cutis.core.errors import RecordNotFoundError
from cutis.core.record_words import Role
from cutis.core.records import Call, Page, PhotoDraft
from cutis.store.key_folder import KeyFolder
from cutis.store.opening import open_parts
from cutis.store.options import StoreOptions
from cutis.store.repository import Repository


def test_model_and_system_agree(options: StoreOptions):
    """R14 in short: what users do, in any order, beside a model."""

    def make() -> Any:
        store = Repository(open_parts(options))
        for tenant in store.tenants():  # the queue is one for all tenants
            call = Call(tenant.id, "x", Role.ADMIN)
            for person in store.people(call, Page(500)).items:
                store.erase(call, person.id)
        return store

    run_machine(make, examples=12, steps=20)


def test_threads_that_race_lose_nothing(store: Repository):
    """R14 in short: eight threads on the same people, two of them erasing."""
    assert race(store, threads=8, steps=12, seed=1) == []


def test_a_key_that_goes_between_row_and_read_is_a_person_that_is_not_found(
    store: Repository, call: Call, person_id: str, monkeypatch: pytest.MonkeyPatch
):
    read = KeyFolder.person_key

    def erased_first(keys: KeyFolder, tenant_id: str, key_id: str) -> bytes:
        monkeypatch.undo()
        store.erase(replace(call, actor_id="user2"), person_id)
        return read(keys, tenant_id, key_id)

    monkeypatch.setattr(KeyFolder, "person_key", erased_first)
    with pytest.raises(RecordNotFoundError):
        store.add_photo(call, PhotoDraft(person_id, PIXELS))
    assert list(store.parts.blobs.ids()) == []


def test_uploads_and_an_erasure_leave_nothing_behind(store: Repository, call: Call, person_id: str):
    gate, refused = threading.Barrier(9), []

    def upload() -> None:
        gate.wait()
        for _ in range(5):
            try:
                store.add_photo(call, PhotoDraft(person_id, PIXELS))
            except RecordNotFoundError:
                refused.append(1)

    def erase() -> None:
        gate.wait()
        store.erase(replace(call, actor_id="user2"), person_id)

    threads = [threading.Thread(target=upload) for _ in range(8)]
    threads.append(threading.Thread(target=erase))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused
    assert list(store.parts.blobs.ids()) == [], "a file that came too late is dropped again"
    with pytest.raises(RecordNotFoundError):
        store.person(call, person_id)
    assert store.verify().problems == ()
