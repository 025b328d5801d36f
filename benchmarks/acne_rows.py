"""Acne: a segmenter's map against expert lesion marks on real photos (dev/acne).

The photos are halved by a digest of their file names: ``look`` may be looked at and used to choose
thresholds, ``report`` only reports. The pixels that count are the visible skin of the crop, the
same for every method; where a method did not look, its probability counts as 0. Every labelled
lesion of a photo in which a face is found counts, in the crop or not. The marks are not exhaustive
in every photo, so some false positives are lesions.
"""

from __future__ import annotations

import csv
import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np
from prepared import PreparedPhoto

from cutis.core.assessment import Finding
from cutis.core.face import FaceCrop
from cutis.core.masks import ConditionMap
from cutis.core.vocabulary import Condition
from cutis.evaluation.detection import Ellipses, FrocTally
from cutis.evaluation.peaks import map_peaks
from cutis.evaluation.ranking import bootstrap_interval, kendall, spearman
from cutis.evaluation.score_histogram import ScoreHistogram
from cutis.steps.lesions import find_lesions
from cutis.steps.scoring import score_face

FALSE_PER_FACE = (3.0, 10.0, 20.0)
LARGE_PX, SMALL_PX = 5.0, 3.5
THRESHOLDS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Fixed thresholds on a peak's confidence, among which the ``look`` half chooses."""

MapsOf = Callable[[PreparedPhoto], Mapping[Condition, ConditionMap]]


@dataclass(frozen=True, slots=True, eq=False)
class AcneRecord:
    """What one photo adds: sums of its map, its peaks against its lesions, its findings."""

    name: str
    lesions: int
    lesions_on_skin: int
    pixels: ScoreHistogram
    froc: FrocTally
    peak_confidence: np.ndarray
    map_sum_mm2: float
    map_mean: float
    score_raw: float | None
    findings: int
    findings_met: int
    findings_false: int


def half_of(name: str) -> str:
    """Return ``look`` or ``report`` by a digest of the file name."""
    return ("look", "report")[hashlib.sha256(name.encode()).digest()[0] % 2]


def read_ellipses(file: Path) -> dict[str, Ellipses]:
    """Return the labelled ellipses of each photo, in photo pixels."""
    rows = defaultdict(list)
    with file.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            rows[row["file"]].append(
                [float(row[k]) for k in ("cx", "cy", "semi_major", "semi_minor", "angle_deg")]
            )
    return {name: Ellipses(np.array(part)) for name, part in rows.items()}


def acne_records(
    photos: Iterable[PreparedPhoto], maps_of: MapsOf, labels: Mapping[str, Ellipses]
) -> list[AcneRecord]:
    """Return the record of every photo whose acne map could be made."""
    none = Ellipses(np.zeros((0, 5)))
    records = []
    for photo in photos:
        found = maps_of(photo).get(Condition.ACNE)
        if found is not None:
            records.append(acne_record(photo, found, labels.get(photo.name, none)))
    return records


def acne_record(photo: PreparedPhoto, found: ConditionMap, lesions: Ellipses) -> AcneRecord:
    """Measure one photo."""
    crop = photo.crop
    skin = photo.skin.skin & ~crop.excluded
    in_crop = to_crop(lesions, crop)
    probability = np.clip(np.where(found.looked_at, found.probability, np.float32(0)), 0, 1)
    points, confidence = map_peaks(found, crop.mm_per_px)
    findings = find_lesions(crop, {Condition.ACNE: found})
    scoring = score_face(crop, photo.skin, {Condition.ACNE: found}, findings, quality=photo.quality)
    score = scoring.scores[Condition.ACNE]
    met = [meets(lesion, findings) for lesion in lesions.rows]
    false = [not any(meets(lesion, [f]) for lesion in lesions.rows) for f in findings]
    return AcneRecord(
        name=photo.name,
        lesions=len(lesions.rows),
        lesions_on_skin=_on_skin(in_crop, skin),
        pixels=ScoreHistogram.empty().update(probability[skin], in_crop.mask(crop.shape)[skin]),
        froc=FrocTally.empty().update(to_photo(points, crop), confidence, lesions),
        peak_confidence=confidence,
        map_sum_mm2=float(probability[skin].sum()) * crop.mm_per_px**2,
        map_mean=float(probability[skin].mean()) if skin.any() else 0.0,
        score_raw=None if score.value is None else score.raw.value,
        findings=len(findings),
        findings_met=sum(met),
        findings_false=sum(false),
    )


def best_threshold(records: Iterable[AcneRecord]) -> float:
    """Return the fixed threshold whose counts rank best with the labelled ones."""
    records = list(records)
    labelled = [r.lesions for r in records]
    ranked = [spearman([_count(r, t) for r in records], labelled) for t in THRESHOLDS]
    return THRESHOLDS[int(np.argmax(np.nan_to_num(ranked, nan=-1.0)))]


