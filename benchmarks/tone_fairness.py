"""The same photo with lighter and darker skin: does any capture-quality measure refuse one more?

    python benchmarks/tone_fairness.py [--photos 90] [--out benchmarks/results/tone_fairness.json]

Thirds of a photo set differ in pose and light as well as in tone. Here only the skin changes:
melanin is taken from or added to the skin of each photo of clean/interfaces along its density
vector, with soft edges, until the face has a given typology angle; sharpness, pose, exposure and
background stay. Refusals and mean scores are compared per measure.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from photo_sets import photos_of

from cutis.core.arrays import RGB
from cutis.core.capture import Photo
from cutis.core.vocabulary import Verdict
from cutis.imaging.colour import LUMA, lab_to_ita_deg, linear_to_lab, linear_to_rgb, rgb_to_linear
from cutis.imaging.filters import blur
from cutis.imaging.skin_optics import absorption_vectors
from cutis.pipeline import Tools, examine
from cutis.settings import Settings
from cutis.steps.intake import open_photo
from cutis.steps.scoring.colour import is_colourless, sample_colour
from cutis.wiring import build_tools

SURFACE_SHARE = 0.08
"""Light mirrored by the surface, about 2.8 % of what falls on skin, as a share of what light skin
gives back; it does not pass through melanin, and keeps dark skin from turning orange."""

TARGET_ITA_DEG = {"light": 50.0, "intermediate": 30.0, "brown": -10.0, "dark": -45.0}


def main() -> None:
    """Run, print the table, write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=None)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/tone_fairness.json"))
    options = parser.parse_args()
    tools = build_tools(Settings())
    rows: dict[str, list[dict[str, tuple[float | None, str]]]] = defaultdict(list)
    used = 0
    for number, path in enumerate(photos_of("clean/interfaces", options.photos)):
        for tone, quality in _judged(open_photo(path), tools):
            rows[tone].append(quality)
            used += tone == "light"
        print(f"\r{number + 1} photos", end="", file=sys.stderr)
    result = {"photos": used, "target_ita_deg": TARGET_ITA_DEG, "measures": _table(rows)}
    worst = max(
        row["dark"]["refused_share"] - row["light"]["refused_share"]
        for row in result["measures"].values()
    )
    result["most points that dark is refused more often than light"] = 100 * worst
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


def _judged(
    photo: Photo, tools: Tools
) -> Iterator[tuple[str, dict[str, tuple[float | None, str]]]]:
    """Yield the quality of the photo in each tone; nothing if no face or no colour is seen."""
    first = examine(photo, tools)
    if first.crop is None or first.skin is None or np.count_nonzero(first.skin.skin) < 500:
        return
    x0, y0, x1, y1 = first.crop.box
    part = rgb_to_linear(photo.rgb[y0:y1, x0:x1])
    if part.shape[:2] != first.crop.shape:
        return
    if is_colourless(sample_colour(first.crop, first.skin).lab):
        return
    soft = blur(first.skin.skin.astype(np.float32), 3.0)
    for tone, ita in TARGET_ITA_DEG.items():
        rgb = photo.rgb.copy()
        rgb[y0:y1, x0:x1] = with_tone(part, soft, first.skin.measurable, ita)
        answer = examine(Photo(rgb, photo.info), tools).assessment
        yield tone, {m.name.value: (m.score, m.verdict.value) for m in answer.quality.measures}


def with_tone(linear: np.ndarray, soft: np.ndarray, skin: np.ndarray, ita_deg: float) -> RGB:
    """Return the picture with melanin moved until its skin's median has an angle of ``ita_deg``.

    The amount is found by bisection; more melanin always lowers the angle.
    """
    vector = absorption_vectors()[0].astype(np.float32)
    surface = SURFACE_SHARE * (linear @ LUMA)[..., None]
    beneath = linear - surface
    own_surface, own_beneath = (np.median(v[skin], axis=0) for v in (surface, beneath))
    low, high = -1.5, 2.5
    for _ in range(24):
        middle = (low + high) / 2
        lab = linear_to_lab(own_surface + own_beneath * 10 ** (-middle * vector))
        ita = lab_to_ita_deg(float(lab[0]), float(lab[2]))
        low, high = (middle, high) if ita > ita_deg else (low, middle)
    return linear_to_rgb(surface + beneath * 10 ** (-low * soft[..., None] * vector))


def _table(rows: dict[str, list[dict[str, tuple[float | None, str]]]]) -> dict[str, dict]:
    names = sorted({name for part in rows.values() for row in part for name in row})
    table: dict[str, dict] = {}
    for name in names:
        table[name] = {}
        for tone, part in rows.items():
            seen = [row[name] for row in part if name in row]
            scores = [s for s, _ in seen if s is not None]
            table[name][tone] = {
                "refused_share": float(np.mean([v == Verdict.RETAKE.value for _, v in seen])),
                "mean_score": float(np.mean(scores)) if scores else None,
            }
    return table


if __name__ == "__main__":
    main()
