"""Assessments, their files, comparisons, reviews and signed reports."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Path, Query, Request, Response

from cutis.core.assessment import Assessment
from cutis.core.records import AssessmentRecord, File, ReviewDraft
from cutis.core.scores import Grade
from cutis.core.vocabulary import Condition
from cutis.service.access import Allowed
from cutis.service.api.base import (
    ONCE_HEADER,
    Once,
    PageOf,
    PersonId,
    RecordId,
    file_answer,
    not_found,
    router,
    tagged,
)
from cutis.service.errors import RefusedRequestError
from cutis.service.etags import matches
from cutis.service.wire.results import (
    AssessmentOut,
    AssessmentsOut,
    FileOut,
    ReviewIn,
    ReviewOut,
    ReviewsOut,
    SignedReportOut,
)
from cutis.service.workers.reply import read_reply
from cutis.service.workers.tasks import MASK
from cutis.store.signing import SIGNATURE_SUFFIX

routes = router("results")
_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file.",
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}}
            for kind in ("image/png", "text/html; charset=utf-8", "application/json")
        },
    },
    304: {"description": "The caller has it."},
}
FileName = Annotated[
    str, Path(description="A file's name, as the record lists it.", max_length=128)
]


@routes.get("/people/{person_id}/assessments", operation_id="assessments.list")
def listing(access: Allowed, person_id: PersonId, page: PageOf) -> AssessmentsOut:
    """List assessments, the latest first."""
    return AssessmentsOut.of(access.parts.store.assessments(access.call(), person_id, page))


@routes.get(
    "/assessments/{assessment_id}",
    operation_id="assessments.read",
    response_model=AssessmentOut,
    responses={304: {"description": "The caller has this version."}},
)
def read(access: Allowed, assessment_id: RecordId, request: Request, response: Response) -> object:
    """Read an assessment as it was made."""
    record = access.parts.store.assessment(access.call(), assessment_id)
    return tagged(request, response, record.id, record.version) or AssessmentOut.of(record)


@routes.get(
    "/assessments/{assessment_id}/files/{name:path}",
    operation_id="assessments.file",
    response_class=Response,
    responses=_FILE,
)
def file(access: Allowed, assessment_id: RecordId, name: FileName, request: Request) -> Response:
    """Return a file of an assessment: the report, the skin mask, a map, the signed report."""
    return _file(access, assessment_id, name, request)


@routes.get("/people/{person_id}/comparison", operation_id="comparisons.read")
def compare(
    access: Allowed,
    person_id: PersonId,
    before: Annotated[str, Query(max_length=128, description="An assessment of this person.")],
    after: Annotated[str, Query(max_length=128, description="A later one.")],
) -> dict[str, Any]:
    """Tell what changed between two assessments by more than noise, and what cannot be told."""
    from cutis.history import combine_shots  # noqa: PLC0415
    from cutis.history import compare as compare_visits  # noqa: PLC0415
    from cutis.reports.changes import comparison_json  # noqa: PLC0415

    visits = [
        combine_shots([_document(_of_person(access, person_id, record_id))])
        for record_id in (before, after)
    ]
    found: dict[str, Any] = json.loads(comparison_json(compare_visits(visits[0], visits[1])))
    return found


@routes.get("/assessments/{assessment_id}/reviews", operation_id="reviews.list")
def reviews(access: Allowed, assessment_id: RecordId) -> ReviewsOut:
    """List what reviewers said of an assessment."""
    found = access.parts.store.reviews(access.call(), assessment_id)
    return ReviewsOut(items=[ReviewOut.of(review) for review in found])


@routes.post(
    "/assessments/{assessment_id}/reviews",
    operation_id="reviews.create",
    status_code=201,
    openapi_extra=ONCE_HEADER,
)
def review(access: Allowed, assessment_id: RecordId, body: ReviewIn, key: Once) -> ReviewOut:
    """Validate an assessment, correct its masks, or override its grades; it stays as it is."""
    record = access.parts.store.assessment(access.call(), assessment_id)
    assessment = _document(record)
    draft = ReviewDraft(
        assessment_id=assessment_id,
        judgement=body.judgement,
        reason=body.reason,
        changes=json.dumps(_changes(body, assessment)),
        files=_masks(access, body, assessment),
    )
    made = access.parts.store.add_review(access.call(key), draft)
    access.parts.outbox.post(access.call().tenant_id, "review.added", review_id=made.id)
    return ReviewOut.of(made)


@routes.get(
    "/reviews/{review_id}/files/{name:path}",
    operation_id="reviews.file",
    response_class=Response,
    responses=_FILE,
)
def review_file(access: Allowed, review_id: RecordId, name: FileName, request: Request) -> Response:
    """Return a corrected mask."""
    return _file(access, review_id, name, request)


@routes.post(
    "/assessments/{assessment_id}/signed-report", operation_id="reports.sign", status_code=201
)
def sign(access: Allowed, assessment_id: RecordId) -> SignedReportOut:
    """Sign the assessment with its reviews and enter it into the log; verifiable offline."""
    store, call = access.parts.store, access.call()
    record = store.assessment(call, assessment_id)
    made = access.parts.proofs.sign_report(
        record,
        store.reviews(call, assessment_id),
        lambda statement: store.enter_signature(call, assessment_id, statement),
    )
    files = zip((SIGNED_REPORT, SIGNATURE), made, strict=True)
    kept = store.attach_files(
        call, assessment_id, {name: File("application/json", content) for name, content in files}
    )
    return SignedReportOut(report=FileOut.of(kept[0]), signature=FileOut.of(kept[1]))


SIGNED_REPORT = "signed-report.json"
SIGNATURE = SIGNED_REPORT + SIGNATURE_SUFFIX


def _file(access: Allowed, record_id: str, name: str, request: Request) -> Response:
    found = access.parts.store.read_file(access.call(), record_id, name)
    tag = f'"{hashlib.sha256(found.content).hexdigest()}"'
    if matches(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers={"ETag": tag})
    return file_answer(found.media_type, found.content, tag, name)


def _of_person(access: Allowed, person_id: str, record_id: str) -> AssessmentRecord:
    record = access.parts.store.assessment(access.call(), record_id)
    if record.person_id != person_id:
        raise not_found()
    return record


def _document(record: AssessmentRecord) -> Assessment:
    from cutis.reports.json import from_json  # noqa: PLC0415

    return from_json(record.document)


def _changes(body: ReviewIn, assessment: Assessment) -> dict[str, Any]:
    """Return what a review changes, old and new; refuse a grade that was not given."""
    changed: dict[str, Any] = {}
    for scale, grade in body.grades.items():
        given = assessment.grades.get(scale)
        if not isinstance(given, Grade):
            known = [name for name, g in assessment.grades.items() if isinstance(g, Grade)]
            raise RefusedRequestError(
                "request.invalid",
                f"A grade of this assessment can be overridden: {', '.join(known) or 'none'}.",
            )
        changed[scale] = {"from": given.grade, "to": grade}
    return {"grades": changed} if changed else {}


def _masks(access: Allowed, body: ReviewIn, assessment: Assessment) -> Mapping[str, File]:
    """Have each mask decoded in the sandbox and written anew."""
    return {
        f"masks/{condition.value}.png": _mask(access, content, assessment)
        for condition, content in body.masks.items()
        if isinstance(condition, Condition)
    }


def _mask(access: Allowed, content: bytes, assessment: Assessment) -> File:
    limits, capture = access.parts.task_limits, assessment.capture
    words = limits.words("take_mask", width_px=capture.width_px, height_px=capture.height_px)
    message = access.parts.intake.run(words, memoryview(content), timeout_s=limits.timeout_s)
    _, files = read_reply(message)
    return File("image/png", files[MASK])
