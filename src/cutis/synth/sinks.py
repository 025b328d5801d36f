"""Where the items of a run go: a folder of pictures, or a pack made of parts."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cutis.core.errors import InputError, MissingExtraError, StoreError
from cutis.datasets.on_disk import (
    FORMAT,
    StoredItem,
    done_items,
    pack_entry,
    read_manifest,
    read_records,
    repair_records,
    write_index,
    write_items,
    write_manifest,
)
from cutis.datasets.pack import PackedSet, PackEntry, write_pack

_SAME = (
    "seed",
    "style",
    "severities",
    "size_px",
    "crops_per_face",
    "renderer_version",
    "faces",
)
_PARTS, _RECORDS = "pack", "records.jsonl"


@dataclass(frozen=True, slots=True)
class FolderSink:
    """Keeps a set as a folder; see `cutis.datasets.on_disk`."""

    folder: Path

    def begin(self, manifest: dict[str, Any]) -> None:
        """Write the first manifest; raises InputError if another set is there."""
        _check_same(read_manifest(self.folder), manifest)
        write_manifest(self.folder, manifest)
        repair_records(self.folder)

    def missing(self, indices: Sequence[int]) -> list[int]:
        """Return the items of which the record or a picture is not there."""
        done = done_items(self.folder)
        return [index for index in indices if index not in done]

    def add(self, items: Sequence[StoredItem]) -> None:
        """Write the pictures, then the records."""
        write_items(self.folder, items)

    def records(self) -> Iterator[dict[str, Any]]:
        """Yield the records, the last one of each item."""
        last = {record["item"]: record for record in read_records(self.folder)}
        yield from (last[number] for number in sorted(last))

    def finish(self, manifest: dict[str, Any]) -> None:
        """Write the manifest, and the index where pyarrow is installed."""
        write_manifest(self.folder, manifest)
        try:
            write_index(self.folder)
        except MissingExtraError:
            write_manifest(self.folder, manifest | {"index": "not written: pyarrow is missing"})


@dataclass(frozen=True, slots=True)
class PackSink:
    """Keeps the blocks of a run in ``FILE.parts`` and joins them to one pack at the end.

    Beside the pack stands ``FILE.json``, its manifest.
    """

    file: Path

    @property
    def parts(self) -> Path:
        """The folder of the blocks until they are joined."""
        return self.file.with_name(f"{self.file.name}.parts")

    @property
    def manifest(self) -> Path:
        """The file of the manifest."""
        return self.file.with_name(f"{self.file.name}.json")

    def begin(self, manifest: dict[str, Any]) -> None:
        """Make the folder of parts; raises InputError if parts of another set are there."""
        if self.file.exists():
            raise InputError("The pack is there already. Delete it, or name another file.")
        _check_same(read_manifest(self.parts), manifest)
        write_manifest(self.parts, manifest)

    def missing(self, indices: Sequence[int]) -> list[int]:
        """Return the items that no stored part holds."""
        done = {record["item"] for record in self.records()}
        return [index for index in indices if index not in done]

    def add(self, items: Sequence[StoredItem]) -> None:
        """Store a part: the records appear last, so a part without them does not count."""
        name = f"{items[0].record['item']:09d}"
        kept = [_entry(item) for item in items if item.pictures]
        if kept:
            style = "part"
            write_pack(kept, self.parts / f"{name}.{_PARTS}.npz", style=style)
        lines = "".join(json.dumps(item.record) + "\n" for item in items)
        part = self.parts / f".{name}.part"
        part.write_text(lines, encoding="utf-8")
        part.replace(self.parts / f"{name}.{_RECORDS}")

    def records(self) -> Iterator[dict[str, Any]]:
        """Yield the records of the stored parts in order."""
        for path in self._stored():
            yield from _read_part(path)

    def finish(self, manifest: dict[str, Any]) -> None:
        """Join the parts, write the manifest, delete the parts."""
        twins = frozenset(manifest["near_duplicates"])
        count = write_pack(self._entries(twins), self.file, style=manifest["style"])
        text = json.dumps({"format": FORMAT} | manifest | {"packed": count}, indent=2) + "\n"
        try:
            self.manifest.write_text(text, encoding="utf-8")
        except OSError as error:
            raise StoreError(
                f"The manifest cannot be written ({error.strerror}). Free some space, run it again."
            ) from error
        shutil.rmtree(self.parts)

    def _stored(self) -> list[Path]:
        return sorted(self.parts.glob(f"[0-9]*.{_RECORDS}"))

    def _entries(self, leave_out: frozenset[int]) -> Iterator[PackEntry]:
        for path in self._stored():
            records = _read_part(path)
            numbers = [record["item"] for record in records if not record.get("left_out")]
            if numbers:
                pack = PackedSet.load(path.with_name(path.name.replace(_RECORDS, f"{_PARTS}.npz")))
                kept = (row for row, number in enumerate(numbers) if number not in leave_out)
                yield from (pack.entry(row) for row in kept)


def _read_part(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _entry(item: StoredItem) -> PackEntry:
    pictures = item.pictures
    return pack_entry(
        item.record, pictures["image"], labels=pictures["labels"], ignore=pictures["ignore"]
    )


def _check_same(old: dict[str, Any] | None, new: dict[str, Any]) -> None:
    """Refuse to mix two sets in one place."""
    different = [name for name in _SAME if old is not None and old.get(name) != new[name]]
    if different:
        raise InputError(
            f"Another set is there: its {', '.join(different)} differ from what was asked for. "
            "Ask for the same, or name another place."
        )
