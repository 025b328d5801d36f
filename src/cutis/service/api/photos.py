"""Photos: upload as the body of the request, with its digest; then what is kept of them."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any

from fastapi import Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from cutis.core.records import File, IdempotencyKey, JobDraft, PhotoDraft
from cutis.service.access import Allowed, idempotency
from cutis.service.api.base import PageOf, PersonId, RecordId, file_answer, router, tagged
from cutis.service.digest import expected_sha256
from cutis.service.errors import RefusedRequestError
from cutis.service.etags import etag, matches
from cutis.service.wire.results import PhotoOut, PhotosOut, UploadOut
from cutis.service.workers.reply import read_reply
from cutis.service.workers.tasks import PHOTO

routes = router("photos")
PIXELS = "photo"

_BINARY = {"schema": {"type": "string", "format": "binary"}}
UPLOAD: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The file as it is; its first bytes tell what it is.",
        "content": dict.fromkeys(
            ("application/octet-stream", "image/jpeg", "image/png", "image/heic"), _BINARY
        ),
    },
    "parameters": [
        {
            "name": "Repr-Digest",
            "in": "header",
            "required": True,
            "description": "SHA-256 of the file (RFC 9530).",
            "schema": {"type": "string", "pattern": "^sha-256=:[A-Za-z0-9+/]{43}=:$"},
            "example": "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:",
        },
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": "The same key and file give the same photo, kept once.",
            "schema": {"type": "string", "pattern": "^[!-~]{1,128}$"},
            "example": "7d0c3a52-5f0f-4f5e-9a53-0b8b6f5a7a41",
        },
    ],
}


@routes.post(
    "/people/{person_id}/photos",
    operation_id="photos.upload",
    status_code=201,
    openapi_extra=UPLOAD,
)
async def upload(
    access: Allowed,
    person_id: PersonId,
    request: Request,
    *,
    analyse: Annotated[bool, Query(description="Whether to queue its analysis, too.")] = True,
    visit_id: Annotated[
        str | None, Query(max_length=128, description="A visit; a new one unless given.")
    ] = None,
) -> UploadOut:
    """Keep a photo, and queue its analysis.

    The file is decoded in a sandbox and kept as pixels; its metadata are dropped.
    """
    expected = expected_sha256(request.headers.get("repr-digest"))
    key = idempotency(request, expected)
    data = await read_body(request, access.parts.settings.intake.max_bytes)
    if hashlib.sha256(data).hexdigest() != expected:
        raise RefusedRequestError("upload.digest_differs")
    draft = _Draft(person_id, visit_id, JobDraft() if analyse else None)
    return await run_in_threadpool(_keep, access, data, draft, key)


@routes.get("/people/{person_id}/photos", operation_id="photos.list")
def listing(access: Allowed, person_id: PersonId, page: PageOf) -> PhotosOut:
    """List photos, the latest first."""
    return PhotosOut.of(access.parts.store.photos(access.call(), person_id, page))


@routes.get(
    "/photos/{photo_id}",
    operation_id="photos.read",
    response_model=PhotoOut,
    responses={304: {"description": "The caller has this version."}},
)
def read(access: Allowed, photo_id: RecordId, request: Request, response: Response) -> object:
    """Read what is kept about a photo."""
    photo = access.parts.store.photo(access.call(), photo_id)
    return tagged(request, response, photo.id, photo.version) or PhotoOut.of(photo)


@routes.get(
    "/photos/{photo_id}/pixels",
    operation_id="photos.pixels",
    response_class=Response,
    responses={
        200: {"description": "The photo as PNG.", "content": {"image/png": _BINARY}},
        304: {"description": "The caller has them."},
    },
)
def pixels(access: Allowed, photo_id: RecordId, request: Request) -> Response:
    """Return the pixels of a photo; they never change."""
    tag = etag(photo_id, 1)
    if matches(request.headers.get("if-none-match"), tag):
        access.note(photo_id)
        return Response(status_code=304, headers={"ETag": tag})
    file = access.parts.store.read_file(access.call(), photo_id, PIXELS)
    return file_answer(file.media_type, file.content, tag, "photo.png")


class _Draft:
    """Where an upload belongs, and whether it is analysed."""

    def __init__(self, person_id: str, visit_id: str | None, job: JobDraft | None) -> None:
        self.person_id, self.visit_id, self.job = person_id, visit_id, job


def _keep(access: Allowed, data: bytes, draft: _Draft, key: IdempotencyKey | None) -> UploadOut:
    """Have a photo decoded and kept; with a key, once."""
    owner = f"{access.call().tenant_id}/{access.call().actor_id}"
    made: UploadOut = access.parts.once.do(owner, key, lambda: _take_in(access, data, draft, key))
    return made


def _take_in(access: Allowed, data: bytes, draft: _Draft, key: IdempotencyKey | None) -> UploadOut:
    parts = access.parts
    limits = parts.task_limits
    message = parts.intake.run(
        limits.words("take_in"), memoryview(data), timeout_s=limits.timeout_s
    )
    facts, files = read_reply(message)
    kept = parts.store.add_photo(
        access.call(key),
        PhotoDraft(
            person_id=draft.person_id,
            file=File("image/png", files[PHOTO]),
            visit_id=draft.visit_id,
            facts=json.dumps(facts),
            damaged=bool(facts["damaged"]),
            job=draft.job,
        ),
    )
    if kept.job is not None:
        parts.dispatcher.wake(1)
    parts.outbox.post(access.call().tenant_id, "photo.added", photo_id=kept.photo.id)
    return UploadOut.of(kept)


async def read_body(request: Request, cap: int) -> bytes:
    """Read the body up to a cap."""
    parts, size = [], 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > cap:
                raise RefusedRequestError(
                    "photo.too_large", f"The file may have at most {cap >> 20} MiB; it has more."
                )
            parts.append(chunk)
    except ClientDisconnect as error:
        raise RefusedRequestError("upload.cut_off") from error
    return b"".join(parts)
