"""Backups: what comes back, on the same and on the other engine, and what is refused."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from operations_of_records import PIXELS, fill, open_with

from cutis.core.errors import StoreError, TamperedError
from cutis.core.record_words import Role
from cutis.core.records import Call, Page
from cutis.store.backup import back_up, copy_keys, restore, restore_keys
from cutis.store.merkle import root
from cutis.store.opening import DATABASE_FILE
from cutis.store.options import StoreOptions
from cutis.store.repository import Repository
from cutis.testing import FakeClock


@pytest.fixture(params=["sqlite", "postgres"])
def empty(
    request: Any, options: StoreOptions, place: Path, empty_file: Path, clock: FakeClock
) -> Any:
    """An empty store of either engine, with the same keys."""
    other = replace(options, dir=place / "other", keys_dir=place / "data" / "keys", database="")
    (place / "other").mkdir()
    if request.param == "postgres":
        other = replace(other, database=request.getfixturevalue("postgres").new())
    else:
        shutil.copy(empty_file, place / "other" / DATABASE_FILE)
    opened = open_with(other, clock)
    yield opened
    opened.close()


def test_everything_comes_back_on_either_engine(
    store: Repository, call: Call, empty: Repository, tmp_path: Path
):
    ids = fill(store, call)
    manifest = back_up(store.parts, tmp_path / "backup")
    size = store.log_size()
    assert restore(empty, tmp_path / "backup", actor_id="x") == 0
    assert empty.verify().problems == ()
    assert list(empty.log_entries(0, size)) == list(store.log_entries(0, size))
    assert manifest["log_root"] == root(store.leaf_hashes(0, size)).hex()
    assert empty.person(call, ids.person).note == "known-note"
    assert empty.read_file(call, ids.photo, "photo") == PIXELS
    assert empty.reviews(call, ids.assessment)[0].reason == "known-reason"
    assert empty.log_size() == size + 4


def test_a_backup_holds_no_key(store: Repository, call: Call, tmp_path: Path):
    ids = fill(store, call)
    back_up(store.parts, tmp_path / "backup")
    wrapped = [path.read_bytes() for path in store.parts.keys.folder.rglob("*.key")]
    plain = [store._subject(call.tenant_id, ids.person).key, store.parts.keys.roots.key]
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert len(wrapped) == 2
    assert not [key for key in (*wrapped, *plain) if key in kept]
    assert b"known-" not in kept
    assert PIXELS.content not in kept


def test_only_an_empty_store_is_filled(store: Repository, call: Call, tmp_path: Path):
    back_up(store.parts, tmp_path / "backup")
    with pytest.raises(StoreError, match="records here already"):
        restore(store, tmp_path / "backup", actor_id="x")
    with pytest.raises(StoreError, match="something in that folder"):
        back_up(store.parts, tmp_path / "backup")


def test_an_altered_or_strange_backup_is_refused(
    store: Repository, call: Call, empty: Repository, tmp_path: Path
):
    fill(store, call)
    folder = tmp_path / "backup"
    with pytest.raises(StoreError, match="no backup"):
        restore(empty, folder, actor_id="x")
    back_up(store.parts, folder)
    people = folder / "tables" / "people.jsonl"
    good = people.read_bytes()
    people.write_bytes(good.replace(b'"version": 1', b'"version": 2'))
    with pytest.raises(TamperedError, match="people"):
        restore(empty, folder, actor_id="x")
    people.write_bytes(good)
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "format": "other"}))
    with pytest.raises(StoreError, match="another version"):
        restore(empty, folder, actor_id="x")
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert restore(empty, folder, actor_id="x") == 0, "what failed before left nothing behind"


def test_an_old_copy_of_the_keys_is_refused(
    store: Repository, call: Call, tmp_path: Path, clock: FakeClock
):
    fill(store, call)
    copy_keys(store.parts, tmp_path / "copy")
    clock.move(days=6.9)
    assert restore_keys(store.parts, tmp_path / "copy") == 0
    clock.move(days=0.2)
    with pytest.raises(StoreError, match="older than 7 days"):
        restore_keys(store.parts, tmp_path / "copy")
    with pytest.raises(StoreError, match="no copy"):
        restore_keys(store.parts, tmp_path)


def test_a_restored_store_works_on(
    store: Repository, call: Call, empty: Repository, tmp_path: Path
):
    fill(store, call)
    back_up(store.parts, tmp_path / "backup")
    restore(empty, tmp_path / "backup", actor_id="x")
    ids = fill(empty, replace(call, role=Role.ADMIN))
    assert len(empty.people(call, Page()).items) == 2
    empty.erase(call, ids.person)
    assert empty.verify().problems == ()
