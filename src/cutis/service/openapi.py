"""The OpenAPI document: who may do what, which problems each operation answers with, and how heavy.

Drawn from the policy table, so that document, guard and test cannot drift apart.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from cutis.service.errors import PROBLEM_TYPE, PROBLEMS
from cutis.service.policy import POLICY, Scope
from cutis.service.wire.base import ProblemDocument

_METHODS = ("get", "post", "put", "delete")
_DOCUMENT = "ProblemDocument"
_TITLES = {
    400: "The request cannot be read.",
    401: "Sign in first.",
    403: "Not allowed: the role, the consent, a passkey or a confirmation is missing.",
    404: "Absent, or not the caller's.",
    409: "It does not go with what is there.",
    412: "It has changed meanwhile.",
    413: "Too large.",
    415: "A kind of file or body that is not taken.",
    422: "The request does not fit.",
    428: "If-Match is missing.",
    429: "Too many requests; see Retry-After.",
    500: "Something went wrong.",
    503: "Busy, or not ready; see Retry-After.",
    507: "The disk is full.",
}
_MORE = {
    "photos.upload": (400, 413, 415, 507),
    "reviews.create": (400, 413, 415, 507),
    "account.assess": (400, 413, 415),
    "account.person": (507,),
    "keys.read": (),
    "health.live": (),
}
_MAY_BE_FULL = ("people.", "consents.", "visits.", "reports.", "jobs.", "users.", "ties.")


def describe(app: FastAPI) -> None:
    """Have ``app`` show the complete document at ``/openapi.json``."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title, version=app.version, summary=app.summary, routes=app.routes
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas[_DOCUMENT] = ProblemDocument.model_json_schema()
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    document["components"]["securitySchemes"] = {
        "session": {"type": "http", "scheme": "bearer", "description": "A token of 256 bits."}
    }
    for operations in document["paths"].values():
        for method, operation in operations.items():
            if method in _METHODS:
                _complete(operation, method)
    return document


def _complete(operation: dict[str, Any], method: str) -> None:
    """Add what the policy says of an operation, and the problems that it answers with."""
    name = operation["operationId"]
    rule = POLICY[name]
    operation["responses"].pop("422", None)
    for status in sorted(_statuses(name, method, operation)):
        operation["responses"].setdefault(str(status), _problem(status))
    if rule.scope is not Scope.PUBLIC:
        operation["security"] = [{"session": []}]
    operation["x-cutis-policy"] = {
        "scope": rule.scope.value,
        "roles": sorted(rule.grants),
        "step_up": rule.step_up,
    }


def _statuses(name: str, method: str, operation: dict[str, Any]) -> set[int]:
    rule = POLICY[name]
    found = {500, 503, *_MORE.get(name, ())}
    if name.startswith("health."):
        return found
    found |= {422, 429, 400}
    if rule.scope is not Scope.PUBLIC or name.startswith("sessions."):
        found |= {401, 403}
    if "{" in str(operation.get("parameters")) or any(
        p["in"] == "path" for p in operation.get("parameters", ())
    ):
        found.add(404)
    if method in {"post", "put", "delete"}:
        found |= {404, 409, 413}
    if method in {"post", "put"} and name.startswith(_MAY_BE_FULL):
        found.add(507)
    if any(p["name"] == "If-Match" for p in operation.get("parameters", ())):
        found |= {412, 428}
    if name == "comparisons.read":
        found.add(404)
    return found


def _problem(status: int) -> dict[str, Any]:
    codes = sorted(code for code, problem in PROBLEMS.items() if problem.status == status)
    example = {
        "type": f"urn:cutis:problem:{codes[0]}",
        "title": PROBLEMS[codes[0]].title,
        "status": status,
        "detail": PROBLEMS[codes[0]].title,
        "code": codes[0],
        "fix": PROBLEMS[codes[0]].fix,
    }
    schema = {"$ref": f"#/components/schemas/{_DOCUMENT}"}
    return {
        "description": _TITLES[status],
        "content": {PROBLEM_TYPE: {"schema": schema, "example": example}},
    }
