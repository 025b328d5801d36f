"""Sharp windows of photos at their true resolution: what super-resolution learns from."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jaxtyping import Float32, Int64, UInt8

from cutis.core.arrays import RGB
from cutis.core.errors import InputError, PhotoError, StoreError
from cutis.datasets.clean_sets import person_of
from cutis.datasets.splits import fingerprint, group_persons, split_of
from cutis.imaging.filters import reduce_picture
from cutis.imaging.sharpness import to_gray

SIDE_PX = 128
_LONGEST_PX = 2048
_FINEST_PX = 0.8
_LEAST_DETAIL = 2.0
_VAL_SHARE = 0.05
_COLUMNS = ("person", "source", "split")
_PRINT_PX = 256


@dataclass(frozen=True, slots=True, eq=False)
class PatchSet:
    """Windows of photos.

    Attributes:
        images: sRGB, ``N side side 3``.
        person: who may be seen in the photo; windows of one person share it.
        source: the photo, ``set/name``.
        split: ``train`` or ``val``, by person.
    """

    images: UInt8[np.ndarray, "n side side 3"]
    person: np.ndarray[Any, np.dtype[np.str_]]
    source: np.ndarray[Any, np.dtype[np.str_]]
    split: np.ndarray[Any, np.dtype[np.str_]]

    def __len__(self) -> int:
        return len(self.images)

    @property
    def side_px(self) -> int:
        """Rows and columns of a window."""
        return int(self.images.shape[1])

    def indices(self, split: str) -> Int64[np.ndarray, "m"]:
        """Return the numbers of the windows of a split."""
        return np.flatnonzero(self.split == split)


def cut_patches(
    photos: Sequence[Path],
    open_rgb: Callable[[Path], RGB],
    *,
    count: int,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda _done, _expected: None,
) -> PatchSet:
    """Cut windows with detail out of photos; equal photos and seeds give equal windows.

    A photo of more than 2048 pixels is reduced to that, since single pixels of a sensor are
    interpolated; none is ever enlarged. Windows that hold less detail than a soft photo or a plain
    wall are left out, and of the others a random ``count`` is kept.

    Args:
        photos: the files; the folder's name and the stem tell the person.
        open_rgb: reads one; a `PhotoError` leaves it out.
        count: at most this many windows.
        seed: of the choice.
        progress: is told how many photos are done.

    Raises:
        InputError: no photo holds a window with detail.
    """
    rng = np.random.default_rng(seed)
    kept: list[tuple[float, RGB, int]] = []
    sources, persons, prints = [], [], []
    for done, path in enumerate(photos, start=1):
        progress(done, len(photos))
        rgb = _opened(path, open_rgb)
        if rgb is None:
            continue
        sources.append(f"{path.parent.name}/{path.stem}")
        persons.append(person_of(path))
        prints.append(_look(rgb))
        kept += [(float(rng.random()), window, len(sources) - 1) for window in _windows(rgb)]
        if len(kept) > 2 * count:
            kept = sorted(kept, key=lambda item: item[0])[:count]
    if not kept:
        raise InputError("No photo holds a sharp window; name folders of larger, sharp photos.")
    kept = sorted(kept, key=lambda item: item[0])[:count]
    people = group_persons(persons, np.stack(prints))
    numbers = [number for _, _, number in kept]
    person = np.array([people[number] for number in numbers])
    return PatchSet(
        np.stack([window for _, window, _ in kept]),
        person,
        np.array([sources[number] for number in numbers]),
        np.array([split_of(name, val_share=_VAL_SHARE) for name in person]),
    )


def detail(window: RGB) -> float:
    """Return the mean size of structures of about a pixel, in 8-bit steps."""
    gray = to_gray(window)
    return float(np.abs(gray - cv2.GaussianBlur(gray, (0, 0), _FINEST_PX)).mean())


def save_patches(patches: PatchSet, path: Path) -> None:
    """Write a set whole or not at all; raises StoreError if the disk refuses."""
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            columns = {name: getattr(patches, name) for name in _COLUMNS}
            np.savez(file, images=patches.images, **columns)
        part.replace(path)
    except OSError as error:
        raise StoreError(
            f"The patches cannot be written ({error.strerror}). Free some space or name another "
            "file."
        ) from error


def load_patches(path: Path) -> PatchSet:
    """Read a set of windows; raises StoreError if the file is none."""
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            patches = PatchSet(**{name: file[name] for name in ("images", *_COLUMNS)})
    except (OSError, ValueError, TypeError, KeyError, zipfile.BadZipFile) as error:
        raise StoreError(_NOT_PATCHES) from error
    images = patches.images
    square = images.ndim == 4 and images.shape[1] == images.shape[2] and images.shape[3] == 3
    if images.dtype != np.uint8 or not square or len(patches.person) != len(images):
        raise StoreError(_NOT_PATCHES)
    return patches


_NOT_PATCHES = (
    "A file of sharp windows was expected (.npz). Make one with `cutis synth upscale-patches`."
)


def _opened(path: Path, open_rgb: Callable[[Path], RGB]) -> RGB | None:
    try:
        rgb = open_rgb(path)
    except PhotoError:
        return None
    longest = max(rgb.shape[:2])
    if longest <= _LONGEST_PX:
        return rgb
    size = (round(side * _LONGEST_PX / longest) for side in (rgb.shape[1], rgb.shape[0]))
    return reduce_picture(rgb, (next(size), next(size)))


def _windows(rgb: RGB) -> Iterator[RGB]:
    """Yield the windows of a grid over the middle of a photo that hold detail."""
    starts: list[Iterable[int]] = []
    for side in rgb.shape[:2]:
        margin = side % SIDE_PX // 2
        starts.append(range(margin, side - SIDE_PX + 1, SIDE_PX))
    for top in starts[0]:
        for left in starts[1]:
            window = rgb[top : top + SIDE_PX, left : left + SIDE_PX]
            if detail(window) >= _LEAST_DETAIL:
                yield window.copy()


def _look(rgb: RGB) -> Float32[np.ndarray, "values"]:
    return fingerprint(
        np.asarray(cv2.resize(rgb, (_PRINT_PX, _PRINT_PX), interpolation=cv2.INTER_AREA))
    )
