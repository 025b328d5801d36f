"""Optional readers for research sets that someone has obtained under a licence of their own.

None is used by default, none is fetched, and no weights that Cutis ships have seen one of them.
Each reader refuses until the licence is accepted. The layouts are those that the sets' publications
and repositories describe; the readers are tested on drawn miniatures and were **not** tested on the
real archives. No set tells which photos show the same person, so each photo counts as a person.
"""

from __future__ import annotations

import difflib
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from cutis.core.errors import InputError
from cutis.core.vocabulary import Condition
from cutis.datasets.mask_sources import Ellipse, Ellipses, MaskFiles
from cutis.datasets.own import OwnPhoto

RING = 1.4
"""Around a marked lesion, up to so many of its radii, nothing is learned: marks are rough."""

_V2_FILES = "*cne04-v2_annotations.json"
_SKIN_PARTS = ("skin", "nose")
_OVER_SKIN = tuple(
    "eye_g l_eye r_eye l_brow r_brow l_ear r_ear mouth u_lip l_lip hair hat ear_r neck_l neck "
    "cloth".split()
)
_PHOTOS_PER_PART_FOLDER = 2000
_PHOTOS_PER_FFHQ_FOLDER = 1000


@dataclass(frozen=True, slots=True)
class ResearchSet:
    """A research set: what it is called and holds, and its licence in one sentence."""

    name: str
    title: str
    licence: str
    conditions: tuple[Condition, ...]
    find: Callable[[Path], list[OwnPhoto]]

    def read(self, folder: Path, *, accept_licence: bool = False) -> Iterator[OwnPhoto]:
        """Return the photos of the unpacked set, in the order of their names.

        Raises:
            InputError: the licence is not accepted, or the folder is not laid out as published.
        """
        if not accept_licence:
            raise InputError(
                f"{self.licence} Obtain {self.title} from its authors, read their terms, and if "
                "you may train on it, give --accept-licence."
            )
        photos = self.find(folder)
        if not photos:
            raise InputError(
                f"Photos with annotations were expected in the layout in which {self.title} is "
                "published; none were found. Name the folder into which it was unpacked."
            )
        return iter(photos)


def research_set(name: str) -> ResearchSet:
    """Return a research set by name; raises InputError for an unknown one."""
    if name in RESEARCH_SETS:
        return RESEARCH_SETS[name]
    close = difflib.get_close_matches(name, RESEARCH_SETS, n=1, cutoff=0.5)
    hint = f"Did you mean {close[0]}?" if close else f"Known are {', '.join(RESEARCH_SETS)}."
    raise InputError(f"There is no research set {name[:40]!r}. {hint}")


def _acne04(folder: Path) -> list[OwnPhoto]:
    """Read the circles of ACNE04-v2 where its file is there, else the boxes of ACNE04."""
    photos = {path.name: path for path in sorted(folder.rglob("*.jpg"))}
    newer = sorted(folder.rglob(_V2_FILES))
    marks = _circles(newer[0]) if newer else _boxes(folder)
    return [
        _with_lesions(photos[name], ellipses)
        for name, ellipses in sorted(marks.items())
        if name in photos
    ]


def _with_lesions(photo: Path, lesions: Ellipses) -> OwnPhoto:
    ring = Ellipses(lesions.width_px, lesions.height_px, lesions.shapes, grown=RING)
    name = f"acne04/{photo.stem}"
    return OwnPhoto(photo, name, name, {Condition.ACNE: lesions}, {Condition.ACNE: ring})


def _circles(path: Path) -> dict[str, Ellipses]:
    """Read ACNE04-v2: per image its size, per lesion the centre and the radius in pixels."""
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        shapes: defaultdict[int, list[Ellipse]] = defaultdict(list)
        for lesion in table["annotations"]:
            x, y, radius = map(float, (*lesion["coordinates"], lesion["radius"]))
            shapes[lesion["image_id"]].append(Ellipse(x, y, radius, radius))
        return {
            image["file_name"]: Ellipses(
                image["width"], image["height"], tuple(shapes[image["id"]])
            )
            for image in table["images"]
        }
    except (ValueError, KeyError, TypeError) as error:
        raise _unlike("ACNE04-v2", "images and annotations with coordinates and radius") from error


def _boxes(folder: Path) -> dict[str, Ellipses]:
    """Read ACNE04: Pascal VOC files in ``Annotations``, one box per lesion."""
    files = sorted(p for p in folder.rglob("*.xml") if p.parent.name == "Annotations")
    return {f"{path.stem}.jpg": _inscribed(path) for path in files}


