"""Tampering with signed reports and with the log: how much was tried, how much was noticed.

    python benchmarks/soak/log.py [--every N] [--logs N] [--out benchmarks/results/soak_log.json]

Targets S14 and S15: every try is refused with a typed error, and nothing honest is. Each single
bit of a signature file is flipped, and each N-th bit of one with its place in a log and of a part
of a report; all are cut at every byte, too. ``--logs`` is the number of random logs that are
forked, rolled back, reordered and lied about. The exit code is 1 when a try went unnoticed.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from cutis.core.errors import InputError, StoreError
from cutis.reports.json import to_json
from cutis.store.checkpoint import LogSigner, NoteSigner, Policy
from cutis.store.merkle import (
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)
from cutis.store.notes import NoteKind
from cutis.store.signing import (
    ReportPart,
    SignatureFile,
    enter,
    log_entry,
    sign_report,
    take_part,
)
from cutis.store.statement import Signer
from cutis.store.trees import LeafList
from cutis.store.verification import TrustedKeys, verify_part, verify_report
from cutis.store.witness import MemoryInProcess, Witness, publish
from cutis.testing import sample_assessment

ORIGIN = "soak.example/log"
SEED = 20261103
Check = Callable[[str], object]


def now() -> datetime:
    return datetime.now(UTC)


def witnesses(log: LogSigner) -> list[Witness]:
    kind = NoteKind.ML_DSA_44_COSIGNATURE
    signers = [NoteSigner.generate(f"w{number}.example/w", kind) for number in (1, 2)]
    return [Witness(each, [log.keys], memory=MemoryInProcess(), clock=now) for each in signers]


def files() -> dict[str, tuple[str, Check]]:
    """Return the three files, each with what verifies it."""
    report = to_json(sample_assessment()).encode()
    signer, log = Signer.generate("soak.example/reports"), LogSigner.generate(ORIGIN)
    watching, tree = witnesses(log), LeafList()
    policy = Policy((log.keys,), tuple(each.signer.key for each in watching))
    trusted = TrustedKeys((signer.keys,), policy)
    alone = sign_report(report, "json", signer, at=now())
    entered = sign_report(report, "json", signer, at=now(), log=ORIGIN)
    leaf = log_entry(entered.signed)
    for entry in (b"a", b"b", leaf, b"c", b"d"):
        tree.append(leaf_hash(entry))
    note = publish(tree, log, watching, at=now(), policy=policy)
    entered = enter(entered, tree, leaf=leaf, index=2, checkpoint=note)
    part = take_part(entered, report, ["acne", "redness"])

    def whole(text: str) -> object:
        return verify_report(report, SignatureFile.parse(text), trusted)

    return {
        "signature": (alone.text(), whole),
        "signature_in_log": (entered.text(), whole),
        "part": (part.text(), lambda text: verify_part(ReportPart.parse(text), trusted)),
    }


def noticed(content: bytes, check: Check) -> bool:
    """Tell whether a tampered file is refused by an error of the store; no other error counts."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return True  # the command line answers this before anything is verified
    try:
        check(text)
    except StoreError:
        return True
    return False


