"""The log over a table: checkpoints that are kept, proofs that hold, tables that were touched."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from drawn_logs import AT, ORIGIN, REPORT, SmallLog, report_signer, witness

from cutis.core.errors import InputError, RollbackError, StoreError, TamperedError
from cutis.core.record_ports import LeafSource
from cutis.store.audit import Audited, TransparencyLog
from cutis.store.checkpoint import Checkpoint, open_checkpoint
from cutis.store.merkle import EMPTY_ROOT, leaf_hash, root, verify_consistency
from cutis.store.notes import Note
from cutis.store.signing import log_entry, sign_report
from cutis.store.verification import TrustedKeys, verify_report
from cutis.store.witness import WitnessMemory
from cutis.store.witness_files import WitnessFolder


class Table:
    """A log's table in SQLite, in memory."""

    def __init__(self) -> None:
        self.database = sqlite3.connect(":memory:", check_same_thread=False)
        self.database.execute("CREATE TABLE log (idx INTEGER PRIMARY KEY, entry BLOB, hash BLOB)")
        self.checkpoints: list[tuple[int, str]] = []

    def add(self, *entries: bytes) -> None:
        for entry in entries:
            row = (self.log_size(), entry, leaf_hash(entry))
            self.database.execute("INSERT INTO log VALUES (?, ?, ?)", row)

    def log_size(self) -> int:
        return int(self.database.execute("SELECT count(*) FROM log").fetchone()[0])

    def _column(self, name: str, start: int, stop: int) -> list[bytes]:
        asked = f"SELECT {name} FROM log WHERE idx >= ? AND idx < ? ORDER BY idx"  # noqa: S608
        return [row[0] for row in self.database.execute(asked, (start, stop))]

    def log_entries(self, start: int, stop: int) -> Iterator[bytes]:
        return iter(self._column("entry", start, stop))

    def leaf_hashes(self, start: int, stop: int) -> Sequence[bytes]:
        return self._column("hash", start, stop)

    def save_checkpoint(self, size: int, note: str) -> None:
        self.checkpoints.append((size, note))

    def latest_checkpoint(self) -> tuple[int, str] | None:
        return max(self.checkpoints, default=None)


@pytest.fixture
def table() -> Iterator[Table]:
    made = Table()
    assert isinstance(made, LeafSource)
    yield made
    made.database.close()


SMALL = SmallLog()


def log_over(table: Table, witnesses: tuple[object, ...] | None = None) -> TransparencyLog:
    found = (witness("w1.example/w"), witness("w2.example/w")) if witnesses is None else witnesses
    return TransparencyLog(
        table,
        SMALL.signer,
        found,  # type: ignore[arg-type]
        policy=SMALL.policy,
        clock=lambda: AT,
    )


def test_a_checkpoint_is_signed_once_and_kept(table: Table):
    table.add(b"a", b"b")
    log = log_over(table)
    first = log.checkpoint()
    assert open_checkpoint(first, SMALL.policy).checkpoint.root == root(
        map(leaf_hash, (b"a", b"b"))
    )
    assert log.checkpoint() == first
    table.add(b"c")
    assert log.checkpoint(1) == first
    assert Checkpoint.parse(log.checkpoint().text).size == 3
    assert [size for size, _ in table.checkpoints] == [2, 3]


def test_every_entry_and_every_growth_is_proven(table: Table):
    log = log_over(table)
    entries = [bytes([number]) for number in range(20)]
    table.add(*entries[:7])
    old = open_checkpoint(log.checkpoint(), SMALL.policy).checkpoint
    table.add(*entries[7:])
    for index in range(20):
        assert log.inclusion(index).leaf == entries[index]
    new = open_checkpoint(log.checkpoint(), SMALL.policy).checkpoint
    proof = log.consistency(old.size, new.size)
    verify_consistency(7, 20, proof=proof, old_root=old.root, new_root=new.root)


def test_a_signed_report_gets_its_place(table: Table):
    table.add(b"before")
    file = sign_report(REPORT, "json", report_signer(), at=AT, log=ORIGIN)
    table.add(log_entry(file.signed), b"after")
    whole = log_over(table).complete(file, 1)
    trusted = TrustedKeys((report_signer().keys,), SMALL.policy)
    place = verify_report(REPORT, whole, trusted).place
    assert place is not None
    assert (place.index, place.size) == (1, 3)


