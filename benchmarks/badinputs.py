"""Every file of the bad-input corpus through intake: outcomes, times, memory growth.

    python benchmarks/badinputs.py CORPUS [--out benchmarks/results/badinputs.json] [--limit N]

CORPUS is the archive `badinputs.tar.xz` or a folder that it was unpacked to; cases that lie in
a .tar inside it are read from there. The targets are 0 crashes, 0 hangs, 0 exceptions that are
not a `CutisError`, at most 5 s a file, and at most 64 MiB of growth in the memory of this
process. The exit code is 1 when one of them is missed, or when a file is answered otherwise
than its makers expect without a decision of ours that says why.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import platform
import re
import shutil
import sys
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cutis.core.errors import CutisError
from cutis.steps.intake import decoder_walls, open_photo

MAX_SECONDS = 5.0
MAX_GROWTH_MIB = 64.0
ACCEPTED = "accepted"
UNTYPED = "untyped exception"
_DESCRIPTIONS = frozenset({"MANIFEST.csv", "GENERATED.csv", "README.md"})
_MAX_UNPACKED_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class Case:
    """One file of the corpus: its name there, and where its bytes are."""

    name: str
    source: Path | bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file: accepted, an error code, or an exception that is not ours."""

    file: str
    outcome: str
    message: str
    elapsed_s: float
    memory_mib: float


@dataclass(frozen=True, slots=True)
class Rule:
    """An outcome that the corpus's makers expect of the files whose note begins so."""

    note: str
    allowed: tuple[str, ...]


REFUSED = ("photo.unreadable", "photo.unsupported", "photo.too_large", "photo.decode_limit")
RULES = (
    Rule("413/422 before decode", REFUSED),
    Rule("413/415/422", REFUSED),
    Rule("415", REFUSED),
    Rule("422 truncated", REFUSED),
    Rule("422/200", (ACCEPTED, *REFUSED)),
    Rule("422", REFUSED),
    Rule("413", REFUSED),
    Rule("refused", REFUSED),
    Rule("200 converted", (ACCEPTED, *REFUSED)),
    Rule("200 or 413", (ACCEPTED, "photo.too_large")),
    Rule("upright", (ACCEPTED,)),
    Rule("stripped from stored image", (ACCEPTED,)),
    Rule("no canary bytes", (ACCEPTED,)),
    *(
        Rule(note, (ACCEPTED, *REFUSED))
        for note in (
            "re-encoded",
            "served",
            "no crash",
            "bounded",
            "first",
            "no endless loop",
            "no file read",
            "<",
        )
    ),
)
DECIDED = {
    "mismatch/png_named.jpg": "A whole PNG under another name: names are never believed.",
    "mismatch/two_jpegs.jpg": "A whole JPEG with more behind it, as phones write: it is read.",
}
"""Files that are read although their makers expect a refusal, and why."""
_TIME_LIMIT = re.compile(r"< (\d+) (ms|s)\b")


@contextmanager
def corpus_folder(corpus: Path) -> Iterator[Path]:
    """Yield the folder of a corpus, unpacked to a temporary place when it is an archive."""
    if corpus.is_dir():
        yield corpus
        return
    with tempfile.TemporaryDirectory() as folder:
        unpack(corpus, Path(folder))
        yield Path(folder)


def unpack(archive: Path, folder: Path) -> None:
    """Unpack the regular files of an archive: no links, nothing outside, no surprises in size.

    Written by hand, since `tarfile` has its filters only from Python 3.11.4 on.
    """
    total = 0
    with tarfile.open(archive) as members:
        for member in members:
            if not member.isfile():
                continue
            total += member.size
            if total > _MAX_UNPACKED_BYTES:
                raise SystemExit("The archive unpacks to more than 1 GiB; it is not the corpus.")
            target = (folder / member.name).resolve()
            content = members.extractfile(member)
            if content is None or not target.is_relative_to(folder.resolve()):
                raise SystemExit("The archive has a member outside of its folder; take another.")
            target.parent.mkdir(parents=True, exist_ok=True)
            with content, target.open("wb") as file:
                shutil.copyfileobj(content, file)


def corpus_cases(folder: Path) -> Iterator[Case]:
    """Yield the cases of a corpus in a fixed order, those inside its archives too."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or is_description(name):
            continue
        if path.suffix == ".tar":
            yield from packed_cases(path, name)
        else:
            yield Case(name, path)


def packed_cases(archive: Path, name: str) -> Iterator[Case]:
    """Yield the regular files of an archive in the corpus; they never touch the disk."""
    with tarfile.open(archive) as members:
        for member in members:
            file = members.extractfile(member) if member.isfile() else None
            if file is not None:
                yield Case(f"{name}/{member.name}", file.read())


def is_description(name: str) -> bool:
    """Tell whether a file describes the corpus and is none of its cases."""
    return name in _DESCRIPTIONS or name.startswith("TRIAGE_")


def try_case(case: Case) -> Outcome:
    """Open one file and tell what became of it."""
    started = time.perf_counter()
    try:
        open_photo(case.source)
        outcome, message = ACCEPTED, ""
    except CutisError as error:
        outcome, message = error.code, str(error)
    except Exception as error:  # noqa: BLE001  (finding these is the purpose)
        outcome, message = UNTYPED, f"{type(error).__name__}: {error}"
    return Outcome(case.name, outcome, message, time.perf_counter() - started, memory_mib())


def memory_mib() -> float:
    """Return the resident memory of this process in MiB; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * 4096 / (1 << 20)


