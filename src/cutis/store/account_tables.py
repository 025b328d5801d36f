"""The tables of accounts, beside those of the records."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from cutis.store.tables import metadata

_ID, _TIME, _HASH = String(64), String(32), String(64)

USERS = Table(
    "users",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("tenant_id", _ID, nullable=False, index=True),
    Column("login_hash", _HASH, nullable=False, unique=True),
    Column("login_sealed", LargeBinary, nullable=False),
    Column("roles", String(128), nullable=False),
    Column("password_hash", String(256)),
    Column("disabled", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", _TIME, nullable=False),
)

PASSKEYS = Table(
    "passkeys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("user_id", _ID, ForeignKey("users.id"), nullable=False, index=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", Integer, nullable=False),
    Column("label_sealed", LargeBinary, nullable=False),
    Column("created_at", _TIME, nullable=False),
)

SESSIONS = Table(
    "sessions",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("user_id", _ID, nullable=False, index=True),
    Column("tenant_id", _ID, nullable=False),
    Column("token_sha256", _HASH, nullable=False, unique=True),
    Column("strong", Boolean, nullable=False),
    Column("created_at", _TIME, nullable=False),
    Column("seen_at", _TIME, nullable=False),
    Column("expires_at", _TIME, nullable=False, index=True),
    Column("stepped_up_at", _TIME),
    Column("address", _HASH, nullable=False),
    Column("agent", _HASH, nullable=False),
)

WEBHOOKS = Table(
    "webhooks",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("tenant_id", _ID, nullable=False, index=True),
    Column("events", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", _TIME, nullable=False),
)

DELIVERIES = Table(
    "deliveries",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("webhook_id", _ID, ForeignKey("webhooks.id"), nullable=False),
    Column("event", String(64), nullable=False),
    Column("body", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", _TIME, nullable=False, index=True),
)

PASSING = (SESSIONS, DELIVERIES)
"""What no backup holds: an ended session must not come back, nor a message be sent twice."""