@pytest.mark.parametrize("index", [-1, 1, 9])
def test_an_entry_that_is_not_there_cannot_be_proven(table: Table, index: int):
    table.add(b"a")
    with pytest.raises(InputError):
        log_over(table).inclusion(index)


def test_an_untouched_log_passes_its_audit(table: Table):
    log = log_over(table)
    assert log.audit() == Audited(0, 0)
    table.add(*(bytes([number % 256, number // 256]) for number in range(1100)))
    log.checkpoint()
    table.add(b"later")
    assert log.audit() == Audited(1101, 1100)


ZEROS, FORGED = bytes(32), b"forged"
TOUCHES = {
    "an entry changed": ("UPDATE log SET entry = ? WHERE idx = 1", FORGED),
    "a hash changed": ("UPDATE log SET hash = ? WHERE idx = 1", ZEROS),
    "entry and hash changed": (
        "UPDATE log SET entry = ?, hash = ? WHERE idx = 1",
        FORGED,
        leaf_hash(FORGED),
    ),
    "the last taken away": ("DELETE FROM log WHERE idx = 2",),
    "the first taken away": ("DELETE FROM log WHERE idx = 0",),
    "the first moved to the end": ("UPDATE log SET idx = 3 WHERE idx = 0",),
}


@pytest.mark.parametrize("touch", TOUCHES)
def test_a_touched_table_fails_its_audit(table: Table, touch: str):
    table.add(b"a", b"b", b"c")
    log = log_over(table)
    log.checkpoint()
    statement, *values = TOUCHES[touch]
    table.database.execute(str(statement), values)
    with pytest.raises(TamperedError, match="Stop the service"):
        log.audit()


def test_a_table_that_was_rewritten_gets_no_new_checkpoint(table: Table):
    """Even where the kept checkpoints were removed with the entries: the witnesses remember."""
    table.add(b"a", b"b", b"c")
    watching = (witness("w1.example/w"), witness("w2.example/w"))
    log_over(table, watching).checkpoint()
    table.database.execute("DELETE FROM log WHERE idx = 2")
    with pytest.raises(TamperedError, match="taken away"):
        log_over(table, watching).checkpoint()
    table.checkpoints.clear()
    with pytest.raises(RollbackError):
        log_over(table, watching).checkpoint()


def test_without_witnesses_nothing_is_published(table: Table):
    table.add(b"a")
    with pytest.raises(StoreError, match="2 are required"):
        log_over(table, ()).checkpoint()
    assert table.checkpoints == []


def test_threads_sign_one_checkpoint(table: Table):
    table.add(b"a")
    log = log_over(table)
    notes: list[Note] = []
    threads = [threading.Thread(target=lambda: notes.append(log.checkpoint())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(notes) == 8
    assert len(table.checkpoints) == 1


# What a witness remembers ------------------------------------------------------------------------


def test_a_witness_remembers_on_disk(tmp_path: Path):
    folder = WitnessFolder(tmp_path / "witness")
    assert isinstance(folder, WitnessMemory)
    assert folder.last(ORIGIN) is None
    one, two = Checkpoint(ORIGIN, 0, EMPTY_ROOT), Checkpoint(ORIGIN, 1, leaf_hash(b"a"))
    assert folder.replace(None, one)
    assert not folder.replace(None, two)
    assert folder.replace(one, two)
    assert WitnessFolder(tmp_path / "witness").last(ORIGIN) == two
    assert folder.last("other.example/log") is None


def test_a_witness_whose_file_was_changed_signs_nothing(tmp_path: Path):
    folder = WitnessFolder(tmp_path)
    folder.replace(None, Checkpoint(ORIGIN, 1, leaf_hash(b"a")))
    next(tmp_path.glob("*.checkpoint")).write_text("x", encoding="utf-8")
    with pytest.raises(TamperedError):
        folder.last(ORIGIN)


def test_a_disk_that_refuses_is_said(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="signs nothing"):
        WitnessFolder(tmp_path / "file").replace(None, Checkpoint(ORIGIN, 0, EMPTY_ROOT))
