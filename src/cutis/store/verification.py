"""What a signed report, or a part of one, proves to who trusts some keys."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cutis.core.errors import TamperedError, UntrustedError
from cutis.store.checkpoint import Policy, open_checkpoint
from cutis.store.merkle import leaf_hash, verify_inclusion
from cutis.store.notes import Note
from cutis.store.signing import Entry, ReportPart, SignatureFile, check_report
from cutis.store.statement import Signed, SignerKeys, Statement


@dataclass(frozen=True, slots=True)
class TrustedKeys:
    """Whom the one who verifies trusts: signers of reports, logs and their witnesses."""

    signers: tuple[SignerKeys, ...] = ()
    policy: Policy = field(default_factory=Policy)

    def signer(self, statement: Statement) -> SignerKeys:
        """Return the keys that a statement says it was signed with, or others of that name.

        Raises:
            UntrustedError: nobody of that name is trusted.
        """
        named = [keys for keys in self.signers if keys.name == statement.signer]
        if not named:
            raise UntrustedError(
                f"The report says that {statement.signer!r} signed it. No key of that name is "
                "among those you trust, so anybody may have signed. Get the keys from the signer "
                "by a way that you trust, and name them with --keys."
            )
        return next((keys for keys in named if keys.ids == dict(statement.key_ids)), named[0])


@dataclass(frozen=True, slots=True)
class LogPlace:
    """Where a signature stands in a log: the place from 0, and who saw the log in that state."""

    origin: str
    index: int
    size: int
    witnesses: tuple[tuple[str, datetime], ...]
    required: int
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Proof:
    """What was proven.

    Attributes:
        signer: who signed; ``signer.fingerprint`` can be compared with what they publish.
        signed_at: when, as the signer says.
        media_type: what kind of file it is.
        place: where it stands in a log; None where the signature names none.
        shown: of a part, each section that was shown; None for a whole report.
        sections: of how many sections the signed report is made; None where it has none.
    """

    signer: SignerKeys
    signed_at: datetime
    media_type: str
    place: LogPlace | None = None
    shown: Mapping[str, Any] | None = None
    sections: int | None = None


def verify_report(report: bytes, file: SignatureFile, trusted: TrustedKeys) -> Proof:
    """Verify a whole report, offline.

    Raises:
        UntrustedError: the signer, the log or its witnesses are not trusted.
        TamperedError: a signature, the report or its place in the log does not hold.
    """
    keys, place = _verified(file.signed, file.entry, trusted)
    check_report(file, report)
    statement = file.signed.statement
    count = statement.sections.count if statement.sections else None
    return Proof(keys, statement.signed_at, statement.media_type, place, None, count)


def verify_part(part: ReportPart, trusted: TrustedKeys) -> Proof:
    """Verify sections of a signed report, offline and without the rest of it.

    Raises:
        UntrustedError: the signer, the log or its witnesses are not trusted.
        TamperedError: a signature, a section or the place in the log does not hold.
    """
    keys, place = _verified(part.signed, part.entry, trusted)
    statement = part.signed.statement
    if statement.sections is None:
        raise TamperedError("The signed report has no sections. Ask for the whole report.")
    for section in part.sections:
        section.verify(statement.sections)
    shown = {section.path: section.value for section in part.sections}
    return Proof(
        keys, statement.signed_at, statement.media_type, place, shown, statement.sections.count
    )


def _verified(
    signed: Signed, entry: Entry | None, trusted: TrustedKeys
) -> tuple[SignerKeys, LogPlace | None]:
    """Check signatures and, where the statement names a log, the place in it."""
    keys = trusted.signer(signed.statement)
    signed.verify(keys)
    if signed.statement.log is None:
        if entry is not None:
            raise TamperedError(
                "The signature names no log, yet a place in one was added. "
                "Do not rely on it; ask the signer for the original."
            )
        return keys, None
    return keys, _place(signed, entry, trusted.policy)


def _place(signed: Signed, entry: Entry | None, policy: Policy) -> LogPlace:
    origin = str(signed.statement.log)
    policy.log(origin)
    if entry is None:
        raise TamperedError(
            f"The signer states that this signature stands in the log {origin!r}; the proof of it "
            "was taken away or never added. Ask the signer for the signature file with its proof."
        )
    seen = open_checkpoint(Note.parse(entry.checkpoint), policy)
    head = seen.checkpoint
    if head.origin != origin or _named(entry.leaf) != signed.entry_digest():
        raise TamperedError(
            "The place in the log is that of another signature. Do not rely on it; "
            "ask the signer for the original."
        )
    leaf = leaf_hash(entry.leaf)
    verify_inclusion(leaf, entry.index, head.size, proof=entry.proof, expected=head.root)
    seen_at = seen.first_seen_at(policy.required)
    return LogPlace(origin, entry.index, head.size, seen.witnesses, policy.required, seen_at)


def _named(leaf: bytes) -> Any:
    """Return which signature an entry of a log names; None where it names none."""
    try:
        tree = json.loads(leaf)
    except ValueError:
        return None
    return tree.get("statement") if isinstance(tree, dict) else None
