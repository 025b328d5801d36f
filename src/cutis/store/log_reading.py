"""The log read: entries for auditors, leaves for proofs, checkpoints that were signed elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import insert, select

from cutis.core.errors import InputError
from cutis.core.record_words import Outcome
from cutis.core.records import AuditEntry, Call, Listing, Page
from cutis.store import tables
from cutis.store.entries import decode_entry
from cutis.store.foundation import Foundation
from cutis.store.log_table import log_size, read_entries
from cutis.store.operation import Operation
from cutis.store.paging import decode_cursor, encode_cursor, refuse_limit
from cutis.store.personal import read_any
from cutis.store.tenancy import all_tenants


class LogReading(Foundation):
    """Notes what the store does not do itself, and reads the log."""

    def note(
        self, call: Call, action: str, *, subject_id: str = "", outcome: Outcome = Outcome.DONE
    ) -> int:
        """Log an operation that the store does not do itself; return the entry's index."""

        def work(operation: Operation) -> Operation:
            operation.subject_id, operation.outcome = subject_id, outcome
            return operation

        return self._run(call, action, work).index

    def enter_signature(self, call: Call, record_id: str, statement: str) -> int:
        """Enter the signatures over a report of a record into the log; return the entry's index."""

        def work(operation: Operation) -> Operation:
            read_any(operation, record_id)
            operation.statement = statement
            return operation

        return self._run(call, "report.sign", work).index

    def audit_entries(
        self, call: Call, page: Page, *, subject_id: str | None = None
    ) -> Listing[AuditEntry]:
        """Return entries of the tenant, newest first."""
        refuse_limit(page)
        table = tables.log_entries

        def work(operation: Operation) -> Listing[AuditEntry]:
            statement = select(table).where(table.c.tenant_id == call.tenant_id)
            if subject_id is not None:
                statement = statement.where(table.c.subject_id == subject_id)
            if page.cursor is not None:
                statement = statement.where(table.c.idx < _index_of(page.cursor))
            ordered = statement.order_by(table.c.idx.desc()).limit(page.limit + 1)
            rows = operation.connection.execute(ordered).all()
            found = tuple(decode_entry(row.entry)[0] for row in rows[: page.limit])
            more = len(rows) > page.limit
            return Listing(found, encode_cursor(str(found[-1].index)) if more else None)

        return self._run(call, "log.read", work)

    def log_size(self) -> int:
        """Return how many entries there are."""
        with self.parts.database.reading() as connection:
            return log_size(connection)

    def log_entries(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield the canonical bytes of entries ``start`` to ``stop``, half open, in order."""
        with self.parts.database.reading() as connection:
            for _, _, _, content, _ in read_entries(connection, start, stop):
                yield content

    def leaf_hashes(self, start: int, stop: int) -> Sequence[bytes]:
        """Return the kept RFC 6962 leaf hashes (32 bytes each) of entries, half open."""
        table = tables.log_entries
        statement = (
            select(table.c.leaf_hash)
            .where(table.c.idx >= start, table.c.idx < stop)
            .order_by(table.c.idx)
        )
        with self.parts.database.reading() as connection:
            return list(connection.execute(all_tenants(statement)).scalars())

    def save_checkpoint(self, size: int, note: str) -> None:
        """Keep a signed checkpoint of the first ``size`` entries, in place of one of that size."""
        table = tables.checkpoints
        with self.parts.database.writing() as connection:
            known = connection.execute(select(table.c.note).where(table.c.size == size)).scalar()
            if known is None:
                row = {"size": size, "note": note, "created_at": self._now()}
                connection.execute(insert(table), [row])
            elif known != note:
                chosen = table.c.size == size
                connection.execute(table.update().where(chosen).values(note=note))

    def latest_checkpoint(self) -> tuple[int, str] | None:
        """Return the kept checkpoint of the greatest size, and that size; None without one."""
        table = tables.checkpoints
        statement = select(table).order_by(table.c.size.desc()).limit(1)
        with self.parts.database.reading() as connection:
            row = connection.execute(statement).first()
        return None if row is None else (row.size, row.note)


def _index_of(cursor: str) -> int:
    text = decode_cursor(cursor)
    if not text.isascii() or not text.isdigit():
        raise InputError("This is no cursor. Take the one of the last page, unchanged.")
    return int(text)
