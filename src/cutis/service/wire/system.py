"""The service itself: health, status, erasure receipts, the log and its proofs."""

from __future__ import annotations

from typing import Self

from pydantic import Field

from cutis.core.record_words import Outcome, Role
from cutis.core.records import AuditEntry, ErasureReceipt, Listing
from cutis.service.wire.base import Id, Time, Wire

_HASH = "5d" * 32


class HealthOut(Wire):
    """Alive."""

    status: str = Field(examples=["ok"])


class ReadyOut(Wire):
    """Whether work can be done now."""

    ready: bool = Field(examples=[True])
    store: bool = Field(description="The records can be written.", examples=[True])
    workers: bool = Field(description="A worker waits or works.", examples=[True])


class StatusOut(Wire):
    """What goes on, for those who run the service."""

    version: str = Field(examples=["0.1.0"])
    jobs: dict[str, int] = Field(examples=[{"queued": 0, "running": 1}])
    workers_ready: int = Field(examples=[1])
    workers_fallen: int = Field(examples=[0])
    refused_for_load: int = Field(examples=[0])
    log_size: int = Field(examples=[4213])


class ReceiptOut(Wire):
    """The proof that a person's key was destroyed; it holds no personal data."""

    id: Id
    tenant_id: Id
    subject_sha256: str = Field(
        description="SHA-256 of `cutis/erased`, tenant id and person id, a zero byte between.",
        examples=[_HASH],
    )
    key_id: Id
    requested_at: Time
    destroyed_at: Time
    entry_index: int = Field(description="Its place in the log.", examples=[4213])

    @classmethod
    def of(cls, receipt: ErasureReceipt) -> Self:
        """Return a receipt as JSON."""
        return cls(
            id=receipt.id,
            tenant_id=receipt.tenant_id,
            subject_sha256=receipt.subject_sha256,
            key_id=receipt.key_id,
            requested_at=receipt.requested_at,
            destroyed_at=receipt.destroyed_at,
            entry_index=receipt.entry_index,
        )


class EntryOut(Wire):
    """One line of the log."""

    index: int = Field(examples=[4213])
    at: Time
    actor_id: str = Field(examples=["b51f6a0c5f9c4f0f8a4f0d5ae5f4a3c2"])
    role: Role = Field(examples=[Role.CLINICIAN])
    action: str = Field(examples=["assessment.read"])
    subject_id: str = Field(examples=[""])
    record_id: str = Field(examples=[""])
    version: int = Field(examples=[1])
    digest: str = Field(examples=[_HASH])
    outcome: Outcome = Field(examples=[Outcome.DONE])
    request_id: str = Field(examples=["0f3b7a6c9d2e4f10"])
    statement: str = Field(description="Of a signed report: names its signatures.", examples=[""])

    @classmethod
    def of(cls, entry: AuditEntry) -> Self:
        """Return an entry as JSON."""
        return cls(
            index=entry.index,
            at=entry.at,
            actor_id=entry.actor_id,
            role=entry.role,
            action=entry.action,
            subject_id=entry.subject_id,
            record_id=entry.record_id,
            version=entry.version,
            digest=entry.digest,
            outcome=entry.outcome,
            request_id=entry.request_id,
            statement=entry.statement,
        )


class EntriesOut(Wire):
    """A page of the log, the latest first."""

    items: list[EntryOut]
    next_cursor: str | None

    @classmethod
    def of(cls, listing: Listing[AuditEntry]) -> Self:
        """Return a page as JSON."""
        items = [EntryOut.of(entry) for entry in listing.items]
        return cls(items=items, next_cursor=listing.next_cursor)


class CheckpointOut(Wire):
    """A signed checkpoint of the log (C2SP tlog-checkpoint)."""

    size: int = Field(examples=[4214])
    note: str = Field(examples=["example.org/cutis\n4214\n…\n\n— example.org/cutis …\n"])


class InclusionOut(Wire):
    """The proof that an entry is in the log (RFC 6962, section 2.1.1); hashes in hexadecimal."""

    index: int = Field(examples=[4213])
    size: int = Field(examples=[4214])
    leaf_hash: str = Field(examples=[_HASH])
    root_hash: str = Field(examples=[_HASH])
    path: list[str] = Field(examples=[[_HASH]])


class ConsistencyOut(Wire):
    """The proof that the log only grew (RFC 6962, section 2.1.2); hashes in hexadecimal."""

    old_size: int = Field(examples=[4000])
    new_size: int = Field(examples=[4214])
    old_root: str = Field(examples=[_HASH])
    new_root: str = Field(examples=[_HASH])
    path: list[str] = Field(examples=[[_HASH]])
