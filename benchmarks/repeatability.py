"""How far each score moves when nothing but the photograph changes.

    python benchmarks/repeatability.py [--photos 140] [--rows FILE] [--write [--only acne redness]]

Faces are assessed again as another shot might have shown them (`repeats.py`); people whom
`history.py` counts false changes on are not among them. Per condition and scale class a floor and a
share of the score are fitted: the deviation of one score with which two differ by more than
Holm's first limit as rarely as they should. Each way to change the photograph is held to that by
itself: the harmless ones would hide the others. ``--write`` puts them into the package, where they
become the intervals of scores and the limits of changes. A region shows less skin than the face:
its deviation is larger by the root of the ratio of areas, times ``region``, fitted likewise.
``--rows`` keeps the pairs, so that a run that was stopped goes on, and a fit alone takes a second.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import defaultdict
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
from photo_sets import half_of, largest_of, photos_of, spread_over
from repeats import collect, names_of_variants

import cutis
from cutis.core.vocabulary import Condition
from cutis.history.noise import FAMILY_LEVEL
from cutis.steps.scoring.repeatability import Repeatability, scale_class

MARKED = "dev/acne"
"""Faces with many spots, so that the deviation of high scores is measured, not extrapolated."""
PACKAGED = Path(cutis.__file__).parent / "steps" / "scoring" / "repeatability.json"
FEWEST = 8
"""Photos that a scale class needs for figures of its own."""
LEAST = 0.3
"""Smallest deviation in points; nothing is told finer than that."""
SHARES = np.arange(0, 0.301, 0.005)
Row = dict[str, Any]


def main() -> None:
    """Measure, print, and with --write keep the figures in the package."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=140)
    parser.add_argument("--marked", type=int, default=24, help="photos of faces with acne")
    parser.add_argument("--rows", type=Path, help="the pairs, kept (.jsonl)")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--only", nargs="+", help="with --write: of these conditions alone")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/repeatability.json"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        kept = options.rows or Path(folder) / "rows.jsonl"
        rows = collect(photos(options.photos, options.marked), kept)
    if not any(row["regions"] for row in rows):
        raise SystemExit("No face could be measured in these photos; take more of them (--photos).")
    result = {
        "photos": len({row["photo"] for row in rows}),
        "variants": names_of_variants(),
        "deviation": deviations(rows),
        "shift_by_variant": _by_variant(rows),
    }
    text = json.dumps(result, indent=1) + "\n"
    print(text)
    options.out.write_text(text, encoding="utf-8")
    if options.write:
        _write(result, options.only)


