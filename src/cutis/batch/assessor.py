"""One worker process at the hand of an engine: a fall costs another try, never the batch.

Both engines stand on this, which is why their results are equal: a thread of the local engine or
an actor of Ray holds an `Assessor`, and the assessor a process with the compiled models.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from cutis.batch.photos import UnreachedError, read_photo
from cutis.batch.plan import Item, Outcome, Result, after_falls
from cutis.batch.worker import ROWS
from cutis.core.errors import DecodeLimitError, ModelError, PhotoError
from cutis.steps.intake.process.channel import ChannelError
from cutis.steps.intake.process.watched import WatchedProcess, assessing_environment, why_it_fell

_WORKER = "cutis.batch.worker"
_START_TIMEOUT_S = 120.0
_MOST_STARTS = 3
_MAX_REPLY_BYTES = 1 << 30
_REASONS = {
    "worker.time": "The assessment took longer than it may, each time it was tried.",
    "worker.killed": "The worker was ended from outside, each time: most often for want of memory.",
    "worker.crashed": "The worker broke down on this photo, each time it was tried.",
}


@dataclass(frozen=True, slots=True)
class Task:
    """What is done with each photo of a batch, and what one may cost."""

    json: bool = True
    maps: bool = False
    attempts: int = 3
    timeout_s: float = 60.0
    memory_bytes: int = 2 << 30
    max_bytes: int = 128 << 20
    max_tasks: int = 2000
    """Photos after which a worker is replaced though it lives, so that nothing can pile up."""

    module: str = _WORKER


class ClosedError(RuntimeError):
    """The assessor was closed while it waited for its worker."""


class Assessor:
    """Assesses one photo at a time in a process of its own."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self._process: WatchedProcess | None = None
        self._done = 0
        self._closed = False

    def assess(self, item: Item, data: bytes | Result) -> Result:
        """Assess a photo, in another worker if one falls.

        Args:
            item: which photo it is.
            data: its bytes, or the result where there are none.

        Raises:
            ModelError: no worker can be started.
            ClosedError: the assessor was closed meanwhile.
        """
        if isinstance(data, Result):
            return data
        falls: list[str] = []
        while True:
            found = None
            try:
                found = self._ask(item, data)
            except (EOFError, OSError, ChannelError):
                falls.append(self._bury())
            else:
                if found.code != DecodeLimitError.code:  # a busy machine may be at fault
                    return found
                falls.append("time")
            if code := after_falls(falls, self.task.attempts):
                return found or Result(item, Outcome.QUARANTINED, code=code, reason=_REASONS[code])

    def kill(self) -> None:
        """End the worker from another thread; whoever waits for it is told."""
        self._closed = True
        if (process := self._process) is not None:
            process.kill()

    def close(self) -> None:
        """End the worker when nobody waits for it."""
        self._closed = True
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.end()

    def process_id(self) -> int | None:
        """Return the number of the worker's process, None where there is none."""
        return None if self._process is None else self._process.process.pid

    def _ask(self, item: Item, data: bytes) -> Result:
        process = self._ready()
        words = {
            **asdict(item),
            "json": self.task.json,
            "maps": self.task.maps,
            "timeout_s": self.task.timeout_s,
            "memory_bytes": self.task.memory_bytes,
        }
        reply, block = process.exchange(
            words,
            memoryview(data),
            max_reply_bytes=_MAX_REPLY_BYTES,
            timeout_s=self.task.timeout_s + 1.0,
        )
        self._done += 1
        return read_result(item, reply, bytes(block))

    def _ready(self) -> WatchedProcess:
        """Return a worker that is ready; start one where there is none or it is worn."""
        if self._process is not None and self._done >= self.task.max_tasks:
            self._process.leave()
            self._process = None
        for _ in range(_MOST_STARTS):
            if self._closed:
                raise ClosedError
            if self._process is None:
                environment = assessing_environment(os.environ)
                self._process, self._done = WatchedProcess(self.task.module, environment), 0
            try:
                self._process.wait_until_ready(_START_TIMEOUT_S)
            except (EOFError, OSError, ChannelError):
                self._bury()
            else:
                return self._process
        raise ModelError("No worker could be started. Run 'cutis doctor', and free memory.")

    def _bury(self) -> str:
        process, self._process = self._process, None
        if process is None:
            return "crashed"
        code = process.end()
        if self._closed:
            raise ClosedError
        return why_it_fell(code, timed_out=process.timed_out)


def fetch(item: Item, max_bytes: int) -> bytes | Result:
    """Return the photo's bytes, or the result where there are none."""
    try:
        return read_photo(item.address, max_bytes)
    except PhotoError as error:
        return Result(item, Outcome.QUARANTINED, code=error.code, reason=str(error))
    except UnreachedError:
        return Result(item, Outcome.UNREACHED)


def read_result(item: Item, words: Mapping[str, Any], block: bytes) -> Result:
    """Read what a worker said of an item.

    Raises:
        ChannelError: it is not what was agreed.
    """
    try:
        outcome = Outcome(words["outcome"])
        if outcome is Outcome.QUARANTINED:
            return Result(item, outcome, code=str(words["code"]), reason=str(words["reason"]))
        files, position = {}, 0
        for name, size in words["files"]:
            files[str(name)] = block[position : position + int(size)]
            position += int(size)
        photo, findings = json.loads(files.pop(ROWS))
    except (KeyError, TypeError, ValueError) as error:
        raise ChannelError("The reply of a worker is malformed.") from error
    return Result(item, outcome, photo, findings, files)