def flips(content: bytes, every: int) -> Iterator[bytes]:
    for at in range(0, len(content) * 8, every):
        flipped = bytearray(content)
        flipped[at // 8] ^= 1 << at % 8
        yield bytes(flipped)


def tamper(text: str, check: Check, every: int) -> dict[str, int | float]:
    """Flip bits and cut; return how much was tried and noticed."""
    content, started = text.encode(), time.perf_counter()
    check(text)
    bits = [noticed(each, check) for each in flips(content, every)]
    cuts = [noticed(content[:end], check) for end in range(len(content))]
    return {
        "bytes": len(content),
        "every_nth_bit": every,
        "flips_tried": len(bits),
        "flips_noticed": sum(bits),
        "cuts_tried": len(cuts),
        "cuts_noticed": sum(cuts),
        "elapsed_s": round(time.perf_counter() - started, 1),
    }


def refuses(action: Callable[[], object]) -> bool:
    try:
        action()
    except (StoreError, InputError):
        return True
    return False


def proofs(leaves: list[bytes], chance: random.Random) -> dict[str, bool]:
    """Lie about one place and one growth of a log; return which lies were refused."""
    tree, size = LeafList(leaves), len(leaves)
    index, old = chance.randrange(size), chance.randrange(1, size)
    path, growth = inclusion_proof(tree, index), consistency_proof(tree, old)
    roots = {"old_root": LeafList(leaves[:old]).frontier.root(), "new_root": tree.frontier.root()}

    def place(proof: tuple[bytes, ...], at: int = index, leaf: bytes = leaves[index]) -> bool:
        expected = tree.frontier.root()
        return refuses(lambda: verify_inclusion(leaf, at, size, proof=proof, expected=expected))

    def grown(proof: tuple[bytes, ...]) -> bool:
        return refuses(lambda: verify_consistency(old, size, proof=proof, **roots))

    if place(path) or grown(growth):
        raise AssertionError("an honest proof was refused")
    lies = {
        "inclusion: a flipped bit": place(flipped(path, chance)),
        "inclusion: cut": place(path[:-1]),
        "inclusion: another place": place(path, (index + 1) % size),
        "inclusion: another leaf": place(path, leaf=leaf_hash(b"forged")),
        "consistency: cut": grown(growth[:-1]),
        "consistency: too long": grown((*growth, leaves[0])),
    }
    return lies | {"consistency: a flipped bit": grown(flipped(growth, chance))}


def flipped(proof: tuple[bytes, ...], chance: random.Random) -> tuple[bytes, ...]:
    at, bit = chance.randrange(len(proof)), chance.randrange(256)
    changed = (int.from_bytes(proof[at], "big") ^ (1 << bit)).to_bytes(32, "big")
    return (*proof[:at], changed, *proof[at + 1 :])


def histories(leaves: list[bytes], chance: random.Random) -> dict[str, list[bytes]]:
    """Return histories that do not begin with ``leaves``."""
    at = chance.randrange(len(leaves))
    forged = leaf_hash(chance.randbytes(8))
    later = [leaf_hash(chance.randbytes(8)) for _ in range(3)]
    other = (at + 1) % len(leaves)
    swapped = list(leaves)
    swapped[at], swapped[other] = swapped[other], swapped[at]
    return {
        "log: rolled back": leaves[:-1],
        "log: forked": [*leaves[:at], forged, *leaves[at + 1 :]],
        "log: forked and grown": [*leaves[:at], forged, *leaves[at + 1 :], *later],
        "log: an entry taken out": [*leaves[:at], *leaves[at + 1 :], *later],
        "log: an entry put in": [*leaves[:at], forged, *leaves[at:]],
        "log: reordered": [*swapped, *later],
    }


def lie_about_logs(count: int) -> dict[str, dict[str, int]]:
    """Return, by kind of lie, how often it was tried and refused."""
    chance = random.Random(SEED)
    log = LogSigner.generate(ORIGIN)
    figures: dict[str, dict[str, int]] = {}
    for _ in range(count):
        leaves = [leaf_hash(chance.randbytes(8)) for _ in range(chance.randrange(2, 200))]
        lies = proofs(leaves, chance)
        for name, history in histories(leaves, chance).items():
            watching = witnesses(log)
            policy = Policy((log.keys,), tuple(each.signer.key for each in watching))
            publish(LeafList(leaves), log, watching, at=now(), policy=policy)
            lies[name] = refuses(
                lambda h=history, w=watching, p=policy: publish(
                    LeafList(h), log, w, at=now(), policy=p
                )
            )
        for name, refused in lies.items():
            row = figures.setdefault(name, {"tried": 0, "noticed": 0})
            row["tried"] += 1
            row["noticed"] += refused
    return figures


def main() -> int:
    """Tamper, print and write the figures; 1 when a try went unnoticed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--every", type=int, default=1, help="flip each N-th bit of the larger files"
    )
    parser.add_argument(
        "--logs", type=int, default=1000, help="how many random logs are lied about"
    )
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/soak_log.json"))
    options = parser.parse_args()
    reports = {
        name: tamper(text, check, 1 if name == "signature" else options.every)
        for name, (text, check) in files().items()
    }
    logs = lie_about_logs(options.logs)
    tried = sum(int(r["flips_tried"] + r["cuts_tried"]) for r in reports.values())
    seen = sum(int(r["flips_noticed"] + r["cuts_noticed"]) for r in reports.values())
    figures = {
        "S15_signed_reports": {"tried": tried, "noticed": seen, **reports},
        "S14_log": {
            "tried": sum(row["tried"] for row in logs.values()),
            "noticed": sum(row["noticed"] for row in logs.values()),
            **logs,
        },
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=2))
    whole = [figures["S14_log"], figures["S15_signed_reports"]]
    return 0 if all(part["tried"] == part["noticed"] for part in whole) else 1


if __name__ == "__main__":
    sys.exit(main())
