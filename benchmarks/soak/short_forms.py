"""R2, S1, S2, S3, S4, S6, S7, S8, S9, S10 and S25: their tests are run, counted and timed.

    python benchmarks/soak/short_forms.py [--out FILE]

These targets are laws and matrices rather than loads: what `make test` runs is all of them. The
figure is how many cases were tried; a skipped one is told, and one that fails fails the target.
"""

from __future__ import annotations

import argparse
import re
import runpy
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from telling import tell_all

ROOT = Path(__file__).resolve().parents[2]
_COUNTED = re.compile(r"(\d+) (passed|failed|skipped|error)")


def main() -> None:
    """Run, print the figures, write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    places = list(runpy.run_path(str(ROOT / "docs" / "targets.py"))["places"]())
    here = f"python {Path(__file__).resolve().relative_to(ROOT).as_posix()}"
    wanted = [place.target for place in places if place.command == here]
    figures = {}
    for target in wanted:
        tests = [p.command.split()[1] for p in places if p.target == target and not p.long]
        figures[target] = run(sorted(set(tests)))
    tell_all(figures, given.out)


def run(tests: list[str]) -> dict[str, Any]:
    """Run tests and count their cases."""
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *_once(tests)]
    started_s = time.perf_counter()
    answer = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    elapsed_s = time.perf_counter() - started_s
    lines = answer.stdout.strip().splitlines() or [""]
    counts = {kind: int(number) for number, kind in _COUNTED.findall(lines[-1])}
    return {
        "cases": sum(counts.values()),
        "failed": counts.get("failed", 0) + counts.get("error", 0),
        "skipped": counts.get("skipped", 0),
        "elapsed_s": round(elapsed_s, 1),
        "passed": answer.returncode == 0 and counts.get("passed", 0) > 0,
    }


def _once(tests: list[str]) -> list[str]:
    """Return the tests without those of a file that is named as a whole."""
    whole = {test for test in tests if "::" not in test}
    return [test for test in tests if "::" not in test or test.split("::")[0] not in whole]


if __name__ == "__main__":
    main()
