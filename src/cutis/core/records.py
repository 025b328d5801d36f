"""Records as plain data: who asks, what is kept about a person, and what was done with it.

The enums are in `cutis.core.record_words`.

Ids are opaque and random; none tells a name, an order or a time. Times are UTC in ISO 8601 with a
`Z`. Drafts are what a caller gives; records are what the store gives back. A record is never
changed in place: a new version replaces it, and the log keeps the digest of each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from cutis.core.record_words import JobState, Judgement, Outcome, Purpose, Relation, Role

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """The caller's key for one operation, and a digest of all that it asks for.

    ``request_sha256`` is 64 hex digits over operation and content: the same key with another
    request is refused, never answered with the first one's record.
    """

    key: str
    request_sha256: str


@dataclass(frozen=True, slots=True)
class Call:
    """Who asks, on behalf of which tenant; every operation takes one and logs it."""

    tenant_id: str
    actor_id: str
    role: Role
    request_id: str = ""
    idempotency: IdempotencyKey | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A piece of a listing: at most ``limit`` (1–500) items after ``cursor``, newest first."""

    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Listing(Generic[_Item]):
    """Items of a page, and the cursor of the next page; None at the end."""

    items: tuple[_Item, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Tenant:
    """A clinic, a practice or a household; its name is sealed at rest."""

    id: str
    name: str
    created_at: str


@dataclass(frozen=True, slots=True)
class PersonDraft:
    """What is kept of a person: a reference of the clinic's own, a birth year, a note; all sealed.

    ``user_id`` links the user who is the person, if there is one.
    """

    reference: str = ""
    birth_year: int | None = None
    note: str = ""
    user_id: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A person under a pseudonym, ``id``."""

    id: str
    tenant_id: str
    reference: str
    birth_year: int | None
    note: str
    version: int
    created_at: str


@dataclass(frozen=True, slots=True)
class Link:
    """A user's tie to a person: self, guardian, or part of the care."""

    user_id: str
    person_id: str
    relation: Relation


@dataclass(frozen=True, slots=True)
class ConsentDraft:
    """What a person says to one purpose: yes or no, to which text, in which way.

    ``text_version`` names the text that was shown, ``given_by`` is a user id (a guardian's where a
    guardian speaks), ``evidence`` is free text such as the name of a signed form; sealed.
    """

    purpose: Purpose
    granted: bool
    text_version: str
    given_by: str
    language: str = "en"
    evidence: str = ""
    expires_at: str | None = None


@dataclass(frozen=True, slots=True)
class Consent:
    """A consent receipt. A withdrawal is a receipt of its own; the latest of a purpose counts."""

    id: str
    person_id: str
    given: ConsentDraft
    version: int
    created_at: str


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit of a person; photos belong to it."""

    id: str
    person_id: str
    visited_at: str
    note: str
    version: int
    created_at: str


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A sealed file of a record: its name within the record, media type, size and plain SHA-256."""

    name: str
    media_type: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class File:
    """A file in the clear."""

    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PhotoDraft:
    """A photo to keep; ``visit_id`` None opens a visit for it; ``facts`` is JSON of its capture.

    With ``job``, an analysis is queued in the same transaction.
    """

    person_id: str
    file: File
    visit_id: str | None = None
    facts: str = "{}"
    damaged: bool = False
    job: JobDraft | None = None


@dataclass(frozen=True, slots=True)
class PhotoRecord:
    """What is kept about a photo; its pixels come from `read_file` under the name ``photo``."""

    id: str
    person_id: str
    visit_id: str
    file: FileEntry | None
    """None after the photo's time was over and its pixels were removed."""
    facts: str
    damaged: bool
    version: int
    created_at: str


@dataclass(frozen=True, slots=True)
class AssessmentDraft:
    """An assessment to keep: its JSON document, and files such as maps and reports by name."""

    photo_id: str
    document: str
    files: Mapping[str, File] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AssessmentRecord:
    """An assessment as it was made; reviews stand beside it and never change it."""

    id: str
    person_id: str
    photo_id: str
    document: str
    files: tuple[FileEntry, ...]
    version: int
    created_at: str


@dataclass(frozen=True, slots=True)
class ReviewDraft:
    """A clinician's word: a judgement with its reason, and what it puts in place.

    ``changes`` is JSON (grades by name, for instance); ``files`` hold corrected masks.
    """

    assessment_id: str
    judgement: Judgement
    reason: str
    changes: str = "{}"
    files: Mapping[str, File] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Review:
    """A kept review; ``reviewer_id`` is the user who wrote it."""

    id: str
    person_id: str
    assessment_id: str
    reviewer_id: str
    judgement: Judgement
    reason: str
    changes: str
    files: tuple[FileEntry, ...]
    version: int
    created_at: str


@dataclass(frozen=True, slots=True)
class JobDraft:
    """A job to queue: what to do; ``max_attempts`` 1–20; no personal data in ``options``."""

    task: str = "analyse"
    options: str = "{}"
    max_attempts: int = 3


@dataclass(frozen=True, slots=True)
class Job:
    """A job of the queue, as it stands."""

    id: str
    tenant_id: str
    person_id: str
    record_id: str
    task: str
    options: str
    state: JobState
    attempts: int
    max_attempts: int
    available_at: str
    created_at: str
    finished_at: str | None = None
    result_id: str | None = None
    error_code: str | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """A worker's right to one job until ``until_at``; the token is checked on every later word."""

    job: Job
    worker_id: str
    token: str
    until_at: str


@dataclass(frozen=True, slots=True)
class Upload:
    """What an upload made: the photo, its visit, and the job that was queued."""

    photo: PhotoRecord
    visit: Visit
    job: Job | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What the policy must know of a person before an operation; reading it is not logged.

    ``relation`` is that of the asking user; ``consents`` says which purposes are granted now.
    """

    person_id: str
    relation: Relation | None
    consents: frozenset[Purpose]
    adult: bool | None


@dataclass(frozen=True, slots=True)
class ErasureReceipt:
    """The proof that a person's key was destroyed; it holds no personal data.

    ``subject_sha256`` is SHA-256 of ``cutis/erased``, tenant id and person id, a zero byte between:
    whoever knows the pseudonym can check it, nobody can read it back. ``entry_index`` is the place
    of the erasure in the log.
    """

    id: str
    tenant_id: str
    subject_sha256: str
    key_id: str
    requested_at: str
    destroyed_at: str
    entry_index: int


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the log: who did what to which record, and the digest of what is sealed.

    ``version`` and ``digest`` (SHA-256 hex of the sealed bytes) are those that the record has after
    the operation; empty where nothing was written. ``statement`` names the signatures over a report
    (SHA-256, hex), in the entry that puts them into the log.
    """

    index: int
    at: str
    tenant_id: str
    actor_id: str
    role: Role
    action: str
    subject_id: str = ""
    record_id: str = ""
    version: int = 0
    digest: str = ""
    outcome: Outcome = Outcome.DONE
    request_id: str = ""
    statement: str = ""
