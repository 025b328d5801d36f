"""The classical measures against labels on real photos: the figures that learned models must beat.

    python benchmarks/conditions.py [--out benchmarks/results/conditions.json]

Evaluation only. Acne: rank correlation with the number of labelled lesions (dev/acne), and how many
labelled lesions are met. Redness: rosacea against normal (dev/redness; other cameras, so the area
under the curve flatters). Wrinkles: about 70 against about 16 years old (clean/sfhq rows r05, r03).
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
from photo_sets import photos_of, shared_dir

from cutis.core.assessment import Examination
from cutis.core.vocabulary import Condition, Strictness
from cutis.pipeline import Tools, examine
from cutis.settings import QualitySettings, Settings
from cutis.steps.intake import open_photo
from cutis.wiring import build_tools


def main() -> None:
    """Run, print and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/conditions.json"))
    options = parser.parse_args()
    tools = build_tools(Settings(quality=QualitySettings(strictness=Strictness.OFF)))
    result = _acne(tools) | _redness(tools) | _wrinkles(tools)
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


def _run(paths: list[Path], tools: Tools) -> list[tuple[Path, Examination]]:
    done = []
    for number, path in enumerate(paths):
        done.append((path, examine(open_photo(path), tools)))
        print(f"\r{number + 1} of {len(paths)}", end="", file=sys.stderr)
    return done


def _acne(tools: Tools) -> dict[str, float]:
    labelled = defaultdict(list)
    with (shared_dir() / "dev/acne/lesions.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            labelled[row["file"]].append(
                (float(row["cx"]), float(row["cy"]), float(row["semi_major"]))
            )
    rows, met, all_lesions, false = [], 0, 0, []
    found_faces = 0
    photos = photos_of("dev/acne")
    for path, seen in _run(photos, tools):
        score = seen.assessment.scores[Condition.ACNE]
        found_faces += seen.crop is not None
        if score.value is None:
            continue
        lesions = labelled[path.name]
        rows.append((score.raw.value, len(lesions)))
        boxes = [f.bbox_xyxy for f in seen.assessment.findings if f.condition is Condition.ACNE]
        hits = [_inside(lesion, boxes) for lesion in lesions]
        met += sum(hits)
        all_lesions += len(lesions)
        false.append(sum(not any(_inside(lesion, [box]) for lesion in lesions) for box in boxes))
    raw, count = np.array(rows).T
    return {
        "acne: photos": len(photos),
        "acne: faces found": found_faces,
        "acne: photos scored": len(rows),
        "acne: rank correlation of score and labelled count": _rank_correlation(raw, count),
        "acne: labelled lesions met (share)": met / all_lesions,
        "acne: false spots per photo": float(np.mean(false)),
    }


def _inside(lesion: tuple[float, float, float], boxes: list[tuple[int, int, int, int]]) -> bool:
    x, y, radius = lesion
    return any(
        x0 - radius <= x <= x1 + radius and y0 - radius <= y <= y1 + radius
        for x0, y0, x1, y1 in boxes
    )


def _redness(tools: Tools) -> dict[str, float]:
    values = defaultdict(list)
    for path, seen in _run(photos_of("dev/redness"), tools):
        value = seen.assessment.scores[Condition.REDNESS].value
        if value is not None:
            values[path.name.split("_")[0]].append(value)
    return {
        "redness: photos scored": sum(map(len, values.values())),
        "redness: area under the curve, rosacea against normal": _auc(
            values["rosacea"], values["normal"]
        ),
    }


def _wrinkles(tools: Tools) -> dict[str, float]:
    paths = [
        p for p in photos_of("clean/sfhq") if "variability_age" in p.name and "_r04" not in p.name
    ]
    groups: dict[str, dict[bool, list[float]]] = defaultdict(lambda: {True: [], False: []})
    for path, seen in _run(paths, tools):
        score = seen.assessment.scores[Condition.WRINKLES]
        if score.value is not None:
            groups[path.name.split("_r0")[0]]["_r05" in path.name].append(score.raw.value)
    old = [v for g in groups.values() for v in g[True]]
    young = [v for g in groups.values() for v in g[False]]
    result = {
        "wrinkles: photos scored": len(old) + len(young),
        "wrinkles: area under the curve, about 70 against about 16 years": _auc(old, young),
    }
    for name, group in sorted(groups.items()):
        result[f"wrinkles: area under the curve, {name}"] = _auc(group[True], group[False])
    return result


def _rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's rank correlation with mean ranks for ties."""
    ranks = [np.array([(np.sum(v < x) + np.sum(v <= x) - 1) / 2 for x in v]) for v in (a, b)]
    return float(np.corrcoef(*ranks)[0, 1])


def _auc(positive: list[float], negative: list[float]) -> float | None:
    if not positive or not negative:
        return None
    p, n = np.array(positive)[:, None], np.array(negative)[None]
    return float(np.mean((p > n) + 0.5 * (p == n)))


if __name__ == "__main__":
    main()
