"""A set of small crops, one lesion or piece of background in each: one file of plain columns."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, Int8, Int64, UInt8

from cutis.core.arrays import RGB, Box
from cutis.core.errors import InputError, StoreError
from cutis.models.descriptor import LesionCrops
from cutis.models.lesion_network import patch_around

GEOMETRY = LesionCrops(
    side_px=64,
    smallest_mm=4.0,
    times_lesion=2.5,
    temperature=1.0,
    other_at_most=0.5,
    sized=True,
)
"""How crops are cut for training and at assessment."""
_COLUMNS = ("side_mm", "label", "what", "person", "tone", "split")


@dataclass(frozen=True, slots=True, eq=False)
class CropSet:
    """Crops with their classes.

    Attributes:
        images: sRGB, as `cutis.models.lesion_network.patch_around` cuts them.
        side_mm: side of the square of skin that a crop shows.
        label: index into ``classes``.
        classes: names of `cutis.core.vocabulary.LesionType`, *other* among them.
        what: what is painted or seen there, finer than the class: ``papule``, ``glint``, ``brow``.
        person: who is seen; photos of one person share it.
        tone: index of the person's `cutis.core.vocabulary.ItaGroup`.
        split: ``train`` or ``val``, by person.
        geometry: how the crops are cut.
        seed: of all that was drawn.
        renderer_version: of `cutis.synth.parameters`.
    """

    images: UInt8[np.ndarray, "n side side 3"]
    side_mm: Float32[np.ndarray, "n"]
    label: Int64[np.ndarray, "n"]
    classes: tuple[str, ...]
    what: np.ndarray[Any, np.dtype[np.str_]]
    person: np.ndarray[Any, np.dtype[np.str_]]
    tone: Int8[np.ndarray, "n"]
    split: np.ndarray[Any, np.dtype[np.str_]]
    geometry: LesionCrops
    seed: int
    renderer_version: int

    def __len__(self) -> int:
        return len(self.images)

    def taken(self, numbers: Int64[np.ndarray, "m"]) -> CropSet:
        """Return the crops of these numbers, in their order."""
        columns = {name: getattr(self, name)[numbers] for name in ("images", *_COLUMNS)}
        return replace(self, **columns)

    def indices(self, split: str) -> Int64[np.ndarray, "m"]:
        """Return the numbers of the crops of a split."""
        return np.flatnonzero(self.split == split)

    def counts(self, split: str | None = None) -> dict[str, int]:
        """Return how many crops each class has, in one split or in all."""
        chosen = self.label if split is None else self.label[self.indices(split)]
        numbers = np.bincount(chosen, minlength=len(self.classes))
        return {name: int(n) for name, n in zip(self.classes, numbers, strict=True)}


def cut(picture: RGB, box: Box, mm_per_px: float) -> UInt8[np.ndarray, "side side 3"]:
    """Return the patch around a box as assessment cuts it, 0–255."""
    patch = patch_around(picture, box, mm_per_px, GEOMETRY)
    return np.round(patch * 255).astype(np.uint8)


def save_crops(crops: CropSet, path: Path) -> None:
    """Write a set whole or not at all; raises StoreError if the disk refuses."""
    about = {
        "classes": crops.classes,
        "geometry": asdict(crops.geometry),
        "seed": crops.seed,
        "renderer_version": crops.renderer_version,
    }
    columns = {name: getattr(crops, name) for name in _COLUMNS}
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            np.savez_compressed(file, images=crops.images, about=json.dumps(about), **columns)
        part.replace(path)
    except OSError as error:
        raise StoreError(
            f"The crops cannot be written ({error.strerror}). Free some space or name another file."
        ) from error


def load_crops(path: Path) -> CropSet:
    """Read a set of crops; raises StoreError if the file is none."""
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            columns = {name: file[name] for name in ("images", *_COLUMNS)}
            about = json.loads(str(file["about"]))
        about["classes"] = tuple(about["classes"])
        geometry = about["geometry"]
        about["geometry"] = LesionCrops(**geometry | {"names_only": tuple(geometry["names_only"])})
        crops = CropSet(**columns, **about)
    except (OSError, ValueError, TypeError, KeyError, zipfile.BadZipFile) as error:
        raise StoreError(_not_crops("it cannot be read")) from error
    _check(crops)
    return crops


def joined(sets: Sequence[CropSet]) -> CropSet:
    """Return the crops of several sets as one; its seed is that of the first.

    Args:
        sets: cut alike and with the same classes; of different seeds, or crops come twice.

    Raises:
        InputError: no set came, or sets differ in classes, geometry or renderer, or share a seed.
    """
    if not sets:
        raise InputError("No file of crops came; name at least one.")
    first, seeds = sets[0], [s.seed for s in sets]
    for other in sets[1:]:
        for name in ("classes", "geometry", "renderer_version"):
            if getattr(other, name) != getattr(first, name):
                raise InputError(f"Files of crops differ in {name}; make both by the same version.")
    if len(set(seeds)) != len(seeds):
        raise InputError(f"Files of crops share a seed ({seeds}); give each another --seed.")

    def column(name: str) -> Any:
        return np.concatenate([getattr(s, name) for s in sets])

    return replace(first, images=column("images"), **{name: column(name) for name in _COLUMNS})


def _check(crops: CropSet) -> None:
    side = crops.geometry.side_px
    rows = {f.name: len(getattr(crops, f.name)) for f in fields(crops) if f.name in _COLUMNS}
    if crops.images.dtype != np.uint8 or crops.images.shape[1:] != (side, side, 3):
        raise StoreError(_not_crops(f"images are {crops.images.dtype} {crops.images.shape}"))
    if set(rows.values()) != {len(crops.images)}:
        raise StoreError(_not_crops(f"rows differ: {len(crops.images)} images, {rows}"))
    if len(crops) and not 0 <= crops.label.min() <= crops.label.max() < len(crops.classes):
        raise StoreError(_not_crops("a label is no class"))


def _not_crops(why: str) -> str:
    return f"A file of crops was expected ({why}). Make one with `cutis synth lesions`."
