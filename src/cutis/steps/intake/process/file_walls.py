"""Landlock for the decoding process (Linux 5.13 and later): program files may be read, no more.

Decoders for rare kinds are loaded when the first such photo comes, so the folders of Python and
its packages stay readable. Photos, reports and everything else of the person do not.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import struct
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446
_ASK_VERSION = 1
_RULE_PATH_BENEATH = 1
_READ_FILE, _READ_FOLDER = 1 << 2, 1 << 3
_FILE_RIGHTS = ((1, 13), (2, 14), (3, 15), (5, 16))
"""From which version on how many rights over files are handled (linux/landlock.h)."""
_NETWORK_RIGHTS = (4, 0b11)
_SCOPES = (6, 0b11)
_LATE_PACKAGES = ("pi_heif", "pydicom", "rawpy")
_SYSTEM = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/etc/ld.so.cache",
    "/proc/cpuinfo",
    "/sys/devices/system/cpu",
    "/dev/null",
    "/dev/urandom",
)


def wall_off_files() -> bool:
    """Leave nothing readable but program files, nothing writable; return whether it stands.

    Needs `system_calls.forbid_new_privileges` first.
    """
    if sys.platform != "linux":
        return False
    library = ctypes.CDLL(None, use_errno=True)
    version = library.syscall(_CREATE, None, ctypes.c_size_t(0), _ASK_VERSION)
    if version < 1:
        return False
    attributes = _attributes(version)
    rules = library.syscall(_CREATE, attributes, ctypes.c_size_t(len(attributes)), 0)
    if rules < 0:
        return False
    try:
        for path in _readable():
            _allow(library, rules, path)
        return bool(library.syscall(_RESTRICT, rules, 0) == 0)
    finally:
        os.close(rules)


def _attributes(version: int) -> bytes:
    """Return the rights that are taken away, as far as this kernel knows them."""
    rights = max(count for since, count in _FILE_RIGHTS if version >= since)
    attributes = struct.pack("Q", (1 << rights) - 1)
    for since, bits in (_NETWORK_RIGHTS, _SCOPES):
        if version >= since:
            attributes += struct.pack("Q", bits)
    return attributes


def _readable() -> Iterator[str]:
    """Yield the folders of Python, its packages and the system's libraries."""
    yield from _SYSTEM
    paths = sysconfig.get_paths()
    homes = {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    homes |= {f"{prefix}/lib" for prefix in (sys.prefix, sys.base_prefix)}
    yield from homes
    yield str(Path(__file__).parents[3])
    for entry in sys.path:
        if entry.endswith(("site-packages", "dist-packages")):
            yield entry
    for name in _LATE_PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            yield str(Path(spec.origin).parent.parent)


def _allow(library: ctypes.CDLL, rules: int, path: str) -> None:
    """Let what lies at or below a path be read; a path that is not there is left out."""
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        rights = _READ_FILE | (_READ_FOLDER if os.path.isdir(path) else 0)  # noqa: PTH112
        rule = struct.pack("=Qi", rights, descriptor)
        library.syscall(_ADD_RULE, rules, _RULE_PATH_BENEATH, rule, 0)
    finally:
        os.close(descriptor)
