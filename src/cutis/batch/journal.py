"""The journal of a batch: which items there are, what became of each, and which rows are written.

One SQLite file. An item is finished by one transaction, after its files are in place; a kill at any
moment leaves it finished or waiting, never half. While a driver is at work it holds the file alone.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cutis.batch.plan import Item, Outcome, Result, waves
from cutis.core.errors import InputError, StoreError

FILE = "journal.sqlite"
_PAGE = 500
_TABLES = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS items (
    number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, address TEXT NOT NULL,
    outcome TEXT, code TEXT, reason TEXT, rows TEXT, part INTEGER);
CREATE INDEX IF NOT EXISTS unwritten ON items (number) WHERE rows IS NOT NULL;
CREATE INDEX IF NOT EXISTS outcomes ON items (outcome);
CREATE INDEX IF NOT EXISTS parts ON items (part);
"""


class Journal:
    """The journal in a folder of results; made where there is none."""

    def __init__(self, folder: Path) -> None:
        """Open it.

        Raises:
            StoreError: another driver has it, or the disk refused.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = sqlite3.connect(folder / FILE, timeout=1.0, isolation_level=None)
            for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=NORMAL"):
                self._file.execute(f"PRAGMA {pragma}")
            self._file.executescript(f"BEGIN IMMEDIATE; {_TABLES} COMMIT;")
        except (sqlite3.Error, OSError) as error:
            raise StoreError(
                "The journal in the folder of results cannot be opened. "
                "See that no other batch writes there, and that the folder can be written to."
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._file.close()

    def agree(self, facts: Mapping[str, str], *, resume: bool) -> None:
        """Write down what the results depend on, or see that an earlier run had the same.

        Raises:
            InputError: there was a run and none was to be resumed, or it was made otherwise.
        """
        known = dict(self._file.execute("SELECT name, value FROM facts"))
        if known and not resume:
            raise InputError(
                "The folder holds an earlier batch. Go on with it by --resume, or name another one."
            )
        if other := sorted(name for name in known if known[name] != facts.get(name)):
            raise InputError(
                f"The earlier batch was made with another {' and '.join(other)}, so results would "
                "not compare. Use the same again, or name another folder."
            )
        with self._file:
            self._file.executemany("INSERT OR IGNORE INTO facts VALUES (?, ?)", facts.items())

    def add(self, items: Iterable[Item]) -> None:
        """Note items; one that is known already stays as it is."""
        for wave in waves(items, _PAGE):
            self._file.execute("BEGIN")
            self._file.executemany(
                "INSERT OR IGNORE INTO items (key, address) VALUES (?, ?)",
                [(item.key, item.address) for item in wave],
            )
            self._file.execute("COMMIT")

    def waiting(self) -> Iterator[Item]:
        """Yield each item without an outcome once, in the order in which they were added."""
        after = 0
        while page := self._file.execute(
            "SELECT number, key, address FROM items WHERE number > ? AND outcome IS NULL "
            "ORDER BY number LIMIT ?",
            (after, _PAGE),
        ).fetchall():
            after = page[-1][0]
            yield from (Item(key, address) for _, key, address in page)

    def finish(self, result: Result) -> bool:
        """Write an outcome down; False where the item was finished before."""
        rows = None
        if result.photo:
            rows = json.dumps([result.photo, list(result.findings)], separators=(",", ":"))
        changed = self._file.execute(
            "UPDATE items SET outcome = ?, code = ?, reason = ?, rows = ? "
            "WHERE key = ? AND outcome IS NULL",
            (result.outcome, result.code, result.reason, rows, result.item.key),
        )
        return changed.rowcount == 1

    def unwritten(self, most: int) -> Iterator[tuple[int, list[Any]]]:
        """Yield ``(number, [row of the photo, rows of findings])`` that are in no part yet."""
        found = self._file.execute(
            "SELECT number, rows FROM items WHERE rows IS NOT NULL ORDER BY number LIMIT ?", (most,)
        )
        for number, rows in found:
            yield number, json.loads(rows)

    def count_unwritten(self) -> int:
        """Return how many rows are in no part yet."""
        return int(
            self._file.execute("SELECT count(*) FROM items WHERE rows IS NOT NULL").fetchone()[0]
        )

    def next_part(self) -> int:
        """Return the number of the next part; one that was never noted down is written over."""
        return int(
            self._file.execute("SELECT coalesce(max(part), -1) + 1 FROM items").fetchone()[0]
        )

    def note_part(self, number: int, rows: Iterable[int]) -> None:
        """Note that rows are in a part; they need not be kept here any longer."""
        self._file.execute("BEGIN")
        self._file.executemany(
            "UPDATE items SET part = ?, rows = NULL WHERE number = ?", [(number, r) for r in rows]
        )
        self._file.execute("COMMIT")

    def counts(self) -> dict[Outcome | None, int]:
        """Return how many items have each outcome; None counts those that wait."""
        found = self._file.execute("SELECT outcome, count(*) FROM items GROUP BY outcome")
        return {None if name is None else Outcome(name): number for name, number in found}

    def quarantine(self) -> Iterator[tuple[Item, str, str]]:
        """Yield each item in quarantine with its code and reason."""
        found = self._file.execute(
            "SELECT key, address, code, reason FROM items WHERE outcome = ? ORDER BY number",
            (Outcome.QUARANTINED,),
        )
        for key, address, code, reason in found:
            yield Item(key, address), code, reason
