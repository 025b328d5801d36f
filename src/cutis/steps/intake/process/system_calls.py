"""A seccomp filter for the decoding process (Linux): no network, no programs, no new processes.

The filter names what is refused, not what is allowed, so that another C library or a new kernel
cannot break decoding. Threads may be started, processes may not; files may be opened to read.
Numbers are from the kernel's `unistd.h`: x86-64, and the generic table that ARM64 uses.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
from dataclasses import dataclass

_REFUSED: dict[str, tuple[int, int]] = {
    # name: (x86-64, ARM64); -1 where there is none
    "socket": (41, 198),
    "connect": (42, 203),
    "accept": (43, 202),
    "bind": (49, 200),
    "listen": (50, 201),
    "socketpair": (53, 199),
    "accept4": (288, 242),
    "fork": (57, -1),
    "vfork": (58, -1),
    "execve": (59, 221),
    "execveat": (322, 281),
    "kill": (62, 129),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_send_signal": (424, 424),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    "truncate": (76, 45),
    "rename": (82, -1),
    "mkdir": (83, -1),
    "rmdir": (84, -1),
    "creat": (85, -1),
    "link": (86, -1),
    "unlink": (87, -1),
    "symlink": (88, -1),
    "chmod": (90, -1),
    "chown": (92, -1),
    "lchown": (94, -1),
    "mknod": (133, -1),
    "mkdirat": (258, 34),
    "mknodat": (259, 33),
    "fchownat": (260, 54),
    "unlinkat": (263, 35),
    "renameat": (264, 38),
    "linkat": (265, 37),
    "symlinkat": (266, 36),
    "fchmodat": (268, 53),
    "renameat2": (316, 276),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "setuid": (105, 146),
    "setgid": (106, 144),
    "personality": (135, 92),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "mount": (165, 40),
    "umount2": (166, 39),
    "swapon": (167, 224),
    "reboot": (169, 142),
    "init_module": (175, 105),
    "delete_module": (176, 106),
    "finit_module": (313, 273),
    "kexec_load": (246, 104),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "unshare": (272, 97),
    "setns": (308, 268),
    "perf_event_open": (298, 241),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "bpf": (321, 280),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
}


@dataclass(frozen=True, slots=True)
class _Machine:
    """What differs between machines: column of the table, audit number, and special calls."""

    column: int
    audit: int
    clone: int
    tgkill: int
    prlimit64: int
    openat: int
    open: int | None


_MACHINES = {
    "x86_64": _Machine(0, 0xC000003E, clone=56, tgkill=234, prlimit64=302, openat=257, open=2),
    "aarch64": _Machine(1, 0xC00000B7, clone=220, tgkill=131, prlimit64=261, openat=56, open=None),
}
_CLONE3, _OPENAT2 = 435, 437
_FOREIGN_CALLS = 0x40000000
"""Where the x32 numbers begin, which reach the same calls by another door."""

_CLONE_THREAD = 0x00010000
_WRITE_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_EPERM, _ENOSYS = 0x00050000 | 1, 0x00050000 | 38
_NUMBER_AT, _MACHINE_AT = 0, 4
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _MODE_FILTER = 38, 22, 2

_Step = tuple[int, int, int, int]
"""One instruction of the filter: code, jump if true, jump if false, value."""


def forbid_new_privileges() -> bool:
    """Give up gaining privileges for good; return whether that worked."""
    if sys.platform != "linux":
        return False
    return bool(_c_library().prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)


def refuse_system_calls() -> bool:
    """Install the filter for this process; return whether it stands.

    Needs `forbid_new_privileges` first. False on machines and systems without it.
    """
    machine = _MACHINES.get(platform.machine())
    if sys.platform != "linux" or machine is None or sys.maxsize < 1 << 32:
        return False
    steps = _filter(machine, os.getpid())
    code = b"".join(struct.pack("HBBI", *step) for step in steps)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(buffer))
    result = _c_library().prctl(_PR_SET_SECCOMP, _MODE_FILTER, program, 0, 0)
    return bool(result == 0)


def _filter(machine: _Machine, own_process: int) -> list[_Step]:
    """Return the filter: wrong machine ends the process, a refused call gets an error."""
    steps: list[_Step] = [
        (_LOAD, 0, 0, _MACHINE_AT),
        (_EQUAL, 1, 0, machine.audit),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_AT_LEAST, 0, 1, _FOREIGN_CALLS),
        (_RETURN, 0, 0, _EPERM),
    ]
    for numbers in _REFUSED.values():
        if numbers[machine.column] >= 0:
            steps += [(_EQUAL, 0, 1, numbers[machine.column]), (_RETURN, 0, 0, _EPERM)]
    for number in (_CLONE3, _OPENAT2):
        steps += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ENOSYS)]
    steps += _unless(machine.clone, 0, (_ANY_BIT, _CLONE_THREAD))
    steps += _unless(machine.tgkill, 0, (_EQUAL, own_process))
    steps += _unless(machine.prlimit64, 0, (_EQUAL, 0))
    steps += _when_writing(machine.openat, 2)
    if machine.open is not None:
        steps += _when_writing(machine.open, 1)
    return [*steps, (_RETURN, 0, 0, _ALLOW)]


def _unless(number: int, argument: int, test: tuple[int, int]) -> list[_Step]:
    """Refuse a call unless the low half of an argument passes a test."""
    code, value = test
    return [
        (_EQUAL, 0, 4, number),
        (_LOAD, 0, 0, _argument_at(argument)),
        (code, 1, 0, value),
        (_RETURN, 0, 0, _EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]


def _when_writing(number: int, argument: int) -> list[_Step]:
    """Refuse to open a file for anything but reading."""
    return [
        (_EQUAL, 0, 4, number),
        (_LOAD, 0, 0, _argument_at(argument)),
        (_ANY_BIT, 0, 1, _WRITE_FLAGS),
        (_RETURN, 0, 0, _EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]


def _argument_at(index: int) -> int:
    return 16 + 8 * index


def _c_library() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
