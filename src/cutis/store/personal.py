"""Consents, visits, photos, assessments, reviews and their files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import select

from cutis.core.errors import InputError, StoreUnavailableError
from cutis.core.record_words import Kind
from cutis.core.records import (
    AssessmentDraft,
    AssessmentRecord,
    Call,
    Consent,
    ConsentDraft,
    File,
    FileEntry,
    Listing,
    Page,
    PhotoDraft,
    PhotoRecord,
    Review,
    ReviewDraft,
    Upload,
    Visit,
)
from cutis.store import tables
from cutis.store.bodies import (
    assessment_body,
    assessment_of,
    consent_body,
    consent_of,
    file_entry,
    photo_body,
    photo_of,
    review_body,
    review_of,
    visit_of,
)
from cutis.store.foundation import Foundation, KeptFiles
from cutis.store.job_rows import insert_job, job_of_record
from cutis.store.operation import Opened, Operation, Subject, not_found
from cutis.store.paging import page_of
from cutis.store.people import consents_of
from cutis.store.times import normal_time

_Record = TypeVar("_Record")
PHOTO_FILE = "photo"
"""The name of a photo's own file."""


class PersonalRecords(Foundation):
    """What is kept about a person."""

    def record_consent(self, call: Call, person_id: str, draft: ConsentDraft) -> Consent:
        """Keep a consent or a withdrawal and return it as a receipt."""
        body = consent_body(draft)
        if draft.expires_at is not None:
            body["expires_at"] = normal_time(draft.expires_at)

        def work(operation: Operation) -> Consent:
            if operation.replayed is not None:
                return consent_of(operation.read(Kind.CONSENT, operation.replayed))
            subject = operation.subject(person_id)
            return consent_of(operation.insert(subject, Kind.CONSENT, body))

        return self._run(call, "consent.record", work, grows=draft.granted)

    def consents(self, call: Call, person_id: str) -> Sequence[Consent]:
        """Return every receipt of a person, oldest first."""
        return self._run(call, "consent.list", lambda op: consents_of(op, op.subject(person_id)))

    def add_visit(
        self, call: Call, person_id: str, *, visited_at: str | None = None, note: str = ""
    ) -> Visit:
        """Keep a visit; now, unless ``visited_at`` says otherwise."""
        when = None if visited_at is None else normal_time(visited_at)

        def work(operation: Operation) -> Visit:
            if operation.replayed is not None:
                return visit_of(operation.read(Kind.VISIT, operation.replayed))
            return visit_of(_insert_visit(operation, operation.subject(person_id), when, note))

        return self._run(call, "visit.add", work, grows=True)

    def visit(self, call: Call, visit_id: str) -> Visit:
        """Return one visit."""
        return self._run(call, "visit.read", lambda op: visit_of(op.read(Kind.VISIT, visit_id)))

    def change_visit(self, call: Call, visit_id: str, note: str, *, expected_version: int) -> Visit:
        """Put ``note`` in place of the kept one, if ``expected_version`` stands."""

        def work(operation: Operation) -> Visit:
            old = operation.read(Kind.VISIT, visit_id)
            if operation.replayed is not None:
                return visit_of(old)
            body = {**old.body, "note": note}
            return visit_of(operation.replace(old, body, expected=expected_version))

        return self._run(call, "visit.change", work, grows=True)

    def visits(self, call: Call, person_id: str, page: Page) -> Listing[Visit]:
        """Return visits of a person."""
        return self._list(call, Kind.VISIT, person_id, page=page, as_record=visit_of)

    def add_photo(self, call: Call, draft: PhotoDraft) -> Upload:
        """Keep a photo, the visit if none is named, and the job if one is asked for: one entry."""
        with self._kept(call, draft.person_id, {PHOTO_FILE: draft.file}) as kept:
            return self._run(call, "photo.add", lambda op: _add_photo(op, draft, kept), grows=True)

    def photo(self, call: Call, photo_id: str) -> PhotoRecord:
        """Return what is kept about a photo."""
        return self._run(call, "photo.read", lambda op: photo_of(op.read(Kind.PHOTO, photo_id)))

    def photos(self, call: Call, person_id: str, page: Page) -> Listing[PhotoRecord]:
        """Return photos of a person."""
        return self._list(call, Kind.PHOTO, person_id, page=page, as_record=photo_of)

    def add_assessment(self, call: Call, draft: AssessmentDraft) -> AssessmentRecord:
        """Keep an assessment with its files."""
        person_id = self._person_of(call, draft.photo_id)

        def work(operation: Operation) -> AssessmentRecord:
            if operation.replayed is not None:
                return assessment_of(operation.read(Kind.ASSESSMENT, operation.replayed))
            return assessment_of(insert_assessment(operation, draft, kept))

        with self._kept(call, person_id, draft.files) as kept:
            return self._run(call, "assessment.add", work, grows=True)

    def assessment(self, call: Call, assessment_id: str) -> AssessmentRecord:
        """Return one assessment."""

        def work(operation: Operation) -> AssessmentRecord:
            return assessment_of(operation.read(Kind.ASSESSMENT, assessment_id))

        return self._run(call, "assessment.read", work)

    def assessments(self, call: Call, person_id: str, page: Page) -> Listing[AssessmentRecord]:
        """Return assessments of a person."""
        return self._list(call, Kind.ASSESSMENT, person_id, page=page, as_record=assessment_of)

    def add_review(self, call: Call, draft: ReviewDraft) -> Review:
        """Keep a review beside its assessment."""
        if not draft.reason.strip():
            raise InputError("A review needs its reason: say in a sentence why.")
        person_id = self._person_of(call, draft.assessment_id)

        def work(operation: Operation) -> Review:
            if operation.replayed is not None:
                return review_of(operation.read(Kind.REVIEW, operation.replayed))
            assessment = operation.read(Kind.ASSESSMENT, draft.assessment_id)
            review_id = operation.new_id()
            given = {"id": review_id, "parent_id": assessment.id}
            body = review_body(draft, call.actor_id, kept.entries)
            opened = operation.insert(assessment.subject, Kind.REVIEW, body, **given)
            kept.insert(operation, review_id)
            return review_of(opened)

        with self._kept(call, person_id, draft.files) as kept:
            return self._run(call, "review.add", work, grows=True)

    def reviews(self, call: Call, assessment_id: str) -> Sequence[Review]:
        """Return the reviews of an assessment, oldest first."""

        def work(operation: Operation) -> Sequence[Review]:
            subject = operation.read(Kind.ASSESSMENT, assessment_id).subject
            table = tables.records
            statement = (
                select(table)
                .where(table.c.tenant_id == call.tenant_id, table.c.parent_id == assessment_id)
                .where(table.c.kind == Kind.REVIEW.value)
                .order_by(table.c.created_at, table.c.id)
            )
            rows = operation.connection.execute(statement).all()
            return [review_of(opened) for opened in operation.open(rows, subject)]

        return self._run(call, "review.list", work)

    def read_file(self, call: Call, record_id: str, name: str) -> File:
        """Return a file of a record; a photo's is called ``photo``."""

        def work(operation: Operation) -> tuple[Subject, dict[str, Any]]:
            opened = read_any(operation, record_id)
            return opened.subject, _entry_of(opened, name)

        return self._open_file(*self._run(call, "file.read", work))

    def attach_files(
        self, call: Call, record_id: str, files: Mapping[str, File]
    ) -> tuple[FileEntry, ...]:
        """Add files by name to an assessment, all or none; one of the same name is replaced."""
        person_id = self._person_of(call, record_id)

        def work(operation: Operation) -> tuple[FileEntry, ...]:
            old = operation.read(Kind.ASSESSMENT, record_id)
            if operation.replayed is not None:
                return tuple(file_entry(_entry_of(old, name)) for name in files)
            others = [entry for entry in old.body["files"] if entry["name"] not in files]
            operation.replace(old, {**old.body, "files": [*others, *kept.entries]})
            return tuple(file_entry(entry) for entry in kept.insert(operation, record_id))

        with self._kept(call, person_id, files) as kept:
            return self._run(call, "file.attach", work, grows=True)

    def _person_of(self, call: Call, record_id: str) -> str:
        """Return whom a record is about, before its transaction; the transaction looks again."""
        table = tables.records
        statement = select(table.c.person_id).where(
            table.c.tenant_id == call.tenant_id, table.c.id == record_id
        )
        with self.parts.database.reading() as connection:
            person_id = connection.execute(statement).scalar()
        if person_id is None:
            raise not_found()
        return str(person_id)

    def _list(
        self,
        call: Call,
        kind: Kind,
        person_id: str,
        *,
        page: Page,
        as_record: Callable[[Opened], _Record],
    ) -> Listing[_Record]:
        def work(operation: Operation) -> Listing[_Record]:
            subject = operation.subject(person_id)
            table = tables.records
            statement = select(table).where(
                table.c.tenant_id == call.tenant_id,
                table.c.person_id == person_id,
                table.c.kind == kind.value,
            )
            rows, cursor = page_of(operation.connection, table, statement, page)
            found = operation.open(rows, subject)
            return Listing(tuple(as_record(opened) for opened in found), cursor)

        return self._run(call, f"{kind.value}.list", work)


