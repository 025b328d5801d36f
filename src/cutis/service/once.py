"""Once only: requests with the same idempotency key wait for the first, then get its answer.

The store keeps a key with the record it made, for good. Before the store, a photo would be decoded
for every repetition; here the first is at work and the others wait. Answers are remembered for ten
minutes, in memory; afterwards the store still knows the key.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from cutis.core.records import IdempotencyKey
from cutis.service.errors import RefusedRequestError

Answer = TypeVar("Answer")


class OnceOnly(Generic[Answer]):
    """Answers by key; safe to share between threads."""

    def __init__(self, kept_s: float = 600.0, most: int = 2_000) -> None:
        self._kept_s, self._most = kept_s, most
        self._lock = threading.Lock()
        self._at_work: dict[Hashable, threading.Lock] = {}
        self._waiting: dict[Hashable, int] = {}
        self._answers: OrderedDict[Hashable, tuple[float, str, Answer]] = OrderedDict()

    def do(self, owner: str, key: IdempotencyKey | None, work: Callable[[], Answer]) -> Answer:
        """Return what ``work`` gives, or what it gave for this key before.

        Args:
            owner: whose key it is; keys of others do not count.
            key: the caller's key; without one, work is simply done.
            work: makes the answer; what it raises is not remembered.

        Raises:
            RefusedRequestError: the key came with another request before.
        """
        if key is None:
            return work()
        name = (owner, key.key)
        with self._alone(name):
            known = self._known(name)
            if known is None:
                answer = work()
                self._remember(name, key.request_sha256, answer)
                return answer
            request_sha256, answer = known
            if request_sha256 != key.request_sha256:
                raise RefusedRequestError("conflict.idempotency")
            return answer

    @contextmanager
    def _alone(self, name: Hashable) -> Iterator[None]:
        """Let one thread at a time work for a key."""
        with self._lock:
            lock = self._at_work.setdefault(name, threading.Lock())
            self._waiting[name] = self._waiting.get(name, 0) + 1
        try:
            with lock:
                yield
        finally:
            with self._lock:
                self._waiting[name] -= 1
                if not self._waiting[name]:
                    del self._waiting[name], self._at_work[name]

    def _known(self, name: Hashable) -> tuple[str, Answer] | None:
        with self._lock:
            now_s = time.monotonic()
            while self._answers and next(iter(self._answers.values()))[0] < now_s:
                self._answers.popitem(last=False)
            found = self._answers.get(name)
        return found[1:] if found else None

    def _remember(self, name: Hashable, request_sha256: str, answer: Answer) -> None:
        with self._lock:
            self._answers[name] = (time.monotonic() + self._kept_s, request_sha256, answer)
            while len(self._answers) > self._most:
                self._answers.popitem(last=False)
