"""A clock that stands still until it is moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_START = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)


class FakeClock:
    """Tells the time it was set to; each look moves it on by a microsecond, so that order shows."""

    def __init__(self, start: datetime = _START) -> None:
        self._now = start

    def now(self) -> datetime:
        """Return the time, in UTC."""
        self._now += timedelta(microseconds=1)
        return self._now

    def move(self, *, days: float = 0.0, seconds: float = 0.0) -> None:
        """Let time pass."""
        self._now += timedelta(days=days, seconds=seconds)
