"""Real photos beside what is labelled and what each method sees, as sheets of pictures.

    python benchmarks/prediction_sheet.py --out DIR [--network v2.xml] [--photos 24]

Each row is a photo: the face, its labels, and the map of each method drawn over it; four rows a
sheet. Acne photos come from the ``look`` half, from few lesions to many; redness and wrinkle photos
are drawn evenly. The sheets show people: DIR must lie outside the repository.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from acne_rows import MapsOf, half_of, read_ellipses, to_crop
from conditions import Bench, add_choices, choose_methods, maps_by
from photo_sets import photos_of, shared_dir
from prepared import PreparedPhoto, lenient_tools
from wrinkle_rows import LINES, crop_slices, read_boxes

from cutis.core.arrays import RGB
from cutis.core.masks import ConditionMap
from cutis.core.vocabulary import Condition
from cutis.evaluation.detection import Ellipses
from cutis.evaluation.peaks import map_peaks

ROWS_A_SHEET = 4
HEIGHT_PX = 520
SHARES = {"acne": 0.5, "redness": 0.25, "wrinkles": 0.25}
CONDITIONS = {
    "acne": Condition.ACNE,
    "redness": Condition.REDNESS,
    "wrinkles": Condition.WRINKLES,
}
LABEL_COLOUR, PEAK_COLOUR, TEXT_COLOUR = (40, 255, 80), (255, 255, 255), (255, 255, 0)
SURE = 0.5


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture of a row, and its heading."""

    rgb: RGB
    heading: str


def main() -> None:
    """Draw and write the sheets."""
    options = _options()
    tools = lenient_tools()
    bench = Bench(tools, options.cache, None)
    methods = choose_methods(options, tools)
    options.out.mkdir(parents=True, exist_ok=True)
    for name, share in SHARES.items():
        wanted = max(1, round(options.photos * share))
        makers = {m: maps_by(s, bench, name) for m, s in methods.items()}
        rows = [
            row_of(photo, name, makers) for photo in bench.prepared(chosen_photos(name, wanted))
        ]
        for number in range(0, len(rows), ROWS_A_SHEET):
            sheet = stacked(rows[number : number + ROWS_A_SHEET])
            file = options.out / f"{name}-{number // ROWS_A_SHEET + 1}.png"
            cv2.imwrite(str(file), cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))


def chosen_photos(name: str, count: int) -> list[Path]:
    """Return photos spread evenly: of acne over the number of labels, else over the names."""
    paths = photos_of(f"dev/{name}")
    if name == "acne":
        labels = read_ellipses(shared_dir() / "dev/acne/lesions.csv")
        paths = [p for p in paths if half_of(p.name) == "look" and p.name in labels]
        paths.sort(key=lambda p: (len(labels[p.name].rows), p.name))
    at = np.linspace(0, len(paths) - 1, count + 2).round().astype(int)[1:-1]
    return [paths[i] for i in at]


def row_of(photo: PreparedPhoto, name: str, makers: dict[str, MapsOf]) -> RGB:
    """Return the row of one photo: face, labels, one panel per method."""
    rgb = photo.crop.rgb
    labelled, heading = LABELS[name](photo)
    panels = [Panel(rgb, photo.name), Panel(labelled, heading)]
    for method, maps_of in makers.items():
        found = maps_of(photo).get(CONDITIONS[name])
        panels.append(
            Panel(rgb, f"{method}: no map")
            if found is None
            else Panel(overlaid(rgb, found, photo.crop.mm_per_px), method)
        )
    return np.hstack([headed(p) for p in panels])


def overlaid(rgb: RGB, found: ConditionMap, mm_per_px: float) -> RGB:
    """Return the picture with the map as heat; what was not looked at is dimmed.

    Of acne, peaks of at least one half are ringed.
    """
    p = np.where(found.looked_at, found.probability, np.float32(0))
    heat = cv2.applyColorMap((p * 255).astype(np.uint8), cv2.COLORMAP_INFERNO)[..., ::-1]
    share = np.clip(p * 1.2, 0, 0.75)[..., None]
    base = rgb * np.where(found.looked_at, 1.0, 0.6)[..., None]
    drawn = (base * (1 - share) + heat * share).astype(np.uint8)
    if found.condition is Condition.ACNE:
        points, confidence = map_peaks(found, mm_per_px)
        for x, y in points[confidence >= SURE]:
            cv2.circle(drawn, (int(x), int(y)), max(3, round(1.2 / mm_per_px)), PEAK_COLOUR, 1)
    return drawn


def acne_labels(photo: PreparedPhoto) -> tuple[RGB, str]:
    """Return the face with its labelled ellipses, and how many there are."""
    labels = read_ellipses(shared_dir() / "dev/acne/lesions.csv")
    lesions = to_crop(labels.get(photo.name, Ellipses(np.zeros((0, 5)))), photo.crop)
    drawn = photo.crop.rgb.copy()
    for cx, cy, major, minor, angle in lesions.rows:
        axes = max(1, round(major)), max(1, round(minor))
        cv2.ellipse(drawn, (round(cx), round(cy)), axes, angle, 0, 360, LABEL_COLOUR, 1)
    return drawn, f"{len(lesions.rows)} labelled lesions"


def redness_labels(photo: PreparedPhoto) -> tuple[RGB, str]:
    """Return the face, and what the photo is labelled."""
    return photo.crop.rgb, photo.name.split("_")[0]


def wrinkle_labels(photo: PreparedPhoto) -> tuple[RGB, str]:
    """Return the face with the boxes of lines, and how many there are."""
    boxes = read_boxes(shared_dir() / "dev/wrinkles" / photo.name)
    drawn = photo.crop.rgb.copy()
    lines = [row for row in boxes if int(row[0]) in LINES]
    for kind, *box in lines:
        rows, cols = crop_slices(box, photo.crop)
        corner = cols.start, rows.start
        cv2.rectangle(drawn, corner, (cols.stop, rows.stop), LABEL_COLOUR, 1)
        cv2.putText(drawn, LINES[int(kind)], corner, cv2.FONT_HERSHEY_PLAIN, 0.9, LABEL_COLOUR)
    return drawn, f"{len(lines)} labelled boxes"


LABELS: dict[str, Callable[[PreparedPhoto], tuple[RGB, str]]] = {
    "acne": acne_labels,
    "redness": redness_labels,
    "wrinkles": wrinkle_labels,
}


def headed(panel: Panel) -> RGB:
    """Return the panel at the sheet's height with its heading on it."""
    height, width = panel.rgb.shape[:2]
    factor = HEIGHT_PX / height
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    drawn = cv2.resize(panel.rgb, (round(width * factor), HEIGHT_PX), interpolation=method)
    for colour, thick in (((0, 0, 0), 3), (TEXT_COLOUR, 1)):
        cv2.putText(
            drawn, panel.heading, (6, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, thick, cv2.LINE_AA
        )
    return cv2.copyMakeBorder(drawn, 2, 2, 2, 2, cv2.BORDER_CONSTANT)


def stacked(rows: list[RGB]) -> RGB:
    """Return rows of unequal width one below the other."""
    width = max(r.shape[1] for r in rows)
    return np.vstack([np.pad(r, ((0, 0), (0, width - r.shape[1]), (0, 0))) for r in rows])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_choices(parser)
    parser.add_argument("--out", type=Path, required=True, help="outside the repository")
    parser.add_argument("--photos", type=int, default=24)
    return parser.parse_args()


if __name__ == "__main__":
    main()