def photos(most: int, marked: int) -> list[Path]:
    """Return the photos: of the first half of the sets, the largest added, since few are close."""
    names = ("clean/interfaces", "clean/features", "clean/sfhq", "clean/sfhq_t2i")
    sets = [photos_of(n) if n == "clean/sfhq" else half_of(n, 0) for n in names]
    drawn = spread_over(sets, most - most // 6)
    large = [p for p in largest_of(sets, most) if p not in drawn][: most // 6]
    return drawn + large + (photos_of(MARKED, marked) if marked else [])


def _write(result: dict, only: list[str] | None) -> None:
    """Put the deviations into the package; with ``only``, those of some conditions."""
    kept = {k: result[k] for k in ("photos", "variants", "deviation")}
    if only:
        kept = json.loads(PACKAGED.read_text(encoding="utf-8"))
        kept["deviation"] |= {name: result["deviation"][name] for name in only}
    PACKAGED.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def deviations(rows: list[Row]) -> dict[str, dict[str, float]]:
    """Fit each condition; one that hardly any photo shows takes the worst figures of the others."""
    compared = float(np.mean([len(row["face"]) for row in rows]))
    rate = FAMILY_LEVEL / compared
    own = {c.value: [r for r in rows if c.value in r["face"]] for c in Condition}
    fitted = {name: _fit(name, part, rate) for name, part in own.items() if _photos(part) >= FEWEST}
    compared = float(np.mean([sum(map(len, row["regions"].values())) for row in rows]))
    for name, figures in fitted.items():
        figures["region"] = _region(name, own[name], figures, FAMILY_LEVEL / compared)
    worst = {k: max(f[k] for f in fitted.values()) for k in ("floor", "share", "region")}
    return {name: fitted.get(name, worst | {"n": _photos(part)}) for name, part in own.items()}


def _photos(rows: list[Row]) -> int:
    return len({row["photo"] for row in rows})


def _fit(condition: str, rows: list[Row], rate: float) -> dict[str, float]:
    """Fit over all photos, and per scale class where there are enough."""
    result = _floor_and_share(condition, rows, rate)
    for scale in ("fine", "medium", "coarse"):
        part = [r for r in rows if scale_class(r["mm_per_px"][0]) == scale]
        if _photos(part) >= FEWEST:
            fitted = _floor_and_share(condition, part, rate)
            result |= {f"{scale}_{k}": v for k, v in fitted.items()}
    return result


def _floor_and_share(condition: str, rows: list[Row], rate: float) -> dict[str, float]:
    """Return the smallest deviation, floor + share · score, that holds but for ``rate`` of pairs.

    It holds so for the pairs of each variant. Of two scores of one face the difference has √2
    times the deviation of one; it exceeds z(rate) times that in a share ``rate`` of pairs. Smallest
    is meant half at the mean score and half at one that a twentieth exceed, since strong conditions
    are few and matter.
    """
    pairs = np.array([row["face"][condition] for row in rows])
    one = np.abs(pairs[:, 1] - pairs[:, 0]) / (np.sqrt(2) * NormalDist().inv_cdf(1 - rate / 2))
    higher = pairs.max(axis=1)
    variants = _variants(rows)
    floors = [max(LEAST, _worst(one - s * higher, variants, rate)) for s in SHARES]
    usual = (higher.mean() + np.quantile(higher, 0.95)) / 2
    best = int(np.argmin([floor + s * usual for floor, s in zip(floors, SHARES, strict=True)]))
    return {
        "floor": round(floors[best], 3),
        "share": round(float(SHARES[best]), 4),
        "n": _photos(rows),
    }


def _region(condition: str, rows: list[Row], figures: dict[str, float], rate: float) -> float:
    """Return by how much a region's deviation is larger than what its area alone would make it."""
    fitted = Repeatability({condition: figures})
    z = NormalDist().inv_cdf(1 - rate / 2)
    parts = [(row, part) for row in rows for part in row["regions"].get(condition, [])]
    ratios = [
        abs(after - before)
        / (np.sqrt(2) * z * root)
        / fitted.deviation_of(Condition(condition), max(before, after), row["mm_per_px"][0])
        for row, (before, after, root) in parts
    ]
    variants = _variants([row for row, _ in parts])
    return round(_worst(np.array(ratios), variants, rate), 3) if ratios else 1.0


def _variants(rows: list[Row]) -> np.ndarray:
    return np.array([row["variant"] for row in rows])


def _worst(values: np.ndarray, variants: np.ndarray, rate: float) -> float:
    """Return the largest of the variants' own quantiles that a share ``rate`` exceeds."""
    return max(float(np.quantile(values[variants == v], 1 - rate)) for v in np.unique(variants))


def _by_variant(rows: list[Row]) -> dict[str, dict[str, float]]:
    """Mean absolute shift in score points of each condition under each variant."""
    moved: dict[str, dict[str, list[float]]] = {c.value: defaultdict(list) for c in Condition}
    for row in rows:
        for condition, (before, after) in row["face"].items():
            moved[condition][row["variant"]].append(abs(after - before))
    return {
        condition: {name: round(float(np.mean(part)), 2) for name, part in sorted(by.items())}
        for condition, by in moved.items()
    }


if __name__ == "__main__":
    main()
