"""A few workers, one of them spare: whoever falls is replaced at once, and nobody else notices.

A pool that breaks when one process dies (`concurrent.futures.ProcessPoolExecutor` does) would turn
one bad photo into an outage. Here each task has a process to itself for as long as it lasts.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from cutis.core.errors import CutisError
from cutis.service.workers.process import WORKER_MODULE, WorkerProcess
from cutis.steps.intake.process.channel import ChannelError, Message, Words
from cutis.steps.intake.process.watched import why_it_fell

_MAX_REPLY_BYTES = 1 << 30
_START_TIMEOUT_S = 60.0
_PAUSE_S = 1.0
_SENTENCES = {
    "time": "The analysis took longer than it may. Send a smaller photo, or try again later.",
    "killed": "The analysis was ended from outside, most often for want of memory. Try again.",
    "crashed": "The analysis broke down on this photo. Send another one.",
    "cancelled": "The analysis was cancelled. Ask for it again if it is wanted.",
    "no_worker": "No worker could be started. Free memory and processes, then try again.",
    "closed": "The service is shutting down. Try again in a minute.",
}


class WorkerFellError(CutisError):
    """A worker ended before it answered; ``why`` is a key of the sentences above."""

    code = "worker.fell"

    def __init__(self, why: str) -> None:
        super().__init__(_SENTENCES[why])
        self.why = why


@dataclass(frozen=True, slots=True)
class PoolOptions:
    """How many workers there are, and when one is replaced though it lives.

    ``size`` work at the same time; ``spare`` more wait, compiled, for one of them to fall.
    """

    size: int = 1
    spare: int = 1
    max_tasks: int = 2000
    module: str = WORKER_MODULE


class Pool:
    """Workers that run tasks for many threads; safe to share."""

    def __init__(self, options: PoolOptions | None = None) -> None:
        self.options = options or PoolOptions()
        self._free = threading.Semaphore(self.options.size)
        self._lock = threading.Condition()
        self._idle: deque[WorkerProcess] = deque()
        self._busy: dict[str, WorkerProcess] = {}
        self._cancelled: set[str] = set()
        self._starting = 0
        self._closed = False
        self.falls = 0
        self._fill()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def run(self, words: Words, block: memoryview, *, timeout_s: float, name: str = "") -> Message:
        """Have a worker do a task.

        Args:
            words: what is asked; see `cutis.service.workers.tasks`.
            block: the bytes that go with it.
            timeout_s: wall time from sending to the reply; time in the queue is not counted.
            name: by which `cancel` finds the task.

        Raises:
            WorkerFellError: the worker ended before it answered.
        """
        with self._free:
            worker = self._take(name)
            try:
                message = worker.exchange(
                    words, block, max_reply_bytes=_MAX_REPLY_BYTES, timeout_s=timeout_s
                )
            except (EOFError, OSError, ChannelError) as error:
                raise WorkerFellError(self._bury(worker, name)) from error
            except BaseException:
                self._bury(worker, name)
                raise
            self._give_back(worker, name)
            return message

    def cancel(self, name: str) -> bool:
        """End the task called ``name``; False where no worker has it."""
        with self._lock:
            worker = self._busy.get(name)
            if worker is None:
                return False
            self._cancelled.add(name)
            worker.kill()
            return True

    def ready(self) -> int:
        """Return how many workers wait for a task, compiled."""
        with self._lock:
            return len(self._idle)

    def processes(self) -> tuple[int, ...]:
        """Return the process numbers of all workers that were started and not buried."""
        with self._lock:
            return tuple(w.process.pid for w in (*self._idle, *self._busy.values()))

    def working(self) -> tuple[int, ...]:
        """Return the process numbers of the workers that are at a task."""
        with self._lock:
            return tuple(worker.process.pid for worker in self._busy.values())

    def close(self) -> None:
        """End all workers; tasks that run are told."""
        with self._lock:
            self._closed = True
            idle, self._idle = list(self._idle), deque()
            for worker in self._busy.values():
                worker.kill()
            self._lock.notify_all()
        for worker in idle:
            worker.leave()
        with self._lock:
            self._lock.wait_for(lambda: not self._starting, timeout=30.0)

    def _fill(self) -> None:
        """Start what is missing, each in a thread that waits until it is compiled."""
        with self._lock:
            wanted = self.options.size + self.options.spare
            missing = wanted - len(self._idle) - len(self._busy) - self._starting
            if self._closed or missing <= 0:
                return
            self._starting += missing
        for _ in range(missing):
            threading.Thread(target=self._start_one, daemon=True, name="cutis-worker").start()

    def _fill_later(self, tries: int = 10) -> None:
        """Start what is missing when nobody works, or in some seconds: the spare serves first."""
        timer = threading.Timer(_PAUSE_S, self._fill_when_idle, (tries,))
        timer.daemon = True
        timer.start()

    def _fill_when_idle(self, tries: int) -> None:
        with self._lock:
            wait = bool(self._busy) and tries > 0 and not self._closed
        if wait:
            self._fill_later(tries - 1)
        else:
            self._fill()

    def _start_one(self) -> None:
        worker: WorkerProcess | None = None
        try:
            worker = WorkerProcess(self.options.module)
            worker.wait_until_ready(_START_TIMEOUT_S)
        except (EOFError, OSError, ChannelError):
            if worker is not None:
                worker.end()
            worker = None
        with self._lock:
            self._starting -= 1
            kept = worker is not None and not self._closed
            if worker is not None and kept:
                self._idle.append(worker)
            self._lock.notify_all()
        if worker is not None and not kept:
            worker.leave()

    def _take(self, name: str) -> WorkerProcess:
        """Return a worker that lives; wait for one that is being started."""
        while True:
            if not self.ready():
                self._fill()
            with self._lock:
                self._lock.wait_for(lambda: self._idle or self._closed or not self._starting)
                if self._closed:
                    raise WorkerFellError("closed")
                if not self._idle:
                    raise WorkerFellError("no_worker")
                worker = self._idle.popleft()
                if worker.alive():
                    self._busy[name] = worker
                    return worker
            worker.end()

    def _give_back(self, worker: WorkerProcess, name: str) -> None:
        worn = worker.served >= self.options.max_tasks
        with self._lock:
            self._busy.pop(name, None)
            self._cancelled.discard(name)
            kept = not worn and not self._closed
            if kept:
                self._idle.append(worker)
                self._lock.notify_all()
        if not kept:
            worker.leave()
            self._fill()

    def _bury(self, worker: WorkerProcess, name: str) -> str:
        """See that a worker is gone, start another, and tell why it fell."""
        code = worker.end()
        with self._lock:
            self._busy.pop(name, None)
            self.falls += 1
            cancelled = name in self._cancelled
            self._cancelled.discard(name)
            closed = self._closed
        self._fill_later()
        if closed:
            return "closed"
        return "cancelled" if cancelled else why_it_fell(code, timed_out=worker.timed_out)
