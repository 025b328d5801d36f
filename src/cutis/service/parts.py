"""What the service is made of, put together once and handed to every request."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from cutis.core.ports import Clock
from cutis.core.record_ports import RecordStore
from cutis.service.dispatch import Dispatcher
from cutis.service.gate import Load
from cutis.service.metrics import Metrics
from cutis.service.once import OnceOnly
from cutis.service.proofs import Proofs
from cutis.service.rates import RateLimiter
from cutis.service.sign_in import SignedIn, SignIn
from cutis.service.webhooks.outbox import Outbox
from cutis.service.workers.pool import Pool
from cutis.service.workers.reply import TaskLimits
from cutis.settings import Settings


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts; ``alone`` is the one person of a service without sign-in, None with it.

    ``pool`` assesses, ``intake`` decodes what comes in.
    """

    settings: Settings
    store: RecordStore
    sign_in: SignIn
    pool: Pool
    intake: Pool
    task_limits: TaskLimits
    dispatcher: Dispatcher
    proofs: Proofs
    outbox: Outbox
    clock: Clock
    metrics: Metrics
    load: Load
    requests: RateLimiter
    sign_ins: RateLimiter
    once: OnceOnly[Any]
    log: Any
    alone: SignedIn | None = None

    def now_s(self) -> float:
        """Return the monotonic time in seconds."""
        return time.monotonic()
