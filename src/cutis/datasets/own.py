"""One's own photos and masks into a pack.

A folder holds ``photos/NAME.jpg`` and ``masks/NAME.<condition>.png``, white where the condition is,
as large as the upright photo; if one likes ``ignore/NAME.<condition>.png`` where one is not sure,
and ``persons.csv`` with the columns ``photo`` and ``person``. A mask that is black all over says
that the condition is not there. A condition without a mask file is *unknown* and ignored.
"""

from __future__ import annotations

import csv
import difflib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np

from cutis.core.arrays import Mask
from cutis.core.capture import Photo
from cutis.core.errors import InputError, PhotoError
from cutis.core.face import FaceCrop
from cutis.core.vocabulary import Condition, ItaGroup
from cutis.datasets.face_windows import LabelledFace, Share, Window, windows
from cutis.datasets.faces import LEAST_SKIN_PX, PreparedFace, prepared_face
from cutis.datasets.mask_sources import MaskFiles, MaskSource, draw_mask
from cutis.datasets.pack import JPEG_QUALITY, PackEntry, encode_labels, encode_picture, write_pack
from cutis.datasets.splits import SPLITS, split_of
from cutis.imaging.colour import ita_to_group
from cutis.imaging.skin_channels import TARGETS
from cutis.pipeline import Tools
from cutis.steps.intake import open_photo
from cutis.steps.landmarks import find_faces, full_mirror_order
from cutis.steps.regions import crop_face

PERSONS = "persons.csv"
STYLE = "photos"
"""What a pack of real photos calls its style."""

_SUFFIXES = frozenset(".jpg .jpeg .png .webp .heic .heif .avif .tif .tiff".split())


@dataclass(frozen=True, slots=True)
class OwnPhoto:
    """A photo and where its masks come from; nothing is read yet.

    A condition that is not in ``masks`` is unknown. ``skin`` replaces the measured skin mask.
    """

    photo: Path
    person: str
    source: str
    masks: Mapping[Condition, MaskSource]
    ignore: Mapping[Condition, MaskSource] = field(default_factory=dict)
    skin: MaskSource | None = None


@dataclass(frozen=True, slots=True)
class PackSummary:
    """What became of the photos: windows, persons by split, windows that show a condition."""

    windows: int
    persons: Mapping[str, int]
    showing: Mapping[Condition, int]
    left_out: Mapping[str, int]


def read_own(folder: Path) -> list[OwnPhoto]:
    """Find photos, masks and persons; photos without a mask are left out.

    Raises:
        InputError: there is no photo or no mask, a mask belongs to no photo or to no condition that
            a network knows, or ``persons.csv`` does not name every photo.
    """
    photos = _photos(folder / "photos")
    masks, ignore = (_mask_files(folder / name, photos) for name in ("masks", "ignore"))
    if not masks:
        raise InputError(
            "No mask was found. Put one PNG per photo and condition into masks/, such as "
            "masks/NAME.acne.png for photos/NAME.jpg."
        )
    persons = _persons(folder / PERSONS, photos)
    return [
        OwnPhoto(path, persons[name], f"own/{name}", masks[name], ignore.get(name, {}))
        for name, path in photos.items()
        if name in masks
    ]


def splits_of(persons: Iterable[str]) -> dict[str, str]:
    """Return for each person train or val: `split_of`, but of few persons at least one each.

    Raises:
        InputError: there are less than two persons.
    """
    splits = {person: split_of(person) for person in sorted(set(persons))}
    if len(splits) < 2:
        raise InputError(
            "Photos of at least two persons are needed, one to train on and one to validate with; "
            f"{len(splits)} came."
        )
    for wanted in SPLITS:
        if wanted not in splits.values():
            splits[next(iter(splits))] = wanted
    return splits


