"""Webhooks: signed, tried again, and never sent where only the service can reach."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from cutis.core.accounts import Webhook
from cutis.core.errors import InputError
from cutis.service.webhooks.outbox import MOST_ATTEMPTS, Outbox, pause_s
from cutis.service.webhooks.sending import check_url, is_public, public_addresses, send
from cutis.service.webhooks.signing import is_signed, signed_headers
from cutis.store.account_seal import AccountSeal
from cutis.store.accounts import DatabaseAccounts
from cutis.store.database import Database
from cutis.store.engines import sqlite_address

SECRET = bytes(range(32))


class MovedClock:
    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 26, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


class Post:
    """An outbox whose messages go to a list, with answers as they are given."""

    def __init__(self, folder: Path, *answers: int) -> None:
        self.clock, self.answers, self.sent = MovedClock(), list(answers), []
        for path in folder.iterdir():
            path.unlink()
        self.database = Database(sqlite_address(folder / "records.sqlite"))
        self.accounts = DatabaseAccounts(self.database, AccountSeal(bytes(32)))
        self.accounts.add_webhook(
            Webhook("w", "t", "https://clinic.example/hook", ("job.done",), SECRET, "")
        )
        self.outbox = Outbox(self.accounts, self.clock, sender=self.send)

    def send(self, url: str, headers: dict[str, str], body: bytes, *, private: bool) -> int:
        self.sent.append((headers, body))
        answer = self.answers.pop(0) if self.answers else 200
        if answer == 0:
            raise OSError("nobody answers")
        return answer


@pytest.fixture
def post(folder: Path) -> Iterator[Any]:
    made: list[Post] = []

    def make(*answers: int) -> Post:
        made.append(Post(folder, *answers))
        return made[-1]

    yield make
    for one in made:
        one.database.close()


def test_a_message_is_signed_and_holds_ids_only(post: Any):
    mine = post()
    mine.outbox.post("t", "job.done", job_id="j")
    mine.outbox.post("t", "job.failed", job_id="j")
    mine.outbox.post("other", "job.done", job_id="j")
    assert mine.outbox.send_due() == 1
    headers, body = mine.sent[0]
    now_s = mine.clock.now().timestamp()
    assert is_signed(SECRET, headers, body, now_s)
    assert not is_signed(bytes(32), headers, body, now_s)
    assert not is_signed(SECRET, headers, body + b" ", now_s)
    assert not is_signed(SECRET, headers, body, now_s + 301)
    assert json.loads(body)["data"] == {"job_id": "j"}


def test_the_signature_is_that_of_standard_webhooks():
    """The published form, worked out once more by hand: HMAC-SHA256 over id.timestamp.body."""
    headers = signed_headers(SECRET, "msg_1", 1_700_000_000, b"{}")
    expected = hmac.new(SECRET, b"msg_1.1700000000.{}", hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(expected).decode()


def test_what_is_not_taken_is_tried_again_with_longer_pauses(post: Any):
    mine = post(500, 0, 301)
    mine.outbox.post("t", "job.done", job_id="j")
    for attempt in range(1, 4):
        assert mine.outbox.send_due() == 0
        assert mine.outbox.send_due() == 0  # not due yet
        mine.clock.moment += timedelta(seconds=1.1 * pause_s(attempt) + 1)
    assert mine.outbox.send_due() == 1
    assert len(mine.sent) == 4
    assert len({headers["webhook-id"] for headers, _ in mine.sent}) == 1


def test_a_message_is_given_up_at_last(post: Any):
    mine = post(*[500] * MOST_ATTEMPTS)
    mine.outbox.post("t", "job.done", job_id="j")
    for _ in range(MOST_ATTEMPTS + 3):
        mine.outbox.send_due()
        mine.clock.moment += timedelta(days=1)
    assert len(mine.sent) == MOST_ATTEMPTS


def test_one_that_is_gone_is_not_asked_again(post: Any):
    mine = post(410)
    mine.outbox.post("t", "job.done", job_id="j")
    mine.outbox.send_due()
    mine.clock.moment += timedelta(days=1)
    assert mine.outbox.send_due() == 0
    assert len(mine.sent) == 1


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fc00::1",
        "::ffff:127.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::a00:1",
        "2001:0:7f00:1::",
        "ff02::1",
        "no address",
    ],
)
def test_addresses_that_are_not_public(address: str):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_addresses_that_are_public(address: str):
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://clinic.example/",
        "ftp://clinic.example/",
        "https://",
        "https://user@clinic.example/",
        "https://clinic.example/#part",
        "https://clinic.example:0/",
        "https://[::1",
        "file:///etc/passwd",
    ],
)
def test_addresses_that_are_refused(url: str):
    with pytest.raises(InputError):
        check_url(url, private=False)


def test_a_name_that_leads_home_is_refused():
    with pytest.raises(InputError, match="private network"):
        public_addresses("localhost", 443, private=False)


class _Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append((dict(self.headers), body))  # type: ignore[attr-defined]
        self.send_response(302)
        self.send_header("Location", "http://192.0.2.1/")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_a_message_reaches_a_real_server_and_no_redirect_is_followed():
    server = HTTPServer(("127.0.0.1", 0), _Receiver)
    server.got = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}/hook?a=1"
    assert send(url, {"webhook-id": "m"}, b"{}", private=True) == 302
    thread.join()
    server.server_close()
    headers, body = server.got[0]  # type: ignore[attr-defined]
    assert (headers["webhook-id"], body) == ("m", b"{}")
    with pytest.raises(InputError):
        send(url, {}, b"{}", private=False)
