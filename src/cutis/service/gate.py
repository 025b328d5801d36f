"""The overload gate: says no at once, before a body is read, instead of late.

Requests that cost much (uploads, analyses, exports, comparisons, sign-ins) share a few places; so
do the others, more of them. When all places are taken, the answer is 503 with `Retry-After`, in
microseconds. Health is never gated. Uploads are also refused while the queue of jobs is full:
accepting what cannot be done in time is a promise broken later.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cutis.service.errors import PROBLEM_TYPE, PROBLEMS, problem_document

_MAX_DRAINED_BYTES = 8 << 20
_MAX_DRAIN_S = 2.0


@dataclass(frozen=True, slots=True)
class Places:
    """How many requests may be at work: heavy ones, light ones, and jobs in the queue."""

    heavy: int = 8
    light: int = 128
    queued: int = 32
    retry_after_s: float = 2.0


class Load:
    """What is at work now; touched on the event loop only."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.at_work = {"heavy": 0, "light": 0}
        self.refused = 0


class OverloadGate:
    """ASGI middleware that admits or refuses; all of it on the event loop, so no lock."""

    def __init__(self, app: ASGIApp, *, load: Load, queued: Callable[[], int]) -> None:
        """Stand before ``app``; ``queued`` tells how many jobs wait, without asking the disk."""
        self._app, self._load, self._queued = app, load, queued

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        weight = weigh(scope["method"], scope["path"]) if scope["type"] == "http" else "free"
        if weight == "free":
            await self._app(scope, receive, send)
            return
        kind, load = "light" if weight == "light" else "heavy", self._load
        if self._is_full(kind, weight):
            load.refused += 1
            await refuse(receive, send, "overload", load.places.retry_after_s)
            return
        load.at_work[kind] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            load.at_work[kind] -= 1

    def _is_full(self, kind: str, weight: str) -> bool:
        places = self._load.places
        if self._load.at_work[kind] >= (places.heavy if kind == "heavy" else places.light):
            return True
        return weight == "queueing" and self._queued() >= places.queued


_FREE = re.compile(r"/healthz")
_QUEUEING = re.compile(r"POST /v1/(people|photos)/[^/]+/(photos|jobs)")
_HEAVY = re.compile(
    r"POST /v1/(sessions|users|people/[^/]+/export|assessments/[^/]+/(reviews|signed-report))"
    r"|POST /(v1/account/assessments|v1/verify|app/session(/passkey)?)"
    r"|PUT /v1/account/password|GET /v1/people/[^/]+/comparison"
)


def weigh(method: str, path: str) -> str:
    """Return what a request costs: ``free``, ``light``, ``heavy``, or ``queueing`` (a job, too)."""
    if _FREE.fullmatch(path):
        return "free"
    asked = f"{method} {path}"
    if _QUEUEING.fullmatch(asked):
        return "queueing"
    return "heavy" if _HEAVY.fullmatch(asked) else "light"


async def refuse(receive: Receive, send: Send, code: str, retry_after_s: float) -> None:
    """Answer with a problem at once, then read on for a while, so that the sender hears it."""
    body = json.dumps(problem_document(code)).encode()
    headers = [
        (b"content-type", PROBLEM_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"retry-after", str(math.ceil(retry_after_s)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": PROBLEMS[code].status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(_drain(receive), _MAX_DRAIN_S)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _drain(receive: Receive) -> None:
    """Read and drop the body, up to a cap: closing on a sender would hide the answer from it."""
    left = _MAX_DRAINED_BYTES
    while left > 0:
        message: Message = await receive()
        if message["type"] != "http.request" or not message.get("more_body", False):
            return
        left -= len(message.get("body", b""))
