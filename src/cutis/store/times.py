"""The clock, and times as text of one width, so that their order is the order of text."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from cutis.core.errors import InputError

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """Return the time now, in UTC."""
        return datetime.now(UTC)


def to_text(moment: datetime) -> str:
    """Return a time as ``2026-11-26T05:47:28.123456Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def from_text(text: str) -> datetime:
    """Read a time that `to_text` wrote."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def later(text: str, *, seconds: float = 0.0, days: float = 0.0) -> str:
    """Return a time moved by so much, forward or back."""
    return to_text(from_text(text) + timedelta(days=days, seconds=seconds))


def normal_time(text: str) -> str:
    """Return any ISO 8601 time with an offset in our form.

    Raises:
        InputError: it is no such time.
    """
    if _TIME.fullmatch(text):
        return text
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"A time is written as 2026-11-26T09:30:00Z, not as {text!r}.") from error
    if moment.tzinfo is None:
        raise InputError("A time needs its offset from UTC: 2026-11-26T09:30:00+01:00, or a Z.")
    return to_text(moment)
