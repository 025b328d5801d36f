"""Keeps one decoding process alive: starts it, watches the clock, replaces it when it falls."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Literal, Self

from cutis.steps.intake.process.channel import (
    SHARED_MEMORY,
    Channel,
    ChannelError,
    Message,
    PipeChannel,
    SocketChannel,
    Words,
)
from cutis.steps.intake.refusals import Reason, Refused

Transport = Literal["socket", "pipe"]

_WORKER = "cutis.steps.intake.process.worker"
_START_TIMEOUT_S = 20.0
_CLOSE_TIMEOUT_S = 2.0
_LAST_MOMENT_S = 0.3
_KEPT_ENVIRONMENT = (
    "PATH",
    "PYTHONHOME",
    "SYSTEMROOT",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "TMPDIR",
    "TEMP",
)
_READY_BYTES = 4096
_TIME_SIGNALS = frozenset(
    getattr(signal, name) for name in ("SIGXCPU", "SIGALRM") if hasattr(signal, name)
)


class _Worker:
    """One running process, the door to it, and what it said of its walls."""

    def __init__(self, transport: Transport) -> None:
        self.process, self.channel = _start(transport)
        self.walls: tuple[str, ...] | None = None
        self.timed_out = False

    def exchange(
        self, words: Words, data: memoryview, max_reply_bytes: int, timeout_s: float
    ) -> Message:
        """Send a photo and wait for the reply; past the time the process is killed."""
        with self._watched(timeout_s):
            self.channel.send(words, (data,))
            return self.channel.receive(max_reply_bytes)

    def wait_until_ready(self) -> None:
        """Wait for the first word of a new process."""
        if self.walls is not None:
            return
        with self._watched(_START_TIMEOUT_S):
            words, _ = self.channel.receive(_READY_BYTES)
        self.walls = tuple(str(wall) for wall in words.get("walls", ()))

    def end(self) -> int:
        """Return how the process ended, and kill it if it does not end by itself at once.

        A door that closes is seen a moment before the process is gone.
        """
        self.channel.close()
        try:
            return self.process.wait(_LAST_MOMENT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def leave(self) -> None:
        """Close the door and let the process go by itself; kill it when it does not."""
        self.channel.close()
        try:
            self.process.wait(_CLOSE_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def abandon(self) -> None:
        """Let go of a process that belongs to the parent of this one, after a fork."""
        self.channel.close()
        self.process.returncode = 0

    @contextlib.contextmanager
    def _watched(self, timeout_s: float) -> Iterator[None]:
        """Kill the process when the time is over; the wait for it then ends by itself."""
        watchdog = threading.Timer(timeout_s, self._expire)
        watchdog.daemon = True
        try:
            watchdog.start()
        except RuntimeError as error:
            raise OSError("no thread could be started") from error
        try:
            yield
        finally:
            watchdog.cancel()

    def _expire(self) -> None:
        self.timed_out = True
        self.process.kill()


class Decoder:
    """A decoding process that is kept between photos and replaced when it falls.

    Safe to share between threads: photos are decoded one after the other.
    """

    def __init__(self, transport: Transport | None = None) -> None:
        self._transport: Transport = transport or ("socket" if SHARED_MEMORY else "pipe")
        self._lock = threading.Lock()
        self._worker: _Worker | None = None
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
            return self._ready().walls or ()

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
                return worker.exchange(words, data, max_reply_bytes, timeout_s)
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

    def _ensure(self) -> _Worker:
        """Return a process that lives."""
        if self._worker is not None and self._worker.process.poll() is not None:
            self._worker.end()
            self._worker = None
        if self._worker is None:
            try:
                self._worker = _Worker(self._transport)
            except OSError as error:
                raise Refused(Reason.NO_DECODER, why=_why(error)) from error
        return self._worker

    def _ready(self) -> _Worker:
        """Return a process that is ready; one that fell while it waited is tried once more."""
        for last_try in (False, True):
            worker = self._ensure()
            try:
                worker.wait_until_ready()
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

    def _discard(self, worker: _Worker) -> None:
        self._worker = None
        worker.end()

    def _replace(self, worker: _Worker) -> int:
        """End a process, start the next without waiting, and return how the first ended."""
        code = worker.end()
        self._worker = None
        with contextlib.suppress(OSError):  # the next photo tries again and says so
            self._worker = _Worker(self._transport)
        return code


def _call(method: weakref.WeakMethod[Callable[[], None]]) -> None:
    """Call a method if its object still lives."""
    alive = method()
    if alive is not None:
        alive()


def _start(transport: Transport) -> tuple[subprocess.Popen[bytes], Channel]:
    """Start a worker with a clean environment; nothing of ours but its door is inherited."""
    if transport == "pipe":
        process = _spawn(transport, subprocess.PIPE, subprocess.PIPE)
        if process.stdin is None or process.stdout is None:
            raise OSError("the pipes are missing")
        with process.stdout as outgoing, process.stdin as incoming:
            return process, PipeChannel(os.dup(outgoing.fileno()), os.dup(incoming.fileno()))
    ours, theirs = socket.socketpair()
    try:
        process = _spawn(transport, theirs.fileno(), subprocess.DEVNULL)
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
    return process, SocketChannel(ours)


def _spawn(transport: Transport, stdin: int, stdout: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603  (our own interpreter and our own module)
        [sys.executable or "python3", "-P", "-s", "-m", _WORKER, transport],
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.DEVNULL,
        env=_environment(),
        bufsize=0,
    )


def _environment() -> dict[str, str]:
    """Return the few variables that Python and its libraries need, and none of ours."""
    kept = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    path = os.pathsep.join(entry for entry in sys.path if entry)
    threads = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "2"}
    return {**kept, **threads, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}


def _fall(code: int, *, timed_out: bool, limit_s: float) -> Refused:
    """Name why a process fell, by the signal that ended it."""
    if timed_out or -code in _TIME_SIGNALS:
        return Refused(Reason.TIME, limit_s=limit_s)
    if -code == getattr(signal, "SIGKILL", 0) or -code == signal.SIGTERM:
        return Refused(Reason.KILLED)
    return Refused(Reason.CRASHED)


def _why(error: OSError) -> str:
    return (error.strerror or "the system gave no reason").lower()
