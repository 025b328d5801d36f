"""Region features of real photos, kept on disk between runs; evaluation only.

A row is a photo: its name, what its set tells of it, and its features. Lesions are counted from the
labels of dev/acne; ``rosacea`` and ``normal`` stand in the names of dev/redness; ages are the rows
of the figures in clean/sfhq.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

import numpy as np
from acne_rows import read_ellipses
from photo_sets import photos_of, shared_dir
from prepared import lenient_tools
from wrinkle_rows import age_photos

from cutis.core.vocabulary import Condition, Region
from cutis.pipeline import Tools, describe_regions, examine
from cutis.steps.grading import FACE_NAMES, NAMES
from cutis.steps.intake import open_photo
from cutis.training.region_table import RegionTable, read_table, write_rows

SETS = ("acne", "redness", "age")


def photos_to_grade(name: str, most: int | None) -> list[tuple[Path, float]]:
    """Return the photos of a set with what is known of each: lesions, rosacea (1), age."""
    if name == "acne":
        ellipses = read_ellipses(shared_dir() / "dev/acne/lesions.csv")
        counts = Counter({photo: len(found.rows) for photo, found in ellipses.items()})
        rows = [(p, float(counts[p.name])) for p in photos_of("dev/acne", most)]
    elif name == "redness":
        rows = [(p, float("rosacea" in p.name)) for p in photos_of("dev/redness", most)]
    else:
        photos = age_photos(shared_dir() / "clean/sfhq")
        rows = [(p, 70.0 if "_r05" in p.name else 16.0) for p in photos]
    return rows


def measure_photos(folder: Path, most: int | None) -> None:
    """Measure what is missing of every set."""
    tools = lenient_tools()
    for name in SETS:
        place = folder / name
        place.mkdir(parents=True, exist_ok=True)
        rows = photos_to_grade(name, most)
        for number, (path, known) in enumerate(rows, start=1):
            file = place / f"block-{path.stem}.parquet"
            if not file.exists():
                write_rows(file, [_row(path, known, tools)])
            print(f"\r{name} {number} of {len(rows)} ", end="", file=sys.stderr, flush=True)


def _row(path: Path, known: float, tools: Tools) -> dict[str, object]:
    """Return the row of a photo; of one without a face nothing is measured."""
    found = examine(open_photo(path), tools)
    regions = np.full((len(Region), len(NAMES)), np.nan, np.float32)
    face = np.full(len(FACE_NAMES), np.nan, np.float32)
    if found.crop is not None:
        features = describe_regions(found)
        regions, face = features.values, features.face
    values = {f"score_{c}": found.assessment.scores[c].value for c in Condition}
    scores = {name: float("nan") if v is None else float(v) for name, v in values.items()}
    row: dict[str, object] = {"name": path.name, "known": known, **scores}
    return row | {"regions": regions.ravel().tolist(), "face": face.tolist()}


def photo_table(folder: Path, name: str) -> RegionTable:
    """Return the measured photos of a set in which a face was found."""
    table = read_table(folder / name)
    return table.where(~np.isnan(table.face).all(axis=1))


def main() -> None:
    """Measure the photos."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True, help="a folder outside the repository")
    parser.add_argument("--most", type=int, help="photos of each set, drawn fixed")
    options = parser.parse_args()
    measure_photos(options.cache, options.most)


if __name__ == "__main__":
    main()
