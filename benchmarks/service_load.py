"""Upload and analysis under 1, 8 and 64 clients: assessments a second, and how long each took.

    python benchmarks/service_load.py [--seconds 40] [--overload] [--out FILE]

Each client sends the next photo when its result is there; one that is refused for load waits as
long as it is told and sends again, and its time goes on. Real service, real models, loopback.
With ``--overload``, `soak/overload.py` follows and writes its own figures; all of it takes about
five minutes on two quiet processors.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent / "soak"))

import overload
from serving import RESULTS, Probe, Served, astronaut, in_threads, serving, share
from telling import tell


def main() -> None:
    """Run, print the figures, write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--overload", action="store_true", help="ten times too much, after that")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 64])
    parser.add_argument("--out", type=Path, default=RESULTS / "service_load.json")
    given = parser.parse_args()
    figures: dict[str, Any] = {"processors": os.cpu_count(), "seconds": given.seconds}
    for clients in given.clients:
        with serving() as served:
            figures[f"{clients} clients"] = run(served, clients, given.seconds)
    text = json.dumps(figures, indent=1)
    print(text)
    given.out.write_text(text + "\n", encoding="utf-8")
    if given.overload:
        with serving(queued_jobs=8) as served:
            figures = overload.run(served, given.seconds, 10.0)
        tell("R10", figures, RESULTS / "soak_overload.json")


def run(served: Served, clients: int, seconds: float) -> dict[str, Any]:
    """Have so many clients work for so long."""
    photo, took, refused = astronaut(), list[float](), list[int]()
    until_s = time.perf_counter() + seconds

    def work(_: int) -> None:
        line = served.line()
        while time.perf_counter() < until_s:
            started_s, tries = time.perf_counter(), 0
            while (answer := line.upload(served.person_id, photo))[0] == 503:
                tries += 1
                if time.perf_counter() > until_s:
                    break
                time.sleep(float(answer[2].get("retry-after", 1)))
            refused.append(tries)
            if answer[0] == 201 and line.result_of(answer[1]["job"]["id"]) == "done":
                took.append(time.perf_counter() - started_s)

    started_s = time.perf_counter()
    with Probe(served).running() as health:
        in_threads(clients, work)
    elapsed_s = time.perf_counter() - started_s
    return {
        "assessments": len(took),
        "per_s": round(len(took) / elapsed_s, 3),
        "seconds_p50": round(share(took, 0.5), 2),
        "seconds_p99": round(share(took, 0.99), 2),
        "refusals": sum(refused),
        "healthz_s_p99": round(share(health.seconds, 0.99), 4),
    }


if __name__ == "__main__":
    main()
