"""The outbox: messages are kept first and sent after, so that none is lost when the service ends.

A message that is not taken is tried again after 5 s, then after four times as long each time, up to
`MOST_ATTEMPTS`; the receiver tells repetitions by ``webhook-id``. Messages hold ids, no data.
"""

from __future__ import annotations

import json
import random
import secrets
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from cutis.core.accounts import AccountStore, Delivery, Webhook
from cutis.core.errors import CutisError
from cutis.core.ports import Clock
from cutis.service.sign_in import stamp
from cutis.service.webhooks.sending import send
from cutis.service.webhooks.signing import signed_headers

EVENTS = (
    "job.done",
    "job.failed",
    "photo.added",
    "review.added",
    "consent.recorded",
    "person.erased",
)
MOST_ATTEMPTS = 8
_FIRST_PAUSE_S, _FACTOR, _LONGEST_PAUSE_S = 5.0, 4.0, 43_200.0
_LOOK_EVERY_S = 2.0

Sender = Callable[..., int]


class Outbox:
    """Keeps messages and sends them in a thread of its own."""

    def __init__(
        self,
        accounts: AccountStore,
        clock: Clock,
        *,
        private: bool = False,
        log: Any = None,
        sender: Sender = send,
    ) -> None:
        """Take where messages are kept; ``private`` allows private addresses."""
        self._accounts, self._clock, self._sender = accounts, clock, sender
        self.private, self._log = private, log
        self._wake, self._over = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def post(self, tenant_id: str, event: str, **ids: str) -> None:
        """Keep a message for every webhook of the tenant that wants this event."""
        now = stamp(self._clock.now())
        for webhook in self._accounts.webhooks(tenant_id):
            if event in webhook.events:
                body = json.dumps({"type": event, "timestamp": now, "data": ids})
                message = Delivery(f"msg_{secrets.token_hex(12)}", webhook.id, event, body, 0, now)
                self._accounts.add_delivery(message)
                self._wake.set()

    def start(self) -> None:
        """Begin to send."""
        self._thread = threading.Thread(target=self._run, name="cutis-outbox", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop sending; what is not sent stays kept."""
        self._over.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=15.0)

    def send_due(self) -> int:
        """Send what is due now; return how many messages were taken."""
        due = self._accounts.due_deliveries(stamp(self._clock.now()))
        return sum(self._send_one(delivery, webhook) for delivery, webhook in due)

    def _send_one(self, delivery: Delivery, webhook: Webhook) -> bool:
        body = delivery.body.encode()
        now_s = int(self._clock.now().timestamp())
        headers = {
            "content-type": "application/json",
            "user-agent": "cutis-webhooks",
            **signed_headers(webhook.secret, delivery.id, now_s, body),
        }
        try:
            status = self._sender(webhook.url, headers, body, private=self.private)
        except (CutisError, OSError):
            status = 0
        if 200 <= status < 300:
            self._accounts.remove_delivery(delivery.id)
            return True
        self._later(delivery, status)
        return False

    def _later(self, delivery: Delivery, status: int) -> None:
        attempts = delivery.attempts + 1
        if attempts >= MOST_ATTEMPTS or status == 410:
            self._accounts.remove_delivery(delivery.id)
            if self._log is not None:
                self._log.warning("webhook given up", message=delivery.id, status=status)
            return
        due = self._clock.now() + timedelta(seconds=pause_s(attempts))
        self._accounts.postpone_delivery(replace(delivery, attempts=attempts, due_at=stamp(due)))

    def _run(self) -> None:
        while not self._over.is_set():
            self._wake.wait(_LOOK_EVERY_S)
            self._wake.clear()
            try:
                self.send_due()
            except CutisError as error:
                if self._log is not None:
                    self._log.warning("webhooks wait", error=error)


def pause_s(attempts: int) -> float:
    """Return the pause before the next try, with up to a tenth of it added by chance."""
    pause = min(_FIRST_PAUSE_S * _FACTOR ** (attempts - 1), _LONGEST_PAUSE_S)
    return pause * (1 + random.random() / 10)  # noqa: S311  (spreads load, protects nothing)
