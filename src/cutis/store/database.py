"""Transactions: one writer, everything or nothing, and errors that say who must act."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from cutis.core.errors import StoreError, StoreFullError, StoreUnavailableError
from cutis.store.engines import WRITE, is_sqlite, open_engine
from cutis.store.migrating import migrate
from cutis.store.tenancy import guard_tenants

_WAIT_S = 30.0
_PG_DISK_FULL = "53100"
_NO_ROOM = ("disk is full", "could not extend file", "No space left")


class Database:
    """The engine behind a door for one writer.

    A service that keeps tables of its own (users, sessions) writes through `writing` too.
    """

    def __init__(
        self, address: str, *, synchronous: str = "FULL", creator: Any = None, ready: bool = True
    ) -> None:
        """Open it; with ``ready``, bring the schema up to date."""
        self.engine: Engine = open_engine(address, synchronous=synchronous, creator=creator)
        guard_tenants(self.engine)
        self._writer = threading.Lock()
        self._embedded = is_sqlite(self.engine)
        if ready:
            self._migrate()

    def _migrate(self) -> None:
        try:
            with database_errors():
                migrate(self.engine)
        except BaseException:
            self.engine.dispose()
            raise

    @property
    def embedded(self) -> bool:
        """Whether it is SQLite in a file of ours."""
        return self._embedded

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yield a connection in a transaction; committed at the end, undone on any error.

        When the block ends without an error, what was written outlasts a power cut.

        Raises:
            StoreFullError: there is no room.
            StoreUnavailableError: the database cannot be written; nothing was done, or, where the
                commit itself failed, nothing may be told of it.
        """
        with self._one_writer(), database_errors(), self.engine.connect() as connection:
            options = {WRITE: True}
            with connection.execution_options(**options), connection.begin():
                yield connection

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection that sees one state of the database and writes nothing."""
        with database_errors(), self.engine.connect() as connection:
            if not self._embedded:
                connection = connection.execution_options(  # noqa: PLW2901 - the same connection
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            with connection.begin():
                yield connection

    def make_room(self) -> None:
        """Put the write-ahead log back into the database file, so that it gives up its room."""
        if self._embedded:
            with contextlib.suppress(SQLAlchemyError), self._one_writer():
                raw = self.engine.raw_connection()
                try:
                    raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
                finally:
                    raw.close()

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()

    @contextlib.contextmanager
    def _one_writer(self) -> Iterator[None]:
        """Queue the threads of this process, so that they never wait for each other in SQLite."""
        if not self._embedded:
            yield
            return
        if not self._writer.acquire(timeout=_WAIT_S):
            raise StoreUnavailableError("The records are busy. Try again in a few seconds.")
        try:
            yield
        finally:
            self._writer.release()


@contextlib.contextmanager
def database_errors() -> Iterator[None]:
    """Turn errors of the engines into those of the store; no value leaks into a message."""
    try:
        yield
    except PoolTimeoutError as error:
        raise StoreUnavailableError("The records are busy. Try again in a few seconds.") from error
    except DBAPIError as error:
        raise _database_error(error) from error
    except SQLAlchemyError as error:
        raise StoreUnavailableError("The database did not answer as it should.") from error


def _database_error(error: DBAPIError) -> StoreError:
    cause = error.orig
    full = getattr(cause, "sqlstate", None) == _PG_DISK_FULL
    if full or any(words in str(cause) for words in _NO_ROOM):
        return StoreFullError(
            "There is no room to keep more. Free some space or move the data folder; "
            "reading, exporting and erasing still work."
        )
    return StoreUnavailableError(
        f"The database cannot be used now ({type(cause).__name__}); nothing was done. "
        "Check that its disk and its server are well, then try again."
    )


def database_file(engine: Engine) -> Path | None:
    """Return the file of an embedded database; None for a server."""
    name = engine.url.database
    return Path(name) if is_sqlite(engine) and name else None
