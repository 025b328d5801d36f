"""The guard of every route: who asks, about whom, and does the policy allow it.

It runs before the body is read. The route's ``operationId`` is the row of the policy; a route
without one cannot be made.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.types import Message, Receive

from cutis.core.record_words import Kind, Outcome, Role
from cutis.core.records import Call, IdempotencyKey, Standing
from cutis.service.errors import RefusedRequestError
from cutis.service.parts import Parts
from cutis.service.policy import POLICY, Caller, Scope, Verdict, decide
from cutis.service.sign_in import Seen, SignedIn
from cutis.service.tokens import bearer

_KINDS = {
    "visit_id": Kind.VISIT,
    "photo_id": Kind.PHOTO,
    "assessment_id": Kind.ASSESSMENT,
    "review_id": Kind.REVIEW,
    "job_id": None,
}
"""What kind of record a path parameter names; a job is no sealed kind."""

_MAX_BODY_BYTES = 32 << 20
_UPLOADS = frozenset({"photos.upload"})  # they count for themselves
_KEY = re.compile(r"[\x21-\x7e]{1,128}")
_REFUSED_AND_LOGGED = (Verdict.FORBIDDEN, Verdict.NO_CONSENT)
_PROBING = (Verdict.FORBIDDEN, Verdict.NOT_FOUND)
"""Refusals that a session may be tried out by: rights and ids that are not its user's."""


@dataclass(frozen=True, slots=True)
class Access:
    """An operation that was allowed: the parts, who asks, for which role, about whom.

    ``minor`` says that the person is known to be under age.
    """

    parts: Parts
    operation: str
    request_id: str
    seen: Seen
    signed_in: SignedIn | None = None
    role: Role = Role.PERSON
    person_id: str = ""
    minor: bool = False

    def user(self) -> SignedIn:
        """Return who asks; every operation that is not public has somebody."""
        if self.signed_in is None:
            raise RefusedRequestError("access.login")
        return self.signed_in

    def call(self, idempotency: IdempotencyKey | None = None) -> Call:
        """Return what the store wants to know of every operation."""
        caller = self.user().caller
        return Call(caller.tenant_id, caller.user_id, self.role, self.request_id, idempotency)

    def note(self, subject_id: str = "") -> None:
        """Log this operation; for those that the store does not do itself, before they are done."""
        self.parts.store.note(self.call(), self.operation, subject_id=subject_id)


class GuardedRoute(APIRoute):
    """A route that asks the policy before it reads anything else."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler with the guard before it.

        Raises:
            KeyError: the route's operation has no row in the policy; the service does not start.
        """
        operation = self.operation_id or ""
        if operation not in POLICY:
            raise KeyError(f"The operation {operation!r} has no row in the policy table.")
        handler = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            request.state.access = await run_in_threadpool(admit, request, operation)
            if operation not in _UPLOADS:
                request = Request(request.scope, _capped(request.receive))
            return await handler(request)

        return guarded


def access_of(request: Request) -> Access:
    """Return the access that the guard allowed."""
    access: Access = request.state.access
    return access


Allowed = Annotated[Access, Depends(access_of)]
"""In the signature of an endpoint: what the guard allowed."""


def admit(request: Request, operation: str) -> Access:
    """Return the access to an operation.

    Raises:
        RefusedRequestError: the policy refuses it, or there were too many requests.
    """
    parts: Parts = request.app.state.parts
    seen = seen_of(request)
    signed_in = _who(request, parts, seen)
    _count(parts, signed_in, seen)
    caller = signed_in.caller if signed_in else None
    standing = _standing(request, parts, operation, caller)
    decision = decide(operation, caller, standing)
    request_id = request.scope["cutis.request_id"]
    role = decision.role or Role.PERSON
    person_id = standing.person_id if standing else ""
    minor = standing is not None and standing.adult is False
    access = Access(parts, operation, request_id, seen, signed_in, role, person_id, minor)
    if decision.verdict is not Verdict.ALLOWED:
        _refuse(access, decision.verdict)
    return access


def seen_of(request: Request) -> Seen:
    """Return what is seen of a request."""
    address = request.client.host if request.client else ""
    return Seen(
        address=address,
        agent=request.headers.get("user-agent", ""),
        encrypted=request.url.scheme == "https" or request.scope["cutis.loopback"],
    )


def idempotency(request: Request, content_sha256: str) -> IdempotencyKey | None:
    """Return the caller's key with a digest of all that it asks for; None where none came.

    Raises:
        RefusedRequestError: the key is no short printable text.
    """
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise RefusedRequestError(
            "request.invalid", "Idempotency-Key takes 1 to 128 printable ASCII characters."
        )
    asked = f"{request.method} {request.url.path}?{request.url.query} {content_sha256}"
    return IdempotencyKey(key, hashlib.sha256(asked.encode()).hexdigest())


def _capped(receive: Receive) -> Receive:
    """Return ``receive`` with an end to what it takes."""
    left = _MAX_BODY_BYTES

    async def capped() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise RefusedRequestError(
                "request.too_large", f"A request may have {_MAX_BODY_BYTES >> 20} MiB; it has more."
            )
        return message

    return capped


def _who(request: Request, parts: Parts, seen: Seen) -> SignedIn | None:
    """Return who asks: the one person of a service without sign-in, or the holder of the token."""
    if parts.alone is not None:
        return parts.alone
    token = bearer(request.headers.get("authorization"))
    return parts.sign_in.find(token, seen) if token else None


def _count(parts: Parts, signed_in: SignedIn | None, seen: Seen) -> None:
    key = f"user/{signed_in.user.id}" if signed_in else f"address/{seen.address}"
    wait_s = parts.requests.take(key, parts.now_s())
    if wait_s:
        raise RefusedRequestError("rate", retry_after_s=wait_s)


def _standing(
    request: Request, parts: Parts, operation: str, caller: Caller | None
) -> Standing | None:
    """Return how the caller stands to the person that the path names, directly or by a record."""
    if caller is None or POLICY[operation].scope is not Scope.PERSON:
        return None
    person_id = request.path_params.get("person_id")
    if person_id is None:
        person_id = _person_of_record(request, parts, caller)
    if person_id is None:
        return None
    return parts.store.standing(caller.tenant_id, person_id, user_id=caller.user_id)


def _person_of_record(request: Request, parts: Parts, caller: Caller) -> str | None:
    name = next(name for name in _KINDS if name in request.path_params)
    located = parts.store.locate(caller.tenant_id, request.path_params[name])
    if located is None or _KINDS[name] not in (None, located[0]):
        return None
    return located[1]


def _refuse(access: Access, verdict: Verdict) -> None:
    """Refuse; what a known user may not do is logged, and counts against the session."""
    if verdict in _PROBING and access.signed_in is not None:
        access.parts.sign_in.refused(access.signed_in)
    if verdict in _REFUSED_AND_LOGGED and access.signed_in is not None:
        access.parts.store.note(
            access.call(), access.operation, subject_id=access.person_id, outcome=Outcome.REFUSED
        )
    raise RefusedRequestError(verdict.value)
