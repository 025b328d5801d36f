"""R10: ten times as many uploads as can be done; goodput holds, refusals are quick, health answers.

    python benchmarks/soak/overload.py [--seconds 60] [--out FILE]

The peak is measured before and after, and the greater one counts, for a busy machine is not the
same a minute later: more clients than there are workers, each sending the next photo when its
result is there. In between photos come at ten times the first peak whether or not answers do.
Goodput is assessments done a second.
"""

from __future__ import annotations

import argparse
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from serving import Probe, Served, astronaut, in_threads, serving, share
from telling import tell

SHARE_OF_PEAK, REFUSED_IN_S, HEALTH_IN_S = 0.8, 0.1, 0.05


def main() -> None:
    """Run, print the figures, write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--times", type=float, default=10.0, help="how many times the peak")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    with serving(queued_jobs=8) as served:
        figures = run(served, given.seconds, given.times)
    tell("R10", figures, given.out)


def run(served: Served, seconds: float, times: float) -> dict[str, Any]:
    """Measure the peak, then what is left of it under load."""
    photo = astronaut()
    before = goodput(served, photo, seconds / 2)
    load = Load(served, photo, rate=times * before, seconds=seconds)
    with Probe(served).running() as health:
        earlier, started_s = done_jobs(served), time.perf_counter()
        load.run()
        done = done_jobs(served) - earlier
        elapsed_s = time.perf_counter() - started_s
    drain(served)
    after = goodput(served, photo, seconds / 2)
    peak = max(before, after)
    kept = done / elapsed_s / peak
    figures = {
        "peak_before_per_s": round(before, 3),
        "peak_after_per_s": round(after, 3),
        "sent_per_s": round(load.sent / elapsed_s, 2),
        "goodput_share_of_peak": round(kept, 3),
        "answers": {str(status): count for status, count in sorted(load.answers.items())},
        "without_retry_after": load.silent,
        "refused_s_p50": round(share(load.refused_s, 0.5), 4),
        "refused_s_p99": round(share(load.refused_s, 0.99), 4),
        "refused_s_max": round(max(load.refused_s, default=0.0), 4),
        "healthz_s_p99": round(share(health.seconds, 0.99), 4),
        "healthz_failed": health.failed,
    }
    quick = figures["refused_s_p99"] <= REFUSED_IN_S and figures["healthz_s_p99"] <= HEALTH_IN_S
    proper = set(load.answers) <= {201, 503} and not load.silent and not health.failed
    figures["passed"] = bool(kept >= SHARE_OF_PEAK and quick and proper)
    return figures


class Load:
    """Sends photos at a rate, from a new thread each, whether or not answers come."""

    def __init__(self, served: Served, photo: bytes, *, rate: float, seconds: float) -> None:
        self.served, self.photo, self.rate, self.seconds = served, photo, rate, seconds
        self.answers: Counter[int] = Counter()
        self.refused_s: list[float] = []
        self.sent, self.silent = 0, 0
        self._lock = threading.Lock()

    def run(self) -> None:
        """Send for as long as was said, then wait for the last answers."""
        threads, started_s = [], time.perf_counter()
        while (now_s := time.perf_counter() - started_s) < self.seconds:
            thread = threading.Thread(target=self._send, daemon=True)
            thread.start()
            threads.append(thread)
            self.sent += 1
            time.sleep(max(0.0, self.sent / self.rate - now_s))
        for thread in threads:
            thread.join(60)

    def _send(self) -> None:
        line, started_s = self.served.line(), time.perf_counter()
        status, _, headers = line.upload(self.served.person_id, self.photo)
        elapsed_s = time.perf_counter() - started_s
        with self._lock:
            self.answers[status] += 1
            if status == 503:
                self.refused_s.append(elapsed_s)
                self.silent += "retry-after" not in headers


def goodput(served: Served, photo: bytes, seconds: float, clients: int = 6) -> float:
    """Return how many assessments a second are done at most."""
    done, until_s = Counter[str](), time.perf_counter() + seconds

    def work(_: int) -> None:
        line = served.line()
        while time.perf_counter() < until_s:
            status, made, _ = line.upload(served.person_id, photo)
            if status == 201:
                done[line.result_of(made["job"]["id"])] += 1
            else:
                time.sleep(0.1)

    started_s = time.perf_counter()
    in_threads(clients, work)
    return done["done"] / (time.perf_counter() - started_s)


def drain(served: Served) -> None:
    """Wait until no job is left."""
    until_s = time.monotonic() + 120
    while time.monotonic() < until_s:
        jobs = served.line().ask("GET", "/v1/status")[1]["jobs"]
        if not jobs.get("queued") and not jobs.get("running"):
            return
        time.sleep(0.2)


def done_jobs(served: Served) -> int:
    """Return how many jobs are done."""
    found = served.line().ask("GET", "/v1/status")[1]
    return int(found["jobs"].get("done", 0))


if __name__ == "__main__":
    main()
