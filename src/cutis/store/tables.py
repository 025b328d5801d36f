"""The tables, the same on SQLite and PostgreSQL.

What is said about a person lies sealed in ``sealed``; columns in the clear are opaque ids, kinds,
versions, times and states. Consents, visits, photos, assessments and reviews are rows of one table,
because nothing but these columns could tell them apart: their fields are inside the seal.
Times are text of one width, so that their order is the order of text.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()
"""Every table; a module that adds its own uses this object and a migration after the last."""


def _id(name: str = "id", *, primary: bool = False, null: bool = False) -> Column[str]:
    return Column(name, String(64), primary_key=primary, nullable=null)


def _tenant() -> Column[str]:
    return Column("tenant_id", String(64), ForeignKey("tenants.id"), nullable=False)


def _person() -> Column[str]:
    return Column("person_id", String(64), ForeignKey("people.id"), nullable=False, index=True)


def _time(name: str, *, null: bool = False) -> Column[str]:
    return Column(name, String(27), nullable=null)


tenants = Table(
    "tenants",
    metadata,
    _id(primary=True),
    Column("version", Integer, nullable=False),
    _time("created_at"),
    Column("sealed", LargeBinary, nullable=False),
)

people = Table(
    "people",
    metadata,
    _id(primary=True),
    _tenant(),
    _id("key_id"),
    Column("version", Integer, nullable=False),
    _time("created_at"),
    _time("erased_at", null=True),
    Column("sealed", LargeBinary, nullable=False),
    Index("people_newest", "tenant_id", "created_at", "id"),
)

links = Table(
    "links",
    metadata,
    Column("tenant_id", String(64), ForeignKey("tenants.id"), primary_key=True),
    _id("user_id", primary=True),
    Column("person_id", String(64), ForeignKey("people.id"), primary_key=True, index=True),
    Column("relation", String(16), primary_key=True),
)

records = Table(
    "records",
    metadata,
    _id(primary=True),
    _tenant(),
    _person(),
    Column("kind", String(16), nullable=False),
    _id("parent_id", null=True),
    Column("version", Integer, nullable=False),
    _time("created_at"),
    Column("sealed", LargeBinary, nullable=False),
    Index("records_of_person", "tenant_id", "person_id", "kind", "created_at", "id"),
    Index("records_of_parent", "tenant_id", "parent_id", "kind"),
)

files = Table(
    "files",
    metadata,
    _id("blob_id", primary=True),
    _tenant(),
    _person(),
    Column("record_id", String(64), ForeignKey("records.id"), nullable=False, index=True),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sealed_sha256", String(64), nullable=False),
)

jobs = Table(
    "jobs",
    metadata,
    _id(primary=True),
    _tenant(),
    _person(),
    Column("record_id", String(64), ForeignKey("records.id"), nullable=False, index=True),
    Column("task", String(32), nullable=False),
    Column("options", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("max_attempts", Integer, nullable=False),
    _time("available_at"),
    _time("created_at"),
    _time("finished_at", null=True),
    _time("lease_until", null=True),
    Column("lease_sha256", String(64)),
    _id("worker_id", null=True),
    _id("result_id", null=True),
    Column("error_code", String(64)),
    Index("jobs_due", "state", "available_at"),
    Index("jobs_newest", "tenant_id", "created_at", "id"),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("tenant_id", String(64), ForeignKey("tenants.id"), primary_key=True),
    _id("actor_id", primary=True),
    Column("key_sha256", String(64), primary_key=True),
    Column("action", String(32), nullable=False),
    Column("request_sha256", String(64), nullable=False),
    _id("subject_id"),
    Column("result", Text, nullable=False),
    _time("created_at"),
)

log_head = Table(
    "log_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("size", BigInteger, nullable=False),
)

log_entries = Table(
    "log_entries",
    metadata,
    Column("idx", BigInteger, primary_key=True, autoincrement=False),
    _id("tenant_id"),
    _id("subject_id"),
    Column("entry", LargeBinary, nullable=False),
    Column("leaf_hash", LargeBinary, nullable=False),
    Index("log_of_tenant", "tenant_id", "idx"),
    Index("log_of_subject", "tenant_id", "subject_id", "idx"),
)

log_writes = Table(
    "log_writes",
    metadata,
    _id("tenant_id"),
    _id("record_id", primary=True),
    Column("idx", BigInteger, ForeignKey("log_entries.idx"), primary_key=True),
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
    _time("created_at"),
)

tombstones = Table(
    "tombstones",
    metadata,
    _id(primary=True),
    _id("tenant_id"),
    Column("subject_sha256", String(64), nullable=False, index=True),
    _id("key_id"),
    _time("requested_at"),
    _time("destroyed_at", null=True),
    Column("entry_index", BigInteger, nullable=False),
)
