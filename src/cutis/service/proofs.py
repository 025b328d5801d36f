"""The log as the service shows it: checkpoints and proofs; and reports, signed.

The mathematics and the signatures are those of `cutis.store`; here they meet the records' own log.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cutis.core.ports import Clock
from cutis.core.record_ports import LeafSource
from cutis.core.records import AssessmentRecord, Review
from cutis.store.audit import TransparencyLog
from cutis.store.checkpoint import Checkpoint, LogSigner, Policy
from cutis.store.key_files import public_text
from cutis.store.merkle import consistency_proof, inclusion_proof, range_root
from cutis.store.signing import SignatureFile, sign_report
from cutis.store.statement import Signer
from cutis.store.verification import Proof, TrustedKeys, verify_report
from cutis.store.witness import Cosigner

Path = tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Signers:
    """Who signs: the reports, the log, and the witnesses that watch the log."""

    reports: Signer
    log: LogSigner
    policy: Policy
    witnesses: tuple[Cosigner, ...] = ()


class Proofs:
    """Proofs over the records' log; safe to share between threads."""

    def __init__(self, source: LeafSource, signers: Signers, clock: Clock) -> None:
        self._signers, self._clock = signers, clock
        self.log = TransparencyLog(
            source, signers.log, signers.witnesses, policy=signers.policy, clock=clock.now
        )

    def checkpoint(self) -> tuple[int, str]:
        """Return the size of the log and a signed checkpoint of it; a new one where it grew.

        Raises:
            StoreError: a witness refuses: the log shows another history than before.
        """
        note = self.log.checkpoint()
        return Checkpoint.parse(note.text).size, str(note)

    def inclusion(self, index: int, size: int) -> tuple[bytes, bytes, Path]:
        """Return the leaf hash of an entry, the root of the first ``size``, and the path."""
        tree = self.log.tree()
        return tree.leaf(index), range_root(tree, 0, size), inclusion_proof(tree, index, size)

    def consistency(self, old: int, new: int) -> tuple[bytes, bytes, Path]:
        """Return both roots, and the path that proves that the log only grew in between."""
        tree = self.log.tree()
        path = consistency_proof(tree, old, new)
        return range_root(tree, 0, old), range_root(tree, 0, new), path

    def sign_report(
        self,
        record: AssessmentRecord,
        reviews: Sequence[Review],
        enter: Callable[[str], int],
    ) -> tuple[bytes, bytes]:
        """Return the report of an assessment with its reviews, and its signature file.

        Args:
            record: the assessment.
            reviews: what was said of it.
            enter: puts what names the signatures into the log, and returns the entry's index.

        Raises:
            StoreError: the log cannot be written, or a witness refuses.
        """
        report = json.dumps(_report(record, reviews), ensure_ascii=False, indent=2).encode()
        origin = self._signers.log.keys.origin
        made = sign_report(report, ".json", self._signers.reports, at=self._clock.now(), log=origin)
        placed = self.log.complete(made, enter(made.signed.entry_digest()))
        return report, placed.text().encode()

    def verify(self, report: str, signature: str) -> Proof:
        """Verify a report by the keys of this service.

        Raises:
            UntrustedError: somebody else signed.
            TamperedError: the report or its signature is not as it was.
        """
        trusted = TrustedKeys((self._signers.reports.keys,), self._signers.policy)
        return verify_report(report.encode(), SignatureFile.parse(signature), trusted)

    def public_keys(self) -> str:
        """Return the public keys as the file that `cutis verify --keys` takes."""
        signers = self._signers
        return public_text(TrustedKeys((signers.reports.keys,), signers.policy))


def _report(record: AssessmentRecord, reviews: Sequence[Review]) -> dict[str, object]:
    """Return the assessment as it was made, and beside it what reviewers said."""
    said = [
        {
            "judgement": review.judgement.value,
            "reason": review.reason,
            "changes": json.loads(review.changes),
            "files": {entry.name: entry.sha256 for entry in review.files},
            "reviewed_at": review.created_at,
        }
        for review in reviews
    ]
    return {**json.loads(record.document), "reviews": said}
