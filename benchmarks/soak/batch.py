"""Many photos through both engines of `cutis batch`, with workers and the driver killed meanwhile.

    python benchmarks/soak/batch.py [--photos 2000] [--broken 50] [--kills 10] [--out FILE]

The photos are official portraits of clean/congress (225 × 275 px, small so that the run is short),
linked under as many names as wanted; the broken ones are truncated, empty or no pictures. Each
engine works until about half is done; then its driver is killed with SIGKILL, and it goes on with
``--resume``. Workers are killed all along; with Ray every second kill is that of an actor, which
takes its worker with it. At the end both must have the same rows, each photo once, every broken one
in quarantine, and no process may be left. Memory is that of the driver and of the largest worker,
over the middle and the last third of the run. The tables are written in twenty parts, so that both
thirds hold the writing of some.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from telling import tell

_WORKER = b"cutis.batch.worker"
_ACTOR = b"_Actor"
_PAGE_KIB = os.sysconf("SC_PAGE_SIZE") // 1024
_FLAT = 1.25
_PARTS = 20
_BROKEN = (b"", b"no picture at all", b"\xff\xd8\xff\xe0 cut off")


@dataclass
class Watch:
    """What was seen of one engine's run."""

    kills: Counter[str] = field(default_factory=Counter)
    memory_mib: list[tuple[float, float]] = field(default_factory=list)


def main() -> None:
    """Run, print the figures, write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=2000)
    parser.add_argument("--broken", type=int, default=50)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--engines", default="local,ray" if find_spec("ray") else "local")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cutis-soak-") as place:
        folder = Path(place)
        make_photos(folder / "in", given.photos, given.broken)
        engines = {name: one_engine(folder, name, given) for name in given.engines.split(",")}
        equal = {
            table: equal_tables([folder / name / table for name in engines])
            for table in ("photos", "findings")
        }
    passed = all(e["passed"] for e in engines.values()) and all(equal.values())
    counts = {"photos": given.photos, "broken": given.broken, "workers": given.workers}
    tell("batch", {**counts, "equal": equal, **engines, "passed": passed}, given.out)


def make_photos(folder: Path, photos: int, broken: int) -> None:
    """Fill a folder: ``photos`` in all, ``broken`` of them no photos."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from photo_sets import photos_of  # noqa: PLC0415

    folder.mkdir()
    known = photos_of("clean/congress")
    for number in range(photos - broken):
        (folder / f"photo{number:05d}.jpg").symlink_to(known[number % len(known)])
    for number in range(broken):
        (folder / f"broken{number:05d}.jpg").write_bytes(_BROKEN[number % len(_BROKEN)])


def one_engine(folder: Path, engine: str, given: argparse.Namespace) -> dict[str, Any]:
    """Run one engine to its end, through all kills."""
    out, watch, started_s = folder / engine, Watch(), time.perf_counter()
    killer = random.Random(7)
    starts, seen = 0, set()
    for resume in (False, True):
        driver = start(folder, engine, given, resume=resume)
        starts += 1
        good = given.photos - given.broken
        until_done = given.photos if resume else good // 2  # resumed, it is watched to its end
        quota = given.kills - watch.kills.total() if resume else given.kills // 2
        due = spread(finished(out), good if resume else until_done, quota)
        seen |= follow(driver, out, watch, (until_done, due, killer))
        if not resume:
            driver.kill()
        driver.wait()
    time.sleep(3.0)
    left = [pid for pid in seen if is_ours(pid)]
    return (
        summary(out, watch, given)
        | {
            "seconds": round(time.perf_counter() - started_s, 1),
            "driver_starts": starts,
            "exit_code": driver.returncode,
            "orphans": len(left),
        }
        | {"passed": verdict(out, watch, given) and driver.returncode == 0 and not left}
    )


