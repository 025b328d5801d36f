"""Facial skin against FASSEG: the network, a colour rule, landmarks, and the label maker.

    python benchmarks/skin.py                            # and the skin network installed
    python benchmarks/skin.py --labels 4 --sheet DIR     # the label maker on every fourth photo

FASSEG counts ears and neck as skin, so everything is compared inside the face oval, the mesh moved
up to the hairline. What it calls nose is skin; eyes, mouth and hair are not. It does not tell
nostrils, which are left out of the comparison, and it counts clear lenses as skin, where the
network does not. Parts are taken without the margins that measuring keeps around them. Up to 50
degrees of yaw count. Tones are thirds by typology angle (ITA) of the true skin of these photos,
which are studio light and mostly light skin. People with an odd number chose what there was to
choose (`look`); `report` are the others.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from photo_sets import photos_of
from PIL import Image
from prepared import lenient_tools

from cutis.core.arrays import Mask
from cutis.core.face import FaceCrop, Landmarks
from cutis.core.face_parts import FacePart
from cutis.datasets.skin_labels.accept import TONES, tone_thirds
from cutis.datasets.skin_labels.maker import label_view
from cutis.datasets.skin_labels.view import view_of
from cutis.evaluation.boundary import boundary_f1
from cutis.evaluation.mask_ap import MaskTally, Scored
from cutis.imaging.colour import lab_to_ita_deg, linear_to_lab
from cutis.imaging.filters import components, grow
from cutis.imaging.outlines import NOSTRIL_RIGHT, fill, mirrored, outline_points
from cutis.models.skin_network import LearnedSkinSegmenter
from cutis.pipeline import Tools
from cutis.steps.intake import open_photo
from cutis.steps.landmarks import find_faces, full_mirror_order
from cutis.steps.regions import CropLimits, crop_face
from cutis.steps.skin import ColourSkinSegmenter

SKIN, PARTS = (2, 4), {FacePart.EYE: 3, FacePart.LIPS: 5}
"""Palette indices of FASSEG."""
MOST_YAW_DEG, EDGE_MM = 50.0, 1.5
NO_MARGINS = CropLimits(eye_mm=0.0, brow_mm=0.0, lip_mm=0.0, nostril_mm=0.0)
YAWS = {"0-15": (0.0, 15.0), "15-30": (15.0, 30.0), "30-50": (30.0, MOST_YAW_DEG)}
RULE, POLYGONS, COLOUR = "YCrCb rule", "landmark polygons", "landmarks and own colour"
MAKER, NETWORK = "label maker", "network"


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A photo of FASSEG: its crop, landmarks in the photo, true classes, and where they count."""

    name: str
    person: str
    crop: FaceCrop
    face: Landmarks
    classes: np.ndarray
    compared: Mask

    @property
    def skin(self) -> Mask:
        """Where skin truly is."""
        skin: Mask = np.isin(self.classes, SKIN)
        return skin


@dataclass(frozen=True, slots=True)
class Row:
    """What one method reached on one photo."""

    method: str
    case: str
    report: bool
    yaw_deg: float
    ita_deg: float
    iou: float
    f1: float
    boundary_f1: float


