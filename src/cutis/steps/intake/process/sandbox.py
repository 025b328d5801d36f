"""The walls around the decoding process: what it may use, and what it may not do."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator

from cutis.steps.intake.process.file_walls import wall_off_files
from cutis.steps.intake.process.system_calls import (
    forbid_new_privileges,
    refuse_system_calls,
)

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

_MAX_DESCRIPTORS = 64


def raise_walls() -> Iterator[str]:
    """Raise every wall that this system has.

    Yields:
        The names of the walls that stand.
    """
    if resource is not None:
        _lower(resource.RLIMIT_CORE, 0)
        _lower(resource.RLIMIT_NOFILE, _MAX_DESCRIPTORS)
        yield "limits"
    if forbid_new_privileges():
        yield "no_new_privileges"
        if wall_off_files():
            yield "files"
        if refuse_system_calls():
            yield "system_calls"


class JobLimits:
    """Memory, processor time and wall time of one photo, as the system enforces them.

    While a photo is decoded the process is also tied to its door: when the parent is gone, the
    door closes, and the system ends the process at once, even inside a decoder (Linux).
    """

    def __init__(self, door: int) -> None:
        self._door = door
        try:
            self._memory = os.open("/proc/self/statm", os.O_RDONLY)
        except OSError:
            self._memory = -1

    def begin(self, timeout_s: float, memory_bytes: int) -> None:
        """Start the clock; past it, the system ends this process.

        Args:
            timeout_s: Wall time; a second more is given, so that the parent sees it first.
            memory_bytes: Address space on top of what is in use now.
        """
        if resource is None:
            return
        used = resource.getrusage(resource.RUSAGE_SELF)
        spent_s = used.ru_utime + used.ru_stime
        _soften(resource.RLIMIT_CPU, int(spent_s + 2 * timeout_s) + 1)
        if self._memory >= 0:
            _soften(resource.RLIMIT_AS, self._address_space() + memory_bytes)
        signal.setitimer(signal.ITIMER_REAL, timeout_s + 1.0)
        self._tie_to_door(tied=True)

    def end(self) -> None:
        """Stop the clock and give memory back for the reply."""
        if resource is None:
            return
        self._tie_to_door(tied=False)
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        for name in (resource.RLIMIT_CPU, resource.RLIMIT_AS):
            _soften(name, resource.RLIM_INFINITY)

    def _tie_to_door(self, *, tied: bool) -> None:
        """Have the system send SIGIO, which ends a process, when something stirs at the door."""
        if sys.platform != "linux":
            return
        import fcntl  # noqa: PLC0415  (not on Windows)

        flags = fcntl.fcntl(self._door, fcntl.F_GETFL)
        flags = flags | os.O_ASYNC if tied else flags & ~os.O_ASYNC
        fcntl.fcntl(self._door, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(self._door, fcntl.F_SETFL, flags)

    def _address_space(self) -> int:
        pages = int(os.pread(self._memory, 128, 0).split()[0])
        return pages * resource.getpagesize()


def _soften(name: int, value: int) -> None:
    """Set the soft limit, below the hard one."""
    _, hard = resource.getrlimit(name)
    if hard != resource.RLIM_INFINITY and (value == resource.RLIM_INFINITY or value > hard):
        value = hard
    resource.setrlimit(name, (value, hard))


def _lower(name: int, value: int) -> None:
    """Set both limits, never above what they are."""
    _, hard = resource.getrlimit(name)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(name, (value, value))
