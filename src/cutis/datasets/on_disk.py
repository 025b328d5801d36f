"""A synthetic set as a folder: pictures by kind, one line of parameters an item, a manifest.

    images/000123.png    what a network sees
    masks/000123.png     one bit for each of `TARGETS`
    ignore/000123.png    the same bits where a pixel is not to be counted
    clean/000123.png     the same picture without defects
    references/…         pictures that an inpainting model was shown, where there are any
    parameters.jsonl     one record an item; the same record gives the same pixels
    manifest.json        seed, style, versions, faces, split, balance, rejects
    index.parquet        the plain columns of the records

Files appear whole or not at all, pictures before their record. So an item is there when its
record is, and a run that was cut off goes on where it stopped.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from cutis.core.arrays import RGB, LabelMap
from cutis.core.errors import InputError, MissingExtraError, StoreError
from cutis.datasets.pack import PackEntry, decode_labels, decode_picture, encode_picture

FORMAT = 1
FOLDERS = {"image": "images", "labels": "masks", "ignore": "ignore", "clean": "clean"}
RECORDS, MANIFEST, INDEX = "parameters.jsonl", "manifest.json", "index.parquet"
_INDEXED = (
    "item face source person split tone ita_deg light age severity mm_per_px seed attempt".split()
)


@dataclass(frozen=True, slots=True, eq=False)
class StoredItem:
    """An item as it is written: its record, and PNG bytes by kind (image, labels, ignore, clean).

    An item that was given up has a record with ``left_out`` and no pictures.
    """

    record: dict[str, Any]
    pictures: Mapping[str, bytes]


@dataclass(frozen=True, slots=True, eq=False)
class DiskItem:
    """An item, decoded. ``labels`` and ``ignore`` hold one bit for each of `TARGETS`."""

    image: RGB
    labels: LabelMap
    ignore: LabelMap
    clean: RGB
    record: dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class DiskSet:
    """An opened set: the manifest and the records of the items that are there, by number."""

    folder: Path
    manifest: dict[str, Any]
    records: dict[int, dict[str, Any]]

    def item(self, number: int) -> DiskItem:
        """Return an item, decoded.

        Raises:
            InputError: there is no such item.
            StoreError: a picture is missing, broken or of another size than the rest.
        """
        image, labels, ignore, clean = (self._bytes(number, kind) for kind in FOLDERS)
        found = DiskItem(
            decode_picture(image),
            decode_labels(labels),
            decode_labels(ignore),
            decode_picture(clean),
            self.records[number],
        )
        if len({a.shape[:2] for a in (found.image, found.labels, found.ignore, found.clean)}) > 1:
            raise StoreError(f"The pictures of item {number} must be of one size. Make it anew.")
        return found

    def entry(self, number: int, *, jpeg_quality: int | None = None) -> PackEntry:
        """Return an item as it goes into a pack, the picture as JPEG where a quality is given."""
        image, labels, ignore = (self._bytes(number, k) for k in ("image", "labels", "ignore"))
        if jpeg_quality is not None:
            image = encode_picture(decode_picture(image), jpeg_quality=jpeg_quality)
        return pack_entry(self.records[number], image, labels=labels, ignore=ignore)

    def _bytes(self, number: int, kind: str) -> bytes:
        if number not in self.records:
            raise InputError(f"The set holds {len(self.records)} items; {number} is none of them.")
        try:
            return (self.folder / FOLDERS[kind] / _name(number)).read_bytes()
        except OSError as error:
            raise StoreError(
                f"The {kind} of item {number} cannot be read ({error.strerror}). "
                "Run the same `cutis synth make` again; it makes what is missing."
            ) from error


def open_set(folder: Path) -> DiskSet:
    """Open a set for reading.

    Raises:
        StoreError: the folder holds no set, or records that cannot be read.
    """
    manifest = read_manifest(folder)
    if manifest is None:
        raise StoreError(
            f"A data set was expected (a folder with {MANIFEST}); none is here. "
            "Make one with `cutis synth make`."
        )
    if manifest.get("format") != FORMAT:
        raise StoreError(
            f"A set of format {FORMAT} was expected; this one is of {manifest.get('format')}. "
            "Make it anew."
        )
    records = {record["item"]: record for record in read_records(folder)}
    twins = set(manifest.get("near_duplicates", ()))
    kept = {
        number: record
        for number, record in sorted(records.items())
        if not record.get("left_out") and number not in twins
    }
    return DiskSet(folder, manifest, kept)


def pack_entry(
    record: Mapping[str, Any], image: bytes, *, labels: bytes, ignore: bytes
) -> PackEntry:
    """Return the entry of a pack that a record and its encoded pictures make."""
    return PackEntry(
        image,
        labels,
        ignore,
        baseline=np.array(record["baseline"], np.float32),
        mm_per_px=record["mm_per_px"],
        person=record["person"],
        tone=record["tone_index"],
        split=record["split"],
        source=record["source"],
    )


def write_items(folder: Path, items: Iterable[StoredItem]) -> None:
    """Add items: first the pictures, then all the records in one go.

    Raises:
        StoreError: the disk refused.
    """
    items = list(items)
    try:
        for item in items:
            for kind, data in item.pictures.items():
                _write_whole(folder / FOLDERS[kind] / _name(item.record["item"]), data)
        lines = "".join(json.dumps(item.record, separators=(",", ":")) + "\n" for item in items)
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / RECORDS).open("a", encoding="utf-8") as stream:
            stream.write(lines)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise StoreError(
            f"The data set cannot be written ({error.strerror}). Free some space and run it again."
        ) from error


def done_items(folder: Path) -> dict[int, dict[str, Any]]:
    """Return the records of the items that are wholly there; a torn last line is cut off."""
    repair_records(folder)
    return {r["item"]: r for r in read_records(folder) if r.get("left_out") or _there(folder, r)}


def repair_records(folder: Path) -> bool:
    """Cut off a last record that was not written to its end; tell whether there was one."""
    path = folder / RECORDS
    if not path.exists():
        return False
    with path.open("rb+") as stream:
        data = stream.read()
        whole = data[: data.rfind(b"\n") + 1]
        stream.truncate(len(whole))
    return len(whole) < len(data)


def read_records(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the records in the order in which they were written.

    Raises:
        StoreError: a line is no record.
    """
    path = folder / RECORDS
    if not path.exists():
        return
    with path.open(encoding="utf-8") as stream:
        for number, line in enumerate(stream, start=1):
            try:
                record = json.loads(line)
                whole = isinstance(record, dict) and isinstance(record["item"], int)
            except (ValueError, KeyError) as error:
                raise StoreError(_torn(number)) from error
            if not whole:
                raise StoreError(_torn(number))
            yield record


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """Return the manifest, None where there is none; raises StoreError if it is broken."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise StoreError(
            f"{MANIFEST} cannot be read. Run the same `cutis synth make` again."
        ) from error
    if not isinstance(manifest, dict):
        raise StoreError(f"{MANIFEST} must hold an object. Run the same `cutis synth make` again.")
    return manifest


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write the manifest, whole or not at all."""
    text = json.dumps({"format": FORMAT} | dict(manifest), indent=2) + "\n"
    _write_whole(folder / MANIFEST, text.encode())


def write_index(folder: Path) -> int:
    """Write the Parquet index of the records and return how many rows it has.

    Raises:
        MissingExtraError: pyarrow is not installed.
    """
    if find_spec("pyarrow") is None:
        raise MissingExtraError("The Parquet index of a data set", "train")
    import pyarrow as pa  # noqa: PLC0415 - optional
    import pyarrow.parquet as pq  # noqa: PLC0415 - optional

    records = open_set(folder).records.values()
    part = folder / f".{INDEX}.part"
    table = pa.table({name: [record.get(name) for record in records] for name in _INDEXED})
    pq.write_table(table, part)
    part.replace(folder / INDEX)
    return len(records)


def _there(folder: Path, record: Mapping[str, Any]) -> bool:
    return all((folder / sub / _name(record["item"])).is_file() for sub in FOLDERS.values())


def _name(number: int) -> str:
    return f"{number:06d}.png"


def _write_whole(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(data)
    part.replace(path)


def _torn(number: int) -> str:
    return (
        f"Line {number} of {RECORDS} is no record. Delete that line and run the same "
        "`cutis synth make` again; it makes what is missing."
    )
