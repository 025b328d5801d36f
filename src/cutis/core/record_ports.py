"""The doors to the records: what the service needs of a store, as protocols.

Every operation that takes a `Call` writes exactly one audit entry, in the transaction of the record
and of the idempotency key; those that take none read no personal data out, or serve the policy. If
the entry cannot be written, nothing is done and nothing is told (`StoreUnavailableError`).
All are blocking and may be called from any thread. Each sees the call's own tenant only: a record
of another tenant does not exist.

Errors of every operation: `RecordNotFoundError` (absent, another tenant's, or erased: all alike),
`RecordConflictError` (another version stands, or an idempotency key came with another request),
`TamperedError` (what is kept does not open), `StoreFullError`, `StoreUnavailableError`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO, Protocol, runtime_checkable

from cutis.core.record_words import JobState, Kind, Outcome
from cutis.core.records import (
    AssessmentDraft,
    AssessmentRecord,
    AuditEntry,
    Call,
    Consent,
    ConsentDraft,
    ErasureReceipt,
    File,
    FileEntry,
    Job,
    JobDraft,
    Lease,
    Link,
    Listing,
    Page,
    Person,
    PersonDraft,
    PhotoDraft,
    PhotoRecord,
    Review,
    ReviewDraft,
    Standing,
    Tenant,
    Upload,
    Visit,
)


@runtime_checkable
class LeafSource(Protocol):
    """The log as it lies in the database; hashing and proofs are pure functions over it."""

    def log_size(self) -> int:
        """Return how many entries there are."""
        ...

    def log_entries(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield the canonical bytes of entries ``start`` to ``stop``, half open, in order."""
        ...

    def leaf_hashes(self, start: int, stop: int) -> Sequence[bytes]:
        """Return the kept RFC 6962 leaf hashes (32 bytes each) of entries, half open."""
        ...

    def save_checkpoint(self, size: int, note: str) -> None:
        """Keep a signed checkpoint of the first ``size`` entries; a later one may join it."""
        ...

    def latest_checkpoint(self) -> tuple[int, str] | None:
        """Return the kept checkpoint of the greatest size, and that size; None without one."""
        ...


class TenantRecords(Protocol):
    """Tenants, and the people of one."""

    def create_tenant(self, name: str, *, actor_id: str) -> Tenant:
        """Make a tenant with a key of its own; one entry, in the new tenant."""
        ...

    def tenants(self) -> Sequence[Tenant]:
        """Return all tenants, oldest first; for the operator, never for a user."""
        ...

    def add_person(self, call: Call, draft: PersonDraft) -> Person:
        """Keep a person under a new pseudonym and a key of their own."""
        ...

    def person(self, call: Call, person_id: str) -> Person:
        """Return one person."""
        ...

    def change_person(
        self, call: Call, person_id: str, draft: PersonDraft, *, expected_version: int
    ) -> Person:
        """Put ``draft`` in place of what is kept, if ``expected_version`` stands."""
        ...

    def people(self, call: Call, page: Page, *, of_user: str | None = None) -> Listing[Person]:
        """Return people of the tenant; with ``of_user`` those whom this user is linked to."""
        ...

    def link(self, call: Call, link: Link) -> None:
        """Tie a user to a person; the same tie twice is one."""
        ...

    def unlink(self, call: Call, link: Link) -> None:
        """Undo a tie; no error where there is none."""
        ...

    def links(self, call: Call, person_id: str) -> Sequence[Link]:
        """Return the ties of a person."""
        ...

    def standing(self, tenant_id: str, person_id: str, *, user_id: str) -> Standing | None:
        """Return what the policy must know, None where the person is absent; not logged."""
        ...

    def locate(self, tenant_id: str, record_id: str) -> tuple[Kind, str] | None:
        """Return kind and person of a record or job, None where it is absent; not logged."""
        ...


