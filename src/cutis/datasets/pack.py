"""A training pool in one file: pictures and labels as PNG or JPEG bytes beside plain columns.

A pack is an uncompressed ``.npz``. Three blobs hold the encoded pictures one after another
(``image_bytes``, ``label_bytes``, ``ignore_bytes``, cut by ``image_at``, ``label_at`` and
``ignore_at``); the columns ``baseline``, ``mm_per_px``, ``person``, ``tone``, ``split`` and
``source`` have one row an item; ``style`` is one word. The blobs are mapped, not read, so a pack
may be larger than the memory. Nothing in it is ever unpickled.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import cv2
import numpy as np
from jaxtyping import Float32, Int64, UInt8

from cutis.core.arrays import RGB, LabelMap
from cutis.core.errors import InputError, StoreError

JPEG_QUALITY = 97
_BLOBS = ("image", "label", "ignore")
_COLUMNS = {
    "baseline": np.float32,
    "mm_per_px": np.float32,
    "person": np.str_,
    "tone": np.int8,
    "split": np.str_,
    "source": np.str_,
}
_CONTAINER_BYTES = 4096
_ROW_BYTES = 3 * 8 + 3 * 4 + 4 + 1 + 4 * len("train")


@dataclass(frozen=True, slots=True, eq=False)
class PackEntry:
    """One item as it lies in a pack; ``tone`` is the index of its `ItaGroup`."""

    image: bytes
    labels: bytes
    ignore: bytes
    baseline: Float32[np.ndarray, "3"]
    mm_per_px: float
    person: str
    tone: int
    split: str
    source: str


@dataclass(frozen=True, slots=True, eq=False)
class PackedItem:
    """One item, decoded. ``labels`` and ``ignore`` hold one bit for each of `TARGETS`."""

    image: RGB
    labels: LabelMap
    ignore: LabelMap
    baseline: Float32[np.ndarray, "3"]
    mm_per_px: float


@dataclass(frozen=True, slots=True, eq=False)
class PackedSet:
    """An opened pack; the columns are arrays of one row an item."""

    blobs: dict[str, UInt8[np.ndarray, "bytes"]]
    at: dict[str, Int64[np.ndarray, "offsets"]]
    baseline: Float32[np.ndarray, "n 3"]
    mm_per_px: Float32[np.ndarray, "n"]
    person: np.ndarray[Any, Any]
    tone: np.ndarray[Any, Any]
    split: np.ndarray[Any, Any]
    source: np.ndarray[Any, Any]
    style: str

    @classmethod
    def load(cls, path: Path | str) -> PackedSet:
        """Open a pack.

        Raises:
            StoreError: the file is missing, cut off, or no pack.
        """
        path = Path(path)
        try:
            plain = _plain(path, (*_COLUMNS, "style", *(f"{name}_at" for name in _BLOBS)))
            blobs = {name: _mapped(path, f"{name}_bytes.npy") for name in _BLOBS}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise StoreError(_not_a_pack(type(error).__name__)) from error
        at = {name: plain.pop(f"{name}_at") for name in _BLOBS}
        _validate(plain, blobs, at)
        style = str(plain.pop("style"))
        return cls(blobs=blobs, at=at, style=style, **plain)

    def __len__(self) -> int:
        return len(self.mm_per_px)

    def indices(self, split: str) -> Int64[np.ndarray, "n"]:
        """Return which items are of ``split`` (train or val)."""
        return np.flatnonzero(self.split == split)

    def entry(self, index: int) -> PackEntry:
        """Return an item as it lies there, still encoded."""
        self._check(index)
        image, labels, ignore = (self._bytes(name, index) for name in _BLOBS)
        return PackEntry(
            image,
            labels,
            ignore,
            baseline=self.baseline[index],
            mm_per_px=float(self.mm_per_px[index]),
            person=str(self.person[index]),
            tone=int(self.tone[index]),
            split=str(self.split[index]),
            source=str(self.source[index]),
        )

    def item(self, index: int) -> PackedItem:
        """Return an item, decoded.

        Raises:
            InputError: there is no such item.
            StoreError: its bytes are no picture.
        """
        self._check(index)
        image, labels, ignore = (self._bytes(name, index) for name in _BLOBS)
        return PackedItem(
            decode_picture(image),
            decode_labels(labels),
            decode_labels(ignore),
            baseline=self.baseline[index],
            mm_per_px=float(self.mm_per_px[index]),
        )

    def _bytes(self, name: str, index: int) -> bytes:
        start, stop = self.at[name][index : index + 2]
        return self.blobs[name][start:stop].tobytes()

    def _check(self, index: int) -> None:
        if not 0 <= index < len(self):
            raise InputError(f"The pack holds {len(self)} items; item {index} was asked for.")


def write_pack(
    entries: Iterable[PackEntry], path: Path, *, style: str, max_bytes: int | None = None
) -> int:
    """Write a pack; it appears whole or not at all.

    Args:
        entries: the items, in order; they are taken one by one and not kept in memory.
        path: the file to write, an existing one is replaced.
        style: how the items were drawn, such as ``field``.
        max_bytes: stop before the file would be larger than this.

    Returns:
        How many items the pack holds.

    Raises:
        InputError: not even one item fits, or none came.
        StoreError: the disk refused.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as stack:
            spools = {
                name: stack.enter_context(tempfile.TemporaryFile(dir=path.parent))
                for name in _BLOBS
            }
            count = _write(entries, part, spools, style=style, max_bytes=max_bytes)
        part.replace(path)
    except OSError as error:
        raise StoreError(
            f"The pack cannot be written ({error.strerror}). Free some space or name another file."
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return count


def encode_picture(rgb: RGB, *, jpeg_quality: int | None = None) -> bytes:
    """Return a picture as PNG bytes, or as JPEG 4:4:4 where a quality is given."""
    bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    if jpeg_quality is None:
        return _encode(".png", bgr, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    full = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
    options = [cv2.IMWRITE_JPEG_QUALITY, jpeg_quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, full]
    return _encode(".jpg", bgr, options)


def encode_labels(labels: LabelMap) -> bytes:
    """Return a label map as PNG bytes."""
    return _encode(".png", labels, [cv2.IMWRITE_PNG_COMPRESSION, 3])


def decode_picture(data: bytes) -> RGB:
    """Return the picture that PNG or JPEG bytes hold; raises StoreError if they hold none."""
    return cv2.cvtColor(_decode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def decode_labels(data: bytes) -> LabelMap:
    """Return the label map that PNG bytes hold; raises StoreError if they hold none."""
    return _decode(data, cv2.IMREAD_GRAYSCALE)


def _encode(suffix: str, array: UInt8[np.ndarray, "..."], options: list[int]) -> bytes:
    done, data = cv2.imencode(suffix, array, options)
    if not done:
        raise InputError(f"A picture of {array.shape} cannot be stored as {suffix}.")
    return bytes(data)


def _decode(data: bytes, mode: int) -> UInt8[np.ndarray, "..."]:
    array = cv2.imdecode(np.frombuffer(data, np.uint8), mode) if data else None
    if array is None:
        raise StoreError("A PNG or JPEG was expected in the data set; other bytes came.")
    return array


def _write(
    entries: Iterable[PackEntry],
    part: Path,
    spools: Mapping[str, IO[bytes]],
    *,
    style: str,
    max_bytes: int | None,
) -> int:
    ends: dict[str, list[int]] = {name: [0] for name in _BLOBS}
    rows: list[tuple[Any, ...]] = []
    for entry in _up_to(entries, max_bytes):
        for name, data in zip(_BLOBS, (entry.image, entry.labels, entry.ignore), strict=True):
            spools[name].write(data)
            ends[name].append(ends[name][-1] + len(data))
        rows.append(tuple(getattr(entry, column) for column in _COLUMNS))
    if not rows:
        limit = "" if max_bytes is None else f" within {max_bytes} bytes"
        raise InputError(f"A pack needs at least one item{limit}; none came.")
    columns = zip(_COLUMNS.items(), zip(*rows, strict=True), strict=True)
    plain: dict[str, np.ndarray[Any, Any]] = {
        name: np.array(values, kind) for (name, kind), values in columns
    }
    offsets = {f"{name}_at": np.array(ends[name], np.int64) for name in _BLOBS}
    with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
        for name, values in (plain | offsets | {"style": np.array(style)}).items():
            with archive.open(f"{name}.npy", "w") as member:
                np.lib.format.write_array(member, values, allow_pickle=False)
        for name in _BLOBS:
            with archive.open(f"{name}_bytes.npy", "w", force_zip64=True) as member:
                _write_blob(member, spools[name], ends[name][-1])
    return len(rows)


def _write_blob(member: IO[bytes], spool: IO[bytes], size_bytes: int) -> None:
    header = {"descr": "|u1", "fortran_order": False, "shape": (size_bytes,)}
    np.lib.format.write_array_header_1_0(member, header)
    spool.seek(0)
    shutil.copyfileobj(spool, member, 1 << 20)


def _up_to(entries: Iterable[PackEntry], max_bytes: int | None) -> Iterator[PackEntry]:
    """Yield entries as long as the pack of all of them stays within ``max_bytes``."""
    pictures_bytes = longest_person = longest_source = 0
    for count, entry in enumerate(entries, start=1):
        pictures_bytes += len(entry.image) + len(entry.labels) + len(entry.ignore)
        longest_person = max(longest_person, len(entry.person))
        longest_source = max(longest_source, len(entry.source))
        row_bytes = _ROW_BYTES + 4 * (longest_person + longest_source)
        size_bytes = pictures_bytes + count * row_bytes + _CONTAINER_BYTES
        if max_bytes is not None and size_bytes > max_bytes:
            return
        yield entry


def _plain(path: Path, names: Iterable[str]) -> dict[str, np.ndarray[Any, Any]]:
    with zipfile.ZipFile(path) as archive:
        plain: dict[str, np.ndarray[Any, Any]] = {}
        for name in names:
            with archive.open(f"{name}.npy") as member:
                plain[name] = np.lib.format.read_array(member, allow_pickle=False)
    return plain


def _mapped(path: Path, name: str) -> UInt8[np.ndarray, "bytes"]:
    """Map a member of an uncompressed archive that holds a row of bytes."""
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo(name)
    with path.open("rb") as file:
        file.seek(info.header_offset)
        local = file.read(30)
        file.seek(
            int.from_bytes(local[26:28], "little") + int.from_bytes(local[28:30], "little"), 1
        )
        version = np.lib.format.read_magic(file)
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        start = file.tell()
    if info.compress_type != zipfile.ZIP_STORED or version != (1, 0) or dtype != np.uint8:
        raise ValueError(name)
    if shape == (0,):
        return np.zeros(0, np.uint8)
    return np.memmap(path, np.uint8, "r", offset=start, shape=shape)


def _validate(
    plain: dict[str, np.ndarray[Any, Any]],
    blobs: dict[str, UInt8[np.ndarray, "bytes"]],
    at: dict[str, Int64[np.ndarray, "offsets"]],
) -> None:
    count = len(plain["mm_per_px"]) if plain["mm_per_px"].ndim == 1 else -1
    for name, kind in _COLUMNS.items():
        shape = (count, 3) if name == "baseline" else (count,)
        if plain[name].shape != shape or not np.issubdtype(plain[name].dtype, kind):
            raise StoreError(_not_a_pack(f"column {name}"))
    for name in _BLOBS:
        offsets = at[name]
        fits = offsets.shape == (count + 1,) and offsets.dtype == np.int64
        if not fits or offsets[0] != 0 or offsets[-1] != len(blobs[name]):
            raise StoreError(_not_a_pack(f"offsets of {name}"))
        if (np.diff(offsets) < 0).any():
            raise StoreError(_not_a_pack(f"offsets of {name}"))


def _not_a_pack(why: str) -> str:
    return (
        f"A pack was expected (.npz of encoded pictures and their columns); this file is none "
        f"({why}). Make it anew with `cutis synth pack` or `cutis synth make --pack`."
    )
