"""Keys of tenants and persons: each in a file of its own, wrapped by the key above it.

    keys/<tenant>/current                 the id of the tenant's key
    keys/<tenant>/tenant-<id>.key         a tenant's key, wrapped by the root key
    keys/<tenant>/<aa>/<id>.key           a person's key, wrapped by the tenant's key

Nothing of this is in the database or in its backups. To destroy a person's key is to erase the
person: the file is overwritten and removed, here and in the mirror. A wrapped key names the key
that wraps it, so that keys above can change while those below stay.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cutis.core.errors import StoreError, TamperedError
from cutis.core.record_words import Kind
from cutis.store.disk import FileSystem, SystemFiles, disk_errors, put_file, remove_file
from cutis.store.root_keys import RootKeys
from cutis.store.sealing import Identity, Random, new_key, open_sealed, seal

_SEPARATOR = b"\n"


class KeyGoneError(TamperedError):
    """A person's key is not there: destroyed, or lost."""


@dataclass(frozen=True, slots=True)
class KeyFolder:
    """The keys below one folder, and a mirror that follows every change, if there is one."""

    folder: Path
    roots: RootKeys
    mirror: Path | None = None
    files: FileSystem = SystemFiles()  # noqa: RUF009 - it holds no state
    random: Random = os.urandom

    def create_tenant(self, tenant_id: str) -> None:
        """Make a key for a tenant: the first, or one in place of the current one."""
        key_id = self.random(8).hex()
        self._wrap_tenant(tenant_id, key_id, new_key(self.random))
        self._put(self._tenant_folder(tenant_id) / "current", key_id.encode("ascii"))

    def tenant_key(self, tenant_id: str) -> tuple[str, bytes]:
        """Return the id of a tenant's current key, and the key.

        Raises:
            StoreError: it is missing or was wrapped by another root key.
            TamperedError: it was altered.
        """
        key_id = self._read(self._tenant_folder(tenant_id) / "current").decode("ascii", "replace")
        return key_id, self.tenant_key_of(tenant_id, key_id)

    def create_person(self, tenant_id: str, key_id: str) -> bytes:
        """Make a person's key and return it."""
        key = new_key(self.random)
        self._wrap_person(tenant_id, key_id, key)
        return key

    def person_key(self, tenant_id: str, key_id: str) -> bytes:
        """Return a person's key; read anew each time, so that a destroyed one is gone at once.

        Raises:
            KeyGoneError: there is no such file.
            TamperedError: it was altered.
        """
        try:
            content = self._read(self._person_path(tenant_id, key_id))
        except StoreError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                raise KeyGoneError(
                    "A person's key is not in the key folder. If they were not erased, restore "
                    "the keys from their mirror: cutis admin verify tells which are missing."
                ) from error
            raise
        wrapper, sealed = _split(content)
        identity = _identity(tenant_id, key_id, "person", wrapper)
        return open_sealed(self.tenant_key_of(tenant_id, wrapper), sealed, identity)

    def destroy(self, tenant_id: str, key_id: str) -> None:
        """Overwrite and remove a person's key, in the mirror too; no error where it is gone."""
        with self._locked():
            for path in self._places(self._person_path(tenant_id, key_id)):
                with contextlib.suppress(OSError):  # absent, or a disk that only removes
                    self.files.overwrite(path, self.random(len(self.files.read(path))))
                remove_file(self.files, path)

    def person_keys(self, tenant_id: str) -> Iterator[str]:
        """Yield the ids of the persons' keys that are here."""
        for path in sorted(self._tenant_folder(tenant_id).glob("??/*.key")):
            yield path.stem

    def rewrap_people(self, tenant_id: str) -> int:
        """Wrap all people's keys of a tenant with its current key; return how many."""
        return sum(self._rewrap(tenant_id, key_id) for key_id in self.person_keys(tenant_id))

    def drop_old_tenant_keys(self, tenant_id: str) -> None:
        """Remove a tenant's former keys; what only they wrapped opens no more."""
        current, _ = self.tenant_key(tenant_id)
        for path in self._tenant_folder(tenant_id).glob("tenant-*.key"):
            if path != self._tenant_path(tenant_id, current):
                for place in self._places(path):
                    remove_file(self.files, place)

    def rewrap_tenants(self) -> int:
        """Wrap every tenant's key with the current root key; return how many."""
        paths = sorted(self.folder.glob("*/tenant-*.key"))
        for path in paths:
            tenant_id, key_id = path.parent.name, path.stem.removeprefix("tenant-")
            self._wrap_tenant(tenant_id, key_id, self.tenant_key_of(tenant_id, key_id))
        return len(paths)

    def fill_mirror(self) -> int:
        """Copy what the mirror lacks and remove what is not here any more; return the changes."""
        if self.mirror is None:
            return 0
        with self._locked():
            here = {path.relative_to(self.folder): path for path in self._all(self.folder)}
            there = {path.relative_to(self.mirror): path for path in self._all(self.mirror)}
            stale = [
                name
                for name, path in here.items()
                if name not in there or there[name].read_bytes() != path.read_bytes()
            ]
            for name in stale:
                put_file(self.files, self.mirror / name, here[name].read_bytes())
            gone = set(there) - set(here)
            for name in gone:
                remove_file(self.files, there[name])
        return len(stale) + len(gone)

    @staticmethod
    def _all(folder: Path) -> list[Path]:
        return sorted([*folder.glob("*/current"), *folder.glob("*/**/*.key")])

    def _rewrap(self, tenant_id: str, key_id: str) -> bool:
        """Wrap one person's key anew, unless it was destroyed meanwhile."""
        with self._locked():
            try:
                key = self.person_key(tenant_id, key_id)
            except KeyGoneError:
                return False
            self._wrap_person(tenant_id, key_id, key)
        return True

    def _wrap_tenant(self, tenant_id: str, key_id: str, key: bytes) -> None:
        identity = _identity(tenant_id, key_id, "tenant", self.roots.current)
        sealed = seal(self.roots.key, key, identity, random=self.random)
        self._put(self._tenant_path(tenant_id, key_id), _join(self.roots.current, sealed))

    def _wrap_person(self, tenant_id: str, key_id: str, key: bytes) -> None:
        wrapper, above = self.tenant_key(tenant_id)
        identity = _identity(tenant_id, key_id, "person", wrapper)
        sealed = seal(above, key, identity, random=self.random)
        self._put(self._person_path(tenant_id, key_id), _join(wrapper, sealed))

    def tenant_key_of(self, tenant_id: str, key_id: str) -> bytes:
        """Return one of a tenant's keys, by its id."""
        wrapper, sealed = _split(self._read(self._tenant_path(tenant_id, key_id)))
        identity = _identity(tenant_id, key_id, "tenant", wrapper)
        return open_sealed(self.roots.get(wrapper), sealed, identity)

    def _put(self, path: Path, content: bytes) -> None:
        for place in self._places(path):
            put_file(self.files, place, content)

    def _read(self, path: Path) -> bytes:
        with disk_errors():
            return self.files.read(path)

    def _places(self, path: Path) -> list[Path]:
        if self.mirror is None:
            return [path]
        return [path, self.mirror / path.relative_to(self.folder)]

    def _tenant_folder(self, tenant_id: str) -> Path:
        return self.folder / _plain(tenant_id)

    def _tenant_path(self, tenant_id: str, key_id: str) -> Path:
        return self._tenant_folder(tenant_id) / f"tenant-{_plain(key_id)}.key"

    def _person_path(self, tenant_id: str, key_id: str) -> Path:
        return self._tenant_folder(tenant_id) / key_id[:2] / f"{_plain(key_id)}.key"

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Let one process at a time destroy or wrap, so that no key comes back by being wrapped."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with disk_errors(), (self.folder / ".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _plain(name: str) -> str:
    """Return ``name`` if it is one of our ids and so safe as the name of a file."""
    if not name or not name.isascii() or not name.replace("_", "").isalnum():
        raise TamperedError("A key id is letters and digits; this record holds another.")
    return name


def _identity(tenant_id: str, key_id: str, of: str, wrapper: str) -> Identity:
    return Identity(tenant_id, of, key_id, Kind.KEY, 1, wrapper)


def _join(wrapper: str, sealed: bytes) -> bytes:
    return wrapper.encode("ascii") + _SEPARATOR + sealed


def _split(content: bytes) -> tuple[str, bytes]:
    wrapper, _, sealed = content.partition(_SEPARATOR)
    return wrapper.decode("ascii", "replace"), sealed
