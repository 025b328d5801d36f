"""Rate limits: a token bucket per caller, in memory; and a tally of what happened lately.

A bucket holds up to ``burst`` tokens and gains ``per_minute / 60`` a second; a request takes one
(the leaky bucket as a meter, ITU-T I.371). Buckets that are full again are forgotten, and there
are never more than ``most``, so that a flood of addresses costs no memory.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """How many requests a minute, and how many at once."""

    per_minute: float
    burst: float


class RateLimiter:
    """Counts requests per key; safe to share between threads."""

    def __init__(self, rate: Rate, most: int = 10_000) -> None:
        self.rate = rate
        self._most = most
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, now_s: float) -> float:
        """Take a token of ``key`` at the monotonic time ``now_s``.

        Returns:
            0.0 when there was one, otherwise the seconds until there is.
        """
        per_s = self.rate.per_minute / 60
        with self._lock:
            tokens, at_s = self._buckets.pop(key, (self.rate.burst, now_s))
            tokens = min(self.rate.burst, tokens + max(0.0, now_s - at_s) * per_s)
            wait_s = 0.0 if tokens >= 1 else (1 - tokens) / per_s
            self._buckets[key] = (tokens - 1 if not wait_s else tokens, now_s)
            while len(self._buckets) > self._most:
                self._buckets.popitem(last=False)
        return wait_s

    def __len__(self) -> int:
        """Return how many buckets are kept."""
        return len(self._buckets)


class Tally:
    """Counts what happened to a key within the last ``within_s`` seconds; safe between threads."""

    def __init__(self, within_s: float = 600.0, most: int = 10_000) -> None:
        self._within_s, self._most = within_s, most
        self._lock = threading.Lock()
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def add(self, key: str, now_s: float) -> None:
        """Count one at the monotonic time ``now_s``."""
        with self._lock:
            self._times.setdefault(key, deque(maxlen=100)).append(now_s)
            self._times.move_to_end(key)
            while len(self._times) > self._most:
                self._times.popitem(last=False)

    def count(self, key: str, now_s: float) -> int:
        """Return how many there were lately, 100 at most."""
        with self._lock:
            return sum(now_s - at_s <= self._within_s for at_s in self._times.get(key, ()))

    def forget(self, key: str) -> None:
        """Start anew."""
        with self._lock:
            self._times.pop(key, None)
