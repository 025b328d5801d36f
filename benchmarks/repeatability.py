"""How far each score moves when nothing but the photograph changes.

    python benchmarks/repeatability.py [--photos 72] [--write [--only acne redness]]

Each photo is changed in exposure, white balance, size, compression, noise, focus, framing, lean and
mirroring, all small and usual between two shots. The deviation within a photo, against the mean
score, gives a floor and a share per condition and scale class. ``--write`` puts them into the
package, where they become the intervals of scores.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from photo_sets import largest_of, photos_of

import cutis
from cutis.core.capture import CaptureInfo, Photo
from cutis.core.vocabulary import Condition, Strictness
from cutis.imaging.colour import linear_to_rgb, rgb_to_linear
from cutis.pipeline import Tools, examine
from cutis.settings import QualitySettings, Settings
from cutis.steps.intake import open_photo
from cutis.steps.scoring.repeatability import scale_class
from cutis.wiring import build_tools

LARGE = ("clean/features", "clean/sfhq")
"""Sets of which the largest photos are added, since few are close enough for pores and flakes."""
SETS = ("clean/interfaces", "clean/features", "clean/sfhq", "clean/sfhq_t2i")
MARKED = "dev/acne"
"""Faces with many spots, so that the deviation of high scores is measured, not extrapolated."""
PACKAGED = Path(cutis.__file__).parent / "steps" / "scoring" / "repeatability.json"
FEWEST = 8
"""Photos that a scale class needs for figures of its own."""


def variants(rgb: np.ndarray, rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the photo as another shot might have shown it."""
    linear = rgb_to_linear(rgb)
    for name, gain in (
        ("darker", (0.9, 0.9, 0.9)),
        ("brighter", (1.1, 1.1, 1.1)),
        ("warmer", (1.05, 1.0, 0.95)),
        ("cooler", (0.95, 1.0, 1.05)),
    ):
        yield name, linear_to_rgb(linear * np.array(gain, np.float32))
    bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    packed = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 85])[1]
    yield "recompressed", cv2.cvtColor(cv2.imdecode(packed, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    yield "smaller", cv2.resize(rgb, None, fx=0.9, fy=0.9, interpolation=cv2.INTER_AREA)
    yield "grainier", np.clip(rgb + rng.normal(0, 1.5, rgb.shape), 0, 255).round().astype(np.uint8)
    yield "softer", cv2.GaussianBlur(rgb, (0, 0), 0.6)
    height, width = rgb.shape[:2]
    lean = cv2.getRotationMatrix2D((width / 2, height / 2), 3.0, 1.0)
    lean[:, 2] += (3.3, -2.7)
    yield (
        "leaning",
        cv2.warpAffine(
            rgb, lean, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
        ),
    )
    yield "mirrored", np.ascontiguousarray(rgb[:, ::-1])


def main() -> None:
    """Measure, print, and with --write keep the figures in the package."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=72)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--only", nargs="+", help="with --write: of these conditions alone")
    parser.add_argument("--marked", type=int, default=18, help="photos of faces with acne")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/repeatability.json"))
    options = parser.parse_args()
    tools = build_tools(Settings(quality=QualitySettings(strictness=Strictness.OFF)))
    rng = np.random.default_rng(0)
    rows: list[dict] = []
    files = [p for s in SETS for p in photos_of(s, options.photos // len(SETS))]
    files += [p for p in largest_of(LARGE, options.photos // 4) if p not in files]
    files += photos_of(MARKED, options.marked) if options.marked else []
    for number, path in enumerate(files):
        rows += _measure(open_photo(path), tools, rng)
        print(f"\r{number + 1} of {len(files)} photos", end="", file=sys.stderr)
    result = {
        "photos": len(files),
        "variants": [name for name, _ in variants(np.zeros((64, 64, 3), np.uint8), rng)],
        "deviation": _deviations(rows),
        "shift_by_variant": _by_variant(rows),
    }
    text = json.dumps(result, indent=1) + "\n"
    print(text)
    options.out.write_text(text, encoding="utf-8")
    if options.write:
        _write(result, options.only)


def _write(result: dict, only: list[str] | None) -> None:
    """Put the deviations into the package; with ``only``, those of some conditions."""
    kept = {k: result[k] for k in ("photos", "variants", "deviation")}
    if only:
        kept = json.loads(PACKAGED.read_text(encoding="utf-8"))
        kept["deviation"] |= {name: result["deviation"][name] for name in only}
    PACKAGED.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def _measure(photo: Photo, tools: Tools, rng: np.random.Generator) -> list[dict]:
    """Return one row per condition: scores of the photo as it is and of each variant."""
    first = examine(photo, tools)
    if first.crop is None:
        return []
    others = {}
    for name, rgb in variants(photo.rgb, rng):
        info = CaptureInfo("variant", rgb.shape[1], rgb.shape[0], 8, "sRGB", "", 0, lossy=False)
        others[name] = examine(Photo(rgb, info), tools).assessment.scores
    rows = []
    for condition, score in first.assessment.scores.items():
        moved = {n: s[condition].value for n, s in others.items() if s[condition].value is not None}
        if score.value is not None and len(moved) >= len(others) - 2:
            scale = scale_class(first.crop.mm_per_px)
            rows.append(
                {"condition": condition, "scale": scale, "value": score.value, "moved": moved}
            )
    return rows


def _deviations(rows: list[dict]) -> dict[str, dict[str, float]]:
    """Fit each condition; one that hardly any photo shows takes the worst figures of the others."""
    own = {c.value: [r for r in rows if r["condition"] == c] for c in Condition}
    fitted = {name: _fit(part) for name, part in own.items() if len(part) >= FEWEST}
    worst = {k: max(f[k] for f in fitted.values()) for k in ("floor", "share")}
    return {name: fitted.get(name, worst | {"n": len(part)}) for name, part in own.items()}


def _fit(rows: list[dict]) -> dict[str, float]:
    """Fit deviation = floor + share · score over photos; per scale class where there are enough."""
    result = _floor_and_share(rows)
    for scale in ("fine", "medium", "coarse"):
        part = [r for r in rows if r["scale"] == scale]
        if len(part) >= FEWEST:
            result |= {f"{scale}_{k}": v for k, v in _floor_and_share(part).items()}
    return result


def _floor_and_share(rows: list[dict]) -> dict[str, float]:
    """Fit the deviation within a photo over its mean score, scaled up to hold for four in five."""
    values = np.array([np.mean([r["value"], *r["moved"].values()]) for r in rows])
    spread = np.array([np.std([r["value"], *r["moved"].values()], ddof=1) for r in rows])
    share = max(0.0, float(np.polyfit(values, spread, 1)[0])) if np.ptp(values) > 5 else 0.0
    rest = spread - share * values
    floor = max(0.5, float(np.sqrt(np.mean(np.square(rest)))) if share == 0 else float(rest.mean()))
    # Intervals must hold for most photos, not for the mean one: four in five deviate at most so.
    ratio = spread / (floor + share * values)
    cover = max(1.0, float(np.quantile(ratio, 0.8)))
    return {"floor": round(floor * cover, 3), "share": round(share * cover, 4), "n": len(rows)}


def _by_variant(rows: list[dict]) -> dict[str, dict[str, float]]:
    """Mean absolute shift in score points of each condition under each variant."""
    table: dict[str, dict[str, float]] = {}
    for condition in Condition:
        own = [r for r in rows if r["condition"] == condition]
        names = {n for r in own for n in r["moved"]}
        table[condition.value] = {
            n: round(
                float(np.mean([abs(r["moved"][n] - r["value"]) for r in own if n in r["moved"]])), 2
            )
            for n in sorted(names)
        }
    return table


if __name__ == "__main__":
    main()
