"""One worker process of the service, and how many tasks it has done."""

from __future__ import annotations

import os

from cutis.steps.intake.process.channel import Message, Words
from cutis.steps.intake.process.watched import WatchedProcess, assessing_environment

WORKER_MODULE = "cutis.service.workers.worker"


class WorkerProcess(WatchedProcess):
    """A running process that takes one task at a time; ``served`` counts them."""

    def __init__(self, module: str = WORKER_MODULE) -> None:
        super().__init__(module, assessing_environment(os.environ))
        self.served = 0

    def exchange(
        self, words: Words, block: memoryview, *, max_reply_bytes: int, timeout_s: float
    ) -> Message:
        """Send a task and wait for the reply; past the time the process is killed."""
        message = super().exchange(
            words, block, max_reply_bytes=max_reply_bytes, timeout_s=timeout_s
        )
        self.served += 1
        return message
