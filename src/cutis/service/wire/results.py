"""Photos, jobs, assessments, reviews."""

from __future__ import annotations

import json
from typing import Annotated, Any, Self

from pydantic import Base64Bytes, Field

from cutis.core.record_words import JobState, Judgement
from cutis.core.records import (
    AssessmentRecord,
    FileEntry,
    Job,
    Listing,
    PhotoRecord,
    Review,
    Upload,
)
from cutis.core.vocabulary import Condition
from cutis.service.errors import PROBLEMS
from cutis.service.wire.base import Id, PersonId, Time, Wire

_SHA256 = "0f" * 32
MASK_PREFIX, MASK_SUFFIX = "masks/", ".png"


class FileOut(Wire):
    """A file of a record; its content is read under its name."""

    name: str = Field(examples=["report.html"])
    media_type: str = Field(examples=["text/html; charset=utf-8"])
    size_bytes: int = Field(examples=[219_449])
    sha256: str = Field(examples=[_SHA256])

    @classmethod
    def of(cls, entry: FileEntry) -> Self:
        """Return a file's entry as JSON."""
        return cls(
            name=entry.name,
            media_type=entry.media_type,
            size_bytes=entry.size_bytes,
            sha256=entry.sha256,
        )


class PhotoOut(Wire):
    """What is kept about a photo; its pixels have an address of their own."""

    id: Id
    person_id: PersonId
    visit_id: Id
    file: FileOut | None = Field(description="Null after the pixels' time was over.")
    capture: dict[str, Any] = Field(
        description="Facts of the capture; never place, names or serial numbers.",
        examples=[{"source_format": "JPEG", "width_px": 3024, "height_px": 4032}],
    )
    damaged: bool = Field(examples=[False])
    version: int = Field(examples=[1])
    created_at: Time

    @classmethod
    def of(cls, photo: PhotoRecord) -> Self:
        """Return a photo's record as JSON."""
        return cls(
            id=photo.id,
            person_id=photo.person_id,
            visit_id=photo.visit_id,
            file=FileOut.of(photo.file) if photo.file else None,
            capture=json.loads(photo.facts),
            damaged=photo.damaged,
            version=photo.version,
            created_at=photo.created_at,
        )


class PhotosOut(Wire):
    """A page of photos."""

    items: list[PhotoOut]
    next_cursor: str | None

    @classmethod
    def of(cls, listing: Listing[PhotoRecord]) -> Self:
        """Return a page as JSON."""
        items = [PhotoOut.of(photo) for photo in listing.items]
        return cls(items=items, next_cursor=listing.next_cursor)


class JobError(Wire):
    """Why a job failed."""

    code: str = Field(examples=["worker.time"])
    title: str = Field(examples=["The analysis could not be done"])
    fix: str = Field(examples=["Try again."])


class JobOut(Wire):
    """A job as it stands."""

    id: Id
    person_id: PersonId
    photo_id: Id
    state: JobState = Field(examples=[JobState.DONE])
    attempts: int = Field(examples=[1])
    created_at: Time
    finished_at: str | None = Field(examples=[None])
    assessment_id: str | None = Field(description="Once it is done.", examples=[None])
    error: JobError | None = None

    @classmethod
    def of(cls, job: Job) -> Self:
        """Return a job as JSON."""
        return cls(
            id=job.id,
            person_id=job.person_id,
            photo_id=job.record_id,
            state=job.state,
            attempts=job.attempts,
            created_at=job.created_at,
            finished_at=job.finished_at,
            assessment_id=job.result_id,
            error=_job_error(job.error_code),
        )


class JobsOut(Wire):
    """A page of jobs."""

    items: list[JobOut]
    next_cursor: str | None

    @classmethod
    def of(cls, listing: Listing[Job]) -> Self:
        """Return a page as JSON."""
        return cls(items=[JobOut.of(job) for job in listing.items], next_cursor=listing.next_cursor)


class UploadOut(Wire):
    """What an upload made."""

    photo: PhotoOut
    job: JobOut | None = Field(description="The analysis that was queued, if it was asked for.")

    @classmethod
    def of(cls, upload: Upload) -> Self:
        """Return an upload as JSON."""
        return cls(
            photo=PhotoOut.of(upload.photo), job=JobOut.of(upload.job) if upload.job else None
        )


class AssessmentOut(Wire):
    """An assessment as it was made; reviews stand beside it."""

    id: Id
    person_id: PersonId
    photo_id: Id
    document: dict[str, Any] = Field(
        description="See the JSON schema of assessments.",
        examples=[{"schema_version": "1.1", "usable": True}],
    )
    files: list[FileOut]
    version: int = Field(examples=[1])
    created_at: Time

    @classmethod
    def of(cls, record: AssessmentRecord) -> Self:
        """Return an assessment as JSON."""
        return cls(
            id=record.id,
            person_id=record.person_id,
            photo_id=record.photo_id,
            document=json.loads(record.document),
            files=[FileOut.of(entry) for entry in record.files],
            version=record.version,
            created_at=record.created_at,
        )


class AssessmentsOut(Wire):
    """A page of assessments."""

    items: list[AssessmentOut]
    next_cursor: str | None

    @classmethod
    def of(cls, listing: Listing[AssessmentRecord]) -> Self:
        """Return a page as JSON."""
        items = [AssessmentOut.of(record) for record in listing.items]
        return cls(items=items, next_cursor=listing.next_cursor)


Mask = Annotated[
    Base64Bytes,
    Field(max_length=4 << 20, description="A picture in the photo's size; bright is set."),
]


class ReviewIn(Wire):
    """A clinician's word on an assessment."""

    judgement: Judgement = Field(examples=[Judgement.OVERRIDDEN])
    reason: str = Field(min_length=1, max_length=4000, examples=["Shadow under the chin."])
    grades: dict[str, int] = Field(
        default_factory=dict,
        max_length=16,
        description="Grades by scale, in place of those of the assessment.",
        examples=[{"CEA": 2}],
    )
    masks: dict[Condition, Mask] = Field(
        default_factory=dict, description="Corrected masks by condition.", examples=[{}]
    )


class ReviewOut(Wire):
    """A review that is kept."""

    id: Id
    assessment_id: Id
    reviewer_id: Id
    judgement: Judgement = Field(examples=[Judgement.OVERRIDDEN])
    reason: str = Field(examples=["Shadow under the chin."])
    changes: dict[str, Any] = Field(examples=[{"grades": {"CEA": {"from": 3, "to": 2}}}])
    files: list[FileOut]
    version: int = Field(examples=[1])
    created_at: Time

    @classmethod
    def of(cls, review: Review) -> Self:
        """Return a review as JSON."""
        return cls(
            id=review.id,
            assessment_id=review.assessment_id,
            reviewer_id=review.reviewer_id,
            judgement=review.judgement,
            reason=review.reason,
            changes=json.loads(review.changes),
            files=[FileOut.of(entry) for entry in review.files],
            version=review.version,
            created_at=review.created_at,
        )


class SignedReportOut(Wire):
    """A report and its signature file; `cutis verify` wants both side by side."""

    report: FileOut
    signature: FileOut


class ReviewsOut(Wire):
    """All reviews of an assessment, oldest first."""

    items: list[ReviewOut]


def _job_error(code: str | None) -> JobError | None:
    if code is None:
        return None
    known = code
    while known not in PROBLEMS:
        known = known.rpartition(".")[0] or "cutis.error"
    return JobError(code=code, title=PROBLEMS[known].title, fix=PROBLEMS[known].fix)
