"""R8: a disk of 8 MiB fills up; uploads are refused, reading and erasing still work.

    python benchmarks/soak/full_disk.py [--rounds 20] [--out FILE]

A file system of 8 MiB in memory is mounted (this needs the right to mount). Photos are kept until
one is refused as *full*. Then another program takes the rest, to the last byte; everything kept is
read, a person is exported and one erased; the other program gives its room back, and keeping works
again. With SQLite; a PostgreSQL server keeps its own room.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from telling import tell
from workload import Acknowledged, Workload, digest, lost, open_at, options_in

from cutis.core.errors import StoreFullError
from cutis.core.records import File, PersonDraft, PhotoDraft
from cutis.store.repository import Repository

DISK_MIB = 8
PHOTO_BYTES = 150_000


def main() -> None:
    """Run, print the figures, write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    with small_disk() as folder:
        if folder is None:
            print("not run: this user may not mount a file system")
            sys.exit(2)
        figures = run(folder, given.rounds)
    tell("R8", figures, given.out)


@contextlib.contextmanager
def small_disk() -> Iterator[Path | None]:
    """Mount a file system of 8 MiB in memory; None where that is not allowed."""
    with tempfile.TemporaryDirectory(prefix="cutis-disk-") as folder:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", folder]
        try:
            subprocess.run(mount, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            yield None
            return
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "-l", folder], check=True, capture_output=True)


def run(folder: Path, rounds: int) -> dict[str, Any]:
    """Fill the disk and free it so many times, and return the figures."""
    store = open_at(options_in(folder))
    tenant_id = store.create_tenant("Soak", actor_id="soak").id
    work = Workload(store, tenant_id, seed=8)
    kept: list[Acknowledged] = []
    refused, reads, erased, problems = 0, 0, 0, []
    for _ in range(rounds):
        kept += fill(store, work)
        refused += 1
        with everything_taken(folder):
            problems += [f"full: lost {what}" for what in lost(store, tenant_id, kept)]
            reads += len(kept)
            store.export(work.call, work.people[-1], io.BytesIO())
            with contextlib.suppress(StoreFullError):  # the log's own room may have come back
                kept += add_photo(store, work, work.people[-1])
            kept += work.erase()
            erased += 1
        if not store.parts.reserve.fill():
            problems.append("the erasure gave no room back")
    problems += lost(store, tenant_id, kept)
    problems += store.verify().problems
    store.close()
    return {
        "disk_mib": DISK_MIB,
        "refused_as_full": refused,
        "acknowledged": len(kept),
        "reads_on_full_disk": reads,
        "erased_on_full_disk": erased,
        "problems": len(problems),
        "first_problems": problems[:5],
        "passed": not problems and refused == rounds == erased,
    }


def fill(store: Repository, work: Workload) -> list[Acknowledged]:
    """Keep people with two photos each until the disk is full."""
    done: list[Acknowledged] = []
    while True:
        try:
            person = store.add_person(work.call, PersonDraft("ref"))
            work.people.append(person.id)
            done.append(Acknowledged("person", person.id, "ref", person.id))
            for _ in range(2):
                done += add_photo(store, work, person.id)
        except StoreFullError:
            return done


def add_photo(store: Repository, work: Workload, person_id: str) -> list[Acknowledged]:
    """Keep one photo."""
    content = work.random.randbytes(PHOTO_BYTES)
    made = store.add_photo(work.call, PhotoDraft(person_id, File("image/jpeg", content)))
    return [Acknowledged("photo", made.photo.id, digest(content), person_id)]


@contextlib.contextmanager
def everything_taken(folder: Path) -> Iterator[None]:
    """Be the other program that takes all the room there is."""
    path = folder / "other-program"
    with path.open("wb", buffering=0) as stream, contextlib.suppress(OSError):
        while True:
            stream.write(bytes(4096))
    try:
        yield
    finally:
        path.unlink()


if __name__ == "__main__":
    main()
