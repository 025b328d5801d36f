"""The application: routes, guards and layers, put together from the parts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import URL
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from cutis import __version__
from cutis.core.errors import CutisError
from cutis.service.api import accounts, jobs, own, people, photos, results, system
from cutis.service.errors import (
    PROBLEM_TYPE,
    problem_document,
    problem_of,
)
from cutis.service.gate import OverloadGate
from cutis.service.headers import Door
from cutis.service.openapi import describe
from cutis.service.parts import Parts
from cutis.service.traces import Traced
from cutis.service.web.cookies import CookieSession
from cutis.service.web.pages import Pages

ROUTERS = (
    people.routes,
    photos.routes,
    jobs.routes,
    results.routes,
    own.routes,
    accounts.routes,
    system.routes,
    system.outside,
)
_OF_STATUS = {404: "request.not_there", 405: "request.method", 413: "request.too_large"}
_MOST_ERRORS = 20


def make_api(parts: Parts | None = None) -> FastAPI:
    """Return the routes, without the layers around them; without parts, to be read only."""
    app = FastAPI(
        title="Cutis",
        version=__version__,
        summary="Assessment of facial skin: a decision aid, never a diagnosis.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.parts = parts
    for router in ROUTERS:
        app.include_router(router)
    app.add_exception_handler(CutisError, _cutis_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _unforeseen)
    describe(app)
    return app


def make_app(parts: Parts, *, log: Any, tracer: Any = None) -> ASGIApp:
    """Return the whole application: routes, the app's pages, gate, door, and traces if wanted."""
    app: ASGIApp = CookieSession(make_api(parts), alone=parts.alone is not None)
    app = Pages(app, parts.settings)
    gate = OverloadGate(app, load=parts.load, queued=parts.dispatcher.waiting)
    public = URL(parts.settings.service.public_url).hostname
    hosts = frozenset({public} if public else ()) | {parts.settings.service.host}
    door: ASGIApp = Door(
        gate, hosts=hosts, alone=parts.alone is not None, metrics=parts.metrics, log=log
    )
    return Traced(door, tracer) if tracer is not None else door


async def _cutis_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, CutisError)  # noqa: S101  (registered for this kind only)
    code, problem = problem_of(error)
    detail = str(error) if problem.status < 500 or code.startswith("worker") else ""
    answer = _answer(code, detail)
    wait_s = getattr(error, "retry_after_s", None)
    if wait_s is not None or problem.status == 503:
        answer.headers["Retry-After"] = str(max(1, math.ceil(wait_s or 2)))
    if problem.status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="cutis"'
    if problem.status >= 500:
        request.app.state.parts.log.error(
            "refused", error=error, id=request.scope.get("cutis.request_id")
        )
    return answer


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101  (registered for this kind only)
    found = error.errors()
    if any(one["type"] == "json_invalid" for one in found):
        return _answer("request.not_json")
    places = [
        {"at": [str(step) for step in one["loc"]], "what": one["msg"]}
        for one in found[:_MOST_ERRORS]
    ]
    return _answer("request.invalid", "See errors for the places that do not fit.", errors=places)


async def _http_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101  (registered for this kind only)
    code = _OF_STATUS.get(error.status_code, "request.invalid")
    headers: Mapping[str, str] = error.headers or {}
    answer = _answer(code)
    if "Allow" in headers:
        answer.headers["Allow"] = headers["Allow"]
    return answer


async def _unforeseen(request: Request, error: Exception) -> JSONResponse:
    request.app.state.parts.log.error(
        "failed", error=error, id=request.scope.get("cutis.request_id")
    )
    return _answer("cutis.error")


def _answer(code: str, detail: str = "", **more: Any) -> JSONResponse:
    body = problem_document(code, detail, **more)
    return JSONResponse(body, status_code=body["status"], media_type=PROBLEM_TYPE)
