"""What the repository stands on: tenants kept apart, migrations, files, blobs, errors."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, delete, func, insert, or_, select, text, update

from cutis.core.errors import (
    MissingExtraError,
    SettingsError,
    StoreError,
    StoreFullError,
    StoreUnavailableError,
    TamperedError,
)
from cutis.core.records import Call, PersonDraft
from cutis.store import tables
from cutis.store.blobs import DiskBlobs
from cutis.store.database import Database
from cutis.store.disk import SystemFiles, put_file, remove_file
from cutis.store.engines import open_engine
from cutis.store.opening import init_store, open_parts, open_store, places_of
from cutis.store.options import StoreOptions
from cutis.store.repository import Repository
from cutis.store.s3_blobs import ObjectBlobs, open_s3
from cutis.store.tables import people, records
from cutis.store.tenancy import all_tenants, refuse_unscoped

MINE = people.c.tenant_id == "t"
FORGETFUL: dict[str, Any] = {
    "no condition": select(people),
    "by id": select(people.c.id).where(people.c.id == "p"),
    "either": select(people).where(or_(MINE, people.c.id == "p")),
    "another table's tenant": select(people, records).where(MINE),
    "a join": select(people).join(records, records.c.person_id == people.c.id).where(MINE),
    "tenants compared": select(people, records).where(people.c.tenant_id == records.c.tenant_id),
    "not this tenant": select(people).where(people.c.tenant_id != "t"),
    "a change": update(people).where(people.c.id == "p").values(version=2),
    "a removal": delete(records).where(records.c.id == "r"),
    "an alias": select(people.alias("p")).where(text("true")),
}


@pytest.mark.parametrize("name", FORGETFUL)
def test_a_query_that_forgets_the_tenant_is_not_run(store: Repository, name: str):
    with pytest.raises(StoreError, match="did not name its tenant"):
        refuse_unscoped(FORGETFUL[name])
    with (
        pytest.raises(StoreError, match="did not name its tenant"),
        store.parts.database.reading() as connection,
    ):
        connection.execute(FORGETFUL[name])


def test_a_query_of_one_tenant_is_run(store: Repository):
    both = select(people).join(records, records.c.person_id == people.c.id)
    both = both.where(MINE, records.c.tenant_id == "t")
    with store.parts.database.reading() as connection:
        assert connection.execute(both).all() == []
        assert connection.execute(all_tenants(select(func.count(people.c.id)))).scalar() == 0


def test_the_migrations_make_the_tables_that_the_program_knows(store: Repository):
    with store.parts.database.reading() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, tables.metadata) == []


def test_a_newer_database_is_refused(store: Repository, options: StoreOptions):
    with store.parts.database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="newer version"):
        open_store(options)


def test_sqlite_is_set_up_to_keep_what_it_acknowledges(tmp_path: Path):
    engine = open_engine(f"sqlite:///{tmp_path}/x.sqlite")
    wanted = {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
        "busy_timeout": 10_000,
    }
    assert {name: _pragma(engine, name) for name in wanted} == wanted
    engine.dispose()


def _pragma(engine: Engine, name: str) -> object:
    with engine.connect() as connection:
        return connection.execute(text(f"PRAGMA {name}")).scalar()


def test_postgres_is_set_up_to_keep_what_it_acknowledges(postgres: Any):
    database = Database(postgres.new())
    with database.reading() as connection:
        assert connection.execute(text("SHOW synchronous_commit")).scalar() == "on"
        assert connection.execute(text("SHOW fsync")).scalar() == "on"
    database.close()


@pytest.mark.parametrize("address", ["mysql://x/y", "records.sqlite", "::", "postgresql"])
def test_another_database_is_refused(address: str):
    with pytest.raises(SettingsError, match=r"store\.database"):
        open_engine(address)


def test_a_failed_transaction_leaves_nothing(store: Repository, call: Call):
    database = store.parts.database
    row = {"size": 5, "note": "n", "created_at": "x"}

    def write() -> None:
        with database.writing() as connection:
            connection.execute(insert(tables.checkpoints), [row])
            connection.execute(text("SELECT * FROM absent"))

    with pytest.raises(StoreUnavailableError):
        write()
    assert store.latest_checkpoint() is None
    assert store.add_person(call, PersonDraft()).version == 1


class RefusingFiles(SystemFiles):
    """A disk that refuses one kind of step."""

    def __init__(self, step: str, number: int) -> None:
        self.step, self.number = step, number

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("_") and name not in {"step", "number"} and name == self.step:
            raise OSError(self.number, os.strerror(self.number))
        return super().__getattribute__(name)


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, StoreFullError),
        (errno.EDQUOT, StoreFullError),
        (errno.EIO, StoreUnavailableError),
    ],
)
@pytest.mark.parametrize("step", ["write", "rename", "sync_folder"])
def test_a_refused_file_is_not_there(
    tmp_path: Path, step: str, number: int, kind: type[StoreError]
):
    path = tmp_path / "sub" / "file"
    with pytest.raises(kind) as refusal:
        put_file(RefusingFiles(step, number), path, b"content")
    assert str(tmp_path) not in str(refusal.value)
    assert step == "sync_folder" or not list(path.parent.iterdir())


def test_a_file_is_put_whole_and_removed(tmp_path: Path):
    files, path = SystemFiles(), tmp_path / "a" / "b" / "file"
    for content in (b"first", b"second"):
        put_file(files, path, content)
    assert path.read_bytes() == b"second"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["file"]
    files.overwrite(path, b"third!")
    assert path.read_bytes() == b"third!"
    for _ in range(2):
        remove_file(files, path)
    assert not path.exists()


@pytest.fixture(params=["disk", "s3"])
def blobs(request: Any, tmp_path: Path) -> Any:
    """Both kinds of storage; the second by obstore's own store in memory."""
    if request.param == "disk":
        return DiskBlobs(tmp_path / "blobs")
    memory = pytest.importorskip("obstore.store", reason="the extra s3 is not installed")
    return ObjectBlobs(memory.MemoryStore())


