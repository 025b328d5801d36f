"""Between sealed bodies and records: one function each way for every kind."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import Row

from cutis.core.record_words import JobState, Judgement, Purpose
from cutis.core.records import (
    AssessmentDraft,
    AssessmentRecord,
    Consent,
    ConsentDraft,
    FileEntry,
    Job,
    Person,
    PersonDraft,
    PhotoDraft,
    PhotoRecord,
    Review,
    ReviewDraft,
    Visit,
)
from cutis.store.operation import Opened


def person_body(draft: PersonDraft) -> dict[str, Any]:
    """Return what is sealed of a person."""
    return {
        "reference": draft.reference,
        "birth_year": draft.birth_year,
        "note": draft.note,
    }


def person_of(opened: Opened) -> Person:
    """Return a person as a record."""
    body = opened.body
    return Person(
        id=opened.id,
        tenant_id=opened.subject.tenant_id,
        reference=body["reference"],
        birth_year=body["birth_year"],
        note=body["note"],
        version=opened.version,
        created_at=opened.created_at,
    )


def consent_body(draft: ConsentDraft) -> dict[str, Any]:
    """Return what is sealed of a consent."""
    return asdict(draft)


def consent_of(opened: Opened) -> Consent:
    """Return a consent receipt."""
    given = ConsentDraft(**{**opened.body, "purpose": Purpose(opened.body["purpose"])})
    return Consent(opened.id, opened.person_id, given, opened.version, opened.created_at)


def visit_of(opened: Opened) -> Visit:
    """Return a visit as a record."""
    return Visit(
        id=opened.id,
        person_id=opened.person_id,
        visited_at=opened.body["visited_at"],
        note=opened.body["note"],
        version=opened.version,
        created_at=opened.created_at,
    )


def photo_body(draft: PhotoDraft, files: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what is sealed of a photo."""
    return {"facts": draft.facts, "damaged": draft.damaged, "files": files}


def photo_of(opened: Opened) -> PhotoRecord:
    """Return a photo as a record."""
    files = files_of(opened)
    return PhotoRecord(
        id=opened.id,
        person_id=opened.person_id,
        visit_id=opened.parent_id or "",
        file=files[0] if files else None,
        facts=opened.body["facts"],
        damaged=opened.body["damaged"],
        version=opened.version,
        created_at=opened.created_at,
    )


def assessment_body(draft: AssessmentDraft, files: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what is sealed of an assessment."""
    return {"document": draft.document, "files": files}


def assessment_of(opened: Opened) -> AssessmentRecord:
    """Return an assessment as a record."""
    return AssessmentRecord(
        id=opened.id,
        person_id=opened.person_id,
        photo_id=opened.parent_id or "",
        document=opened.body["document"],
        files=files_of(opened),
        version=opened.version,
        created_at=opened.created_at,
    )


def review_body(
    draft: ReviewDraft, reviewer_id: str, files: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return what is sealed of a review."""
    return {
        "reviewer_id": reviewer_id,
        "judgement": draft.judgement.value,
        "reason": draft.reason,
        "changes": draft.changes,
        "files": files,
    }


def review_of(opened: Opened) -> Review:
    """Return a review as a record."""
    body = opened.body
    return Review(
        id=opened.id,
        person_id=opened.person_id,
        assessment_id=opened.parent_id or "",
        reviewer_id=body["reviewer_id"],
        judgement=Judgement(body["judgement"]),
        reason=body["reason"],
        changes=body["changes"],
        files=files_of(opened),
        version=opened.version,
        created_at=opened.created_at,
    )


def files_of(opened: Opened) -> tuple[FileEntry, ...]:
    """Return the files of a record, without where they lie."""
    return tuple(file_entry(entry) for entry in opened.body.get("files", ()))


def file_entry(entry: dict[str, Any]) -> FileEntry:
    """Return one file of a body as the outside sees it."""
    return FileEntry(entry["name"], entry["media_type"], entry["size_bytes"], entry["sha256"])


def job_of(row: Row[Any]) -> Job:
    """Return a job as it stands."""
    return Job(
        id=row.id,
        tenant_id=row.tenant_id,
        person_id=row.person_id,
        record_id=row.record_id,
        task=row.task,
        options=row.options,
        state=JobState(row.state),
        attempts=row.attempts,
        max_attempts=row.max_attempts,
        available_at=row.available_at,
        created_at=row.created_at,
        finished_at=row.finished_at,
        result_id=row.result_id,
        error_code=row.error_code,
    )
