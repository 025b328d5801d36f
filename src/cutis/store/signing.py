"""Signature files of whole reports, and files that show a part of one; making and reading them."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from cutis.core.errors import InputError, TamperedError
from cutis.store.checkpoint import Checkpoint
from cutis.store.documents import (
    canonical,
    decoded,
    encoded,
    field,
    from_document,
    only,
    refuse,
    to_document,
)
from cutis.store.merkle import TreeSource, inclusion_proof
from cutis.store.notes import Note
from cutis.store.sections import SALT_BYTES, Section, disclose, sections_root
from cutis.store.statement import MEDIA_TYPES, Signed, Signer, Statement, commit

SIGNATURE_SUFFIX = ".signature.json"
"""A report's signature file bears the report's name and this."""

_FILE, _PART = "a signature file", "a part of a signed report"
_FORM, _PART_FORM = "cutis-report-signature-1", "cutis-report-part-1"


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a signature stands in a log: the entry itself, its place, and a checkpoint above it."""

    leaf: bytes
    index: int
    proof: tuple[bytes, ...]
    checkpoint: str

    def tree(self) -> dict[str, Any]:
        """Return the entry as plain JSON."""
        return {
            "leaf": encoded(self.leaf),
            "index": self.index,
            "proof": [encoded(each) for each in self.proof],
            "checkpoint": self.checkpoint,
        }

    @classmethod
    def from_tree(cls, tree: Any) -> Entry | None:
        """Read what `tree` gave; nothing where there is nothing.

        Raises:
            ValueError: it is none.
        """
        if tree is None:
            return None
        only(tree, "leaf", "index", "proof", "checkpoint")
        proof = tuple(decoded(each) for each in field(tree, "proof", list))
        checkpoint = field(tree, "checkpoint", str)
        return cls(decoded(tree["leaf"]), field(tree, "index", int), proof, checkpoint)


@dataclass(frozen=True, slots=True)
class SignatureFile:
    """The signature of a whole report. ``secret`` salts its digests; it stays with the report."""

    signed: Signed
    secret: bytes
    entry: Entry | None = None

    def text(self) -> str:
        """Return the file."""
        return to_document(
            {
                "form": _FORM,
                "statement": self.signed.statement.tree(),
                "signatures": self.signed.signature_tree(),
                "secret": encoded(self.secret),
                "entry": self.entry and self.entry.tree(),
            }
        )

    @classmethod
    def parse(cls, text: str) -> SignatureFile:
        """Read a signature file; nothing is verified yet.

        Raises:
            TamperedError: it is none, or not exactly as it was written.
        """
        tree = from_document(text, _FILE)
        try:
            only(tree, "form", "statement", "signatures", "secret", "entry")
            _check_form(tree, _FORM)
            found = cls(_signed(tree), decoded(tree["secret"]), Entry.from_tree(tree["entry"]))
        except (ValueError, TypeError, AttributeError) as error:
            refuse(_FILE, error)
        if found.text() != text or len(found.secret) != SALT_BYTES:
            refuse(_FILE)
        return found


@dataclass(frozen=True, slots=True)
class ReportPart:
    """Some sections of a signed report, with what proves that they belong to it."""

    signed: Signed
    sections: tuple[Section, ...]
    entry: Entry | None = None

    def text(self) -> str:
        """Return the file."""
        return to_document(
            {
                "form": _PART_FORM,
                "statement": self.signed.statement.tree(),
                "signatures": self.signed.signature_tree(),
                "sections": [section.tree() for section in self.sections],
                "entry": self.entry and self.entry.tree(),
            }
        )

    @classmethod
    def parse(cls, text: str) -> ReportPart:
        """Read a part of a report; nothing is verified yet.

        Raises:
            TamperedError: it is none, or not exactly as it was written.
        """
        tree = from_document(text, _PART)
        try:
            only(tree, "form", "statement", "signatures", "sections", "entry")
            _check_form(tree, _PART_FORM)
            sections = tuple(Section.from_tree(each) for each in field(tree, "sections", list))
            found = cls(_signed(tree), sections, Entry.from_tree(tree["entry"]))
        except (ValueError, TypeError, AttributeError) as error:
            refuse(_PART, error)
        paths = [section.path for section in sections]
        if found.text() != text or paths != sorted(set(paths)):
            refuse(_PART)
        return found