def main() -> None:
    """Run, print the table, write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/skin.json"))
    parser.add_argument("--labels", type=int, default=4, help="every how many photos; 0 is none")
    parser.add_argument("--every", type=int, default=1, help="of the photos, for a quick look")
    parser.add_argument("--sheet", type=Path, help="a folder outside the repository for overlays")
    options = parser.parse_args()
    tools = lenient_tools()
    methods, rows, tally, seen = _methods(tools), [], MaskTally(), _Seen()
    for number, case in enumerate(_cases(tools, options.every, seen)):
        chosen = dict(methods)
        if options.labels and number % options.labels == 0:
            chosen[MAKER] = lambda case: label_mask(case, tools)
        masks = {name: method(case) for name, method in chosen.items()}
        rows += [_row(name, case, mask) for name, mask in masks.items()]
        _count_parts(tally, tools, case)
        if options.sheet:
            _picture(options.sheet, case, masks)
    result = {
        "photos": seen.told(),
        "methods": {name: summary([r for r in rows if r.method == name]) for name in _names(rows)},
        "beside the label maker": _paired(rows),
        "mask_ap": dict(tally.average_precision()),
    }
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


@dataclass(slots=True)
class _Seen:
    photos: int = 0
    no_face: int = 0
    turned: int = 0
    used: int = 0

    def told(self) -> dict[str, int]:
        return {
            "all": self.photos,
            "no face found": self.no_face,
            f"turned by more than {MOST_YAW_DEG:g} degrees": self.turned,
            "compared": self.used,
        }


def _cases(tools: Tools, every: int, seen: _Seen) -> Iterator[Case]:
    order = full_mirror_order(tools.landmarker.canonical)
    photos = [p for p in photos_of("dev/fasseg") if p.suffix == ".jpg"][::every]
    for path in photos:
        seen.photos += 1
        print(f"\r{seen.photos} of {len(photos)} photos", end="", file=sys.stderr)
        photo = open_photo(path)
        faces = find_faces(photo, tools.landmarker, tools.limits.landmarks)
        if not faces:
            seen.no_face += 1
            continue
        named = re.search(r"yaw([+-]?\d+)_", path.stem)
        turned = abs(float(named[1])) if named else abs(faces[0].pose.yaw_deg)
        if turned > MOST_YAW_DEG:
            seen.turned += 1
            continue
        seen.used += 1
        crop = crop_face(photo, faces[0], order, NO_MARGINS)
        classes = _cut(np.array(Image.open(path.with_suffix(".png"))), crop)
        nostrils = [NOSTRIL_RIGHT, mirrored(NOSTRIL_RIGHT, order)]
        holes = [fill(outline_points(o, crop.landmarks.points), crop.shape) for o in nostrils]
        compared = crop.oval & ~grow(holes[0] | holes[1], EDGE_MM / crop.mm_per_px)
        yield Case(path.stem, _person(path.stem), crop, faces[0], classes, compared)


def _person(name: str) -> str:
    found = re.search(r"personne(\d\d)|frontal_(\d+)", name)
    return (found[1] or f"frontal {found[2]}") if found else name


def _cut(photo_map: np.ndarray, crop: FaceCrop) -> np.ndarray:
    x0, y0, x1, y1 = crop.box
    part = np.ascontiguousarray(photo_map[y0:y1, x0:x1])
    return cv2.resize(part, crop.shape[::-1], interpolation=cv2.INTER_NEAREST_EXACT)


def _methods(tools: Tools) -> dict[str, Callable[[Case], Mask]]:
    own = ColourSkinSegmenter()
    methods: dict[str, Callable[[Case], Mask]] = {
        RULE: lambda case: chroma_rule(case.crop),
        POLYGONS: lambda case: case.crop.oval & ~case.crop.excluded,
        COLOUR: lambda case: own.segment(case.crop).skin,
    }
    if isinstance(tools.skin, LearnedSkinSegmenter):
        methods[NETWORK] = lambda case: tools.skin.see_skin(case.crop)
    return methods


def chroma_rule(crop: FaceCrop) -> Mask:
    """Return the skin by fixed bounds of chroma (Chai & Ngan 1999, doi:10.1109/76.767122)."""
    ycrcb = cv2.cvtColor(crop.rgb, cv2.COLOR_RGB2YCrCb)
    red, blue = ycrcb[..., 1], ycrcb[..., 2]
    skin: Mask = (red >= 133) & (red <= 173) & (blue >= 77) & (blue <= 127)
    return skin & crop.oval


def label_mask(case: Case, tools: Tools) -> Mask:
    """Return what the label maker calls skin, in crop pixels."""
    order = full_mirror_order(tools.landmarker.canonical)
    photo = open_photo(next(p for p in photos_of("dev/fasseg") if p.stem == case.name))
    view = view_of(photo, case.face, order, f"fasseg/{case.name}")
    if view is None:
        return np.zeros(case.crop.shape, bool)
    x0, y0, x1, y1 = view.box
    found = label_view(view).mask(FacePart.FACE_SKIN).astype(np.uint8)
    whole = np.zeros(photo.rgb.shape[:2], np.uint8)
    whole[y0:y1, x0:x1] = cv2.resize(found, (x1 - x0, y1 - y0), interpolation=cv2.INTER_NEAREST)
    return _cut(whole, case.crop) > 0


def _row(method: str, case: Case, found: Mask) -> Row:
    crop = case.crop
    mine, truth = found & case.compared, case.skin & case.compared
    both, sum_ = np.count_nonzero(mine & truth), np.count_nonzero(mine) + np.count_nonzero(truth)
    lab = np.median(linear_to_lab(crop.linear)[truth], axis=0)
    return Row(
        method,
        case.name,
        not (case.person[-1].isdigit() and int(case.person[-1]) % 2),
        abs(case.face.pose.yaw_deg),
        lab_to_ita_deg(float(lab[0]), float(lab[2])),
        both / max(1, sum_ - both),
        2 * both / max(1, sum_),
        boundary_f1(mine, truth, EDGE_MM / crop.mm_per_px),
    )


def summary(rows: list[Row]) -> dict[str, Any]:
    """Return the means of each part, turn of the head and third of tones."""
    groups: dict[str, list[Row]] = {
        "all": rows,
        "look": [r for r in rows if not r.report],
        "report": [r for r in rows if r.report],
    }
    for name, (low, high) in YAWS.items():
        groups[f"yaw {name}"] = [r for r in rows if low <= r.yaw_deg < high]
    thirds = tone_thirds(r.ita_deg for r in rows)
    for tone in TONES:
        groups[f"tone {tone}"] = [r for r, t in zip(rows, thirds, strict=True) if t == tone]
    return {name: _means(some) for name, some in groups.items() if some}


def _means(rows: list[Row]) -> dict[str, float]:
    ious = np.array([r.iou for r in rows])
    return {
        "photos": len(rows),
        "iou": float(ious.mean()),
        "iou worst tenth": float(np.quantile(ious, 0.1)),
        "f1": float(np.mean([r.f1 for r in rows])),
        "boundary f1": float(np.mean([r.boundary_f1 for r in rows])),
    }


def _paired(rows: list[Row]) -> Mapping[str, float]:
    """Return the mean IoU of every method on the photos that the label maker had."""
    chosen = {r.case for r in rows if r.method == MAKER}
    return {
        name: float(np.mean([r.iou for r in rows if r.method == name and r.case in chosen]))
        for name in (_names(rows) if chosen else ())
    }


def _names(rows: list[Row]) -> list[str]:
    return sorted({r.method for r in rows})


def _count_parts(tally: MaskTally, tools: Tools, case: Case) -> None:
    """Count eyes, lips and skin of the network as instances; FASSEG tells no others apart."""
    if not isinstance(tools.skin, LearnedSkinSegmenter):
        return
    found = tools.skin.find_parts(case.crop)
    oval = case.crop.oval
    scored = [
        Scored(part.value, score, mask & oval)
        for part, score, mask in (() if found is None else found.masks())
        if part in PARTS or part is FacePart.FACE_SKIN
    ]
    truth = [(FacePart.FACE_SKIN.value, case.skin & oval)]
    for part, index in PARTS.items():
        pieces, stats = components((case.classes == index) & oval)
        truth += [(part.value, pieces == n) for n in range(1, len(stats)) if stats[n, 4] >= 16]
    tally.add(scored, truth)


def _picture(folder: Path, case: Case, masks: Mapping[str, Mask]) -> None:
    """Draw the photo and every mask: blue is skin too much, red skin missed."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = [case.crop.rgb]
    for mask in masks.values():
        rgb, wrong = case.crop.rgb.copy(), (mask != case.skin) & case.compared
        rgb[wrong & case.skin], rgb[wrong & ~case.skin] = (255, 0, 0), (0, 0, 255)
        drawn.append(rgb)
    Image.fromarray(np.hstack(drawn)).save(folder / f"{case.name}.png")


if __name__ == "__main__":
    started = time.monotonic()
    main()
    print(f"{time.monotonic() - started:.0f} s", file=sys.stderr)