def _inscribed(path: Path) -> Ellipses:
    """Return the ellipses inside the boxes: lesions are round, the corners are skin."""
    try:
        root = ET.parse(path).getroot()  # noqa: S314 - expat bounds entities, reads no other file
        width, height = (_number(root, f"size/{side}") for side in ("width", "height"))
        corners = [
            [_number(box, key) for key in ("xmin", "ymin", "xmax", "ymax")]
            for box in root.iter("bndbox")
        ]
    except (ET.ParseError, ValueError) as error:
        raise _unlike("ACNE04", "Pascal VOC boxes with the size of the photo") from error
    shapes = tuple(
        Ellipse((x0 + x1) / 2, (y0 + y1) / 2, (x1 - x0) / 2, (y1 - y0) / 2)
        for x0, y0, x1, y1 in corners
    )
    return Ellipses(round(width), round(height), shapes)


def _number(element: Any, path: str) -> float:
    """Return a number in an element; raises ValueError without one above or at 0."""
    value = float(element.findtext(path) or "nan")
    if not value >= 0:
        raise ValueError(path)
    return value


def _ffhq_wrinkle(folder: Path) -> list[OwnPhoto]:
    """Read the masks painted by hand; those made by a filter (weak_wrinkle_masks) are left out."""
    photos = []
    for mask in sorted(folder.glob("manual_wrinkle_masks/*.png")):
        images = folder / "images1024x1024"
        part = f"{_number_of(mask) // _PHOTOS_PER_FFHQ_FOLDER * _PHOTOS_PER_FFHQ_FOLDER:05d}"
        photo = next(
            (p for p in (images / part / mask.name, images / mask.name) if p.exists()), None
        )
        if photo is not None:
            name = f"ffhq-wrinkle/{mask.stem}"
            photos.append(OwnPhoto(photo, name, name, {Condition.WRINKLES: MaskFiles((mask,))}))
    return photos


def _celebamask_hq(folder: Path) -> list[OwnPhoto]:
    """Read skin: skin and nose, less all that is painted over it."""
    photos = []
    for photo in sorted(folder.glob("CelebA-HQ-img/*.jpg"), key=_number_of):
        number = _number_of(photo)
        parts = folder / "CelebAMask-HQ-mask-anno" / str(number // _PHOTOS_PER_PART_FOLDER)
        shown, hidden = (
            tuple(p for p in (parts / f"{number:05d}_{name}.png" for name in names) if p.exists())
            for names in (_SKIN_PARTS, _OVER_SKIN)
        )
        if shown:
            name = f"celebamask-hq/{number}"
            skin = MaskFiles(shown, hidden, any_size=True)
            photos.append(OwnPhoto(photo, name, name, {}, skin=skin))
    return photos


def _number_of(path: Path) -> int:
    """Return the number that is a file's name."""
    if not path.stem.isdecimal():
        raise _unlike("The set", "files named by their numbers, such as 00001.png")
    return int(path.stem)


def _unlike(name: str, expected: str) -> InputError:
    return InputError(
        f"{name} was expected to hold {expected}; something else came. "
        "Take the files as its authors publish them."
    )


ACNE04 = ResearchSet(
    "acne04",
    "ACNE04",
    "ACNE04 (Wu et al., ICCV 2019; ACNE04-v2 annotations by the authors of AcneAI) is given for "
    "academic research, and its photos show patients.",
    (Condition.ACNE,),
    _acne04,
)
FFHQ_WRINKLE = ResearchSet(
    "ffhq-wrinkle",
    "FFHQ-Wrinkle",
    "FFHQ-Wrinkle (Moon et al., ICPR 2024) and the photos of FFHQ are under CC BY-NC-SA 4.0: no "
    "commercial use, and what is made of them under the same terms.",
    (Condition.WRINKLES,),
    _ffhq_wrinkle,
)
CELEBAMASK_HQ = ResearchSet(
    "celebamask-hq",
    "CelebAMask-HQ",
    "CelebAMask-HQ (Lee et al., CVPR 2020) is for non-commercial research only; neither it nor "
    "data derived from it may be passed on.",
    (),
    _celebamask_hq,
)
RESEARCH_SETS = {s.name: s for s in (ACNE04, FFHQ_WRINKLE, CELEBAMASK_HQ)}
"""Every research set by name; one without conditions gives a skin mask only (`skin_faces`)."""
