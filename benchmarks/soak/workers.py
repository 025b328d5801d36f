"""R9: workers are killed in the middle of their work; one request fails, the next is served.

    python benchmarks/soak/workers.py [--kills 100] [--out FILE]

Half of the kills hit the worker that decodes, half the one that assesses with real models. After
each kill the time is taken until the next task is answered; a spare worker waits for that moment,
so the next kill comes when a spare is there again. ``next_s`` is the answer's time beyond that of
the same task undisturbed. At the end no process may be left.
"""

from __future__ import annotations

import argparse
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from serving import astronaut, share
from telling import tell

from cutis.service.workers.pool import Pool, PoolOptions, WorkerFellError
from cutis.service.workers.reply import TaskLimits, read_reply

NEXT_AT_MOST_S = 1.0
_LIMITS = TaskLimits(timeout_s=60.0, memory_bytes=3 << 30)
_INTAKE = "cutis.service.workers.intake_worker"


def main() -> None:
    """Run, print the figures, write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    tell("R9", run(given.kills), given.out)


def run(kills: int) -> dict[str, Any]:
    """Kill so many workers and return the figures."""
    photo = astronaut()
    with Pool(PoolOptions(module=_INTAKE)) as intake, Pool(PoolOptions()) as analysis:
        facts, files = read_reply(ask(intake, "take_in", photo))
        png = files["photo.png"]
        halves = {
            "decode": one_half(intake, kills // 2, lambda: ask(intake, "take_in", photo)),
            "assess": one_half(
                analysis, kills - kills // 2, lambda: ask(analysis, "assess", png, capture=facts)
            ),
        }
        pids = halves["decode"].pop("pids") + halves["assess"].pop("pids")
        pids += [*intake.processes(), *analysis.processes()]
    time.sleep(0.5)
    orphans = [pid for pid in pids if not is_gone(pid)]
    clean = sum(half["failed_cleanly"] for half in halves.values())
    slowest = max(half["next_s_max"] for half in halves.values())
    passed = clean == kills and slowest <= NEXT_AT_MOST_S and not orphans
    return {"kills": kills, **halves, "orphans": len(orphans), "passed": passed}


def one_half(pool: Pool, kills: int, work: Callable[[], Any]) -> dict[str, Any]:
    """Kill the working process of a pool over and over."""
    clean, waits, pids = 0, [], []
    wait_for_spare(pool)
    undisturbed_s = min(timed(work) for _ in range(3))
    for _ in range(kills):
        wait_for_spare(pool)
        pids += pool.processes()
        killer = threading.Thread(target=kill_the_working, args=(pool,))
        killer.start()
        try:
            work()
        except WorkerFellError as error:
            clean += error.why == "killed"
        killer.join()
        waits.append(max(0.0, timed(work) - undisturbed_s))
    return {
        "kills": kills,
        "failed_cleanly": clean,
        "undisturbed_s": round(undisturbed_s, 3),
        "next_s_median": round(share(waits, 0.5), 3),
        "next_s_max": round(max(waits), 3),
        "pids": pids,
    }


def ask(pool: Pool, task: str, data: bytes, **words: Any) -> Any:
    """Have a task done."""
    return pool.run(_LIMITS.words(task, **words), memoryview(data), timeout_s=60.0)


def timed(work: Callable[[], Any]) -> float:
    """Return how long a task takes."""
    started_s = time.perf_counter()
    work()
    return time.perf_counter() - started_s


def wait_for_spare(pool: Pool) -> None:
    """Wait until a worker and a spare are there."""
    until_s = time.monotonic() + 120
    while pool.ready() < pool.options.size + pool.options.spare and time.monotonic() < until_s:
        time.sleep(0.02)


def kill_the_working(pool: Pool) -> None:
    """Kill the process that works, as soon as there is one."""
    while not (pids := pool.working()):
        time.sleep(0.001)
    os.kill(pids[0], signal.SIGKILL)


def is_gone(pid: int) -> bool:
    """Tell whether a process has ended and was waited for."""
    return not Path(f"/proc/{pid}").exists()


if __name__ == "__main__":
    main()
