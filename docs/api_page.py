"""The page on the API, from its OpenAPI document and the policy table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from cutis.service.app import make_api
from cutis.service.errors import PROBLEMS
from cutis.service.policy import POLICY, Rule, Scope

_MARK = "<!-- Written by docs/generate.py; change the program, not this page. -->\n"
_METHODS = ("get", "post", "put", "delete")
_INTRO = """\
The document behind this page is served at `/openapi.json`; clients can be generated from it.

- Sign in at `POST /v1/sessions`, then send `Authorization: Bearer TOKEN`.
- Uploads are the file itself as the body, with its SHA-256 in `Repr-Digest`.
- `Idempotency-Key` makes a repeated request count once.
- Listings come in pages: pass `next_cursor` on as `cursor`.
- What is refused is a problem document (RFC 9457) with a stable `code` and a `fix`.
- Foreign and absent ids are answered alike.
"""


def api_page() -> str:
    """Return the page: every operation with who may do it, then every problem."""
    document = make_api().openapi()
    parts = [f"# API\n\n{_MARK}\n{_INTRO}"]
    for tag in dict.fromkeys(tag for _, _, o in _operations(document) for tag in o["tags"]):
        parts.append(f"## {tag.capitalize()}\n")
        parts += [
            _operation(method, path, operation)
            for method, path, operation in _operations(document)
            if tag in operation["tags"]
        ]
    parts.append(_problems())
    return "\n".join(parts)


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if method in methods:
                yield method.upper(), path, methods[method]


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    rule = POLICY[operation["operationId"]]
    lines = [f"### `{method} {path}`\n", operation["description"].strip(), ""]
    lines += [f"- operation `{operation['operationId']}`; {_who(rule)}"]
    for parameter in operation.get("parameters", ()):
        if parameter["in"] != "path":
            needed = "" if parameter.get("required") else ", optional"
            told = parameter.get("description", "")
            lines.append(f"- `{parameter['name']}` ({parameter['in']}{needed}): {told}")
    answers = [status for status in operation["responses"] if status < "400"]
    lines.append(f"- answers {', '.join(sorted(answers))}")
    return "\n".join(lines) + "\n"


def _who(rule: Rule) -> str:
    """Say in words who may do it."""
    if rule.scope is Scope.PUBLIC:
        return "anybody"
    if rule.scope is Scope.ACCOUNT:
        return "every user, on their own account"
    words = [_role(role.value, grant.ties, grant.consent) for role, grant in rule.grants.items()]
    confirmed = "; asks for a confirmation" if rule.step_up else ""
    return "; ".join(words) + confirmed


def _role(role: str, ties: Any, consent: Any) -> str:
    needs = [f"tie {'/'.join(sorted(tie.value for tie in ties))}"] if ties else []
    needs += [f"consent {consent.value}"] if consent else []
    return f"{role} ({', '.join(needs)})" if needs else role


def _problems() -> str:
    rows = ["## Problems\n", "| code | status | title | fix |", "|---|---|---|---|"]
    for code, problem in PROBLEMS.items():
        rows.append(f"| `{code}` | {problem.status} | {problem.title} | {problem.fix} |")
    return "\n".join(rows) + "\n"


def openapi_text() -> str:
    """Return the OpenAPI document as it is served."""
    return json.dumps(make_api().openapi(), indent=1, sort_keys=True) + "\n"
