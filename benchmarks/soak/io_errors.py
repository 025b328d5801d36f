"""R7: the disk refuses a write, a sync or a rename; nothing is acknowledged that was not kept.

    python benchmarks/soak/io_errors.py [--errors 1000] [--out FILE]

The repository runs over a simulated disk (`simulated_disk.py`). Each round lets one step fail, or
every step from one on; a sync that failed loses its writes for ever, as on Linux. Work goes on
until something is refused. Then the power is cut, the disk heals, everything acknowledged is looked
for, and the storage is verified. After a single failure the same process must work on without a
restart, and erase.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from pathlib import Path
from typing import Any

from power_cut import PoweredDisk
from telling import tell
from workload import Acknowledged, Workload

from cutis.core.errors import StoreError

ROUNDS_PER_DISK = 20
LONGEST_STEPS = 300
STEPS_AFTER = 3


def main() -> None:
    """Run, print the figures, write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--errors", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--minutes", type=float, default=1e9, help="stop after so long, unfinished")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = run(Path(folder), given.errors, seed=given.seed, minutes=given.minutes)
    tell("R7", figures, given.out)


def run(folder: Path, errors: int, *, seed: int = 7, minutes: float = 1e9) -> dict[str, Any]:
    """Let the disk refuse so many times and return the figures."""
    chance = random.Random(seed)
    until = time.monotonic() + 60 * minutes
    acknowledged, refused, done, missing, problems = 0, 0, 0, [], []
    for first in range(0, errors, ROUNDS_PER_DISK):
        powered = PoweredDisk(folder / str(first), "FULL", chance)
        for number in range(first, min(first + ROUNDS_PER_DISK, errors)):
            if time.monotonic() > until:
                break
            told, stuck = refuse(powered, chance, once=number % 2 == 0)
            done += 1
            refused += told
            gone, wrong = powered.check()
            missing += gone
            problems += [*stuck, *wrong]
        acknowledged += len(powered.acknowledged)
    return {
        "errors_wanted": errors,
        "errors": done,
        "refused": refused,
        "acknowledged": acknowledged,
        "falsely_acknowledged": len(missing),
        "problems": len(problems),
        "first_problems": [*missing, *problems][:5],
        "passed": done == errors and not missing and not problems and refused > 0,
    }


def refuse(powered: PoweredDisk, chance: random.Random, *, once: bool) -> tuple[int, list[str]]:
    """Work until the disk refuses; return whether it did, and what did not go on after it."""
    disk = powered.disk
    disk.steps, disk.fail_from = 0, chance.randint(1, LONGEST_STEPS)
    disk.fail_until = disk.fail_from + (1 if once else 1 << 60)
    store, refused, stuck = None, 0, []
    try:
        store = powered.open()
        work = Workload(store, powered.tenant_id, chance.getrandbits(32))
        while disk.steps < disk.fail_until:
            powered.acknowledged += work.step()()
    except StoreError:
        refused = 1
    disk.heal()
    if once and store is not None:
        stuck = _works_on(powered, work)
    powered.restart()
    return refused, stuck


def _works_on(powered: PoweredDisk, work: Workload) -> list[str]:
    """Do a few steps more, an erasure among them, in the process that saw the failure."""
    done: list[Acknowledged] = []
    try:
        for _ in range(STEPS_AFTER):
            done += work.step()()
        if work.people:
            done += work.erase()
    except StoreError as error:
        return [f"stuck after a failure: {type(error).__name__}: {error}"]
    finally:
        powered.acknowledged += done
    return []


if __name__ == "__main__":
    main()
