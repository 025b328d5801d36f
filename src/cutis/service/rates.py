"""Rate limits: a token bucket per caller, in memory.

A bucket holds up to ``burst`` tokens and gains ``per_minute / 60`` a second; a request takes one
(the leaky bucket as a meter, ITU-T I.371). Buckets that are full again are forgotten, and there
are never more than ``most``, so that a flood of addresses costs no memory.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
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
