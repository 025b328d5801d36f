"""A process of our own that answers one message at a time, and is watched while it does.

The one place where processes are started: the decoder of photos, the workers of the service and
those of a batch all stand on it. The other end takes its door by `open_door`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from cutis.steps.intake.process.channel import (
    SHARED_MEMORY,
    Channel,
    Message,
    PipeChannel,
    SocketChannel,
    Words,
)

Transport = Literal["socket", "pipe"]

_CLOSE_TIMEOUT_S = 2.0
_LAST_MOMENT_S = 0.3
_READY_BYTES = 4096
_SYSTEM = ("PATH", "HOME", "PYTHONHOME", "SYSTEMROOT", "LD_LIBRARY_PATH", "TMPDIR", "TEMP")
_FOLDERS = ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "CUTIS_CONFIG")
_SETTINGS = ("CUTIS_MODELS_", "CUTIS_RUNTIME_", "CUTIS_QUALITY_", "CUTIS_INTAKE_")
_TIME_SIGNALS = frozenset(
    getattr(signal, name) for name in ("SIGXCPU", "SIGALRM") if hasattr(signal, name)
)


class WatchedProcess:
    """A running Python module and the door to it; it inherits nothing else of ours.

    Raises OSError where it cannot be started.
    """

    def __init__(
        self, module: str, environment: Mapping[str, str], transport: Transport | None = None
    ) -> None:
        chosen: Transport = transport or ("socket" if SHARED_MEMORY else "pipe")
        self.process, self.channel = _start(module, environment, chosen)
        self.greeting: Words | None = None
        self.timed_out = False

    def wait_until_ready(self, timeout_s: float) -> Words:
        """Return the first word of the process, which says that it is ready.

        Raises:
            EOFError, OSError, ChannelError: it ended meanwhile, took too long, or said nonsense.
        """
        if self.greeting is None:
            with self._watched(timeout_s):
                self.greeting, _ = self.channel.receive(_READY_BYTES)
        return self.greeting

    def exchange(
        self, words: Words, block: memoryview, *, max_reply_bytes: int, timeout_s: float
    ) -> Message:
        """Send a task and wait for the reply; past the time the process is killed.

        Raises:
            EOFError, OSError, ChannelError: the process ended, or broke the rules.
        """
        with self._watched(timeout_s):
            self.channel.send(words, (block,))
            return self.channel.receive(max_reply_bytes)

    def alive(self) -> bool:
        """Tell whether the process runs."""
        return self.process.poll() is None

    def kill(self) -> None:
        """End the process at once; whoever waits for its reply is told."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()

    def end(self) -> int:
        """Return how the process ended, and kill it if it does not end by itself at once.

        A door that closes is seen a moment before the process is gone.
        """
        return self._close(_LAST_MOMENT_S)

    def leave(self) -> None:
        """Close the door and let the process go by itself; kill it when it does not."""
        self._close(_CLOSE_TIMEOUT_S)

    def abandon(self) -> None:
        """Let go of a process that belongs to the parent of this one, after a fork."""
        self.channel.close()
        self.process.returncode = 0

    def _close(self, wait_s: float) -> int:
        self.channel.close()
        try:
            return self.process.wait(wait_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

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
        self.kill()


def why_it_fell(code: int, *, timed_out: bool) -> Literal["time", "killed", "crashed"]:
    """Name why a process ended, by the signal that ended it."""
    if timed_out or -code in _TIME_SIGNALS:
        return "time"
    return "killed" if -code in (signal.SIGTERM, getattr(signal, "SIGKILL", 9)) else "crashed"


def clean_environment(
    environment: Mapping[str, str], names: Iterable[str], starts: tuple[str, ...] = ()
) -> dict[str, str]:
    """Return the variables that a process of ours gets: those named, and where modules lie."""
    wanted = frozenset(names)
    kept = {
        k: v for k, v in environment.items() if k in wanted or (starts and k.startswith(starts))
    }
    path = os.pathsep.join(entry for entry in sys.path if entry)
    fixed = {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    return {**kept, **fixed}


def assessing_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what a process that assesses may know: folders and models, never a key."""
    kept = clean_environment(environment, (*_SYSTEM, *_FOLDERS), _SETTINGS)
    return {**kept, "OMP_NUM_THREADS": "1"}


def open_door(transport: str) -> Channel:
    """Take the door out of the standard streams, so that nothing printed can go through it."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    read, write = os.dup(0), os.dup(1)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    if transport == "socket":
        os.close(write)
        return SocketChannel(socket.socket(fileno=read))
    return PipeChannel(read, write)


def _start(
    module: str, environment: Mapping[str, str], transport: Transport
) -> tuple[subprocess.Popen[bytes], Channel]:
    command = [sys.executable or "python3", "-P", "-s", "-m", module, transport]
    if transport == "pipe":
        process = _spawn(command, environment, (subprocess.PIPE, subprocess.PIPE))
        if process.stdin is None or process.stdout is None:
            raise OSError("the pipes are missing")
        with process.stdout as outgoing, process.stdin as incoming:
            return process, PipeChannel(os.dup(outgoing.fileno()), os.dup(incoming.fileno()))
    ours, theirs = socket.socketpair()
    try:
        process = _spawn(command, environment, (theirs.fileno(), subprocess.DEVNULL))
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
    return process, SocketChannel(ours)


def _spawn(
    command: list[str], environment: Mapping[str, str], streams: tuple[int, int]
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603  (our own interpreter and our own module)
        command,
        stdin=streams[0],
        stdout=streams[1],
        stderr=subprocess.DEVNULL,
        env=environment,
        bufsize=0,
    )
