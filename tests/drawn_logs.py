"""Logs, witnesses and signed reports made for tests, with keys from fixed seeds."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cutis.store.checkpoint import LogSigner, NoteSigner, Policy
from cutis.store.merkle import leaf_hash
from cutis.store.notes import ALGORITHM_OF, Note, NoteKind
from cutis.store.signature_keys import PrivateKey
from cutis.store.signing import SignatureFile, enter, log_entry, sign_report
from cutis.store.statement import BOTH, Signer
from cutis.store.trees import LeafList
from cutis.store.verification import TrustedKeys
from cutis.store.witness import MemoryInProcess, Witness, publish

AT = datetime(2026, 11, 3, 10, 15, tzinfo=UTC)
ORIGIN = "clinic.example/log"


def seed(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def signer(name: str, kind: NoteKind) -> NoteSigner:
    return NoteSigner(name, kind, PrivateKey(ALGORITHM_OF[kind], seed(f"{name}{kind}")))


def log_signer(origin: str = ORIGIN) -> LogSigner:
    kinds = (NoteKind.ED25519, NoteKind.ML_DSA_44_COSIGNATURE)
    return LogSigner(*(signer(origin, kind) for kind in kinds))


def witness(
    name: str, kind: NoteKind = NoteKind.ML_DSA_44_COSIGNATURE, minutes: int = 1
) -> Witness:
    clock = AT + timedelta(minutes=minutes)
    memory = MemoryInProcess()
    return Witness(signer(name, kind), [log_signer().keys], memory=memory, clock=lambda: clock)


@dataclass
class SmallLog:
    """A log of a few entries with two witnesses."""

    tree: LeafList = field(default_factory=LeafList)
    signer: LogSigner = field(default_factory=log_signer)
    witnesses: tuple[Witness, ...] = field(
        default_factory=lambda: (witness("w1.example/w"), witness("w2.example/w", minutes=2))
    )

    @property
    def policy(self) -> Policy:
        return Policy((self.signer.keys,), tuple(each.signer.key for each in self.witnesses))

    def add(self, *entries: bytes) -> None:
        for entry in entries:
            self.tree.append(leaf_hash(entry))

    def publish(self) -> Note:
        return publish(self.tree, self.signer, self.witnesses, at=AT, policy=self.policy)


def report_signer(name: str = "clinic.example/reports") -> Signer:
    pair = (PrivateKey(each, seed(f"{name}{each.value}")) for each in BOTH)
    return Signer(name, *pair)


REPORT = (
    b'{"schema_version": "1.1", "usable": true, "scores": {"acne": {"value": 34.0}, "redness": '
    b'{"value": 52.5}}, "capture": {"sha256": "5f5f"}, "findings": [], "tone": {}}\n'
)
"""A report as small as one can be."""


def logged(
    report: bytes = REPORT, log: SmallLog | None = None
) -> tuple[SignatureFile, TrustedKeys]:
    """Return a signature that stands in a log of five entries, and whom to trust."""
    log = log or SmallLog()
    file = sign_report(report, ".json", report_signer(), at=AT, log=ORIGIN)
    leaf = log_entry(file.signed)
    log.add(b"before", b"and before", leaf, b"after", b"and after")
    file = enter(file, log.tree, leaf=leaf, index=log.tree.size - 3, checkpoint=log.publish())
    return file, TrustedKeys((report_signer().keys,), log.policy)
