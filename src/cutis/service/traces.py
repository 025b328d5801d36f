"""OpenTelemetry traces: off unless an address is set, and without personal data when on.

A span per request holds the operation, the status and the time; no path, no id of a person.
Needs the extra ``otel``.
"""

from __future__ import annotations

import time
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cutis.core.errors import MissingExtraError
from cutis.service.headers import operation_of


def start_tracer(traces_url: str) -> Any:
    """Return a tracer that sends to ``traces_url`` (OTLP over HTTP).

    Raises:
        MissingExtraError: the extra ``otel`` is not installed.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
            OTLPSpanExporter,
        )
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtraError("Sending traces", "otel") from error
    return tracer_to(BatchSpanProcessor(OTLPSpanExporter(endpoint=traces_url)))


def tracer_to(processor: Any) -> Any:
    """Return a tracer whose spans go to ``processor``."""
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415

    provider = TracerProvider(resource=Resource({"service.name": "cutis"}))
    provider.add_span_processor(processor)
    return provider.get_tracer("cutis")


class Traced:
    """ASGI middleware that makes a span of each request."""

    def __init__(self, app: ASGIApp, tracer: Any) -> None:
        self._app, self._tracer = app, tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request and tell of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started_ns, status = time.time_ns(), 500

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, told)
        finally:
            span = self._tracer.start_span(operation_of(scope), start_time=started_ns)
            span.set_attribute("http.response.status_code", status)
            span.end()
