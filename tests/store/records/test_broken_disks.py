"""R5, R6, R7 and R8 in short; the long forms are soak scripts, which these call."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

for _name in ("sqlalchemy", "alembic", "cryptography", "apsw"):
    pytest.importorskip(_name, reason="a disk is simulated with apsw, and serve is an extra")

import full_disk  # noqa: E402  (after the check above)
import io_errors  # noqa: E402
import kill  # noqa: E402
import power_cut  # noqa: E402
from simulated_disk import Inode  # noqa: E402

from cutis.core.errors import StoreFullError  # noqa: E402
from cutis.core.records import Call, File, PhotoDraft  # noqa: E402
from cutis.store.repository import Repository  # noqa: E402
from cutis.store.reserve import Reserve  # noqa: E402


def test_kills_lose_nothing(tmp_path: Path):
    """R5 in short: five kills of a process that writes."""
    told = kill.run(tmp_path, "sqlite", 5, cold_starts=0)
    assert told["lost"] == told["problems"] == 0, told["first_problems"]
    assert told["cycles"] == 5


def test_power_cuts_lose_nothing(tmp_path: Path):
    """R6 in short: a dozen cuts."""
    told = power_cut.run(tmp_path, 12, "FULL")
    assert told["lost"] == told["problems"] == 0, told["first_problems"]
    assert told["acknowledged"] > 15


def test_without_a_sync_at_each_commit_power_cuts_lose_records(tmp_path: Path):
    """R6: the same test fails with ``synchronous=NORMAL``, so it can tell the difference."""
    assert power_cut.run(tmp_path, 10, "NORMAL")["lost"] > 0


def test_a_failing_disk_acknowledges_nothing_falsely(tmp_path: Path):
    """R7 in short: a dozen failures, of one step or of all from one on."""
    told = io_errors.run(tmp_path, 12)
    assert told["falsely_acknowledged"] == told["problems"] == 0, told["first_problems"]
    assert told["refused"] > 3


def test_a_full_disk_reads_and_erases():
    """R8 in short, on a file system of 8 MiB; skips where none may be mounted."""
    with full_disk.small_disk() as folder:
        if folder is None:
            pytest.skip("this user may not mount a file system of 8 MiB")
        told = full_disk.run(folder, 2)
    assert told["passed"], told["first_problems"]


def test_on_a_simulated_full_disk_work_is_refused_and_erasing_goes_on(tmp_path: Path):
    """R8 in short, without a mount: the simulated disk has no byte left but the reserve."""
    powered = power_cut.PoweredDisk(tmp_path, "FULL", random.Random(1))  # noqa: S311 - a seed
    store = powered.open()
    work = power_cut.Workload(store, powered.tenant_id, 3)
    kept = work.add_person() + work.add_person() + work.add_photo()
    disk = powered.disk
    used = sum(len(one.current) for one in {id(i): i for i in disk.names.values()}.values())
    disk.capacity_bytes = used
    store.parts = replace(store.parts, reserve=_Room(disk, 300_000))  # type: ignore[arg-type]
    with pytest.raises(StoreFullError):
        store.add_photo(work.call, PhotoDraft(work.people[0], File("image/jpeg", b"x" * 90_000)))
    kept += work.erase()
    assert power_cut.lost(store, powered.tenant_id, kept) == []
    assert store.verify().problems == ()


@dataclass(slots=True)
class _Room:
    """Room kept back on a simulated disk."""

    disk: object
    reserve_bytes: int

    def release(self) -> None:
        self.disk.capacity_bytes += self.reserve_bytes  # type: ignore[attr-defined]
        self.reserve_bytes = 0

    def refuse_when_low(self) -> None:
        """Nothing is known before the disk refuses."""

    def fill(self) -> bool:
        return True


def test_the_reserve_is_given_up_and_made_again(tmp_path: Path):
    reserve = Reserve(tmp_path, 1000, 0)
    assert reserve.fill()
    assert (tmp_path / "reserve").stat().st_size == 1000
    reserve.release()
    reserve.release()
    assert not (tmp_path / "reserve").exists()
    reserve.refuse_when_low()
    assert (tmp_path / "reserve").exists()
    full = Reserve(tmp_path, 1000, 1 << 60)
    with pytest.raises(StoreFullError):
        full.refuse_when_low()
    Reserve(None, 1, 1).refuse_when_low()


def test_nothing_new_is_kept_without_room(store: Repository, call: Call, person_id: str):
    size = store.log_size()
    store.parts = replace(store.parts, reserve=Reserve(Path("/"), 1, 1 << 60))
    with pytest.raises(StoreFullError):
        store.add_visit(call, person_id)
    assert store.person(call, person_id).reference == "ref-7"
    store.erase(call, person_id)
    assert store.log_size() == size + 2


def test_the_simulated_disk_keeps_what_was_synced_and_only_that():
    """The model itself: synced stays, unsynced may go piece by piece, a failed sync loses."""
    chance = random.Random(4)  # noqa: S311 - a seed
    inode = Inode()
    inode.write(0, b"a" * 1024)
    inode.sync()
    inode.write(512, b"b" * 1024)
    outcomes = {bytes(inode.cut(chance).current) for _ in range(200)}
    assert all(left[:512] == b"a" * 512 for left in outcomes)
    assert len(outcomes) == 4, "each of two pieces survives or not"
    inode.fail()
    inode.sync()
    assert bytes(inode.current[512:]) == b"b" * 1024, "it is still read"
    assert bytes(inode.cut(chance).current) == b"a" * 1024, "and was lost"
