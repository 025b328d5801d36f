"""A disk in memory whose power can be cut: what was not synced is lost, in part, in any order.

The model, after what file systems and drives promise:

- A write is in the cache until its file is synced. At a cut each 512-byte piece of it survives or
  not, by chance; pieces of synced bytes never suffer (powersafe overwrite, as SQLite assumes).
- A new length survives with the pieces that need it; a shortened one by chance.
- A sync that fails leaves its writes in the cache for ever: a later sync does not bring them to
  the disk, though reading shows them ("fsyncgate").
- A name (made, renamed, removed) is in the cache until its folder is synced; at a cut the first so
  many changes of names survive, since file systems keep their order.

SQLite sees it through a VFS written with apsw, blobs and keys through the port `FileSystem`.
Shared memory is not simulated: the database is opened by one connection, in exclusive locking mode.
"""

from __future__ import annotations

import errno
import random
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

PIECE_BYTES = 512


class PowerCutError(Exception):
    """The power is gone; nothing works any more."""


@dataclass(slots=True)
class Inode:
    """The content of a file: what a sync made durable, what is there, and what is in between."""

    durable: bytearray = field(default_factory=bytearray)
    current: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)

    def write(self, offset: int, content: bytes) -> None:
        """Write into the cache."""
        _put(self.current, offset, content)
        self.pending.append((offset, bytes(content)))

    def truncate(self, size: int) -> None:
        """Shorten in the cache."""
        del self.current[size:]
        self.pending.append((size, None))

    def sync(self) -> None:
        """Make what is pending durable."""
        for offset, content in self.pending:
            if content is None:
                del self.durable[offset:]
            else:
                _put(self.durable, offset, content)
        self.pending.clear()

    def fail(self) -> None:
        """Lose what is pending, as a sync that failed does; it is still read."""
        self.pending.clear()

    def cut(self, chance: random.Random) -> Inode:
        """Return what a cut leaves."""
        survives = chance.choice((0.0, 0.3, 0.7, 1.0))
        left = bytearray(self.durable)
        for offset, content in self.pending:
            if content is None:
                if chance.random() < survives:
                    del left[offset:]
                continue
            for start in range(0, len(content), PIECE_BYTES):
                if chance.random() < survives:
                    _put(left, offset + start, content[start : start + PIECE_BYTES])
        return Inode(bytearray(left), bytearray(left))


def _put(content: bytearray, offset: int, piece: bytes) -> None:
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(piece)] = piece


@dataclass(slots=True)
class SimulatedDisk:
    """Files by name, a cut after so many steps, and what is left after it."""

    chance: random.Random
    names: dict[str, Inode] = field(default_factory=dict)
    durable_names: dict[str, Inode] = field(default_factory=dict)
    changes: list[tuple[str, Inode | None]] = field(default_factory=list)
    steps: int = 0
    cut_at: int | None = None
    dead: bool = False
    fail_from: int | None = None
    fail_until: int = 0
    capacity_bytes: int | None = None

    def step(self) -> None:
        """Count a step; the power goes, or the disk refuses, at the chosen one.

        Raises:
            PowerCutError: now, or since an earlier step.
            OSError: the disk refuses this step.
        """
        self.steps += 1
        if self.fail_from is not None and self.fail_from <= self.steps < self.fail_until:
            raise OSError(errno.EIO, "injected")
        if self.dead or (self.cut_at is not None and self.steps >= self.cut_at):
            self.dead = True
            raise PowerCutError

    def room_for(self, inode: Inode, end: int) -> None:
        """Raise unless the disk has room for a file to reach ``end``.

        Raises:
            OSError: the disk is full.
        """
        growth = end - len(inode.current)
        if self.capacity_bytes is not None and growth > 0:
            used = sum(len(one.current) for one in {id(i): i for i in self.names.values()}.values())
            if used + growth > self.capacity_bytes:
                raise OSError(errno.ENOSPC, "full")

    def heal(self) -> None:
        """Refuse no more."""
        self.steps, self.fail_from = 0, None

    def name(self, name: str, inode: Inode | None) -> None:
        """Give or take a name, in the cache."""
        if inode is None:
            self.names.pop(name, None)
        else:
            self.names[name] = inode
        self.changes.append((name, inode))

    def sync_names(self, folder: str) -> None:
        """Make the names in a folder durable."""
        mine = [change for change in self.changes if change[0].rpartition("/")[0] == folder]
        self.changes = [change for change in self.changes if change not in mine]
        _rename_all(self.durable_names, mine)

    def restart(self) -> None:
        """Come back after a cut with what is left."""
        survived = self.chance.randint(0, len(self.changes))
        _rename_all(self.durable_names, self.changes[:survived])
        left = {id(inode): inode.cut(self.chance) for inode in self.durable_names.values()}
        self.names = {name: left[id(inode)] for name, inode in self.durable_names.items()}
        self.durable_names = dict(self.names)
        self.changes.clear()
        self.steps, self.cut_at, self.dead = 0, None, False


