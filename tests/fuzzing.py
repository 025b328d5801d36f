"""The API fuzzed by schemathesis, within one process: a few cases of every operation."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)


@dataclass
class Found:
    """How many cases were tried, and what failed."""

    cases: int = 0
    failures: list[str] = field(default_factory=list)


def fuzz(app: Any, token: str, *, cases: int) -> Found:
    """Ask every operation of ``app`` in so many drawn ways, signed in with ``token``."""
    found, headers = Found(), {"Authorization": f"Bearer {token}", "Host": "localhost:8321"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        schema = schemathesis.openapi.from_asgi("/openapi.json", app, headers=headers)
        for result in schema.get_all_operations():
            _fuzz_one(result.ok(), headers, found, cases)
    return found


def _fuzz_one(operation: Any, headers: dict[str, str], found: Found, cases: int) -> None:
    @settings(
        max_examples=cases,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        found.cases += 1
        chosen = [getattr(schemathesis.checks, name) for name in CHECKS]
        case.call_and_validate(headers=headers, checks=chosen)

    try:
        ask()
    except Exception as error:  # noqa: BLE001 - whatever fails is told
        found.failures.append(f"{operation.label}: {str(error)[:2000]}")