def is_part(text: str) -> bool:
    """Tell whether a file says that it is a part of a signed report."""
    return f'"form": "{_PART_FORM}"' in text


def sign_report(
    report: bytes, suffix: str, signer: Signer, *, at: datetime, log: str | None = None
) -> SignatureFile:
    """Sign a report.

    Args:
        report: the whole file.
        suffix: the ending of its name: json, html, pdf, csv or zip.
        signer: who signs.
        at: when, aware.
        log: the log in which it will be entered (`enter`); until then it does not verify.

    Raises:
        InputError: the ending is another, or a JSON report is no JSON object.
    """
    media_type = MEDIA_TYPES.get(suffix.lower().removeprefix("."))
    if media_type is None:
        known = ", ".join(MEDIA_TYPES)
        raise InputError(f"A report to sign ends in {known}; {suffix[:20]!r} came. Name another.")
    secret = secrets.token_bytes(SALT_BYTES)
    statement = Statement(
        media_type,
        commit(file_salt(secret), report),
        sections_root(report, secret) if suffix.lower().endswith("json") else None,
        signer.name,
        signer.keys.ids,
        at.astimezone(UTC).replace(microsecond=0),
        log,
    )
    return SignatureFile(Signed.make(statement, signer), secret)


def log_entry(signed: Signed) -> bytes:
    """Return the smallest entry that ties a signature to a log; others may hold more members."""
    return canonical({"action": "report.signed", "statement": signed.entry_digest()})


def enter(
    file: SignatureFile, tree: TreeSource, *, leaf: bytes, index: int, checkpoint: Note
) -> SignatureFile:
    """Return the signature file with the proof that it stands in a log.

    Args:
        file: a signature that names the log.
        tree: the log, at least as large as the checkpoint says.
        leaf: the entry itself, with ``statement`` in it (`log_entry`).
        index: the place of the entry.
        checkpoint: witnessed, of a tree that holds the entry.

    Raises:
        InputError: the signature names another log, or the checkpoint is older than the entry.
    """
    head = Checkpoint.parse(checkpoint.text)
    if file.signed.statement.log != head.origin:
        raise InputError(
            f"The signature names the log {file.signed.statement.log!r}; the checkpoint is that "
            f"of {head.origin!r}. Sign the report for the log that it is entered in."
        )
    proof = inclusion_proof(tree, index, head.size)
    return replace(file, entry=Entry(leaf, index, proof, str(checkpoint)))


def take_part(file: SignatureFile, report: bytes, wanted: Iterable[str]) -> ReportPart:
    """Return some sections of a signed JSON report, provable without the rest.

    Raises:
        InputError: the report is no JSON, or has no such section.
        TamperedError: the report is not the one that was signed.
    """
    check_report(file, report)
    if file.signed.statement.sections is None:
        raise InputError("Parts can be shown of a signed JSON report. Sign the assessment.json.")
    return ReportPart(file.signed, disclose(report, file.secret, wanted), file.entry)


def check_report(file: SignatureFile, report: bytes) -> None:
    """Check that a report is the one that its signature file is about; no signature is checked.

    Raises:
        TamperedError: it is another, or was changed.
    """
    statement = file.signed.statement
    commitment = commit(file_salt(file.secret), report)
    same = hmac.compare_digest(commitment, statement.commitment)
    if not same or (
        statement.sections and sections_root(report, file.secret) != statement.sections
    ):
        raise TamperedError(
            "The report is not the one that was signed: it was changed after the signing, or the "
            "signature file belongs to another report. Do not rely on it; ask for the original."
        )


def file_salt(secret: bytes) -> bytes:
    """Return the salt under which a file is committed to."""
    return hmac.digest(secret, b"cutis file salt v1\n", "sha256")


def _signed(tree: Mapping[str, Any]) -> Signed:
    return Signed.from_tree(field(tree, "statement", dict), field(tree, "signatures", dict))


def _check_form(tree: Mapping[str, Any], form: str) -> None:
    if tree["form"] != form:
        raise ValueError("form")