def _rename_all(names: dict[str, Inode], changes: Iterable[tuple[str, Inode | None]]) -> None:
    for name, inode in changes:
        if inode is None:
            names.pop(name, None)
        else:
            names[name] = inode


class SimulatedFiles:
    """The port `FileSystem` over a simulated disk."""

    def __init__(self, disk: SimulatedDisk) -> None:
        self._disk = disk

    def write(self, path: Path, content: bytes, *, mode: int) -> None:
        """Write a file, then sync it: two steps."""
        del mode
        self._disk.step()
        inode = self._disk.names.get(str(path))
        if inode is None:
            inode = Inode()
            self._disk.name(str(path), inode)
        inode.truncate(0)
        self._disk.room_for(inode, len(content))
        inode.write(0, content)
        self._sync(inode)

    def overwrite(self, path: Path, content: bytes) -> None:
        """Write over what is there, then sync."""
        inode = self._inode(path)
        self._disk.step()
        inode.write(0, content)
        self._sync(inode)

    def _sync(self, inode: Inode) -> None:
        try:
            self._disk.step()
        except OSError:
            inode.fail()
            raise
        inode.sync()

    def rename(self, old: Path, new: Path) -> None:
        """Rename in the cache."""
        self._disk.step()
        inode = self._inode(old)
        self._disk.name(str(new), inode)
        self._disk.name(str(old), None)

    def unlink(self, path: Path) -> None:
        """Remove in the cache."""
        self._disk.step()
        self._disk.name(str(path), None)

    def sync_folder(self, folder: Path) -> None:
        """Sync a folder."""
        self._disk.step()
        self._disk.sync_names(str(folder))

    def make_folder(self, folder: Path) -> None:
        """Folders are taken to be there."""

    def read(self, path: Path) -> bytes:
        """Read a file."""
        if self._disk.dead:
            raise PowerCutError
        return bytes(self._inode(path).current)

    def _inode(self, path: Path) -> Inode:
        try:
            return self._disk.names[str(path)]
        except KeyError:
            raise FileNotFoundError(2, "no such file") from None


class SimulatedVFS(apsw.VFS):
    """SQLite's door to a simulated disk."""

    def __init__(self, name: str, disk: SimulatedDisk) -> None:
        super().__init__(name, "")
        self.disk = disk
        self.detached = False

    def step(self) -> None:
        """Count a step of the disk; a process that died with the power reaches it no more."""
        if not self.detached:
            _refusing(self.disk.step)

    def xOpen(self, name: Any, flags: list[int]) -> Any:  # noqa: N802 - SQLite's names
        """Open a file, new or old."""
        flags[1] = flags[0]
        text = name.filename() if hasattr(name, "filename") else name
        return SimulatedFile(self, text or f"temp-{id(flags)}")

    def xDelete(self, name: str, _sync: bool) -> None:  # noqa: N802, FBT001
        """Remove a file, durably: SQLite asks for it where it matters."""
        self.step()
        if self.detached:
            return
        self.disk.name(name, None)
        self.disk.sync_names(name.rpartition("/")[0])

    def xAccess(self, name: str, _flags: int) -> bool:  # noqa: N802
        """Whether a file is there."""
        return name in self.disk.names

    def xFullPathname(self, name: str) -> str:  # noqa: N802
        """Names are whole already."""
        return name


