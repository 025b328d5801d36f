"""The page of targets: what is promised, by which command it is tried, and its last figure.

A soak script and a test say which targets they try in the first line of their docstring
(``R9: …``, ``R10 in short: …``), or in one that begins with *Target*; figures are what
``make soak`` wrote into benchmarks/results.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SOAK, TESTS = ROOT / "benchmarks" / "soak", ROOT / "tests"
RESULTS = ROOT / "benchmarks" / "results"

PROMISES = {
    "R1": "bad input: a typed refusal with a reason, no crash, no hang, no server error",
    "R2": "silent damage: an upload without its digest, or with another one, is refused",
    "R3": "the API, fuzzed from its own document: no failure",
    "R5": "kill -9 while records are written: nothing acknowledged is lost",
    "R6": "power cuts: nothing acknowledged is lost; with `synchronous=NORMAL` the test must fail",
    "R7": "failing disks: nothing is acknowledged that was not kept",
    "R8": "a full disk: refused with 507; reading and erasing still work",
    "R9": "killed workers: one task fails, the next is served within a second, no orphans",
    "R10": "ten times too much: goodput over 80 % of the peak, refusals in 100 ms, health in 50",
    "R11": "ten thousand requests: memory, descriptors and threads do not grow",
    "R13": "one key sent a hundred times at once: one record, one entry",
    "R14": "races: model and system agree, on both databases",
    "S1": "every operation, role, tenant, tie and consent answers as the policy table says",
    "S2": "who does not sign in gets nothing but what is public",
    "S3": "opaque tokens of 256 bits, hashed at rest, revoked within a second; Argon2id; passkeys",
    "S4": "device trust lowers rights, never raises them; what is grave asks for a confirmation",
    "S6": "no live formula in a CSV",
    "S7": "nothing leaves the machine",
    "S8": "nothing is written outside the data folders",
    "S9": "no code is made from data",
    "S10": "photos are decoded in a sandbox",
    "S11": "nothing readable at rest",
    "S12": "every flipped bit, swap and rollback of a sealed record is refused",
    "S13": "erasure destroys the key, in backups too, and gives a receipt",
    "S14": "every tampering with the log is detected; an unwritable log refuses",
    "S15": "reports carry two signatures; stripping one is refused",
    "S25": "the rights of GDPR 9, 15, 17, 20 and 22",
}
"""Every target that is due, in words."""

_ID = re.compile(r"\b[RS]\d{1,2}\b")
_MOST_FIGURES = 12


@dataclass(frozen=True, slots=True)
class Place:
    """Where a target is tried: the command, and whether it is the long form."""

    target: str
    command: str
    long: bool


def targets_page() -> str:
    """Return the page."""
    rows = ["| target | promise | short form | long form | last figure |", "|---|---|---|---|---|"]
    found = list(places())
    for target, promise in PROMISES.items():
        mine = [place for place in found if place.target == target]
        cells = [_commands(mine, long=False), _commands(mine, long=True), _figures(target, mine)]
        rows.append(f"| {target} | {promise} | {' | '.join(cells)} |")
    return f"# Targets\n\n{_MARK}\n{_INTRO}\n" + "\n".join(rows) + "\n"


_MARK = "<!-- Written by docs/generate.py; run make soak, then make reference. -->\n"
_INTRO = """\
What is promised of the service and its records, and the commands that try it. Short forms run
with the tests; long forms with `make soak`, which keeps the figures shown here. A cell without a
figure has not been run in its long form yet.
"""


def places() -> Iterator[Place]:
    """Yield every place that says which target it tries."""
    for path in sorted(SOAK.glob("*.py")):
        yield from _named(path, ast.get_docstring(_tree(path)), long=True)
    for path in sorted(TESTS.rglob("test_*.py")):
        tree = _tree(path)
        yield from _named(path, ast.get_docstring(tree), long=False)
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
                yield from _named(path, ast.get_docstring(node), long=False, name=node.name)


def _named(path: Path, text: str | None, *, long: bool, name: str = "") -> Iterator[Place]:
    where = path.relative_to(ROOT).as_posix() + (f"::{name}" if name else "")
    lines = (text or "").splitlines()
    said = lines[:1] + [line for line in lines if line.startswith("Target")]
    for target in _ID.findall(" ".join(said)):
        yield Place(target, f"python {where}" if long else f"pytest {where}", long)


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _commands(found: list[Place], *, long: bool) -> str:
    return "<br>".join(f"`{place.command}`" for place in found if place.long is long)


def _figures(target: str, found: list[Place]) -> str:
    """Return the scalars that the long forms of a target wrote last."""
    texts = []
    for place in found:
        if place.long:
            path = RESULTS / f"soak_{Path(place.command.split()[1]).stem}.json"
            if path.is_file():
                texts.append(_told(json.loads(path.read_text(encoding="utf-8")), target))
    return "<br>".join(text for text in texts if text)


def _told(figures: Any, target: str) -> str:
    """Return the figures of one target: those under its name, or all of the file."""
    own = next((v for k, v in figures.items() if k.split("_")[0] == target), figures)
    pairs = [(k, v) for k, v in own.items() if isinstance(v, bool | int | float)]
    text = ", ".join(f"{key} {value}" for key, value in pairs[:_MOST_FIGURES])
    machine = figures.get("machine", {})
    busy = machine.get("load_before", 0) > machine.get("processors", 1)
    return f"{text} (busy machine: load {machine['load_before']})" if busy else text
