"""Once only: parallel repetitions of a request are done once, and all get the one answer."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from cutis.core.records import IdempotencyKey
from cutis.service.errors import RefusedRequestError
from cutis.service.once import OnceOnly

KEY = IdempotencyKey("k", "0" * 64)


def test_a_hundred_at_once_are_done_once():
    """R13 in short; the long form sends 100 uploads over HTTP."""
    once: OnceOnly[int] = OnceOnly()
    done = []
    gate = threading.Barrier(50)

    def work() -> int:
        done.append(1)
        return len(done)

    def send(number: int) -> int:
        if number < 50:
            gate.wait(30)
        return once.do("a", KEY, work)

    with ThreadPoolExecutor(50) as senders:
        answers = list(senders.map(send, range(100)))
    assert answers == [1] * 100
    assert done == [1]


def test_another_request_under_the_same_key_is_refused():
    once: OnceOnly[int] = OnceOnly()
    once.do("a", KEY, lambda: 1)
    with pytest.raises(RefusedRequestError) as caught:
        once.do("a", IdempotencyKey("k", "1" * 64), lambda: 2)
    assert caught.value.code == "conflict.idempotency"
    assert once.do("b", IdempotencyKey("k", "1" * 64), lambda: 2) == 2


def test_what_failed_is_not_remembered():
    once: OnceOnly[int] = OnceOnly()
    with pytest.raises(ZeroDivisionError):
        once.do("a", KEY, lambda: 1 // 0)
    assert once.do("a", KEY, lambda: 3) == 3


def test_answers_are_forgotten_in_time_and_number():
    gone: OnceOnly[int] = OnceOnly(kept_s=-1.0)
    gone.do("a", KEY, lambda: 1)
    assert gone.do("a", KEY, lambda: 2) == 2
    few: OnceOnly[int] = OnceOnly(most=1)
    few.do("a", KEY, lambda: 1)
    few.do("a", IdempotencyKey("other", "0" * 64), lambda: 1)
    assert few.do("a", KEY, lambda: 2) == 2


def test_without_a_key_everything_is_done():
    once: OnceOnly[int] = OnceOnly()
    assert [once.do("a", None, lambda n=n: n) for n in range(3)] == [0, 1, 2]
