"""Wrinkles: a map inside and outside labelled boxes (dev/wrinkles), and the ranking of ages.

Only kinds that are lines count: bunny lines, crow's feet, forehead, frown and smoker lines. Skin in
a box of any other kind counts neither as inside nor as outside. The boxes are not exhaustive. Ages:
about 70 years against about 16 (clean/sfhq, rows r05 and r03 of its figures on age).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np
from acne_rows import MapsOf
from PIL import Image
from prepared import PreparedPhoto
from redness_rows import product_raw

from cutis.core.face import FaceCrop
from cutis.core.masks import ConditionMap
from cutis.core.vocabulary import Condition
from cutis.evaluation.ranking import auc
from cutis.evaluation.score_histogram import ScoreHistogram
from cutis.steps.lesions import find_lesions

LINES = {0: "bunny", 2: "crow's feet", 3: "forehead", 4: "frown", 8: "smoker"}
LEAST_VISIBLE = 0.3
"""The share of a box that must be looked at for the box to count."""


@dataclass(frozen=True, slots=True, eq=False)
class WrinkleRecord:
    """What one photo adds; ``boxes`` are ``(kind, hit, mean inside)`` of boxes that are seen."""

    name: str
    pixels: ScoreHistogram
    mean_inside: float
    mean_outside: float
    marked_inside: float
    marked_outside: float
    boxes: tuple[tuple[int, bool, float], ...]


def read_boxes(photo: Path) -> np.ndarray:
    """Return rows ``kind, x0, y0, x1, y1`` in photo pixels from YOLO text beside the photo."""
    with Image.open(photo) as picture:
        width, height = picture.size
    lines = photo.with_suffix(".txt").read_text(encoding="utf-8").splitlines()
    rows = np.array([[float(v) for v in line.split()[:5]] for line in lines if line.strip()])
    if not rows.size:
        return np.zeros((0, 5))
    centre, half = rows[:, 1:3] * (width, height), rows[:, 3:5] * (width, height) / 2
    return np.hstack([rows[:, :1], centre - half, centre + half])


def wrinkle_records(
    photos: Iterable[PreparedPhoto], maps_of: MapsOf, folder: Path
) -> list[WrinkleRecord]:
    """Return the record of every photo with a wrinkle map, skin inside a box and outside."""
    records = []
    for photo in photos:
        found = maps_of(photo).get(Condition.WRINKLES)
        if found is None:
            continue
        record = wrinkle_record(photo, found, read_boxes(folder / photo.name))
        if record is not None:
            records.append(record)
    return records


def wrinkle_record(
    photo: PreparedPhoto, found: ConditionMap, boxes: np.ndarray
) -> WrinkleRecord | None:
    """Measure one photo; None where no skin was looked at inside, or none outside."""
    crop = photo.crop
    inside, other = np.zeros(crop.shape, bool), np.zeros(crop.shape, bool)
    middles = [_middle(f.bbox_xyxy) for f in find_lesions(crop, {found.condition: found})]
    seen = []
    for kind, *box in boxes:
        part = crop_slices(box, crop)
        looked_at = found.looked_at[part]
        if int(kind) not in LINES:
            other[part] = True
        elif looked_at.size and looked_at.mean() >= LEAST_VISIBLE:
            inside[part] = True
            hit = any(box[0] <= x <= box[2] and box[1] <= y <= box[3] for x, y in middles)
            seen.append((int(kind), hit, float(found.probability[part][looked_at].mean())))
    counted = found.looked_at & ~(other & ~inside)
    if not (counted & inside).any() or not (counted & ~inside).any():
        return None
    p = found.probability
    near, far = p[counted & inside], p[counted & ~inside]
    return WrinkleRecord(
        name=photo.name,
        pixels=ScoreHistogram.empty().update(np.clip(p[counted], 0, 1), inside[counted]),
        mean_inside=float(near.mean()),
        mean_outside=float(far.mean()),
        marked_inside=float((near >= 0.5).mean()),
        marked_outside=float((far >= 0.5).mean()),
        boxes=tuple(seen),
    )


def wrinkle_rows(records: list[WrinkleRecord]) -> dict[str, object]:
    """Return contrast, hit rate and the figures of each kind of line."""
    pixels = reduce(add, (r.pixels for r in records), ScoreHistogram.empty())
    near, far = (
        np.array([getattr(r, f"mean_{w}") for r in records]) for w in ("inside", "outside")
    )
    boxes = [b for r in records for b in r.boxes]
    rows: dict[str, object] = {
        "photos": len(records),
        "boxes seen": len(boxes),
        "mean inside over mean outside": float(near.mean() / max(far.mean(), 1e-9)),
        "marked share inside": float(np.mean([r.marked_inside for r in records])),
        "marked share outside": float(np.mean([r.marked_outside for r in records])),
        "photos brighter inside (share)": float((near > far).mean()),
        "pixel AUC, inside against outside": pixels.auc(),
        "hit rate (a finding's middle is in the box)": float(np.mean([hit for _, hit, _ in boxes])),
    }
    for kind, name in LINES.items():
        own = [hit for k, hit, _ in boxes if k == kind]
        rows[f"hit rate, {name} (n={len(own)})"] = float(np.mean(own)) if own else None
    return rows


def age_photos(folder: Path) -> list[Path]:
    """Return the photos of the oldest and youngest rows."""
    found = sorted(p for p in folder.glob("*variability_age*") if p.suffix in {".jpg", ".png"})
    return [p for p in found if "_r04" not in p.name]


def age_rows(photos: Iterable[PreparedPhoto], maps_of: MapsOf) -> dict[str, object]:
    """Return the area under the curve, old above young, over all and in each figure."""
    values: dict[str, dict[bool, list[tuple[float | None, float]]]] = defaultdict(
        lambda: {True: [], False: []}
    )
    for photo in photos:
        found = maps_of(photo).get(Condition.WRINKLES)
        if found is not None and found.looked_at.any():
            own = (product_raw(photo, found), float(found.probability[found.looked_at].mean()))
            values[photo.name.split("_r0")[0]]["_r05" in photo.name].append(own)
    groups = {"all": _joined(values.values())} | dict(sorted(values.items()))
    rows: dict[str, object] = {
        "photos about 70 years": len(groups["all"][True]),
        "photos about 16 years": len(groups["all"][False]),
    }
    for name, group in groups.items():
        for index, what in enumerate(("product score", "map mean")):
            pair = ([v[index] for v in group[old] if v[index] is not None] for old in (True, False))
            rows[f"AUC of age, {what}, {name}"] = auc(*pair)
    return rows


def _joined(groups: Iterable[dict[bool, list]]) -> dict[bool, list]:
    groups = list(groups)
    return {old: [v for g in groups for v in g[old]] for old in (True, False)}


def _middle(box: tuple[int, int, int, int]) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def crop_slices(box: list[float], crop: FaceCrop) -> tuple[slice, slice]:
    """Return the crop's pixels under a box of the photo."""
    x0, y0, x1, y1 = crop.box
    across, down = crop.shape[1] / (x1 - x0), crop.shape[0] / (y1 - y0)
    left, right = (round(np.clip((v - x0) * across, 0, crop.shape[1])) for v in (box[0], box[2]))
    top, bottom = (round(np.clip((v - y0) * down, 0, crop.shape[0])) for v in (box[1], box[3]))
    return slice(top, bottom), slice(left, right)