def insert_assessment(operation: Operation, draft: AssessmentDraft, kept: KeptFiles) -> Opened:
    """Seal an assessment beside its photo, with files that are kept already."""
    photo = operation.read(Kind.PHOTO, draft.photo_id)
    given = {"id": operation.new_id(), "parent_id": photo.id}
    body = assessment_body(draft, kept.entries)
    opened = operation.insert(photo.subject, Kind.ASSESSMENT, body, **given)
    kept.insert(operation, opened.id)
    return opened


def read_any(operation: Operation, record_id: str) -> Opened:
    """Open a record of whatever kind."""
    table = tables.records
    statement = select(table.c.kind).where(
        table.c.tenant_id == operation.tenant_id, table.c.id == record_id
    )
    kind = operation.connection.execute(statement).scalar()
    if kind is None:
        raise not_found()
    return operation.read(Kind(kind), record_id)


def _add_photo(operation: Operation, draft: PhotoDraft, kept: KeptFiles) -> Upload:
    if operation.replayed is not None:
        return _uploaded(operation, operation.replayed)
    if not kept.entries:
        raise StoreUnavailableError("The request was seen while it ended. Send it again.")
    if draft.visit_id is None:
        subject = operation.subject(draft.person_id)
        visit = _insert_visit(operation, subject, None, "")
    else:
        visit = operation.read(Kind.VISIT, draft.visit_id)
        if visit.person_id != draft.person_id:
            raise not_found()
    given = {"id": operation.new_id(), "parent_id": visit.id}
    body = photo_body(draft, kept.entries)
    photo = operation.insert(visit.subject, Kind.PHOTO, body, **given)
    kept.insert(operation, photo.id)
    job = insert_job(operation, photo, draft.job) if draft.job else None
    operation.result = photo.id
    return Upload(photo_of(photo), visit_of(visit), job)


def _uploaded(operation: Operation, photo_id: str) -> Upload:
    photo = operation.read(Kind.PHOTO, photo_id)
    visit = operation.read(Kind.VISIT, photo.parent_id or "")
    return Upload(photo_of(photo), visit_of(visit), job_of_record(operation, photo_id))


def _insert_visit(operation: Operation, subject: Subject, when: str | None, note: str) -> Opened:
    body = {"visited_at": when or operation.now, "note": note}
    return operation.insert(subject, Kind.VISIT, body)


def _entry_of(opened: Opened, name: str) -> dict[str, Any]:
    for entry in opened.body.get("files", ()):
        if entry["name"] == name:
            return dict(entry)
    raise not_found()
