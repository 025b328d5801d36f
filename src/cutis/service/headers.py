"""What every answer carries: security headers, a request id, and no place in any cache.

The outermost layer. It also refuses what is not addressed to this service, so that a page in a
browser on this machine cannot reach it under another name (DNS rebinding), and, where nobody signs
in, whatever a proxy passed on or a foreign page sent.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cutis.core.addresses import is_loopback
from cutis.service.gate import refuse
from cutis.service.metrics import Metrics

_SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_HSTS = "max-age=31536000; includeSubDomains"
_PROXY_SIGNS = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


class Door:
    """ASGI middleware: checks the address, adds the headers, counts and logs."""

    def __init__(
        self, app: ASGIApp, *, hosts: frozenset[str], alone: bool, metrics: Metrics, log: Any
    ) -> None:
        """Take what it checks and where it tells.

        Args:
            app: what it stands before.
            hosts: names under which the service is reached; loopback names always are.
            alone: whether nobody signs in.
            metrics: counts each answer.
            log: gets one line for each.
        """
        self._app, self._hosts, self._alone = app, hosts, alone
        self._metrics, self._log = metrics, log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started_s = time.perf_counter()
        client = scope.get("client")
        scope["cutis.request_id"] = secrets.token_hex(8)
        scope["cutis.loopback"] = bool(client and is_loopback(client[0]))
        status = 500

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._add_headers(scope, MutableHeaders(scope=message))
            await send(message)

        try:
            if code := self._not_here(scope):
                await refuse(receive, told, code, 0.0)
            else:
                await self._app(scope, receive, told)
        finally:
            self._tell(scope, status, time.perf_counter() - started_s)

    def _not_here(self, scope: Scope) -> str | None:
        """Return why a request is none of ours, None where it is."""
        headers = Headers(scope=scope)
        host = host_name(headers.get("host", ""))
        if not (is_loopback(host) or host in self._hosts):
            return "request.host"
        if not self._alone:
            return None
        foreign = headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}
        proxied = any(sign in headers for sign in _PROXY_SIGNS)
        if foreign or proxied or not scope["cutis.loopback"] or not is_loopback(host):
            return "access.proxied"
        return None

    def _add_headers(self, scope: Scope, headers: MutableHeaders) -> None:
        for name, value in _SECURITY.items():
            headers.setdefault(name, value)
        headers.setdefault("Cache-Control", "no-store")
        headers["X-Request-Id"] = scope["cutis.request_id"]
        if scope.get("scheme") == "https":
            headers["Strict-Transport-Security"] = _HSTS

    def _tell(self, scope: Scope, status: int, elapsed_s: float) -> None:
        operation = operation_of(scope)
        self._metrics.request(operation, status, elapsed_s)
        if status >= 500 or not operation.startswith("health."):
            self._log.info(
                "request",
                id=scope["cutis.request_id"],
                operation=operation,
                status=status,
                ms=round(1000 * elapsed_s, 1),
            )


def operation_of(scope: Scope) -> str:
    """Return the operation that a request came to; ``none`` where there is no such route."""
    route = scope.get("route")
    return getattr(route, "operation_id", None) or "none"


def host_name(header: str) -> str:
    """Return the name in a ``Host`` header, without the port and the brackets of IPv6."""
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.rpartition(":")[0] if header.count(":") == 1 else header


Weigh = Callable[[str, str], str]
