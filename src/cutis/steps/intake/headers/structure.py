"""Directories of the TIFF 6.0 structure, shared by TIFF, camera RAW and EXIF; bounds checked."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_INTEGERS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I"}
_RATIONALS = {5: "I", 10: "i"}
_MAX_VALUES = 4096


class TiffError(Exception):
    """The structure points outside the file or holds what it may not."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a directory: its type, how many values, and their bytes."""

    type: int
    count: int
    raw: memoryview
    order: str

    def integers(self) -> tuple[int, ...]:
        """Return the values as integers, at most 4096 of them; empty for another type."""
        code = _INTEGERS.get(self.type)
        if code is None:
            return ()
        count = min(self.count, _MAX_VALUES)
        return struct.unpack_from(f"{self.order}{count}{code}", self.raw)

    def first(self, default: int) -> int:
        """Return the first integer, or ``default``."""
        values = self.integers()
        return values[0] if values else default

    def rational(self) -> float | None:
        """Return the first rational as a number, or None."""
        code = _RATIONALS.get(self.type)
        if code is None or not self.count:
            return None
        numerator, denominator = struct.unpack_from(f"{self.order}2{code}", self.raw)
        return numerator / denominator if denominator else None

    def text(self) -> str:
        """Return an ASCII value up to its null; bytes beyond ASCII become ``?``."""
        raw = bytes(self.raw[:256]).partition(b"\x00")[0]
        return raw.decode("ascii", "replace").replace("\ufffd", "?")


@dataclass(frozen=True, slots=True)
class Directory:
    """One image file directory: entries by tag, and the offset of the next (0 is none)."""

    entries: dict[int, Entry]
    next_offset: int

    def first(self, tag: int, default: int) -> int:
        """Return the first integer of ``tag``, or ``default``."""
        entry = self.entries.get(tag)
        return entry.first(default) if entry else default


class TiffStructure:
    """Reads directories of a TIFF structure."""

    def __init__(self, data: memoryview) -> None:
        mark = bytes(data[:2])
        if mark not in {b"II", b"MM"} or len(data) < 8:
            raise TiffError("the byte order mark is missing")
        self._data = data
        self._order = "<" if mark == b"II" else ">"
        self.first_offset: int = struct.unpack_from(f"{self._order}I", data, 4)[0]

    def directory(self, offset: int) -> Directory:
        """Return the directory at ``offset``; entries that point outside are left out.

        Raises:
            TiffError: The directory itself lies outside the file.
        """
        if not 8 <= offset <= len(self._data) - 2:
            raise TiffError("a directory lies outside the file")
        (count,) = struct.unpack_from(f"{self._order}H", self._data, offset)
        end = offset + 2 + 12 * count
        if end > len(self._data):
            raise TiffError("a directory is cut short")
        entries = dict(self._entries(offset + 2, count))
        following = bytes(self._data[end : end + 4])
        after = struct.unpack(f"{self._order}I", following)[0] if len(following) == 4 else 0
        return Directory(entries, after)

    def chain(self, max_directories: int) -> Iterator[Directory]:
        """Yield the directories one after the other; a loop or a bad offset ends the chain.

        Raises:
            TiffError: The first directory lies outside the file.
        """
        seen: set[int] = set()
        offset = self.first_offset
        while offset and offset not in seen and len(seen) < max_directories:
            seen.add(offset)
            try:
                directory = self.directory(offset)
            except TiffError:
                if len(seen) == 1:
                    raise
                return
            yield directory
            offset = directory.next_offset

    def _entries(self, start: int, count: int) -> Iterator[tuple[int, Entry]]:
        for position in range(start, start + 12 * count, 12):
            tag, kind, number = struct.unpack_from(f"{self._order}HHI", self._data, position)
            size = _TYPE_BYTES.get(kind, 0) * number
            value = position + 8
            if size > 4:
                (value,) = struct.unpack_from(f"{self._order}I", self._data, position + 8)
            if size and value + size <= len(self._data):
                yield tag, Entry(kind, number, self._data[value : value + size], self._order)
