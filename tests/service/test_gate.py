"""The overload gate and the rate limits: no at once instead of late, and never a place lost."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutis.service.gate import Load, OverloadGate, Places, weigh
from cutis.service.rates import Rate, RateLimiter, Tally

UPLOAD = ("POST", "/v1/people/p/photos")


class Slow:
    """An application that answers when it is told to."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.served = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.go.wait()
        self.served += 1
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


async def ask(gate: OverloadGate, method: str, path: str, body: bytes = b"") -> dict[str, Any]:
    """Return the messages of an answer, as one mapping."""
    answer: dict[str, Any] = {"body": b""}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        answer["body"] += message.get("body", b"")
        answer.update({k: v for k, v in message.items() if k in {"status", "headers"}})

    await gate({"type": "http", "method": method, "path": path}, receive, send)
    return answer


def gate_of(app: Any, queued: int = 0, **places: int) -> OverloadGate:
    return OverloadGate(app, load=Load(Places(**places)), queued=lambda: queued)


def test_ten_times_as_many_are_answered_at_once():
    """R10 in short: what fits is served, the rest is refused before anything else happens."""

    async def scene() -> None:
        app = Slow()
        gate = gate_of(app, heavy=4)
        asked = [asyncio.create_task(ask(gate, *UPLOAD, b"x" * 1000)) for _ in range(40)]
        while sum(task.done() for task in asked) < 36:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.001)
        refused = [task.result() for task in asked if task.done()]
        assert len(refused) == 36
        assert all(answer["status"] == 503 for answer in refused)
        assert all(dict(answer["headers"])[b"retry-after"] == b"2" for answer in refused)
        assert json.loads(refused[0]["body"])["code"] == "overload"
        app.go.set()
        served = await asyncio.gather(*asked)
        assert [answer["status"] for answer in served].count(200) == app.served == 4

    asyncio.run(scene())


def test_health_is_never_gated():
    async def scene() -> None:
        app = Slow()
        app.go.set()
        gate = gate_of(app, heavy=0, light=0)
        assert (await ask(gate, "GET", "/healthz"))["status"] == 200
        assert (await ask(gate, "GET", "/v1/people"))["status"] == 503

    asyncio.run(scene())


def test_a_full_queue_refuses_uploads_only():
    async def scene() -> None:
        app = Slow()
        app.go.set()
        gate = gate_of(app, queued=32)
        assert (await ask(gate, *UPLOAD))["status"] == 503
        assert (await ask(gate, "POST", "/v1/photos/p/jobs"))["status"] == 503
        assert (await ask(gate, "GET", "/v1/people"))["status"] == 200

    asyncio.run(scene())


def test_a_place_comes_back_after_an_error():
    async def broken(*_: Any) -> None:
        raise RuntimeError

    async def scene() -> None:
        gate = gate_of(broken, heavy=1)
        for _ in range(3):
            with pytest.raises(RuntimeError):
                await ask(gate, *UPLOAD)

    asyncio.run(scene())


def test_a_sender_that_never_ends_does_not_hold_the_answer():
    async def scene() -> None:
        gate = gate_of(Slow(), heavy=0)
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            await asyncio.sleep(0)
            return {"type": "http.request", "body": b"x" * (1 << 20), "more_body": True}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await gate({"type": "http", "method": UPLOAD[0], "path": UPLOAD[1]}, receive, send)
        assert sent[0]["status"] == 503

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("method", "path", "weight"),
    [
        ("GET", "/healthz", "free"),
        ("POST", "/v1/people/p/photos", "queueing"),
        ("POST", "/v1/photos/p/jobs", "queueing"),
        ("POST", "/v1/sessions", "heavy"),
        ("POST", "/v1/people/p/export", "heavy"),
        ("GET", "/v1/people/p/comparison", "heavy"),
        ("GET", "/v1/people", "light"),
        ("GET", "/healthz/..", "light"),
    ],
)
def test_what_a_request_weighs(method: str, path: str, weight: str):
    assert weigh(method, path) == weight


@given(st.lists(st.floats(0, 5), max_size=50), st.floats(1, 600), st.integers(1, 20))
def test_a_bucket_never_gives_more_than_its_rate(
    pauses: list[float], per_minute: float, burst: int
):
    limiter, now_s, taken = RateLimiter(Rate(per_minute, burst)), 0.0, 0
    for pause_s in pauses:
        now_s += pause_s
        taken += limiter.take("a", now_s) == 0
    assert taken <= burst + now_s * per_minute / 60 + 1e-6


def test_a_refusal_says_how_long_to_wait():
    limiter = RateLimiter(Rate(60, burst=1))
    assert limiter.take("a", 0.0) == 0
    wait_s = limiter.take("a", 0.0)
    assert wait_s == pytest.approx(1.0)
    assert limiter.take("b", 0.0) == 0
    assert limiter.take("a", wait_s) == 0


def test_a_flood_of_callers_costs_no_memory():
    limiter = RateLimiter(Rate(60, burst=1), most=100)
    for number in range(1000):
        limiter.take(str(number), 0.0)
    assert len(limiter) == 100


def test_a_tally_forgets_what_is_long_ago():
    tally = Tally(within_s=60, most=2)
    for now_s in (0.0, 30.0, 70.0):
        tally.add("a", now_s)
    assert (tally.count("a", 70.0), tally.count("a", 120.0), tally.count("b", 70.0)) == (2, 1, 0)
    for name in ("b", "c"):
        tally.add(name, 70.0)
    assert tally.count("a", 70.0) == 0, "the oldest key is dropped"
