"""One worker process, the door to it, and how it ended."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping

from cutis.steps.intake.process.channel import (
    SHARED_MEMORY,
    Channel,
    ChannelError,
    Message,
    PipeChannel,
    SocketChannel,
    Words,
)

WORKER_MODULE = "cutis.service.workers.worker"

_START_TIMEOUT_S = 60.0
_CLOSE_TIMEOUT_S = 2.0
_LAST_MOMENT_S = 0.3
_READY_BYTES = 4096
_SYSTEM = ("PATH", "HOME", "PYTHONHOME", "SYSTEMROOT", "LD_LIBRARY_PATH", "TMPDIR", "TEMP")
_FOLDERS = ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "CUTIS_CONFIG")
_SETTINGS = ("CUTIS_MODELS_", "CUTIS_RUNTIME_", "CUTIS_QUALITY_", "CUTIS_INTAKE_")
_TIME_SIGNALS = frozenset(
    getattr(signal, name) for name in ("SIGXCPU", "SIGALRM") if hasattr(signal, name)
)


class WorkerProcess:
    """A running process that takes one task at a time."""

    def __init__(self, module: str = WORKER_MODULE) -> None:
        self.process, self.channel = _start(module)
        self.ready = False
        self.timed_out = False
        self.served = 0

    def wait_until_ready(self) -> None:
        """Wait until the models are compiled.

        Raises:
            EOFError, OSError: the process ended meanwhile, or took too long.
        """
        if not self.ready:
            with self._watched(_START_TIMEOUT_S):
                self.channel.receive(_READY_BYTES)
            self.ready = True

    def exchange(
        self, words: Words, block: memoryview, *, max_reply_bytes: int, timeout_s: float
    ) -> Message:
        """Send a task and wait for the reply; past the time the process is killed."""
        with self._watched(timeout_s):
            self.channel.send(words, (block,))
            message = self.channel.receive(max_reply_bytes)
        self.served += 1
        return message

    def alive(self) -> bool:
        """Tell whether the process runs."""
        return self.process.poll() is None

    def kill(self) -> None:
        """End the process at once; whoever waits for its reply is told."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()

    def end(self) -> int:
        """Close the door, see that the process is gone, and return how it ended."""
        self.channel.close()
        try:
            return self.process.wait(_LAST_MOMENT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def leave(self) -> None:
        """Close the door and give the process a moment to end by itself."""
        self.channel.close()
        try:
            self.process.wait(_CLOSE_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @contextlib.contextmanager
    def _watched(self, timeout_s: float) -> Iterator[None]:
        watchdog = threading.Timer(timeout_s, self._expire)
        watchdog.daemon = True
        watchdog.start()
        try:
            yield
        finally:
            watchdog.cancel()

    def _expire(self) -> None:
        self.timed_out = True
        self.kill()


def why_it_fell(code: int, *, timed_out: bool) -> str:
    """Name why a process ended: ``time``, ``killed`` or ``crashed``."""
    if timed_out or -code in _TIME_SIGNALS:
        return "time"
    return "killed" if -code in (signal.SIGTERM, getattr(signal, "SIGKILL", 9)) else "crashed"


def _start(module: str) -> tuple[subprocess.Popen[bytes], Channel]:
    """Start a worker with a clean environment; nothing of ours but its door is inherited."""
    if not SHARED_MEMORY:
        process = _spawn(module, "pipe", subprocess.PIPE, subprocess.PIPE)
        if process.stdin is None or process.stdout is None:
            raise OSError("the pipes are missing")
        with process.stdout as outgoing, process.stdin as incoming:
            return process, PipeChannel(os.dup(outgoing.fileno()), os.dup(incoming.fileno()))
    ours, theirs = socket.socketpair()
    try:
        process = _spawn(module, "socket", theirs.fileno(), subprocess.DEVNULL)
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
    return process, SocketChannel(ours)


def _spawn(module: str, transport: str, stdin: int, stdout: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603  (our own interpreter and our own module)
        [sys.executable or "python3", "-P", "-s", "-m", module, transport],
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.DEVNULL,
        env=worker_environment(os.environ),
        bufsize=0,
    )


def worker_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what a worker may know of ``environment``: folders and models, never a key."""
    kept = {
        name: value
        for name, value in environment.items()
        if name in (*_SYSTEM, *_FOLDERS) or name.startswith(_SETTINGS)
    }
    path = os.pathsep.join(entry for entry in sys.path if entry)
    threads = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    return {**kept, **threads, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}


__all__ = ["WORKER_MODULE", "ChannelError", "WorkerProcess", "why_it_fell", "worker_environment"]
