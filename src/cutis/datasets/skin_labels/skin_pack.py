"""Labelled faces in one file that training reads: JPEG pictures, PNG labels, plain columns."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, Int64, UInt8

from cutis.core.arrays import RGB, LabelMap, Points
from cutis.core.errors import InputError, StoreError
from cutis.datasets.pack import decode_labels, decode_picture, encode_labels, encode_picture
from cutis.datasets.skin_labels.accept import tone_thirds
from cutis.datasets.skin_labels.beards import with_beard
from cutis.datasets.skin_labels.corrections import Corrections, shipped_corrections
from cutis.datasets.skin_labels.store import JPEG_QUALITY, load_view
from cutis.datasets.splits import fingerprint, group_persons, split_of

VAL_SHARE = 0.12
_COLUMNS = ("points", "yaw_deg", "agreement", "person", "source", "tone", "split")


@dataclass(frozen=True, slots=True, eq=False)
class SkinPack:
    """Faces with their labels.

    Attributes:
        images: JPEG bytes of all pictures, one after another; ``image_at`` cuts them.
        labels: PNG bytes of the label maps, likewise.
        points: the 478 landmarks of each.
        yaw_deg: turn of the head.
        agreement: how sure the labels are, 0–1.
        person: who may be seen; split by it.
        source: ``set/name``.
        tone: ``light``, ``medium`` or ``dark`` third.
        split: ``train`` or ``val``.
    """

    images: UInt8[np.ndarray, "bytes"]
    image_at: Int64[np.ndarray, "offsets"]
    labels: UInt8[np.ndarray, "bytes"]
    label_at: Int64[np.ndarray, "offsets"]
    points: Float32[np.ndarray, "n 478 2"]
    yaw_deg: Float32[np.ndarray, "n"]
    agreement: Float32[np.ndarray, "n"]
    person: np.ndarray[Any, Any]
    source: np.ndarray[Any, Any]
    tone: np.ndarray[Any, Any]
    split: np.ndarray[Any, Any]

    def __len__(self) -> int:
        return len(self.points)

    def indices(self, split: str) -> Int64[np.ndarray, "m"]:
        """Return the numbers of the faces of a split."""
        return np.flatnonzero(self.split == split)

    def picture(self, index: int) -> RGB:
        """Return a face's picture."""
        return decode_picture(
            self.images[self.image_at[index] : self.image_at[index + 1]].tobytes()
        )

    def label_map(self, index: int) -> LabelMap:
        """Return a face's labels, `FacePart.label` of each pixel."""
        return decode_labels(self.labels[self.label_at[index] : self.label_at[index + 1]].tobytes())

    def landmarks(self, index: int) -> Points:
        """Return a face's landmarks."""
        return np.asarray(self.points[index], np.float32)


def write_skin_pack(
    files: Sequence[Path], path: Path, corrections: Corrections | None = None
) -> None:
    """Write chosen faces, beards seen and corrections applied; whole or not at all.

    Raises:
        InputError: no face was chosen.
        StoreError: the disk refused.
    """
    if not files:
        raise InputError("No face was accepted. Label more photos, or look at the contact sheet.")
    corrections = corrections or shipped_corrections()
    views = [corrections.applied(with_beard(load_view(file))) for file in files]
    prints = np.stack([fingerprint(view.rgb) for view in views])
    persons = group_persons([view.person for view in views], prints)
    images = [encode_picture(view.rgb, jpeg_quality=JPEG_QUALITY) for view in views]
    labels = [encode_labels(view.labels) for view in views]
    columns = {
        "images": _joined(images),
        "image_at": _ends(images),
        "labels": _joined(labels),
        "label_at": _ends(labels),
        "points": np.stack([view.points for view in views]).astype(np.float32),
        "yaw_deg": np.array([view.yaw_deg for view in views], np.float32),
        "agreement": np.array([view.agreement for view in views], np.float32),
        "person": np.array(persons),
        "source": np.array([view.source for view in views]),
        "tone": np.array(tone_thirds(view.ita_deg for view in views)),
        "split": np.array([split_of(person, val_share=VAL_SHARE) for person in persons]),
    }
    _write(path, columns)


def load_skin_pack(path: Path) -> SkinPack:
    """Read a pack; raises StoreError if the file is none."""
    names = ("images", "image_at", "labels", "label_at", *_COLUMNS)
    try:
        with np.load(path, allow_pickle=False) as file:
            pack = SkinPack(**{name: file[name] for name in names})
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise StoreError(_NOT_ONE) from error
    rows = {len(getattr(pack, name)) for name in _COLUMNS}
    if rows != {len(pack.image_at) - 1} or rows != {len(pack.label_at) - 1}:
        raise StoreError(_NOT_ONE)
    return pack


_NOT_ONE = (
    "A pack of labelled faces was expected; this file is none. "
    "Make one with `cutis synth skin-labels PHOTOS --out DIR --pack FILE`."
)


def _write(path: Path, columns: dict[str, np.ndarray[Any, Any]]) -> None:
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            np.savez(file, allow_pickle=False, **columns)
        part.replace(path)
    except OSError as error:
        raise StoreError(
            f"The pack cannot be written ({error.strerror}). Free some space or name another file."
        ) from error


def _joined(blobs: list[bytes]) -> UInt8[np.ndarray, "bytes"]:
    return np.frombuffer(b"".join(blobs), np.uint8)


def _ends(blobs: list[bytes]) -> Int64[np.ndarray, "offsets"]:
    return np.cumsum([0, *(len(blob) for blob in blobs)], dtype=np.int64)