def labelled_face(own: OwnPhoto, tools: Tools) -> LabelledFace | None:
    """Cut out the largest face with its masks; None where there is no face with enough skin.

    Raises:
        PhotoError: the photo cannot be read.
        InputError: a mask cannot be read or does not fit the photo.
    """
    photo = open_photo(own.photo)
    masks = {c: _drawn(source, photo) for c, source in own.masks.items()}
    ignore = {c: _drawn(source, photo) for c, source in own.ignore.items()}
    skin = None if own.skin is None else _drawn(own.skin, photo)
    found = find_faces(photo, tools.landmarker, tools.limits.landmarks)
    if not found:
        return None
    order = full_mirror_order(tools.landmarker.canonical)
    crop = crop_face(photo, found[0], order, tools.limits.crop)
    measured = tools.skin.segment(crop)
    face = prepared_face(crop, measured, person=own.person, source=own.source)
    if skin is not None:
        face = replace(face, skin=(_on_crop(skin, crop) >= 0.5) & ~crop.excluded)
    if int(face.skin.sum()) < LEAST_SKIN_PX:
        return None
    return LabelledFace(
        face,
        {c: _on_crop(mask, crop) for c, mask in masks.items()},
        {c: _on_crop(mask, crop) for c, mask in ignore.items()},
    )


def skin_faces(photos: Iterable[OwnPhoto], tools: Tools) -> Iterator[PreparedFace]:
    """Yield the faces of photos whose skin is given, with that skin; those without are passed."""
    for own in photos:
        labelled = labelled_face(own, tools) if own.skin is not None else None
        if labelled is not None:
            yield labelled.face


