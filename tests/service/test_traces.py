"""Traces: off by default; when on, a span tells operation and status, and nothing of whom."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from cutis.service.traces import Traced, tracer_to
from cutis.settings import Settings


class _Kept:
    """A span processor that keeps what it is given."""

    def __init__(self) -> None:
        self.spans: list[Any] = []

    def on_start(self, span: Any, parent_context: Any = None) -> None:
        pass

    def on_end(self, span: Any) -> None:
        self.spans.append(span)

    def _on_ending(self, span: Any) -> None:
        pass

    def shutdown(self) -> None:
        pass

    def force_flush(self, timeout_millis: int = 0) -> bool:
        return True


class _Route:
    operation_id = "people.read"


async def _app(scope: Any, receive: Any, send: Any) -> None:
    scope["route"] = _Route()
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def test_traces_are_off_unless_an_address_is_set():
    assert Settings().service.traces_url == ""


def test_a_span_tells_operation_and_status_only():
    pytest.importorskip("opentelemetry.sdk")
    kept = _Kept()
    traced = Traced(_app, tracer_to(kept))

    async def nothing(*_: Any) -> None:
        return None

    scope = {"type": "http", "method": "GET", "path": "/v1/people/secret-id"}
    asyncio.run(traced(scope, nothing, nothing))
    (span,) = kept.spans
    assert span.name == "people.read"
    assert dict(span.attributes) == {"http.response.status_code": 404}
    assert "secret-id" not in span.to_json()