class SimulatedFile:
    """An open file of SQLite's."""

    def __init__(self, vfs: SimulatedVFS, name: str) -> None:
        self._vfs, self._disk, self._name = vfs, vfs.disk, name
        disk = vfs.disk
        if name not in disk.names:
            disk.name(name, Inode())
        self._inode = disk.names[name]

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        """Read what is there."""
        if self._disk.dead and not self._vfs.detached:
            raise PowerCutError
        return bytes(self._inode.current[offset : offset + amount])

    def xWrite(self, content: bytes, offset: int) -> None:  # noqa: N802
        """Write into the cache."""
        self._vfs.step()
        _refusing(lambda: self._disk.room_for(self._inode, offset + len(content)))
        self._inode.write(offset, bytes(content))

    def xTruncate(self, size: int) -> None:  # noqa: N802
        """Shorten in the cache."""
        self._vfs.step()
        self._inode.truncate(size)

    def xSync(self, _flags: int) -> None:  # noqa: N802
        """Sync content, and the name where the file is new."""
        try:
            self._vfs.step()
        except apsw.IOError:
            self._inode.fail()
            raise
        self._inode.sync()
        if not self._vfs.detached:
            self._disk.sync_names(self._name.rpartition("/")[0])

    def xFileSize(self) -> int:  # noqa: N802
        """Return the length as it is in the cache."""
        return len(self._inode.current)

    def xSectorSize(self) -> int:  # noqa: N802
        """Return the size of a piece."""
        return PIECE_BYTES

    def xDeviceCharacteristics(self) -> int:  # noqa: N802
        """Powersafe overwrite, as SQLite takes of every disk by default."""
        return int(apsw.SQLITE_IOCAP_POWERSAFE_OVERWRITE)

    def xCheckReservedLock(self) -> bool:  # noqa: N802
        """Nobody else is here."""
        return False

    def xLock(self, _level: int) -> None:  # noqa: N802
        """Nobody else is here."""

    def xUnlock(self, _level: int) -> None:  # noqa: N802
        """Nobody else is here."""

    def xFileControl(self, _operation: int, _pointer: int) -> bool:  # noqa: N802
        """No control is known."""
        return False

    def xClose(self) -> None:  # noqa: N802
        """Nothing is held."""


def _refusing(step: Callable[[], None]) -> None:
    """Do a step; what the disk refuses is told in the words of SQLite."""
    try:
        step()
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise apsw.FullError("database or disk is full") from error
        raise apsw.IOError("disk I/O error") from error


class Connection:
    """An apsw connection in the shape that SQLAlchemy expects of sqlite3."""

    isolation_level = None

    def __init__(self, path: str, vfs: str) -> None:
        self._inner = apsw.Connection(path, vfs=vfs)
        self._closed = False
        self.cursor().execute("PRAGMA locking_mode=EXCLUSIVE")

    def cursor(self) -> Cursor:
        """Return a cursor."""
        return Cursor(self._inner)

    def execute(self, words: str, values: Any = ()) -> Cursor:
        """Execute on a cursor of its own."""
        return self.cursor().execute(words, values)

    def commit(self) -> None:
        """End the transaction, if there is one."""
        if not self._closed and self._inner.in_transaction:
            self.execute("COMMIT")

    def rollback(self) -> None:
        """Undo the transaction, if there is one."""
        if not self._closed and self._inner.in_transaction:
            self.execute("ROLLBACK")

    def close(self) -> None:
        """Close it."""
        self._closed = True
        self._inner.close(True)

    def create_function(self, *_args: Any, **_options: Any) -> None:
        """No function is needed."""


class Cursor:
    """A cursor that reads all its rows at once."""

    arraysize = 1
    lastrowid = None

    def __init__(self, inner: apsw.Connection) -> None:
        self._inner = inner
        self._rows: Iterator[Any] = iter(())
        self.description: Any = None
        self.rowcount = -1

    def execute(self, words: str, values: Any = ()) -> Cursor:
        """Execute; errors of SQLite come as sqlite3's."""
        cursor = self._inner.cursor()
        before = self._inner.total_changes()
        try:
            run = cursor.execute(words, tuple(values))
            try:
                self.description = [(*one[:1], *[None] * 6) for one in cursor.get_description()]
            except apsw.ExecutionCompleteError:
                self.description = _columns(self._inner, words)
            self._rows = iter([tuple(row) for row in run])
        except apsw.Error as error:
            raise sqlite3.OperationalError(str(error)) from error
        self.rowcount = self._inner.total_changes() - before
        return self

    def executemany(self, words: str, many: Any) -> Cursor:
        """Execute once for each."""
        for values in many:
            self.execute(words, values)
        return self

    def fetchone(self) -> Any:
        """Return the next row, or None."""
        return next(self._rows, None)

    def fetchmany(self, size: int = 1) -> list[Any]:
        """Return some rows."""
        return [row for _, row in zip(range(size), self._rows, strict=False)]

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""
        return list(self._rows)

    def close(self) -> None:
        """Nothing is held."""


def _columns(inner: apsw.Connection, words: str) -> Any:
    """Return the columns of a query that had no rows; None for what is no query."""
    if words.lstrip()[:6].upper() != "SELECT":
        return None
    import apsw.ext  # noqa: PLC0415 - heavy, and rarely needed

    return [(one[0], *[None] * 6) for one in apsw.ext.query_info(inner, words).description]
