"""Keys: wrapped, mirrored, rotated, destroyed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cutis.core.errors import StoreError, TamperedError
from cutis.store.key_folder import KeyFolder, KeyGoneError
from cutis.store.root_keys import (
    current_only,
    new_root_keys,
    read_root_keys,
    with_new_key,
    write_root_keys,
)

PERSON = "ab" * 16


@pytest.fixture
def keys(tmp_path: Path) -> KeyFolder:
    made = KeyFolder(tmp_path / "keys", new_root_keys(), tmp_path / "mirror")
    made.create_tenant("tenant")
    return made


def test_a_key_comes_back(keys: KeyFolder):
    key = keys.create_person("tenant", PERSON)
    assert keys.person_key("tenant", PERSON) == key
    assert list(keys.person_keys("tenant")) == [PERSON]


def test_no_key_lies_in_the_clear(keys: KeyFolder):
    plain = [keys.create_person("tenant", PERSON), keys.tenant_key("tenant")[1], keys.roots.key]
    for path in [*keys.folder.rglob("*"), *(keys.mirror or keys.folder).rglob("*")]:
        content = path.read_bytes() if path.is_file() else b""
        assert not [key for key in plain if key in content]


def test_a_destroyed_key_is_gone_here_and_in_the_mirror(keys: KeyFolder):
    keys.create_person("tenant", PERSON)
    assert list((keys.mirror or keys.folder).rglob(f"{PERSON}.key"))
    keys.destroy("tenant", PERSON)
    keys.destroy("tenant", PERSON)
    with pytest.raises(KeyGoneError):
        keys.person_key("tenant", PERSON)
    assert not list((keys.mirror or keys.folder).rglob(f"{PERSON}.key"))


def test_a_key_is_bound_to_its_place(keys: KeyFolder):
    other = "ac" * 16
    for key_id in (PERSON, other):
        keys.create_person("tenant", key_id)
    here = keys.folder / "tenant" / "ab" / f"{PERSON}.key"
    there = keys.folder / "tenant" / "ac" / f"{other}.key"
    here.write_bytes(there.read_bytes())
    with pytest.raises(TamperedError):
        keys.person_key("tenant", PERSON)


def test_copies_of_a_key_do_not_open_after_a_rotation(keys: KeyFolder):
    key = keys.create_person("tenant", PERSON)
    path = keys.folder / "tenant" / "ab" / f"{PERSON}.key"
    copy = path.read_bytes()
    keys.create_tenant("tenant")
    assert keys.rewrap_people("tenant") == 1
    keys.drop_old_tenant_keys("tenant")
    assert keys.person_key("tenant", PERSON) == key
    path.write_bytes(copy)
    with pytest.raises(StoreError):
        keys.person_key("tenant", PERSON)


def test_a_destroyed_key_does_not_come_back_by_being_wrapped(keys: KeyFolder):
    keys.create_person("tenant", PERSON)
    keys.create_tenant("tenant")
    keys.destroy("tenant", PERSON)
    assert keys.rewrap_people("tenant") == 0


def test_the_root_key_changes_and_the_rest_stays(keys: KeyFolder, tmp_path: Path):
    key = keys.create_person("tenant", PERSON)
    roots = with_new_key(keys.roots)
    turned = KeyFolder(keys.folder, roots, keys.mirror)
    assert turned.rewrap_tenants() == 1
    fresh = KeyFolder(keys.folder, current_only(roots))
    assert fresh.person_key("tenant", PERSON) == key
    with pytest.raises(StoreError, match="not the one that these records"):
        KeyFolder(keys.folder, new_root_keys()).person_key("tenant", PERSON)


def test_a_mirror_is_filled(keys: KeyFolder, tmp_path: Path):
    keys.create_person("tenant", PERSON)
    late = KeyFolder(keys.folder, keys.roots, tmp_path / "late")
    assert late.fill_mirror() == 3
    keys.destroy("tenant", PERSON)
    assert late.fill_mirror() == 1
    assert not list((tmp_path / "late").rglob(f"{PERSON}.key"))


def test_the_root_key_file_is_read_strictly(tmp_path: Path):
    path, roots = tmp_path / "root.key", new_root_keys()
    write_root_keys(roots, path)
    assert read_root_keys(path) == roots
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    with pytest.raises(StoreError, match="other users"):
        read_root_keys(path)
    for content in (b"", b"{}", b"[]", b'{"current": "a", "keys": {"a": "AAAA"}}', os.urandom(40)):
        path.write_bytes(content)
        path.chmod(0o600)
        with pytest.raises(StoreError, match="cannot be read as one"):
            read_root_keys(path)


@pytest.mark.parametrize("name", ["..", "a/b", "", "x\0y", "é"])
def test_a_strange_id_names_no_file(keys: KeyFolder, name: str):
    with pytest.raises(TamperedError):
        keys.person_key("tenant", name)
