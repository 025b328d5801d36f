"""A process that works for its parent: one task after another, each within its limits."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any

from cutis.steps.intake.process.channel import Channel
from cutis.steps.intake.process.sandbox import JobLimits

_MAX_REQUEST_BYTES = 1 << 30

Answer = Callable[[bytes, Mapping[str, Any]], tuple[dict[str, Any], Mapping[str, bytes]]]
"""From a task's bytes and words to the reply and the files that go with it; it never raises."""


def serve_tasks(channel: Channel, answer: Answer) -> None:
    """Tell the parent that this process is ready, and answer until the parent is gone.

    A task's words hold ``timeout_s`` and ``memory_bytes``, which the system enforces.
    """
    limits = JobLimits(channel.descriptor())
    channel.send({"ready": True})
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            words, block = channel.receive(_MAX_REQUEST_BYTES)
            limits.begin(float(words["timeout_s"]), int(words["memory_bytes"]))
            reply, files = answer(bytes(block), words)
            limits.end()
            block.release()
            channel.send(reply, tuple(memoryview(data) for data in files.values()))
