"""The log in the database: entries are appended in the transaction of what they tell of.

One row, the head, is locked first by every operation. So entries have no gaps, and their order is
the order of commits, on both engines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection, insert, select, update

from cutis.core.errors import TamperedError
from cutis.core.records import AuditEntry
from cutis.store.entries import Write, decode_entry, encode_entry
from cutis.store.merkle import leaf_hash
from cutis.store.tables import log_entries, log_head, log_writes
from cutis.store.tenancy import all_tenants

_CHUNK = 1000


def lock_head(connection: Connection) -> int:
    """Take the log for this transaction and return how many entries it has."""
    size = connection.execute(select(log_head.c.size).with_for_update()).scalar()
    if size is None:
        raise TamperedError("The head of the log is missing. Restore a backup.")
    return int(size)


def append(
    connection: Connection, size: int, entry: AuditEntry, writes: Sequence[Write]
) -> AuditEntry:
    """Append an entry to a log of ``size`` entries that this transaction holds; return it."""
    placed = replace(entry, index=size)
    content = encode_entry(placed, tuple(writes))
    row = {
        "idx": size,
        "tenant_id": entry.tenant_id,
        "subject_id": entry.subject_id,
        "entry": content,
        "leaf_hash": leaf_hash(content),
    }
    connection.execute(insert(log_entries), [row])
    if writes:
        names = [
            {"tenant_id": entry.tenant_id, "record_id": write.record_id, "idx": size}
            for write in writes
        ]
        connection.execute(insert(log_writes), names)
    connection.execute(update(log_head).values(size=size + 1))
    return placed


def latest_writes(
    connection: Connection, tenant_id: str, record_ids: Sequence[str]
) -> Mapping[str, Write]:
    """Return what the log says each record is now.

    Raises:
        TamperedError: an entry is not the one that its hash was taken of.
    """
    found: dict[str, Write] = {}
    for start in range(0, len(record_ids), _CHUNK):
        some = record_ids[start : start + _CHUNK]
        statement = (
            select(log_entries.c.idx, log_entries.c.entry, log_entries.c.leaf_hash)
            .join_from(log_writes, log_entries, log_writes.c.idx == log_entries.c.idx)
            .where(log_writes.c.tenant_id == tenant_id, log_entries.c.tenant_id == tenant_id)
            .where(log_writes.c.record_id.in_(some))
            .order_by(log_entries.c.idx)
        )
        for index, content, kept in connection.execute(statement):
            found |= {write.record_id: write for write in _writes(index, content, kept)}
    return found


def _writes(index: int, content: bytes, kept: bytes) -> tuple[Write, ...]:
    entry, writes = decode_entry(content)
    if leaf_hash(content) != kept or entry.index != index:
        raise TamperedError("An entry of the log is not the one that was written.")
    return writes


def log_size(connection: Connection) -> int:
    """Return how many entries there are."""
    return int(connection.execute(select(log_head.c.size)).scalar() or 0)


def read_entries(
    connection: Connection, start: int, stop: int
) -> Iterator[tuple[int, str, str, bytes, bytes]]:
    """Yield index, tenant, subject, bytes and kept hash of entries, half open, in order."""
    for first in range(start, stop, _CHUNK):
        statement = (
            select(log_entries)
            .where(log_entries.c.idx >= first, log_entries.c.idx < min(first + _CHUNK, stop))
            .order_by(log_entries.c.idx)
        )
        for row in connection.execute(all_tenants(statement)):
            yield row.idx, row.tenant_id, row.subject_id, row.entry, row.leaf_hash
