"""R6: the power is cut while records are written; nothing acknowledged is lost.

    python benchmarks/soak/power_cut.py [--cuts 1000] [--out FILE]

The repository as it is runs over a simulated disk (`simulated_disk.py`): the database, the blobs
and the keys. At a random step (a write, a sync, a rename) the power goes; the disk comes back with
what a drive may keep; the records are opened, everything acknowledged so far is looked for, and the
whole storage is verified. Every 25 cuts a new disk is taken.

The same, a tenth as often, is done with ``synchronous=NORMAL``, where SQLite does not sync at a
commit. That must lose records: a test that cannot fail would prove nothing.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from pathlib import Path
from typing import Any

from simulated_disk import Connection, SimulatedDisk, SimulatedFiles, SimulatedVFS
from telling import tell
from workload import Acknowledged, Workload, lost

from cutis.store.blobs import DiskBlobs
from cutis.store.database import Database
from cutis.store.foundation import Parts
from cutis.store.key_folder import KeyFolder
from cutis.store.repository import Repository
from cutis.store.reserve import Reserve
from cutis.store.root_keys import new_root_keys

CUTS_PER_DISK = 25
LONGEST_STEPS = 400


def main() -> None:
    """Run both ways, print the figures, write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cuts", type=int, default=1000)
    parser.add_argument("--minutes", type=float, default=1e9, help="stop after so long, unfinished")
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        limits = {"seed": given.seed, "minutes": given.minutes}
        normal = run(Path(folder) / "normal", given.cuts // 10, "NORMAL", **limits)
        full = run(Path(folder) / "full", given.cuts, "FULL", **limits)
    pairs = {"full": full, "normal": normal}
    passed = full["cuts"] == given.cuts and not full["lost"] and not full["problems"]
    passed = passed and normal["lost"] > 0
    flat = {f"{way}_{name}": v for way, told in pairs.items() for name, v in told.items()}
    tell("R6", {**flat, "passed": passed}, given.out)


def run(
    folder: Path, cuts: int, synchronous: str, *, seed: int = 6, minutes: float = 1e9
) -> dict[str, Any]:
    """Cut the power so many times, or for so long, and return the figures."""
    chance = random.Random(seed)
    until = time.monotonic() + 60 * minutes
    acknowledged, done, missing, problems = 0, 0, [], []
    for number, first in enumerate(range(0, cuts, CUTS_PER_DISK)):
        disk = PoweredDisk(folder / str(number), synchronous, chance)
        for _ in range(min(CUTS_PER_DISK, cuts - first)):
            if time.monotonic() > until:
                break
            disk.work_until_cut()
            done += 1
            gone, wrong = disk.check()
            missing += gone
            problems += wrong
            if wrong or gone:
                break  # what is broken stays broken: a new disk
        acknowledged += len(disk.acknowledged)
    return {
        "cuts_wanted": cuts,
        "cuts": done,
        "acknowledged": acknowledged,
        "lost": len(missing),
        "problems": len(problems),
        "first_problems": [*missing, *problems][:5],
    }


class PoweredDisk:
    """Records on a simulated disk, and all that was acknowledged on it."""

    def __init__(self, folder: Path, synchronous: str, chance: random.Random) -> None:
        self.chance = chance
        self.disk = SimulatedDisk(chance)
        self.vfs_name = f"cut-{id(self)}"
        self.vfs = SimulatedVFS(self.vfs_name, self.disk)
        self.synchronous = synchronous
        self.folder = folder
        self.roots = new_root_keys()
        self.acknowledged: list[Acknowledged] = []
        self.connections: list[Connection] = []
        self.cuts = 0
        store = self.open()
        self.tenant_id = store.create_tenant("Soak", actor_id="soak").id
        store.close()

    def open(self) -> Repository:
        """Open the records on the disk as it is now."""
        files = SimulatedFiles(self.disk)
        database = Database(
            "sqlite:///records",
            synchronous=self.synchronous,
            creator=self._connect,
        )
        keys = KeyFolder(self.folder / "keys", self.roots, files=files)
        blobs = DiskBlobs(self.folder / "blobs", files)
        return Repository(Parts(database, keys, blobs, Reserve(None, 0, 0)))

    def _connect(self) -> Connection:
        connection = Connection("/records", self.vfs_name)
        self.connections.append(connection)
        return connection

    def restart(self) -> None:
        """Cut the power, bring the disk back, and only then clear the dead process away.

        What its connections write while they are cleared goes to files that are there no more.
        """
        self.disk.restart()
        self.vfs.detached = True
        for connection in self.connections:
            connection.close()
        self.connections.clear()
        self.vfs.detached = False

    def work_until_cut(self) -> None:
        """Write until the power goes, and come back."""
        self.disk.steps = 0
        self.disk.cut_at = self.chance.randint(1, LONGEST_STEPS)
        self.cuts += 1
        try:
            store = self.open()
            work = Workload(store, self.tenant_id, self.chance.getrandbits(32))
            for done in work.steps():
                self.acknowledged += done
        except Exception:
            if not self.disk.dead:
                raise
        self.restart()

    def check(self) -> tuple[list[str], list[str]]:
        """Return what was lost of all that was acknowledged, and what is wrong with the storage."""
        try:
            store = self.open()
            gone = lost(store, self.tenant_id, self.acknowledged)
            wrong = list(store.verify().problems)
            store.close()
        except Exception as error:  # noqa: BLE001 - records that do not open are a finding
            return [], [f"{type(error).__name__}: {error}"]
        return gone, wrong


if __name__ == "__main__":
    main()
