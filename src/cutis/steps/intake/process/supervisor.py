"""Keeps one decoding process alive: starts it, watches the clock, replaces it when it falls."""

from __future__ import annotations

import contextlib
import os
import threading
import weakref
from collections.abc import Callable
from typing import Self

from cutis.steps.intake.process.channel import ChannelError, Message, Words
from cutis.steps.intake.process.watched import (
    Transport,
    WatchedProcess,
    clean_environment,
    why_it_fell,
)
from cutis.steps.intake.refusals import Reason, Refused

_WORKER = "cutis.steps.intake.process.worker"
_START_TIMEOUT_S = 20.0
_KEPT_ENVIRONMENT = (
    "PATH",
    "PYTHONHOME",
    "SYSTEMROOT",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "TMPDIR",
    "TEMP",
)
_FALLS = {"killed": Reason.KILLED, "crashed": Reason.CRASHED}


class Decoder:
    """A decoding process that is kept between photos and replaced when it falls.

    Safe to share between threads: photos are decoded one after the other.
    """

    def __init__(self, transport: Transport | None = None) -> None:
        self._transport = transport
        self._lock = threading.Lock()
        self._worker: WatchedProcess | None = None
        if hasattr(os, "register_at_fork"):
            forget = weakref.WeakMethod(self.forget)
            os.register_at_fork(after_in_child=lambda: _call(forget))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def warm(self) -> None:
        """Start the process without waiting for it."""
        with self._lock:
            self._ensure()

    def walls(self) -> tuple[str, ...]:
        """Return which walls stand around the process; starts it when needed."""
        with self._lock:
            said = self._ready().greeting or {}
            return tuple(str(wall) for wall in said.get("walls", ()))

    def decode(
        self, words: Words, data: memoryview, max_reply_bytes: int, timeout_s: float
    ) -> Message:
        """Have a photo decoded.

        Args:
            words: What is asked.
            data: The whole file.
            max_reply_bytes: Most bytes of pixels that may come back.
            timeout_s: Wall time from sending the photo to the reply.

        Returns:
            The worker's words and its pixels.

        Raises:
            Refused: The process took too long, was killed, broke down or cannot be started.
        """
        with self._lock:
            worker = self._ready()
            try:
                return worker.exchange(
                    words, data, max_reply_bytes=max_reply_bytes, timeout_s=timeout_s
                )
            except ChannelError as error:
                self._replace(worker)
                raise Refused(Reason.CRASHED) from error
            except (EOFError, OSError) as error:
                code = self._replace(worker)
                raise _fall(code, timed_out=worker.timed_out, limit_s=timeout_s) from error
            except BaseException:
                self._replace(worker)
                raise

    def close(self) -> None:
        """End the process; the next photo starts a new one."""
        with self._lock:
            worker, self._worker = self._worker, None
            if worker is not None:
                worker.leave()

    def forget(self) -> None:
        """Leave the process to the parent; called in a new process after a fork."""
        worker, self._worker = self._worker, None
        self._lock = threading.Lock()
        if worker is not None:
            worker.abandon()

    def _start(self) -> WatchedProcess:
        kept = clean_environment(os.environ, _KEPT_ENVIRONMENT)
        return WatchedProcess(_WORKER, {**kept, "OMP_NUM_THREADS": "2"}, self._transport)

    def _ensure(self) -> WatchedProcess:
        """Return a process that lives."""
        if self._worker is not None and not self._worker.alive():
            self._worker.end()
            self._worker = None
        if self._worker is None:
            try:
                self._worker = self._start()
            except OSError as error:
                raise Refused(Reason.NO_DECODER, why=_why(error)) from error
        return self._worker

    def _ready(self) -> WatchedProcess:
        """Return a process that is ready; one that fell while it waited is tried once more."""
        for last_try in (False, True):
            worker = self._ensure()
            try:
                worker.wait_until_ready(_START_TIMEOUT_S)
            except (EOFError, OSError, ChannelError) as error:
                self._discard(worker)
                if last_try:
                    raise Refused(Reason.NO_DECODER, why="it ended while starting") from error
            except BaseException:
                self._discard(worker)
                raise
            else:
                break
        return worker

    def _discard(self, worker: WatchedProcess) -> None:
        self._worker = None
        worker.end()

    def _replace(self, worker: WatchedProcess) -> int:
        """End a process, start the next without waiting, and return how the first ended."""
        code = worker.end()
        self._worker = None
        with contextlib.suppress(OSError):  # the next photo tries again and says so
            self._worker = self._start()
        return code


def _call(method: weakref.WeakMethod[Callable[[], None]]) -> None:
    """Call a method if its object still lives."""
    alive = method()
    if alive is not None:
        alive()


def _fall(code: int, *, timed_out: bool, limit_s: float) -> Refused:
    """Refuse the photo at which a process fell."""
    why = why_it_fell(code, timed_out=timed_out)
    return Refused(Reason.TIME, limit_s=limit_s) if why == "time" else Refused(_FALLS[why])


def _why(error: OSError) -> str:
    return (error.strerror or "the system gave no reason").lower()
