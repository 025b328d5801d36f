"""Log entries as bytes: one canonical form, so that a hash means one thing.

JSON in UTF-8, keys sorted, no spaces. An entry tells who did what to which record, with the digests
of what is sealed; never anything that was sealed. One that enters a signed report has a member
``statement`` besides, with which `cutis.store.verification` finds the signatures in it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from cutis.core.errors import TamperedError
from cutis.core.record_words import Outcome, Role
from cutis.core.records import AuditEntry

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Write:
    """One record that an operation wrote: its version and SHA-256 of its sealed bytes, hex."""

    record_id: str
    version: int
    digest: str


def encode_entry(entry: AuditEntry, writes: tuple[Write, ...]) -> bytes:
    """Return the canonical bytes of an entry and all its writes."""
    content = {
        "format": FORMAT,
        "index": entry.index,
        "at": entry.at,
        "tenant": entry.tenant_id,
        "actor": entry.actor_id,
        "role": entry.role.value,
        "action": entry.action,
        "subject": entry.subject_id,
        "record": entry.record_id,
        "outcome": entry.outcome.value,
        "request": entry.request_id,
        "writes": [[write.record_id, write.version, write.digest] for write in writes],
    }
    if entry.statement:
        content["statement"] = entry.statement
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8")


def decode_entry(content: bytes) -> tuple[AuditEntry, tuple[Write, ...]]:
    """Read what `encode_entry` wrote.

    Raises:
        TamperedError: these are no bytes of an entry.
    """
    try:
        return _decode(json.loads(content))
    except (ValueError, KeyError, TypeError) as error:
        raise TamperedError("An entry of the log cannot be read: it was altered.") from error


def _decode(content: dict[str, object]) -> tuple[AuditEntry, tuple[Write, ...]]:
    rows = content["writes"]
    if not isinstance(rows, list) or content["format"] != FORMAT:
        raise ValueError(content["format"])
    writes = tuple(Write(str(name), int(version), str(digest)) for name, version, digest in rows)
    record_id = str(content["record"])
    main = next((write for write in writes if write.record_id == record_id), None)
    entry = AuditEntry(
        index=int(str(content["index"])),
        at=str(content["at"]),
        tenant_id=str(content["tenant"]),
        actor_id=str(content["actor"]),
        role=Role(str(content["role"])),
        action=str(content["action"]),
        subject_id=str(content["subject"]),
        record_id=record_id,
        version=main.version if main else 0,
        digest=main.digest if main else "",
        outcome=Outcome(str(content["outcome"])),
        request_id=str(content["request"]),
        statement=str(content.get("statement", "")),
    )
    return entry, writes
