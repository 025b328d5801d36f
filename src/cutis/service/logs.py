"""The service's own log: one JSON line a request, without names, bodies, addresses or tokens."""

from __future__ import annotations

import sys
from typing import Any, TextIO

import structlog


def make_log(stream: TextIO | None = None) -> Any:
    """Return a logger that writes JSON lines to ``stream``; standard error by default."""
    return structlog.wrap_logger(
        structlog.PrintLogger(stream or sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            _drop_tracebacks,
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
    )


def _drop_tracebacks(_: Any, __: str, entry: Any) -> Any:
    """Keep the kind of an error and where it arose; its text may hold what must not be logged."""
    error = entry.pop("error", None)
    if isinstance(error, BaseException):
        entry["error"] = type(error).__name__
        entry["arose"] = _places(error)
    return entry


def _places(error: BaseException) -> list[str]:
    places, trace = [], error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}")
        trace = trace.tb_next
    return places[-6:]