def acne_table(records: list[AcneRecord]) -> dict[str, dict[str, object]]:
    """Return the rows of both halves and of all; the threshold is chosen on ``look`` alone."""
    parts = {h: [r for r in records if half_of(r.name) == h] for h in ("look", "report")}
    threshold = best_threshold(parts["look"])
    return {h: acne_rows(p, threshold) for h, p in (parts | {"all": records}).items() if p}


def acne_rows(records: list[AcneRecord], threshold: float) -> dict[str, object]:
    """Return the figures of some photos; ``threshold`` is that of the counted peaks."""
    froc = reduce(add, (r.froc for r in records), FrocTally.empty())
    pixels = reduce(add, (r.pixels for r in records), ScoreHistogram.empty())
    lesions = sum(r.lesions for r in records)
    sizes = {"": (0.0, np.inf), " r>=5 px": (LARGE_PX, np.inf), " r<3.5 px": (0.0, SMALL_PX)}
    return {
        "photos": len(records),
        "lesions": lesions,
        "share of lesions on visible skin": sum(r.lesions_on_skin for r in records) / lesions,
        "pixel prevalence": pixels.prevalence,
        "pixel average precision": pixels.average_precision(),
        "pixel AUC": pixels.auc(),
        **{
            f"recall at {level:g} false per face{name}": froc.recall_at(level, radius_px=size)
            for name, size in sizes.items()
            for level in FALSE_PER_FACE
        },
        "confidence at 10 false per face": froc.threshold_at(10.0),
        "findings: lesions met": sum(r.findings_met for r in records) / lesions,
        "findings: false per face": float(np.mean([r.findings_false for r in records])),
        **_rank_rows(records, threshold),
    }


def _rank_rows(records: list[AcneRecord], threshold: float) -> dict[str, object]:
    labelled = np.array([r.lesions for r in records])
    counted = np.array([_count(r, threshold) for r in records])
    scored = [r for r in records if r.score_raw is not None]
    return {
        "Spearman of count, findings": spearman([r.findings for r in records], labelled),
        "threshold of counted peaks": threshold,
        "Spearman of count, peaks": spearman(counted, labelled),
        "Spearman of count, peaks: interval": bootstrap_interval(
            spearman, (counted, labelled), np.random.default_rng(0), paired=True, resamples=500
        ),
        "Kendall of count, peaks": kendall(counted, labelled),
        "mean counted less labelled": float((counted - labelled).mean()),
        "Spearman of score, map sum": spearman([r.map_sum_mm2 for r in records], labelled),
        "Spearman of score, map mean": spearman([r.map_mean for r in records], labelled),
        "photos with a product score": len(scored),
        "Spearman of score, product": spearman(
            [r.score_raw for r in scored], [r.lesions for r in scored]
        ),
    }


def to_crop(lesions: Ellipses, crop: FaceCrop) -> Ellipses:
    """Return ellipses of photo pixels in crop pixels; the two scales of a crop differ < 1 px."""
    x0, y0, x1, y1 = crop.box
    across, down = crop.shape[1] / (x1 - x0), crop.shape[0] / (y1 - y0)
    rows = lesions.rows.copy()
    rows[:, 0] = (rows[:, 0] - x0) * across
    rows[:, 1] = (rows[:, 1] - y0) * down
    rows[:, 2:4] *= (across * down) ** 0.5
    return Ellipses(rows)


def to_photo(points: np.ndarray, crop: FaceCrop) -> np.ndarray:
    """Return crop points in photo pixels."""
    x0, y0, x1, y1 = crop.box
    return points * [(x1 - x0) / crop.shape[1], (y1 - y0) / crop.shape[0]] + [x0, y0]


def _count(record: AcneRecord, threshold: float) -> int:
    return int(np.count_nonzero(record.peak_confidence >= threshold))


def _on_skin(in_crop: Ellipses, skin: np.ndarray) -> int:
    cols, rows = in_crop.rows[:, :2].astype(int).T
    inside = (rows >= 0) & (cols >= 0) & (rows < skin.shape[0]) & (cols < skin.shape[1])
    return int(np.count_nonzero(skin[rows[inside], cols[inside]]))


def meets(lesion: np.ndarray, findings: Iterable[Finding]) -> bool:
    """Tell whether the lesion's centre is in a finding's box, widened by the lesion's radius."""
    x, y, radius = lesion[:3]
    boxes = (f.bbox_xyxy for f in findings)
    return any(
        x0 - radius <= x <= x1 + radius and y0 - radius <= y <= y1 + radius
        for x0, y0, x1, y1 in boxes
    )