def run(cases: Iterable[Case], total: int) -> tuple[list[Outcome], float]:
    """Open every file; return the outcomes and the memory of this process before."""
    decoder_walls()
    before = memory_mib()
    outcomes: list[Outcome] = []
    for number, case in enumerate(cases, 1):
        outcomes.append(try_case(case))
        if number % 500 == 0 or number == total:
            show(f"\r{number:5d} of {total}", end="" if number < total else "\n")
    return outcomes, before


def show(text: str, end: str = "\n") -> None:
    """Print to the error stream, so that the result can be piped."""
    print(text, end=end, file=sys.stderr, flush=True)


def compare(outcomes: Sequence[Outcome], folder: Path) -> dict[str, object]:
    """Compare outcomes with what the makers of the corpus expect of the files they made.

    Returns:
        How many expectations could be compared, those that were not met, and those that were
        not met by a decision of ours.
    """
    found = {outcome.file: outcome for outcome in outcomes}
    compared = 0
    missed: list[dict[str, object]] = []
    for name, expected in expectations(folder):
        outcome = found.get(f"generated/{name}")
        rule = next((r for r in RULES if expected.startswith(r.note)), None)
        if outcome is None or rule is None:
            continue
        compared += 1
        if outcome.outcome not in rule.allowed or outcome.elapsed_s > seconds(expected):
            missed.append(
                {
                    "file": name,
                    "expected": expected,
                    "got": outcome.outcome,
                    "elapsed_s": round(outcome.elapsed_s, 3),
                    "decided": DECIDED.get(name),
                }
            )
    return {
        "compared": compared,
        "missed": [miss for miss in missed if not miss["decided"]],
        "decided": [miss for miss in missed if miss["decided"]],
    }


def expectations(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield name and expectation of each file that the makers of the corpus made."""
    table = folder / "GENERATED.csv"
    if table.is_file():
        with table.open(newline="", encoding="utf-8") as rows:
            for row in csv.DictReader(rows):
                yield row["file"], row["expected"]


def seconds(expected: str) -> float:
    """Return the time limit that an expectation names, or the general one."""
    named = _TIME_LIMIT.search(expected)
    if named is None:
        return MAX_SECONDS
    return int(named[1]) / (1000 if named[2] == "ms" else 1)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which ``share`` of the values lie (nearest rank)."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def report(outcomes: Sequence[Outcome], before_mib: float, folder: Path) -> dict[str, object]:
    """Return the figures of a run, and which targets were missed."""
    times = [outcome.elapsed_s for outcome in outcomes]
    growth = max(outcome.memory_mib for outcome in outcomes) - before_mib
    slowest = max(outcomes, key=lambda outcome: outcome.elapsed_s)
    untyped = [outcome for outcome in outcomes if outcome.outcome == UNTYPED]
    fallen = sum("The decoder broke down" in outcome.message for outcome in outcomes)
    timed_out = sum("took longer than" in outcome.message for outcome in outcomes)
    expected = compare(outcomes, folder)
    targets = {
        "no untyped exception": not untyped,
        "at most 5 s a file": max(times) <= MAX_SECONDS,
        "memory growth at most 64 MiB": growth <= MAX_GROWTH_MIB,
        "no disagreement with GENERATED.csv": not expected["missed"],
    }
    return {
        "files": len(outcomes),
        "outcomes": dict(Counter(outcome.outcome for outcome in outcomes).most_common()),
        "outcomes_by_folder": by_folder(outcomes),
        "untyped": [{"file": o.file, "message": o.message} for o in untyped],
        "decoder_breakdowns": fallen,
        "decoder_timeouts": timed_out,
        "slowest": {"file": slowest.file, "elapsed_s": round(slowest.elapsed_s, 3)},
        "elapsed_s": {
            "p50": round(percentile(times, 0.50), 5),
            "p95": round(percentile(times, 0.95), 5),
            "max": round(max(times), 3),
            "total": round(sum(times), 1),
        },
        "memory_mib": {"before": round(before_mib, 1), "growth": round(growth, 1)},
        "expected": expected,
        "walls": list(decoder_walls()),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "targets": targets,
    }


def by_folder(outcomes: Sequence[Outcome]) -> dict[str, dict[str, int]]:
    """Count outcomes by the first folder of the corpus that a file lies in."""
    counts: dict[str, Counter[str]] = {}
    for outcome in outcomes:
        counts.setdefault(outcome.file.split("/")[0], Counter())[outcome.outcome] += 1
    return {folder: dict(count.most_common()) for folder, count in sorted(counts.items())}


def main() -> int:
    """Run the corpus, print and write the figures; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("corpus", type=Path, help="badinputs.tar.xz, or the folder it unpacks to")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/badinputs.json"))
    parser.add_argument("--limit", type=int, help="only the first files")
    options = parser.parse_args()
    with corpus_folder(options.corpus) as folder:
        total = min(sum(1 for _ in corpus_cases(folder)), options.limit or sys.maxsize)
        cases = itertools.islice(corpus_cases(folder), total)
        outcomes, before = run(cases, total)
        figures = report(outcomes, before, folder)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(json.dumps({k: v for k, v in figures.items() if k != "outcomes_by_folder"}, indent=2))
    targets = figures["targets"]
    assert isinstance(targets, dict)
    return 0 if all(targets.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
