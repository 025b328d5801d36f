"""R11: ten thousand requests; memory, descriptors and threads of the service do not grow.

    python benchmarks/soak/many_requests.py [--requests 10000] [--out FILE]

A mix of listings, reads, refusals, uploads without analysis and, every hundredth time, an analysis.
The first tenth warms up; growth is taken from there on.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

from serving import Served, astronaut, in_threads, serving
from telling import tell

MEMORY_AT_MOST_MIB, DESCRIPTORS_AT_MOST, THREADS_AT_MOST = 64, 8, 4
CLIENTS = 4


def main() -> None:
    """Run, print the figures, write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    with serving() as served:
        figures = run(served, given.requests)
    tell("R11", figures, given.out)


def run(served: Served, requests: int) -> dict[str, Any]:
    """Ask so often and return the figures."""
    answers: Counter[int] = Counter()
    photo = astronaut()
    ask_all(served, photo, requests // 10, answers)
    before = state_of(served.pid)
    started_s = time.perf_counter()
    ask_all(served, photo, requests - requests // 10, answers)
    elapsed_s = time.perf_counter() - started_s
    time.sleep(1.0)
    after = state_of(served.pid)
    growth = {name: after[name] - before[name] for name in before}
    unexpected = {str(s): n for s, n in answers.items() if s not in {200, 201, 202, 404, 422, 503}}
    passed = (
        growth["memory_mib"] <= MEMORY_AT_MOST_MIB
        and growth["descriptors"] <= DESCRIPTORS_AT_MOST
        and growth["threads"] <= THREADS_AT_MOST
        and not unexpected
    )
    return {
        "requests": sum(answers.values()),
        "per_s": round((requests - requests // 10) / elapsed_s, 1),
        "before": before,
        "growth": growth,
        "unexpected": unexpected,
        "passed": passed,
    }


def ask_all(served: Served, photo: bytes, requests: int, answers: Counter[int]) -> None:
    """Ask from some clients at once."""

    def work(client: int) -> None:
        line = served.line()
        for number in range(client, requests, CLIENTS):
            status, _, _ = ask(served, line, photo, number)
            answers[status] += 1

    in_threads(CLIENTS, work)


def ask(served: Served, line: Any, photo: bytes, number: int) -> Any:
    """Ask one of the kinds of requests in turn."""
    person = f"/v1/people/{served.person_id}"
    if number % 100 == 7:
        return line.upload(served.person_id, photo)
    if number % 100 == 57:
        return line.upload(served.person_id, photo[: len(photo) // 2])
    visit = json.dumps({"note": "soak"}).encode()
    kinds = (
        ("GET", person, None),
        ("GET", "/v1/people", None),
        ("GET", f"{person}/assessments?limit=2", None),
        ("GET", "/v1/nothing", None),
        ("GET", f"/v1/photos/{'0' * 32}", None),
        ("POST", f"{person}/visits", visit),
        ("POST", f"{person}/visits", b'{"unknown": 1}'),
        ("GET", "/v1/audit/entries?limit=5", None),
    )
    method, path, body = kinds[number % len(kinds)]
    return line.ask(method, path, body, Content_Type="application/json")


def state_of(pid: int) -> dict[str, int]:
    """Return resident memory, descriptors and threads of a process."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    values = dict(line.split(":", 1) for line in status.splitlines())
    return {
        "memory_mib": int(values["VmRSS"].split()[0]) // 1024,
        "descriptors": len(list(Path(f"/proc/{pid}/fd").iterdir())),
        "threads": int(values["Threads"]),
    }


if __name__ == "__main__":
    main()
