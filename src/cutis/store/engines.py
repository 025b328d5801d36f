"""The two engines, set up so that what is acknowledged stays.

SQLite: write-ahead log, ``synchronous=FULL`` (a commit returns after fsync), foreign keys, a busy
timeout, ``secure_delete`` (removed rows are overwritten), one writer at a time. PostgreSQL:
``synchronous_commit=on``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from cutis.core.errors import MissingExtraError, SettingsError

WRITE = "cutis_write"
"""Execution option of a transaction that will write: SQLite then takes the lock at once."""

_BUSY_TIMEOUT_S = 10.0


def open_engine(address: str, *, synchronous: str = "FULL", creator: Any = None) -> Engine:
    """Open the engine of an SQLAlchemy address.

    Args:
        address: ``sqlite:///path`` or ``postgresql://user@host/name``.
        synchronous: SQLite's own word; anything but ``FULL`` loses commits in a power cut and is
            here so that a test can show it.
        creator: makes SQLite's connections instead of the driver, for tests of a failing disk.

    Raises:
        SettingsError: the address is neither.
        MissingExtraError: the driver of PostgreSQL is not installed.
    """
    try:
        url = make_url(address)
    except ArgumentError as error:
        raise SettingsError(_unknown_address()) from error
    if url.get_backend_name() == "sqlite":
        return _open_sqlite(address, synchronous, creator)
    if url.get_backend_name() == "postgresql":
        return _open_postgres(url.set(drivername="postgresql+psycopg"))
    raise SettingsError(_unknown_address())


def sqlite_address(path: Path) -> str:
    """Return the address of a database file."""
    return f"sqlite:///{path.absolute()}"


def is_sqlite(engine: Engine) -> bool:
    """Whether an engine is the embedded one."""
    return engine.dialect.name == "sqlite"


def _unknown_address() -> str:
    return (
        "store.database takes sqlite:///FILE or postgresql://USER@HOST/NAME. "
        "Leave it empty for a file in the data folder."
    )


def _open_sqlite(address: str, synchronous: str, creator: Any) -> Engine:
    options: dict[str, Any] = {"creator": creator} if creator else {}
    engine = create_engine(
        address,
        connect_args={"timeout": _BUSY_TIMEOUT_S, "check_same_thread": False},
        pool_size=5,
        max_overflow=20,
        **options,
    )

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions begin where we say, not where it guesses
        cursor = connection.cursor()
        for words in _pragmas(synchronous):
            cursor.execute(f"PRAGMA {words}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        writes = connection.get_execution_options().get(WRITE, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _pragmas(synchronous: str) -> tuple[str, ...]:
    return (
        f"busy_timeout={int(_BUSY_TIMEOUT_S * 1000)}",
        "journal_mode=WAL",
        f"synchronous={synchronous}",
        "foreign_keys=ON",
        "secure_delete=ON",
        "trusted_schema=OFF",
        "cell_size_check=ON",
        "temp_store=MEMORY",
    )


def _open_postgres(url: Any) -> Engine:
    try:
        engine = create_engine(
            url,
            isolation_level="READ COMMITTED",
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": int(_BUSY_TIMEOUT_S),
                "options": "-c synchronous_commit=on -c lock_timeout=10s -c timezone=UTC",
            },
        )
    except (ImportError, NoSuchModuleError) as error:
        raise MissingExtraError("A PostgreSQL database", "postgres") from error
    return engine
