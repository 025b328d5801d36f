"""R3: the API fuzzed from its own document by schemathesis, stateful phases included.

    python benchmarks/soak/fuzz.py [--cases 20000] [--out FILE]

Against a real service of one person. ``cases`` is how many requests schemathesis says it made; each
answer is checked for status, media type and schema, and for server errors.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from serving import Served, serving
from telling import tell

OPERATIONS = 60
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance,unsupported_method"
)


def main() -> None:
    """Run, print the figures, write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    with serving() as served:
        figures = run(served, given.cases, given.seed)
    tell("R3", figures, given.out)


def run(served: Served, cases: int, seed: int) -> dict[str, Any]:
    """Fuzz until so many cases were made."""
    asked: Counter[str] = Counter()
    failed: list[str] = []
    rounds = 0
    while asked["cases"] < cases and rounds < 50 and not failed:
        each = max(2, min(200, (cases - asked["cases"]) // OPERATIONS))
        made, failures = one_round(served, each, seed + rounds)
        asked["cases"] += made
        failed += failures
        rounds += 1
    alive = served.line().ask("GET", "/healthz")[0] == 200
    return {
        "cases": asked["cases"],
        "rounds": rounds,
        "failures": len(failed),
        "failed": failed[:20],
        "alive": alive,
        "passed": alive and not failed and asked["cases"] >= cases,
    }


def one_round(served: Served, examples: int, seed: int) -> tuple[int, list[str]]:
    """Run schemathesis once; return the number of its requests and what failed."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "events.ndjson"
        words = ["run", f"{served.address}/openapi.json", "--phases", "examples,fuzzing,stateful"]
        words += ["--max-examples", str(examples), "--seed", str(seed), "--checks", CHECKS]
        words += ["--report", "ndjson", "--report-ndjson-path", str(report)]
        words += ["--suppress-health-check", "all", "--request-timeout", "60"]
        told = subprocess.run(
            [sys.executable, "-m", "schemathesis.cli", *words],
            capture_output=True,
            text=True,
            check=False,
        )
        if not report.exists():
            return 0, [told.stdout[-2000:] + told.stderr[-2000:]]
        return read_report(report, told)


def read_report(report: Path, told: subprocess.CompletedProcess[str]) -> tuple[int, list[str]]:
    """Count requests and gather failures from the events of a run."""
    made, failures = 0, []
    for line in report.read_text(encoding="utf-8").splitlines():
        (event,) = json.loads(line).values()
        recorder = event.get("recorder") if isinstance(event, dict) else None
        made += len((recorder or {}).get("interactions", ()))
    if told.returncode != 0:
        failures.append(told.stdout[-4000:])
    return made, failures


if __name__ == "__main__":
    main()
