"""Alembic asks here how to run: on the connection and in the transaction that is open already."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=False)
context.run_migrations()
