"""What all routes share: a guarded router, pages, ETags, ids in paths."""

from __future__ import annotations

import hashlib
import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from cutis.core.records import IdempotencyKey, Page
from cutis.service.access import GuardedRoute, idempotency
from cutis.service.errors import RefusedRequestError
from cutis.service.etags import etag, matches

PersonId = Annotated[str, Path(description="A person's pseudonym.", max_length=128)]
RecordId = Annotated[str, Path(description="The id of a record.", max_length=128)]


def router(tag: str) -> APIRouter:
    """Return a router whose routes all ask the policy."""
    return APIRouter(prefix="/v1", tags=[tag], route_class=GuardedRoute)


def _page(
    limit: Annotated[int, Query(ge=1, le=200, description="At most so many items.")] = 50,
    cursor: Annotated[
        str | None, Query(max_length=512, description="`next_cursor` of the page before.")
    ] = None,
) -> Page:
    return Page(limit, cursor)


PageOf = Annotated[Page, Depends(_page)]
"""In the signature of an endpoint: which page of a listing."""


async def _key(request: Request) -> IdempotencyKey | None:
    return idempotency(request, hashlib.sha256(await request.body()).hexdigest())


Once = Annotated[IdempotencyKey | None, Depends(_key)]
"""In the signature of an endpoint: the caller's idempotency key."""

ONCE_HEADER: dict[str, Any] = {
    "parameters": [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": "The same key and request give the same answer, done once.",
            "schema": {"type": "string", "pattern": "^[!-~]{1,128}$"},
            "example": "7d0c3a52-5f0f-4f5e-9a53-0b8b6f5a7a41",
        }
    ]
}
IF_MATCH_HEADER: dict[str, Any] = {
    "parameters": [
        {
            "name": "If-Match",
            "in": "header",
            "required": True,
            "description": "The ETag that was read.",
            "schema": {"type": "string"},
            "example": '"4dcb3ad39e1b4c0ea40e6dd2e95d4c29.1"',
        }
    ]
}


def tagged(request: Request, response: Response, record_id: str, version: int) -> Response | None:
    """Set the ETag; return the answer 304 where the caller has this version already."""
    tag = etag(record_id, version)
    if matches(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers={"ETag": tag})
    response.headers["ETag"] = tag
    return None


def file_answer(media_type: str, content: bytes, tag: str, name: str) -> Response:
    """Return a file to be saved, never to be run: what it holds is data."""
    plain = "".join(c if c.isalnum() or c in "._-" else "_" for c in name.rpartition("/")[2])
    headers = {
        "ETag": tag,
        "Content-Disposition": f'attachment; filename="{plain or "file"}"',
    }
    return Response(content, media_type=media_type, headers=headers)


def new_id() -> str:
    """Return a new opaque id of 128 random bits."""
    return secrets.token_hex(16)


def not_found() -> RefusedRequestError:
    """Return the one answer to what is absent or not the caller's."""
    return RefusedRequestError("access.not_found")
