"""The schema brought up to date: Alembic, with the migrations that the package carries."""

from __future__ import annotations

import logging
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text

from cutis.core.errors import StoreError
from cutis.store.engines import WRITE, is_sqlite

_FOLDER = Path(__file__).resolve().parent / "migrations"
_LOCK = 0x6375746973  # "cutis": one number for PostgreSQL's advisory lock


def migrate(engine: Engine) -> None:
    """Bring the schema to this version, in one transaction; at once where it is there.

    Raises:
        StoreError: the database was written by a newer version.
    """
    with engine.connect().execution_options(**{WRITE: True}) as connection, connection.begin():
        if not is_sqlite(engine):
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        config = _config(connection)
        script = ScriptDirectory.from_config(config)
        now, newest = _revision(connection), script.get_current_head()
        if now == newest:
            return
        if now is not None and now not in {r.revision for r in script.walk_revisions()}:
            raise StoreError(
                "These records were written by a newer version of Cutis. Install that version, or "
                "restore a backup of this one."
            )
        command.upgrade(config, "head")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _config(connection: Connection) -> Config:
    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
