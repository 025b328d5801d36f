"""Faces that no training has seen, with one inflamed spot painted at a known place each."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from photo_sets import PHOTO_ENDINGS, photos_of, shared_dir
from prepared import PreparedPhoto, prepare

from cutis.core.errors import PhotoError
from cutis.core.face import FaceCrop
from cutis.core.masks import SkinMask
from cutis.core.vocabulary import Condition
from cutis.datasets.bank import survey
from cutis.datasets.clean_sets import person_of
from cutis.datasets.faces import PreparedFace, prepared_face
from cutis.datasets.splits import split_of
from cutis.imaging.colour import linear_to_rgb, rgb_to_linear
from cutis.imaging.skin_channels import TARGETS
from cutis.pipeline import Tools
from cutis.steps.intake import open_photo
from cutis.synth.parameters import Camera, Mark, MarkKind, SceneParameters, Style, View
from cutis.synth.render import render

SETS = ("clean/interfaces", "clean/features", "clean/sfhq_t2i")
COARSEST_MM_PER_PX = 0.5
"""Coarser faces show a spot of 3 mm as six pixels or fewer."""
WINDOW_PX = 128
TONES = ("lightest", "middle", "darkest")
_KINDS = (MarkKind.PAPULE, MarkKind.PUSTULE, MarkKind.NODULE)


@dataclass(frozen=True, slots=True, eq=False)
class CleanFace:
    """A face of a person outside of training; ``third`` is that of its tone among the faces."""

    name: str
    photo: PreparedPhoto
    face: PreparedFace
    third: str


@dataclass(frozen=True, slots=True, eq=False)
class PaintedSpot:
    """A face with one spot; ``truth`` is where it is labelled, ``at`` its row and column."""

    crop: FaceCrop
    skin: SkinMask
    truth: np.ndarray
    at: tuple[int, int]
    radius_mm: float


def clean_faces(tools: Tools, count: int, bank: Path | None = None) -> list[CleanFace]:
    """Return ``count`` faces, as many of each third of tone, of people held out of training.

    A ``bank`` of prepared faces (`cutis synth faces`) spares looking at every photo: its survey
    tells tone and scale.
    """
    known = _from_bank(bank) if bank is not None else _from_photos(tools)
    found = sorted(known, key=lambda pair: -pair[1])
    chosen = []
    for third, part in zip(TONES, np.array_split(np.arange(len(found)), 3), strict=True):
        picks = np.linspace(0, len(part) - 1, min(count // 3, len(part))).round().astype(int)
        for i in dict.fromkeys(part[picks].tolist()):
            path, _ = found[i]
            photo = _prepared(path, tools)
            if photo is not None:
                chosen.append(CleanFace(_name(path), photo, _plain(path, photo), third))
    return chosen


def _from_bank(bank: Path) -> Iterator[tuple[Path, float]]:
    for fact in survey(bank):
        fine = fact.mm_per_px <= COARSEST_MM_PER_PX
        folder = shared_dir() / "clean" / fact.source.rpartition("/")[0]
        if fine and f"clean/{folder.name}" in SETS and split_of(fact.person) == "val":
            found = sorted(folder.glob(fact.source.rpartition("/")[2] + ".*"))
            pictures = [path for path in found if path.suffix.lower() in PHOTO_ENDINGS]
            yield pictures[0], fact.ita_deg


def _from_photos(tools: Tools) -> Iterator[tuple[Path, float]]:
    paths = [p for name in SETS for p in photos_of(name) if split_of(person_of(p)) == "val"]
    for number, path in enumerate(paths, start=1):
        print(f"\rlooking at {number} of {len(paths)} ", end="", file=sys.stderr)
        photo = _prepared(path, tools)
        if photo is not None and photo.crop.mm_per_px <= COARSEST_MM_PER_PX:
            yield path, _plain(path, photo).ita_deg


def _plain(path: Path, photo: PreparedPhoto) -> PreparedFace:
    return prepared_face(photo.crop, photo.skin, person=person_of(path), source=_name(path))


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def _prepared(path: Path, tools: Tools) -> PreparedPhoto | None:
    try:
        return prepare(path.name, open_photo(path), tools)
    except PhotoError:
        return None


def paint_spot(clean: CleanFace, rng: np.random.Generator) -> PaintedSpot | None:
    """Paint one spot of 2 to 5 mm on skin of cheeks, forehead or chin; None without a place.

    It is as strong as spots that people see: haemoglobin 0.12 to 0.35, drawn evenly.
    """
    centre = _place(clean, rng)
    if centre is None:
        return None
    crop, face = clean.photo.crop, clean.face
    row, col = centre
    middle = (WINDOW_PX - 1) / 2
    shift = rng.integers(-20, 21, 2)  # the spot is not in the middle of the window
    top, left = row - WINDOW_PX // 2 + int(shift[0]), col - WINDOW_PX // 2 + int(shift[1])
    radius = float(rng.uniform(1.0, 2.5))
    mark = Mark(
        _KINDS[int(rng.integers(len(_KINDS)))],
        x=float(col - left),
        y=float(row - top),
        radius_mm=radius,
        elongation=float(rng.uniform(1, 1.4)),
        angle_deg=float(rng.uniform(0, 180)),
        softness=float(rng.uniform(0.35, 0.9)),
        haemoglobin=float(rng.uniform(0.12, 0.35)),
        height_mm=radius * float(rng.uniform(0.1, 0.4)),
        halo=float(rng.uniform(0.1, 0.6)),
        seed=int(rng.integers(2**31)),
    )
    view = View((left + middle, top + middle), crop.mm_per_px, size_px=WINDOW_PX)
    scene = SceneParameters(
        0, Style.FIELD, face.source, view, marks=(mark,), camera=Camera(jpeg=(98,))
    )
    done = render(face, scene)
    labelled = (done.labels >> TARGETS.index(Condition.ACNE)) & 1 > 0
    if labelled.sum() < 4:
        return None
    part = (slice(top, top + WINDOW_PX), slice(left, left + WINDOW_PX))
    linear = crop.linear.copy()
    linear[part] += rgb_to_linear(done.image) - rgb_to_linear(done.clean)
    linear = np.clip(linear, 0, 1)
    truth = np.zeros(crop.shape, bool)
    truth[part] = labelled
    painted = replace(crop, linear=linear, rgb=linear_to_rgb(linear))
    return PaintedSpot(painted, clean.photo.skin, truth, centre, radius)


def _place(clean: CleanFace, rng: np.random.Generator) -> tuple[int, int] | None:
    """Draw a place on skin, whose window lies inside the crop."""
    crop = clean.photo.crop
    free = clean.face.skin & ~crop.creases & (crop.regions.labels > 0)
    rim = WINDOW_PX // 2 + 21
    inner = np.zeros_like(free)
    inner[rim:-rim, rim:-rim] = True
    places = np.argwhere(free & inner)
    if not len(places):
        return None
    row, col = places[rng.integers(len(places))]
    return int(row), int(col)
