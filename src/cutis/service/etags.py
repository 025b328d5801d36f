"""ETags and preconditions (RFC 9110, sections 8.8 and 13)."""

from __future__ import annotations

from cutis.service.errors import RefusedRequestError


def etag(record_id: str, version: int) -> str:
    """Return the strong ETag of a record's version."""
    return f'"{record_id}.{version}"'


def matches(header: str | None, tag: str) -> bool:
    """Tell whether ``If-None-Match`` names ``tag``."""
    names = {name.strip().removeprefix("W/") for name in (header or "").split(",")}
    return tag in names or "*" in names


def expected_version(header: str | None, record_id: str) -> int:
    """Return the version that ``If-Match`` names of a record.

    Raises:
        RefusedRequestError: the header is missing, or names something else.
    """
    if header is None:
        raise RefusedRequestError("precondition.missing")
    prefix, _, number = header.strip().strip('"').rpartition(".")
    if prefix != record_id or not number.isdecimal():
        raise RefusedRequestError("precondition.failed")
    return int(number)
