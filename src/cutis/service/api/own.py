"""What a person does alone: begin, have a photo assessed unkept, read and verify a result."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Annotated, Any

from fastapi import Query, Request
from starlette.concurrency import run_in_threadpool

from cutis.core.errors import StoreError
from cutis.core.language import Language
from cutis.core.records import Page
from cutis.reports.json import from_json
from cutis.service.access import Access, Allowed
from cutis.service.alone import ensure_person
from cutis.service.api.base import RecordId, not_found, router
from cutis.service.api.photos import UPLOAD, read_body
from cutis.service.digest import expected_sha256
from cutis.service.errors import RefusedRequestError
from cutis.service.wire.own import PrivateOut, SummaryOut, VerifiedOut, VerifyIn
from cutis.service.wire.people import PersonOut
from cutis.service.workers.reply import read_reply
from cutis.service.workers.tasks import ASSESSMENT, PHOTO

routes = router("own")
_Language = Annotated[Language, Query(description="The language of the summary.")]


@routes.post("/account/person", operation_id="account.person", status_code=201)
def begin(access: Allowed) -> PersonOut:
    """Return the user's own person; without sign-in a new one where the last was erased."""
    store, call = access.parts.store, access.call()
    if access.parts.alone is not None:
        ensure_person(store, call)
    found = store.people(call, Page(1), of_user=access.user().user.id).items
    if not found:
        raise not_found()
    return PersonOut.of(found[0])


@routes.post(
    "/account/assessments",
    operation_id="account.assess",
    openapi_extra={**UPLOAD, "parameters": UPLOAD["parameters"][:1]},
)
async def assess_unkept(
    access: Allowed, request: Request, language: _Language = Language.ENGLISH
) -> PrivateOut:
    """Assess a photo and forget it: nothing of it is stored, and the log tells nothing of it."""
    expected = expected_sha256(request.headers.get("repr-digest"))
    data = await read_body(request, access.parts.settings.intake.max_bytes)
    if hashlib.sha256(data).hexdigest() != expected:
        raise RefusedRequestError("upload.digest_differs")
    return await run_in_threadpool(_assess, access, data, language)


@routes.get("/assessments/{assessment_id}/summary", operation_id="assessments.summary")
def summary(
    access: Allowed, assessment_id: RecordId, language: _Language = Language.ENGLISH
) -> SummaryOut:
    """Say an assessment in words: what is seen, what is not sure, what helps the photo."""
    record = access.parts.store.assessment(access.call(), assessment_id)
    return SummaryOut.of(from_json(record.document), language)


@routes.post("/verify", operation_id="reports.verify")
def verify(access: Allowed, body: VerifyIn) -> VerifiedOut:
    """Verify a report that this service signed; anybody can do the same offline."""
    try:
        return VerifiedOut.of(access.parts.proofs.verify(body.report, body.signature))
    except StoreError as error:
        return VerifiedOut(verified=False, reason=str(error))


def _assess(access: Access, data: bytes, language: Language) -> PrivateOut:
    limits, parts = access.parts.task_limits, access.parts
    timeout_s = limits.timeout_s
    message = parts.intake.run(limits.words("take_in"), memoryview(data), timeout_s=timeout_s)
    facts, taken = read_reply(message)
    words = limits.words("assess", capture=facts)
    message = parts.pool.run(words, memoryview(taken[PHOTO]), timeout_s=timeout_s)
    _, files = read_reply(message)
    document = files.pop(ASSESSMENT).decode()
    parsed: dict[str, Any] = json.loads(document)
    return PrivateOut(
        document=parsed,
        summary=SummaryOut.of(from_json(document), language),
        files={name: base64.b64encode(content).decode() for name, content in files.items()},
    )