class PersonalRecords(Protocol):
    """Consents, visits, photos, assessments, reviews and their files."""

    def record_consent(self, call: Call, person_id: str, draft: ConsentDraft) -> Consent:
        """Keep a consent or a withdrawal and return it as a receipt."""
        ...

    def consents(self, call: Call, person_id: str) -> Sequence[Consent]:
        """Return every receipt of a person, oldest first."""
        ...

    def add_visit(
        self, call: Call, person_id: str, *, visited_at: str | None = None, note: str = ""
    ) -> Visit:
        """Keep a visit; now, unless ``visited_at`` says otherwise."""
        ...

    def visit(self, call: Call, visit_id: str) -> Visit:
        """Return one visit."""
        ...

    def change_visit(self, call: Call, visit_id: str, note: str, *, expected_version: int) -> Visit:
        """Put ``note`` in place of the kept one, if ``expected_version`` stands."""
        ...

    def visits(self, call: Call, person_id: str, page: Page) -> Listing[Visit]:
        """Return visits of a person."""
        ...

    def add_photo(self, call: Call, draft: PhotoDraft) -> Upload:
        """Keep a photo, the visit if none is named, and the job if one is asked for: one entry."""
        ...

    def photo(self, call: Call, photo_id: str) -> PhotoRecord:
        """Return what is kept about a photo."""
        ...

    def photos(self, call: Call, person_id: str, page: Page) -> Listing[PhotoRecord]:
        """Return photos of a person."""
        ...

    def add_assessment(self, call: Call, draft: AssessmentDraft) -> AssessmentRecord:
        """Keep an assessment with its files."""
        ...

    def assessment(self, call: Call, assessment_id: str) -> AssessmentRecord:
        """Return one assessment."""
        ...

    def assessments(self, call: Call, person_id: str, page: Page) -> Listing[AssessmentRecord]:
        """Return assessments of a person."""
        ...

    def add_review(self, call: Call, draft: ReviewDraft) -> Review:
        """Keep a review beside its assessment."""
        ...

    def reviews(self, call: Call, assessment_id: str) -> Sequence[Review]:
        """Return the reviews of an assessment, oldest first."""
        ...

    def read_file(self, call: Call, record_id: str, name: str) -> File:
        """Return a file of a record; a photo's is called ``photo``."""
        ...

    def attach_files(
        self, call: Call, record_id: str, files: Mapping[str, File]
    ) -> Sequence[FileEntry]:
        """Add files by name, such as a signed report, to an assessment; all of them, or none.

        One of the same name is replaced.
        """
        ...


class JobQueue(Protocol):
    """The queue in the database: leases, heartbeats, retries with backoff, quarantine."""

    def enqueue(self, call: Call, record_id: str, draft: JobDraft) -> Job:
        """Queue a job on a record."""
        ...

    def job(self, call: Call, job_id: str) -> Job:
        """Return a job as it stands."""
        ...

    def jobs(self, call: Call, page: Page, *, state: JobState | None = None) -> Listing[Job]:
        """Return jobs of the tenant."""
        ...

    def cancel_job(self, call: Call, job_id: str) -> Job:
        """Cancel a job that is queued or running; a final one stays as it is."""
        ...

    def claim_job(self, worker_id: str, *, lease_s: float = 60.0) -> Lease | None:
        """Lease the oldest job that is due, of any tenant; None where there is none.

        A job whose lease ran out counts as an attempt that took its worker down. One entry for each
        claim, none for an empty queue.
        """
        ...

    def heartbeat(self, lease: Lease, *, lease_s: float = 60.0) -> Lease | None:
        """Prolong a lease; None where it is lost or the job was cancelled: stop the work."""
        ...

    def leased_file(self, lease: Lease) -> File:
        """Return the photo that the job is about."""
        ...

    def finish_job(self, lease: Lease, draft: AssessmentDraft) -> AssessmentRecord:
        """Keep the result and end the job in one transaction: one entry.

        Raises:
            RecordConflictError: the lease was lost; nothing is kept.
        """
        ...

    def fail_job(self, lease: Lease, error_code: str, *, retry: bool) -> Job:
        """End an attempt: queued again after a pause, failed, or in quarantine."""
        ...

    def job_counts(self) -> Mapping[JobState, int]:
        """Count jobs by state over all tenants, for the metrics."""
        ...


class PersonalRights(Protocol):
    """Export, erasure, and what the log says."""

    def export(self, call: Call, person_id: str, stream: BinaryIO) -> None:
        """Write everything held on a person to ``stream``: a zip of JSON and files."""
        ...

    def erase(self, call: Call, person_id: str) -> ErasureReceipt:
        """Destroy a person's key and remove what it sealed; asked again, the same receipt."""
        ...

    def erasure_receipt(self, call: Call, receipt_id: str) -> ErasureReceipt:
        """Return a receipt."""
        ...

    def note(
        self, call: Call, action: str, *, subject_id: str = "", outcome: Outcome = Outcome.DONE
    ) -> int:
        """Log an operation that the store does not do itself; return the entry's index."""
        ...

    def enter_signature(self, call: Call, record_id: str, statement: str) -> int:
        """Enter the signatures over a report of a record into the log; return the entry's index.

        ``statement`` is SHA-256 over what was signed and both signatures, hex.
        """
        ...

    def audit_entries(
        self, call: Call, page: Page, *, subject_id: str | None = None
    ) -> Listing[AuditEntry]:
        """Return entries of the tenant, newest first."""
        ...


@runtime_checkable
class RecordStore(TenantRecords, PersonalRecords, JobQueue, PersonalRights, LeafSource, Protocol):
    """All of it, over SQLite or PostgreSQL alike."""

    def ready(self) -> bool:
        """Tell whether the store can take a write now."""
        ...

    def close(self) -> None:
        """Let go of connections and locks."""
        ...
