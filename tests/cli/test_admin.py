"""`cutis admin`, from an empty folder to a restored one."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

for _name in ("sqlalchemy", "alembic", "cryptography"):
    pytest.importorskip(_name, reason="the extra serve is not installed")

from operations_of_records import Ids, fill  # noqa: E402
from typer.testing import CliRunner  # noqa: E402  (after the check above)

from cutis.cli.app import app  # noqa: E402
from cutis.core.record_words import Role  # noqa: E402
from cutis.core.records import Call  # noqa: E402
from cutis.settings import load_settings  # noqa: E402
from cutis.store.opening import open_store  # noqa: E402


@pytest.fixture(autouse=True)
def _places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "DIR": tmp_path / "data",
        "ROOT_KEY_FILE": tmp_path / "root.key",
        "KEYS_DIR": tmp_path / "keys",
        "MIN_FREE_MIB": 1,
        "RESERVE_MIB": 1,
    }.items():
        monkeypatch.setenv(f"CUTIS_STORE_{name}", str(value))


def run(*words: str, code: int = 0) -> str:
    told = CliRunner().invoke(app, ["admin", *words])
    assert told.exit_code == code, told.output
    return told.output


def filled() -> Ids:
    store = open_store(load_settings().store)
    ids = fill(store, Call(store.tenants()[0].id, "user1", Role.CLINICIAN))
    store.close()
    return ids


def test_a_life_of_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert "Keep a copy" in run("init", "--name", "Klinik Süd")
    assert "Klinik Süd" in run("init", "--name", "Other")
    assert len(run("tenants").splitlines()) == 1
    ids, other = filled(), filled()
    assert "keys of people: 2" in run("rotate-keys")
    assert "all as written" in run("verify")
    run("export", ids.person, "--out", str(tmp_path / "export.zip"))
    with zipfile.ZipFile(tmp_path / "export.zip") as archive:
        told = json.loads(archive.read("export.json"))
    assert told["person"]["reference"] == "known-reference"
    assert (tmp_path / "export.zip").stat().st_mode & 0o777 == 0o600
    assert "files: 6" in run("backup", str(tmp_path / "backup"))
    assert "copied: 4" in run("backup", str(tmp_path / "copy"), "--keys")
    receipt = json.loads(run("erase", ids.person))
    assert receipt["destroyed_at"]
    assert "erased: 0 people" in run("prune")
    assert "put back: 0" in run("restore", str(tmp_path / "copy"), "--keys")
    monkeypatch.setenv("CUTIS_STORE_DIR", str(tmp_path / "data2"))
    assert "1 people were erased" in run("restore", str(tmp_path / "backup"))
    assert "all as written" in run("verify")
    run("export", other.person, "--out", str(tmp_path / "other.zip"))
    assert "no such record" in run("export", ids.person, "--out", str(tmp_path / "x.zip"), code=5)


def test_without_init_the_next_step_is_told():
    assert "cutis admin init" in run("verify", code=5)


def test_damage_is_told_and_ends_with_its_code(tmp_path: Path):
    run("init")
    ids = filled()
    for path in (tmp_path / "data" / "blobs").rglob("*"):
        if path.is_file():
            path.write_bytes(b"other")
    assert ids.photo in run("verify", code=5)


def test_the_tenant_is_asked_for_where_there_are_several():
    run("init")
    store = open_store(load_settings().store)
    store.create_tenant("Second", actor_id="x")
    store.close()
    assert "--tenant" in run("erase", "someone", code=2)