def pack_photos(
    photos: Sequence[OwnPhoto],
    tools: Tools,
    path: Path,
    *,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> PackSummary:
    """Cut every photo into windows and write them into one pack, split by person.

    Args:
        photos: what `read_own` or a research set gives.
        tools: what finds faces and skin.
        path: the pack, an existing one is replaced.
        progress: told how many photos are done, and of how many.

    Raises:
        InputError: no condition is known, a mask does not fit, or a split remains without windows.
        StoreError: the disk refused.
    """
    if not any(own.masks for own in photos):
        raise InputError("Photos with masks of a condition were expected; these have none.")
    splits = splits_of(own.person for own in photos)
    left_out: Counter[str] = Counter()
    persons: dict[str, set[str]] = {split: set() for split in SPLITS}
    showing: Counter[Condition] = Counter()

    def entries() -> Iterator[PackEntry]:
        for number, own in enumerate(photos, start=1):
            labelled = _tried(own, tools, left_out, f"Photo {number} of {len(photos)}")
            split = splits[own.person]
            for entry, shown in _entries(labelled, split) if labelled is not None else ():
                persons[split].add(own.person)
                showing.update(shown)
                yield entry
            progress(number, len(photos))
        _check_splits(persons)

    count = write_pack(entries(), path, style=STYLE)
    by_split = {split: len(names) for split, names in persons.items()}
    return PackSummary(count, by_split, dict(showing), dict(left_out))


def _tried(own: OwnPhoto, tools: Tools, left_out: Counter[str], which: str) -> LabelledFace | None:
    try:
        labelled = labelled_face(own, tools)
    except PhotoError:
        left_out["unreadable"] += 1
        return None
    except InputError as error:
        raise InputError(f"{which}, in the order of their names: {error}") from error
    if labelled is None:
        left_out["no usable face"] += 1
    return labelled


def _entries(labelled: LabelledFace, split: str) -> Iterator[tuple[PackEntry, list[Condition]]]:
    """Yield the windows of a face for a pack, each with the conditions that it shows."""
    face = labelled.face
    baseline = face.baseline
    for window in windows(labelled):
        entry = PackEntry(
            encode_picture(window.image, jpeg_quality=JPEG_QUALITY),
            encode_labels(window.labels),
            encode_labels(window.ignore),
            baseline=baseline,
            mm_per_px=window.mm_per_px,
            person=face.person,
            tone=list(ItaGroup).index(ita_to_group(face.ita_deg)),
            split=split,
            source=face.source,
        )
        yield entry, _shown(window)


def _shown(window: Window) -> list[Condition]:
    present = int(np.bitwise_or.reduce(window.labels, axis=None))
    return [condition for i, condition in enumerate(TARGETS) if present >> i & 1]


def _check_splits(persons: Mapping[str, set[str]]) -> None:
    empty = [split for split, names in persons.items() if not names]
    if empty:
        raise InputError(
            f"No usable face is left to {'train on' if empty[0] == 'train' else 'validate with'}. "
            "Add photos of more persons."
        )


def _drawn(source: MaskSource, photo: Photo) -> Mask:
    return draw_mask(source, (photo.height_px, photo.width_px), scaled_by=photo.info.scaled_by)


def _on_crop(mask: Mask, crop: FaceCrop) -> Share:
    """Return which share of each crop pixel a mask in photo pixels covers."""
    x0, y0, x1, y1 = crop.box
    part = mask[y0:y1, x0:x1].astype(np.float32)
    return np.asarray(cv2.resize(part, crop.shape[::-1], interpolation=cv2.INTER_AREA), np.float32)


def _photos(folder: Path) -> dict[str, Path]:
    """Return the photos by name, sorted."""
    files = sorted(folder.glob("*")) if folder.is_dir() else []
    found = [path for path in files if path.suffix.lower() in _SUFFIXES and path.is_file()]
    if not found:
        raise InputError(
            "A folder with photos/ and masks/ was expected; photos/ is missing or holds no photo "
            f"({', '.join(sorted(_SUFFIXES))})."
        )
    photos = {path.stem: path for path in found}
    if len(photos) < len(found):
        raise InputError(
            f"{len(found) - len(photos)} photos have the name of another one but for the ending. "
            "Give every photo a name of its own, so that its masks are known."
        )
    return photos


def _mask_files(folder: Path, photos: Mapping[str, Path]) -> dict[str, dict[Condition, MaskSource]]:
    """Return the masks of each photo by condition."""
    masks: dict[str, dict[Condition, MaskSource]] = {}
    strays = 0
    for path in sorted(folder.glob("*.png")):
        name, _, word = path.stem.rpartition(".")
        condition = _condition(word)
        strays += name not in photos
        masks.setdefault(name, {})[condition] = MaskFiles((path,))
    if strays:
        raise InputError(
            f"{strays} files in {folder.name}/ belong to no photo. A mask is called as its photo, "
            "a dot, and the condition: NAME.acne.png."
        )
    return masks


def _condition(word: str) -> Condition:
    known = [condition.value for condition in TARGETS]
    if word in known:
        return Condition(word)
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    hint = f"Did you mean {close[0]}?" if close else f"Known are {', '.join(known)}."
    raise InputError(
        f"A mask was expected to end in its condition, NAME.acne.png; one ends in {word[:40]!r}. "
        f"{hint}"
    )


def _persons(path: Path, photos: Mapping[str, Path]) -> dict[str, str]:
    """Return the person of each photo; without the table each photo is a person."""
    if not path.is_file():
        return {name: f"own/{name}" for name in photos}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [(row["photo"], row["person"]) for row in csv.DictReader(file)]
    except (KeyError, UnicodeDecodeError, csv.Error, OSError) as error:
        raise InputError(
            f"{PERSONS} was expected to have the columns photo and person, in UTF-8 with commas. "
            "Correct it."
        ) from error
    by_name = {photo.strip(): f"own/{(person or '').strip()}" for photo, person in rows if photo}
    persons = {
        name: by_name.get(file.name, by_name.get(name, "own/")) for name, file in photos.items()
    }
    if missing := sum(person == "own/" for person in persons.values()):
        raise InputError(
            f"{PERSONS} names no person for {missing} of {len(photos)} photos. Add their rows."
        )
    return persons
