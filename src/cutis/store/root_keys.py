"""The root keys: one small file that opens everything, kept apart from the data.

The file is JSON: the id of the current key, and each key in base64. A second key is in it only
while the tenants' keys are wrapped anew.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cutis.core.errors import StoreError
from cutis.store.disk import FileSystem, SystemFiles, disk_errors, put_file
from cutis.store.sealing import KEY_BYTES, Random, new_key


@dataclass(frozen=True, slots=True)
class RootKeys:
    """Root keys by id, and which of them wraps from now on."""

    current: str
    keys: Mapping[str, bytes] = field(repr=False)

    @property
    def key(self) -> bytes:
        """The current key."""
        return self.keys[self.current]

    def get(self, key_id: str) -> bytes:
        """Return a key.

        Raises:
            StoreError: this file has no such key.
        """
        if key_id not in self.keys:
            raise StoreError(
                "The root key file is not the one that these records were sealed under. "
                "Name the right one in store.root_key_file."
            )
        return self.keys[key_id]


def new_root_keys(random: Random = os.urandom) -> RootKeys:
    """Return one fresh root key."""
    key_id = random(8).hex()
    return RootKeys(key_id, {key_id: new_key(random)})


def with_new_key(roots: RootKeys, random: Random = os.urandom) -> RootKeys:
    """Return ``roots`` with a fresh key as the current one."""
    fresh = new_root_keys(random)
    return RootKeys(fresh.current, {**roots.keys, **fresh.keys})


def current_only(roots: RootKeys) -> RootKeys:
    """Return ``roots`` without the keys that wrap nothing any more."""
    return RootKeys(roots.current, {roots.current: roots.key})


def write_root_keys(roots: RootKeys, path: Path, files: FileSystem | None = None) -> None:
    """Put the file in place, readable for this user only."""
    content = {
        "current": roots.current,
        "keys": {name: base64.b64encode(key).decode() for name, key in roots.keys.items()},
    }
    put_file(files or SystemFiles(), path, json.dumps(content, indent=1).encode(), mode=0o600)


def read_root_keys(path: Path, files: FileSystem | None = None) -> RootKeys:
    """Read the file.

    Raises:
        StoreError: it is missing, readable for others, or no root key file.
    """
    _refuse_open_file(path)
    try:
        with disk_errors():
            content = json.loads((files or SystemFiles()).read(path))
        keys = {
            name: base64.b64decode(text, validate=True) for name, text in content["keys"].items()
        }
        roots = RootKeys(content["current"], keys)
        valid = roots.current in keys and all(len(key) == KEY_BYTES for key in keys.values())
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error) as error:
        raise StoreError(_NO_ROOT_KEYS) from error
    if not valid:
        raise StoreError(_NO_ROOT_KEYS)
    return roots


_NO_ROOT_KEYS = (
    "The root key file cannot be read as one. Restore it from where it was kept, or name the "
    "right one in store.root_key_file."
)


def _refuse_open_file(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except OSError:
        return  # a file that is missing, or simulated, is told of when it is read
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise StoreError(
            "The root key file can be read by other users of this machine; it must not. "
            "Run: chmod 600 on it."
        )
