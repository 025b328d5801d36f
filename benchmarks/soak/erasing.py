"""S13: erasure destroys the key at once, no backup brings it back, the receipt names nobody.

    python benchmarks/soak/erasing.py [--people 100] [--out FILE]

People with photos and results are kept; rows, files and keys are backed up; half of the people are
erased, each by the clock. Then everything is lost and restored from the copies made before: rows,
blobs, and the copy of the keys. Whoever opens again is a failure, and so is a receipt or tombstone
that holds a pseudonym.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from serving import share
from telling import tell
from workload import Workload, open_at, options_in

from cutis.core.errors import RecordNotFoundError
from cutis.core.records import ErasureReceipt
from cutis.store.backup import back_up, copy_keys, restore, restore_keys
from cutis.store.erasing import kept_tombstones
from cutis.store.repository import Repository

LONGEST_S = 60.0
PHOTOS_EACH = 5


def main() -> None:
    """Run, print the figures, write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cutis-erasing-") as folder:
        figures = run(Path(folder), given.people)
    tell("S13", figures, given.out)


def run(folder: Path, people: int) -> dict[str, Any]:
    """Keep, copy, erase, lose, restore, and look for the dead."""
    options = options_in(folder)
    store = open_at(options)
    work = Workload(store, store.create_tenant("Soak", actor_id="soak").id, seed=13)
    everybody = fill(work, people)
    back_up(store.parts, folder / "backup")
    copy_keys(store.parts, folder / "copy")
    dead, alive = everybody[::2], everybody[1::2]
    receipts, took = [], []
    for person in dead:
        started_s = time.perf_counter()
        receipts.append(store.erase(work.call, person))
        took.append(time.perf_counter() - started_s)
    told = telling(store, receipts, dead)
    store.close()
    for path in (folder / "data").glob("records.sqlite*"):
        path.unlink()
    shutil.rmtree(folder / "data" / "blobs")
    again = open_at(options)
    restore(again, folder / "backup", actor_id="soak")
    restore_keys(again.parts, folder / "copy")
    back = sum(is_there(again, work, person) for person in dead)
    there = sum(is_there(again, work, person) for person in alive)
    problems = again.verify().problems
    again.close()
    quick = max(took) <= LONGEST_S
    passed = quick and not back and not told and there == len(alive) and not problems
    return {
        "erased": len(dead),
        "erase_s_median": round(share(took, 0.5), 4),
        "erase_s_max": round(max(took), 4),
        "back_after_restore": back,
        "living_after_restore": there,
        "receipts_that_name_somebody": told,
        "problems": len(problems),
        "passed": passed,
    }


def fill(work: Workload, people: int) -> list[str]:
    """Keep people with photos and results; return their ids."""
    everybody = []
    for _ in range(people):
        work.people = []
        work.add_person()
        everybody += work.people
        for _ in range(PHOTOS_EACH):
            work.add_photo()
    return everybody


def telling(store: Repository, receipts: list[ErasureReceipt], dead: list[str]) -> int:
    """Count the receipts and tombstones in which a pseudonym can be read."""
    texts = [json.dumps(asdict(one)) for one in (*receipts, *kept_tombstones(store.parts.keys))]
    return sum(any(person in text for person in dead) for text in texts)


def is_there(store: Repository, work: Workload, person_id: str) -> bool:
    """Tell whether a person can be read."""
    try:
        store.person(work.call, person_id)
    except RecordNotFoundError:
        return False
    return True


if __name__ == "__main__":
    main()
