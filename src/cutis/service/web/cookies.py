"""The app's session: the token in a cookie that no script reads, and a second word beside it.

The API takes tokens in a header; a page would have to keep one where its scripts, and so a script
that got in, can read it. Here the token stays in a cookie (`HttpOnly`, `SameSite=Strict`), and a
request that changes anything must also carry `X-Cutis-Csrf`, which only a page of this service can
have read: a hash of the token, so that nothing is kept of it.

1. `GET /app/session` tells whether anybody is signed in, and the second word.
2. `POST /app/session` and `POST /app/session/passkey` sign in and set the cookie.
3. `DELETE /app/session` signs out and takes it away.
4. `/v1/…` with the cookie and, unless it only reads, the second word, is as with the header.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cutis import __version__
from cutis.service.gate import refuse

CSRF_HEADER = "x-cutis-csrf"
SECURE_NAME, PLAIN_NAME = "__Host-cutis", "cutis-session"
_SIGN_IN = {"/app/session": "/v1/sessions", "/app/session/passkey": "/v1/sessions/passkey"}
_END = "/v1/sessions/current"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_PREFIX = b"cutis/csrf\0"


class CookieSession:
    """ASGI middleware that stands between the app's cookie and the API's header."""

    def __init__(self, app: ASGIApp, *, alone: bool) -> None:
        """Stand before ``app``; ``alone`` says that nobody signs in."""
        self._app, self._alone = app, alone

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer for the session, or pass the request on with the token of the cookie."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = f"{scope['method']} {scope['path']}"
        token = cookie_token(scope)
        if asked == "GET /app/session":
            await self._told(token)(scope, receive, send)
        elif scope["method"] == "POST" and scope["path"] in _SIGN_IN and not self._alone:
            await self._sign_in(scope, receive, send)
        elif scope["path"].startswith("/v1/") or asked == "DELETE /app/session":
            await self._pass_on(scope, receive, send, token)
        else:
            await self._app(scope, receive, send)

    def _told(self, token: str | None) -> Response:
        known = token is not None and not self._alone
        csrf = csrf_of(token) if token is not None and known else None
        return JSONResponse({"alone": self._alone, "csrf": csrf, "version": __version__})

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send, token: str | None) -> None:
        headers = Headers(scope=scope)
        if token is None or "authorization" in headers or self._alone:
            await self._app(scope, receive, send)
            return
        if scope["method"] not in _SAFE and not _is_ours(headers, token):
            await refuse(receive, send, "access.csrf", 0.0)
            return
        ending = scope["path"] in {"/app/session", _END} and scope["method"] == "DELETE"
        inner = _with_path(scope, _END) if ending else dict(scope)
        named = (b"authorization", b"Bearer " + token.encode("ascii", "replace"))
        inner["headers"] = [*scope["headers"], named]
        await self._app(inner, receive, _without_cookie(scope, send) if ending else send)
        scope["route"] = inner.get("route")

    async def _sign_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have the API sign in; the token goes into the cookie and out of the answer."""
        if not _is_same_origin(Headers(scope=scope)):
            await refuse(receive, send, "access.csrf", 0.0)
            return
        status, body, headers = 500, b"", MutableHeaders()

        async def gathered(message: Message) -> None:
            nonlocal status, body, headers
            if message["type"] == "http.response.start":
                status, headers = message["status"], MutableHeaders(raw=message["headers"])
            else:
                body += message.get("body", b"")

        inner = _with_path(scope, _SIGN_IN[scope["path"]])
        await self._app(inner, receive, gathered)
        scope["route"] = inner.get("route")
        kept = {name: value for name, value in headers.items() if name != "content-length"}
        answer = Response(body, status, kept)
        if status == 201:
            told = json.loads(body)
            token = told.pop("token")
            answer = JSONResponse({**told, "csrf": csrf_of(token)}, status)
            _set_cookie(answer, scope, token)
        await answer(scope, receive, send)


def cookie_token(scope: Scope) -> str | None:
    """Return the token in the cookie of a request, None where there is none."""
    cookies = cookie_parser(Headers(scope=scope).get("cookie", ""))
    return cookies.get(_cookie_name(scope)) or None


def csrf_of(token: str) -> str:
    """Return the second word that goes with a token: 256 bits in base64url; it tells no token."""
    digest = hashlib.sha256(_PREFIX + token.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def _is_ours(headers: Headers, token: str) -> bool:
    said = headers.get(CSRF_HEADER, "")
    return _is_same_origin(headers) and hmac.compare_digest(
        said.encode("utf-8", "replace"), csrf_of(token).encode()
    )


def _is_same_origin(headers: Headers) -> bool:
    """Tell whether a page of this service asks, as far as the browser says."""
    return headers.get("sec-fetch-site", "same-origin") in {"same-origin", "none"}


def _with_path(scope: Scope, path: str) -> dict[str, Any]:
    return {**scope, "path": path, "raw_path": path.encode("ascii")}


def _cookie_name(scope: Scope) -> str:
    return SECURE_NAME if scope.get("scheme") == "https" else PLAIN_NAME


def _set_cookie(answer: Response, scope: Scope, token: str, *, gone: bool = False) -> None:
    answer.set_cookie(
        _cookie_name(scope),
        token,
        max_age=0 if gone else None,
        path="/",
        secure=scope.get("scheme") == "https",
        httponly=True,
        samesite="strict",
    )


def _without_cookie(scope: Scope, send: Send) -> Send:
    """Return ``send`` that takes the cookie away, once the session has ended."""
    taking = Response()
    _set_cookie(taking, scope, "", gone=True)

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).append("Set-Cookie", taking.headers["set-cookie"])
        await send(message)

    return sent
