"""A store on each engine, made new for every test from a schema that was made once."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

for _name in ("sqlalchemy", "alembic", "cryptography"):
    pytest.importorskip(_name, reason="the extra serve is not installed")

from operations_of_records import open_with  # noqa: E402
from postgres_server import Server, running_server  # noqa: E402

from cutis.core.record_words import Role  # noqa: E402
from cutis.core.records import Call, File, PersonDraft, PhotoDraft, Upload  # noqa: E402
from cutis.store.database import Database  # noqa: E402
from cutis.store.opening import DATABASE_FILE, init_store  # noqa: E402
from cutis.store.options import StoreOptions  # noqa: E402
from cutis.store.repository import Repository  # noqa: E402
from cutis.testing import FakeClock  # noqa: E402

_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
ENGINES = ("sqlite", "postgres")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A real server; the test skips where it is absent."""
    with running_server() as server:
        yield server


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


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder in memory where there is one: what is tested here is not the disk's speed."""
    inside = str(_IN_MEMORY) if os.access(_IN_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="cutis-", dir=inside) as made:
        yield Path(made)


@pytest.fixture(params=ENGINES)
def options(request: Any, place: Path, empty_file: Path) -> StoreOptions:
    """Settings of a new store in the test's own folder."""
    made = StoreOptions(
        dir=place / "data",
        root_key_file=place / "root.key",
        keys_mirror_dir=place / "mirror",
        reserve_mib=1,
        min_free_mib=1,
    )
    init_store(made)
    if request.param == "postgres":
        return replace(made, database=request.getfixturevalue("postgres").new())
    shutil.copy(empty_file, place / "data" / DATABASE_FILE)
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
