"""R13: one upload sent a hundred times at once under one key; one record, one entry in the log.

    python benchmarks/soak/once.py [--sends 100] [--out FILE]

A client that is refused for load sends again, as clients should.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from serving import Served, astronaut, in_threads, serving
from telling import tell


def main() -> None:
    """Run, print the figures, write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sends", type=int, default=100)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    with serving(heavy_places=16) as served:
        figures = run(served, given.sends)
    tell("R13", figures, given.out)


def run(served: Served, sends: int) -> dict[str, Any]:
    """Send at once and count what is there after."""
    photo, answers = astronaut(), []
    before = entries(served)

    def send(_: int) -> None:
        line = served.line()
        for _attempt in range(200):
            status, made, _ = line.upload(served.person_id, photo, Idempotency_Key="the-same")
            if status != 503:
                break
            time.sleep(0.1)
        answers.append((status, made["photo"]["id"] if status == 201 else None))

    in_threads(sends, send)
    photos = served.line().ask("GET", f"/v1/people/{served.person_id}/photos")[1]["items"]
    added = entries(served) - before
    figures = {
        "sends": sends,
        "answered_201": sum(status == 201 for status, _ in answers),
        "ids_told": len({photo_id for _, photo_id in answers}),
        "photos_kept": len(photos),
        "entries_of_uploads": added,
    }
    figures["passed"] = figures["answered_201"] == sends and (
        figures["ids_told"],
        figures["photos_kept"],
        added,
    ) == (1, 1, 1)
    return figures


def entries(served: Served) -> int:
    """Return how many entries tell of an upload."""
    found = served.line().ask("GET", "/v1/audit/entries?limit=200")[1]["items"]
    return sum(entry["action"] == "photo.add" for entry in found)


if __name__ == "__main__":
    main()
