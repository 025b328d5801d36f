"""R1: every bad file over HTTP; a typed refusal, no server error, five seconds at most, no growth.

    python benchmarks/soak/bad_inputs.py [ARCHIVE] [--every 1] [--out FILE]

The archive of hostile and odd files is not part of the project; by default it is looked for where
``CUTIS_SHARED`` says.
"""

from __future__ import annotations

import argparse
import os
import tarfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from many_requests import state_of
from serving import Served, serving, share
from telling import tell

SECONDS_AT_MOST, MEMORY_AT_MOST_MIB = 5.0, 64
PROPER = {201, 413, 415, 422, 501}


def main() -> None:
    """Run, print the figures, write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    shared = Path(os.environ.get("CUTIS_SHARED", "../shared"))
    parser.add_argument("archive", nargs="?", default=shared / "data" / "badinputs.tar.xz")
    parser.add_argument("--every", type=int, default=1, help="take each N-th file")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    with serving() as served:
        figures = run(served, Path(given.archive), given.every)
    tell("R1", figures, given.out)


def run(served: Served, archive: Path, every: int) -> dict[str, Any]:
    """Send the files and return the figures."""
    line, answers, seconds = served.line(), Counter[int](), []
    slow: list[str] = []
    before = state_of(served.pid)
    with tarfile.open(archive, "r|xz") as members:
        for number, member in enumerate(members):
            stream = members.extractfile(member) if number % every == 0 else None
            if stream is None:
                continue
            data, started_s = stream.read(), time.perf_counter()
            status = send(served, line, data)
            seconds.append(time.perf_counter() - started_s)
            answers[status] += 1
            if status not in PROPER or seconds[-1] > SECONDS_AT_MOST:
                slow.append(f"{member.name}: {status} in {seconds[-1]:.1f} s")
    growth = state_of(served.pid)["memory_mib"] - before["memory_mib"]
    alive = line.ask("GET", "/healthz")[0] == 200
    return {
        "files": sum(answers.values()),
        "answers": {str(status): count for status, count in sorted(answers.items())},
        "improper_or_slow": len(slow),
        "examples": slow[:10],
        "seconds_p99": round(share(seconds, 0.99), 3),
        "seconds_max": round(max(seconds), 3),
        "memory_growth_mib": growth,
        "passed": alive and not slow and growth <= MEMORY_AT_MOST_MIB,
    }


def send(served: Served, line: Any, data: bytes) -> int:
    """Send one file, without analysis; once more where the service is busy."""
    for _ in range(50):
        status = int(line.upload(served.person_id, data, analyse=False)[0])
        if status != 503:
            break
        time.sleep(0.1)
    return status


if __name__ == "__main__":
    main()