def start(
    folder: Path, engine: str, given: argparse.Namespace, *, resume: bool
) -> subprocess.Popen[bytes]:
    """Start the command."""
    source, out = str(folder / "in"), str(folder / engine)
    command = [sys.executable, "-m", "cutis", "batch", source, "--out", out]
    command += ["--engine", engine, "--workers", str(given.workers)]
    command += ["--resume"] if resume else []
    plain = {"CUTIS_MODELS_ENHANCEMENT": "off"}  # photos are small to be quick
    parts = {"CUTIS_BATCH_ROWS_PER_PART": str(max(2, given.photos // _PARTS))}
    told = {**os.environ, **plain, **parts}
    return subprocess.Popen(command, env=told, stdout=subprocess.DEVNULL, stderr=sys.stderr)


def follow(
    driver: subprocess.Popen[bytes],
    out: Path,
    watch: Watch,
    until: tuple[int, list[int], random.Random],
) -> set[int]:
    """Kill workers until the driver is done, or until enough photos are."""
    until_done, due, killer = until
    seen: set[int] = set()
    done, at_last_kill = finished(out), -1
    while driver.poll() is None and (done < until_done or due):
        below = descendants(driver.pid)
        workers = [pid for pid in below if is_ours(pid)]
        seen |= set(workers)
        memory = [memory_mib(pid) for pid in (driver.pid, *workers)]
        watch.memory_mib.append((memory[0], max(memory[1:], default=0.0)))
        done = finished(out)
        # some photo must be done between two kills, or one photo alone would meet all of them
        if due and done >= due[0] and done > at_last_kill and kill_one(below, watch, killer):
            due, at_last_kill = due[1:], done
        time.sleep(0.2)
    return seen


def spread(done: int, until_done: int, quota: int) -> list[int]:
    """Return after how many photos kills are due: at once, then evenly, the last before the end."""
    return [done + (until_done - done) * number // (quota + 2) for number in range(quota)]


def kill_one(below: list[int], watch: Watch, killer: random.Random) -> bool:
    """Kill a worker or, in turn with that, an actor of Ray where there is one; tell whether."""
    kinds = {"worker": [pid for pid in below if is_ours(pid)]}
    if actors := [pid for pid in below if is_actor(pid)]:
        kinds["actor"] = actors
    kind = min(kinds, key=lambda name: watch.kills[name])
    if not kinds[kind]:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(killer.choice(kinds[kind]), signal.SIGKILL)
        watch.kills[kind] += 1
        return True
    return False


def summary(out: Path, watch: Watch, given: argparse.Namespace) -> dict[str, Any]:
    """Return what the results hold, and the memory."""
    keys = pq.read_table(out / "photos", columns=["key"])["key"].to_pylist()
    with (out / "quarantine.csv").open(newline="", encoding="utf-8") as stream:
        quarantined = [row["code"] for row in csv.DictReader(stream)]
    third = max(1, len(watch.memory_mib) // 3)
    parts = {"middle": watch.memory_mib[third:-third], "last": watch.memory_mib[-third:]}
    return {
        "rows": len(keys),
        "keys": len(set(keys)),
        "expected": given.photos - given.broken,
        "quarantined": len(quarantined),
        "quarantined_by_code": dict(Counter(quarantined)),
        "workers_killed": watch.kills["worker"],
        "actors_killed": watch.kills["actor"],
        "memory_mib": {
            name: {
                "driver": round(max(d for d, _ in part), 1),
                "worker": round(max(w for _, w in part), 1),
            }
            for name, part in parts.items()
        },
    }


def verdict(out: Path, watch: Watch, given: argparse.Namespace) -> bool:
    """Tell whether a run kept its promises."""
    told = summary(out, watch, given)
    memory = told["memory_mib"]
    flat = all(memory["last"][k] <= _FLAT * memory["middle"][k] for k in ("driver", "worker"))
    once = told["rows"] == told["keys"] == told["expected"]
    return bool(
        once and flat and told["quarantined"] == given.broken and watch.kills.total() == given.kills
    )


def equal_tables(folders: list[Path]) -> bool:
    """Tell whether datasets hold the same rows, whatever their order."""
    tables = [pq.read_table(folder) for folder in folders]
    order = [(name, "ascending") for name in tables[0].column_names]
    return all(t.sort_by(order).equals(tables[0].sort_by(order)) for t in tables)


def finished(out: Path) -> int:
    """Return how many photos have their JSON."""
    return sum(1 for _ in (out / "json").glob("*/*.json"))


def descendants(pid: int) -> list[int]:
    """Return the processes below a process, found through their parents."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, ValueError):
                stat = (entry / "stat").read_text(encoding="utf-8", errors="replace")
                parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
    found, edge = [], {pid}
    while edge := {child for child, parent in parents.items() if parent in edge}:
        found += edge
    return found


def is_ours(pid: int) -> bool:
    """Tell whether a process is a living worker of a batch."""
    return _WORKER in command_line(pid)


def is_actor(pid: int) -> bool:
    """Tell whether a process is a living actor of Ray that holds such a worker."""
    line = command_line(pid)
    return line.startswith(b"ray::") and _ACTOR in line


def command_line(pid: int) -> bytes:
    """Return how a process was started; nothing of one that is gone."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def memory_mib(pid: int) -> float:
    """Return the resident memory of a process; 0 when it is gone."""
    with contextlib.suppress(OSError, IndexError, ValueError):
        text = Path(f"/proc/{pid}/statm").read_text(encoding="ascii")
        return int(text.split()[1]) * _PAGE_KIB / 1024
    return 0.0


if __name__ == "__main__":
    main()