def test_a_blob_comes_back_and_goes(blobs: Any):
    first, second = "ab" * 16, "cd" * 16
    blobs.put(first, b"sealed")
    blobs.put(second, b"other")
    assert blobs.get(first) == b"sealed"
    assert sorted(blob_id for blob_id, _ in blobs.ids()) == [first, second]
    for _ in range(2):
        blobs.remove(first)
    with pytest.raises(TamperedError, match="missing"):
        blobs.get(first)
    assert [blob_id for blob_id, _ in blobs.ids()] == [second]


def test_a_repository_works_over_object_storage(options: StoreOptions, call_over: Any):
    store, call = call_over
    from operations_of_records import PIXELS, fill  # noqa: PLC0415 - beside its use

    ids = fill(store, call)
    assert store.read_file(call, ids.photo, "photo") == PIXELS
    assert store.verify().problems == ()
    store.erase(call, ids.person)
    assert list(store.parts.blobs.ids()) == []


@pytest.fixture
def call_over(options: StoreOptions) -> Any:
    """A store over a stand-in of object storage, and a call."""
    from dataclasses import replace  # noqa: PLC0415 - beside its use

    from cutis.core.record_words import Role  # noqa: PLC0415

    memory = pytest.importorskip("obstore.store", reason="the extra s3 is not installed")
    parts = replace(open_parts(options), blobs=ObjectBlobs(memory.MemoryStore()))
    store = Repository(parts)
    yield store, Call(store.create_tenant("T", actor_id="x").id, "user1", Role.CLINICIAN)
    store.close()


def test_a_storage_that_does_not_answer_is_told_as_one():
    class Silent:
        def put(self, *_: object) -> None:
            raise RuntimeError("no answer")

    pytest.importorskip("obstore", reason="the extra s3 is not installed")
    blobs = ObjectBlobs(object())
    blobs._obstore = Silent()
    with pytest.raises(StoreUnavailableError, match="object storage"):
        blobs.put("ab" * 16, b"sealed")


def test_s3_without_its_extra_tells_the_install_line(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(__import__("sys").modules, "obstore.store", None)
    with pytest.raises(MissingExtraError, match="s3"):
        open_s3("s3://bucket")


def test_the_root_key_never_lies_in_the_data_folder(tmp_path: Path):
    with pytest.raises(StoreError, match="root key would lie"):
        places_of(StoreOptions(dir=tmp_path, root_key_file=tmp_path / "keys" / "root.key"))


def test_a_store_is_made_once(tmp_path: Path):
    options = StoreOptions(dir=tmp_path / "data", root_key_file=tmp_path / "root.key")
    with pytest.raises(StoreError, match="cutis admin init"):
        open_store(options)
    assert init_store(options)
    assert not init_store(options)
