"""The mirror law: a mirrored photo gives mirrored regions and equal scores.

    python benchmarks/mirror_law.py [--most 20] [--out benchmarks/results/mirror_law.json]

Photos: 20 of clean/interfaces (real) and 20 of clean/features (generated); each is assessed as it
is and mirrored pixel by pixel. Scores are compared per condition and overall, in points; a score
that one of the two has and the other has not is counted apart. Regions are compared as masks in
photo pixels after mirroring back and swapping the subject's sides (intersection over union).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from photo_sets import photos_of

from cutis.core.assessment import Assessment, Examination
from cutis.core.capture import Photo
from cutis.core.face import FaceCrop
from cutis.core.vocabulary import Condition, Region, Strictness
from cutis.pipeline import Tools, examine
from cutis.settings import Settings
from cutis.steps.intake import open_photo
from cutis.wiring import build_tools

SETS = ("clean/interfaces", "clean/features")


def main() -> None:
    """Run, write the figures, print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/mirror_law.json"))
    parser.add_argument("--most", type=int, default=20, help="photos of each set")
    options = parser.parse_args()
    tools = replace(build_tools(Settings()), strictness=Strictness.OFF)
    rows = []
    for path in (p for name in SETS for p in photos_of(name, options.most)):
        pair = mirrored_pair(open_photo(path), tools)
        if pair is not None:
            rows.append(compare(*pair) | {"photo": f"{path.parent.name}/{path.name}"})
        print(f"\r{len(rows)} photos", end="", file=sys.stderr)
    result = {"photos": len(rows), **summarise(rows), "worst": _worst(rows)}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print()
    print(json.dumps(result, indent=1))


def mirrored_pair(photo: Photo, tools: Tools) -> tuple[Examination, Examination] | None:
    """Examine a photo and its mirror image; None where neither shows a face."""
    flipped = Photo(np.ascontiguousarray(photo.rgb[:, ::-1]), photo.info)
    plain, mirrored = (examine(Photo(p.rgb, photo.info), tools) for p in (photo, flipped))
    if plain.crop is None and mirrored.crop is None:
        return None
    return plain, mirrored


def compare(plain: Examination, mirrored: Examination) -> dict:
    """Return the differences between an examination and that of the mirror image."""
    if plain.crop is None or mirrored.crop is None:
        return {"scores": {}, "one_sided": ["face"], "iou": {}}
    a, b = dict(_values(plain.assessment)), dict(_values(mirrored.assessment))
    differences = {k: abs(a[k] - b[k]) for k in a if a[k] is not None and b[k] is not None}
    one_sided = [k for k in a if (a[k] is None) != (b[k] is None)]
    return {"scores": differences, "one_sided": one_sided, "iou": region_iou(plain, mirrored)}


def _values(answer: Assessment) -> Iterator[tuple[str, float | None]]:
    """Yield every score by name, regional ones under the subject's own side."""
    yield "overall", answer.overall.value
    for condition in Condition:
        yield condition.value, answer.scores[condition].value


def region_iou(plain: Examination, mirrored: Examination) -> dict[str, float]:
    """Return how well each region and the mirrored other side of its mirror image agree."""
    shape = plain.photo.rgb.shape[:2]
    a, b = labels_in_photo(plain.crop, shape), labels_in_photo(mirrored.crop, shape)[:, ::-1]
    found = {}
    for region in Region:
        one, other = a == region.label, b == region.mirrored.label
        if (one | other).any():
            found[region.value] = float((one & other).sum() / (one | other).sum())
    return found


def labels_in_photo(crop: FaceCrop, shape: tuple[int, int]) -> np.ndarray:
    """Return the region labels at the photo's own scale."""
    x0, y0, x1, y1 = crop.box
    labels = np.zeros(shape, np.uint8)
    labels[y0:y1, x0:x1] = cv2.resize(
        crop.regions.labels, (x1 - x0, y1 - y0), interpolation=cv2.INTER_NEAREST_EXACT
    )
    return labels


def summarise(rows: list[dict]) -> dict:
    """Return quantiles of the differences and the share within one point, per score."""
    names = ["overall", *(c.value for c in Condition)]
    scores = {
        name: _spread([r["scores"][name] for r in rows if name in r["scores"]]) for name in names
    }
    for name in names:
        scores[name]["measured_on_one_side_only"] = sum(name in r["one_sided"] for r in rows)
    iou = [v for r in rows for v in r["iou"].values()]
    return {
        "scores": scores,
        "all_scores_within_1": float(np.mean([_holds(r) for r in rows])),
        "regions": {
            "compared": len(iou),
            "iou_lowest": min(iou),
            "iou_p01_05_50": np.quantile(iou, [0.01, 0.05, 0.5]).tolist(),
            "share_at_least_0_97": float(np.mean(np.array(iou) >= 0.97)),
        },
    }


def _holds(row: dict) -> bool:
    return not row["one_sided"] and all(v <= 1 for v in row["scores"].values())


def _spread(values: list[float]) -> dict:
    if not values:
        return {"measured": 0}
    return {
        "measured": len(values),
        "p50_90_95_100": np.quantile(values, [0.5, 0.9, 0.95, 1.0]).round(3).tolist(),
        "share_within_1": float(np.mean(np.array(values) <= 1)),
    }


def _worst(rows: list[dict]) -> list[dict]:
    """Return the ten photos with the largest difference, with the score that differs most."""
    rows = [r for r in rows if r["scores"]]
    ranked = sorted(rows, key=lambda r: -max(r["scores"].values()))[:10]
    return [
        {
            "photo": r["photo"],
            "score": (k := max(r["scores"], key=r["scores"].get)),
            "points": r["scores"][k],
        }
        for r in ranked
    ]


if __name__ == "__main__":
    main()
