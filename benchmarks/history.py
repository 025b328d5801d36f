"""Is a change verdict to be trusted, how small a change is seen, and do forecasts hold?

    nice -n 15 python benchmarks/history.py [--photos 60] [--out benchmarks/results/history.json]

* False changes: each clean photo against itself after six changes of the capture alone. The share
  of pairs called changed, per condition and anywhere at all, in the face and in its regions.
* Detection: redness, pigmentation, spots, dark circles and wrinkles of known size are painted into
  the skin along its densities; the smallest size that is called a change in 80 % of the photos,
  per condition and third of skin tone. The other conditions are not painted here.
* Forecasts: simulated series of five kinds of skin; the share of measured scores inside the 90 %
  interval, for all dynamics weighted by likelihood as shipped, and for the likeliest alone.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from photo_sets import half_of, spread_over
from repeats import examined, photo_of, tools_of_worker, unmirrored

from cutis.core.assessment import Examination
from cutis.core.vocabulary import Condition, Region
from cutis.history import ChangeVerdict, Comparison, ForecastScore, compare, forecast_score
from cutis.history.kalman import Dynamics, State, carry_on, follow
from cutis.imaging.colour import linear_to_rgb, rgb_to_linear
from cutis.imaging.filters import blur
from cutis.imaging.skin_optics import absorption_vectors
from cutis.pipeline import Tools
from cutis.steps.intake import open_photo

SETS = ("clean/interfaces", "clean/features", "clean/sfhq_t2i")
_tools: Tools
CHANGED = {ChangeVerdict.BETTER, ChangeVerdict.WORSE}
DETECTED_SHARE = 0.8
THIRDS = ("lightest", "middle", "darkest")
SPOT_DENSITY, SPOT_MM, MARK_MM = 0.3, 1.5, 2.0
LINE_DENSITY, LINE_MM, LINE_WIDTH_MM = 0.12, 40.0, 0.5

SIZES: dict[Condition, tuple[str, tuple[float, ...]]] = {
    Condition.REDNESS: ("haemoglobin density on both cheeks", (0.02, 0.04, 0.08, 0.16, 0.32)),
    Condition.PIGMENTATION: ("dark spots of 2 mm radius", (2, 5, 10, 20, 40)),
    Condition.ACNE: ("red spots of 1.5 mm radius", (1, 2, 4, 8, 16)),
    Condition.DARK_CIRCLES: ("melanin density under both eyes", (0.02, 0.04, 0.08, 0.16, 0.32)),
    Condition.WRINKLES: ("lines of 40 mm on the forehead", (1, 2, 4, 6, 8)),
}
"""What is painted, in which unit, and how much of it."""

KINDS = {
    "still": Dynamics(0.0, 0.0, 30.0),
    "drifting": Dynamics(0.3, 0.0, 30.0),
    "drifting fast": Dynamics(1.0, 0.0, 30.0),
    "long trends": Dynamics(0.1, 0.3, 40.0),
    "short trends": Dynamics(0.3, 0.3, 10.0),
}
VISITS = (4, 6, 10)


def main() -> None:
    """Run all three, write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=60)
    parser.add_argument("--painted", type=int, default=60, help="photos that are painted on")
    parser.add_argument("--series", type=int, default=200, help="simulated series of each kind")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/history.json"))
    options = parser.parse_args()
    files = spread_over([half_of(name, 1) for name in SETS], options.photos)
    repeats: list[tuple[str, Comparison]] = []
    painted: list[dict] = []
    jobs = [(path, number, number < options.painted) for number, path in enumerate(files)]
    spawned = get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=spawned, initializer=_prepare) as workers:
        for number, (pairs, rows) in enumerate(workers.map(_look_at, jobs)):
            repeats += pairs
            painted += rows
            print(f"\r{number + 1} of {len(files)} photos", end="", file=sys.stderr, flush=True)
    result = {
        "photos": len(files),
        "painted_photos": len({row["photo"] for row in painted}),
        "false_changes": _false_changes(repeats),
        "detection": _detection(painted),
        "forecasts": forecast_coverage(options.series, np.random.default_rng(0)),
    }
    text = json.dumps(result, indent=1, ensure_ascii=False) + "\n"
    print(text)
    options.out.write_text(text, encoding="utf-8")


def _prepare() -> None:
    global _tools  # noqa: PLW0603
    _tools = tools_of_worker()


def _look_at(job: tuple[Path, int, bool]) -> tuple[list[tuple[str, Comparison]], list[dict]]:
    """Return the comparisons of one photo with itself, and of what is painted into it."""
    path, number, paints = job
    first = examined(open_photo(path), _tools)
    if first is None or not first.assessment.usable:
        return [], []
    rng = np.random.default_rng(number)
    return list(_repeats(first, _tools)), list(_painted(first, _tools, rng)) if paints else []


# False changes


def variants(rgb: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the photo as another shot of the same face might show it."""
    bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    packed = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 80])[1]
    yield "JPEG 80", cv2.cvtColor(cv2.imdecode(packed, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    linear = rgb_to_linear(rgb)
    for name, gain in (("darker", (0.85, 0.85, 0.85)), ("warmer", (1.06, 1.0, 0.94))):
        yield name, linear_to_rgb(linear * np.array(gain, np.float32))
    yield "mirrored", np.ascontiguousarray(rgb[:, ::-1])
    yield "smaller", cv2.resize(rgb, None, fx=0.85, fy=0.85, interpolation=cv2.INTER_AREA)
    yield "soft", cv2.GaussianBlur(rgb, (0, 0), 0.7)


def _repeats(first: Examination, tools: Tools) -> Iterator[tuple[str, Comparison]]:
    for name, rgb in variants(first.photo.rgb):
        other = examined(photo_of(rgb), tools)
        if other is not None:
            after = other.assessment
            yield (
                name,
                compare(first.assessment, unmirrored(after) if name == "mirrored" else after),
            )


def _false_changes(pairs: list[tuple[str, Comparison]]) -> dict:
    """Return shares of pairs that were called changed although nothing was."""
    compared, changed, stops = Counter(), Counter(), Counter()
    for _, found in pairs:
        for condition, change in found.conditions.items():
            if change.hindrance is None:
                compared[condition] += 1
                changed[condition] += change.verdict in CHANGED
            else:
                stops[change.hindrance.obstacle.value] += 1
    face = [(name, found) for name, found in pairs if _is_compared(found)]
    return {
        "pairs": len(pairs),
        "compared_pairs": len(face),
        "any_condition": _share(_any_condition(f) for _, f in face),
        "any_region": _share(_any_region(f) for _, f in face),
        "any_condition_by_variant": {
            name: _share(_any_condition(f) for n, f in face if n == name) for name in dict(pairs)
        },
        "by_condition": {
            c.value: {"compared": compared[c], "changed_share": changed[c] / compared[c]}
            for c in Condition
            if compared[c]
        },
        "not_compared": dict(stops),
    }


def _is_compared(found: Comparison) -> bool:
    return found.overall.verdict is not ChangeVerdict.CANNOT_COMPARE


def _any_condition(found: Comparison) -> bool:
    return any(c.verdict in CHANGED for c in found.conditions.values())


def _any_region(found: Comparison) -> bool:
    return any(c.verdict in CHANGED for part in found.regions.values() for c in part.values())


def _share(hits: Iterator[bool]) -> float | None:
    told = list(hits)
    return float(np.mean(told)) if told else None


# Detection


def _painted(first: Examination, tools: Tools, rng: np.random.Generator) -> Iterator[dict]:
    """Yield for each condition and size whether it was called more than before."""
    tone = first.assessment.tone
    ita = tone.colour.ita_deg if hasattr(tone, "colour") else None
    for condition, (_, sizes) in SIZES.items():
        if first.assessment.scores[condition].value is None:
            continue
        seed = int(rng.integers(1 << 31))  # the same places for every size of one photo
        for size in sizes:
            rgb = paint(first, condition, size, np.random.default_rng(seed))
            after = examined(photo_of(rgb), tools)
            if after is None:
                continue
            change = compare(first.assessment, after.assessment).conditions[condition]
            yield {
                "photo": first.assessment.capture.sha256,
                "ita_deg": ita,
                "condition": condition,
                "size": size,
                "detected": change.verdict is ChangeVerdict.WORSE,
                "difference": change.difference,
                "needed": change.needed,
            }


def paint(
    examination: Examination, condition: Condition, size: float, rng: np.random.Generator
) -> np.ndarray:
    """Return the photo with a condition of known size painted into the skin of its face."""
    crop, photo = examination.crop, examination.photo
    amount, vector = _PAINTERS[condition](examination, size, rng)
    x0, y0, x1, y1 = crop.box
    soft = cv2.resize(amount, (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR)
    rgb = photo.rgb.copy()
    linear = rgb_to_linear(np.ascontiguousarray(rgb[y0:y1, x0:x1]))
    rgb[y0:y1, x0:x1] = linear_to_rgb(
        (linear * 10 ** (-soft[..., None] * vector)).astype(np.float32)
    )
    return rgb


def _melanin() -> np.ndarray:
    return absorption_vectors()[0].astype(np.float32)


def _haemoglobin() -> np.ndarray:
    return absorption_vectors()[1].astype(np.float32)


def _cheeks(examination: Examination, size: float, _rng: object) -> tuple[np.ndarray, np.ndarray]:
    where = _skin(examination, Region.SUBJECT_LEFT_CHEEK, Region.SUBJECT_RIGHT_CHEEK)
    return size * _soft(where, 3.0 / examination.crop.mm_per_px), _haemoglobin()


def _under_eyes(
    examination: Examination, size: float, _rng: object
) -> tuple[np.ndarray, np.ndarray]:
    crop = examination.crop
    where = _skin(examination, Region.SUBJECT_LEFT_PERIORBITAL, Region.SUBJECT_RIGHT_PERIORBITAL)
    irises = crop.landmarks.points[[468, 473]]
    below = np.arange(crop.shape[0]) > irises[:, 1].mean()
    return size * _soft(where & below[:, None], 1.5 / crop.mm_per_px), _melanin()


def _discs(
    examination: Examination, count: float, rng: np.random.Generator, radius_mm: float
) -> np.ndarray:
    """Return spots at random places of cheeks, forehead and chin, well inside the skin."""
    crop = examination.crop
    where = _skin(
        examination,
        Region.SUBJECT_LEFT_CHEEK,
        Region.SUBJECT_RIGHT_CHEEK,
        Region.FOREHEAD,
        Region.CHIN,
    )
    radius = radius_mm / crop.mm_per_px
    inside = np.argwhere(cv2.distanceTransform(where.astype(np.uint8), cv2.DIST_L2, 5) > 2 * radius)
    spots = np.zeros(crop.shape, np.float32)
    for row, column in inside[rng.permutation(len(inside))[: int(count)]]:
        cv2.circle(spots, (int(column), int(row)), max(1, round(radius)), 1.0, -1, cv2.LINE_AA)
    return SPOT_DENSITY * blur(spots, 0.25 / crop.mm_per_px)


def _lines(examination: Examination, count: float, _rng: object) -> tuple[np.ndarray, np.ndarray]:
    """Return dark lines across the forehead, evenly spaced, of shading rather than pigment."""
    crop = examination.crop
    where = _skin(examination, Region.FOREHEAD)
    amount = np.zeros(crop.shape, np.float32)
    rows, columns = np.nonzero(where)
    if len(rows):
        half, middle = LINE_MM / crop.mm_per_px / 2, float(np.median(columns))
        heights = np.quantile(rows, np.linspace(0, 1, int(count) + 2)[1:-1])
        for y in heights:
            ends = [(round(middle + side * half), round(float(y))) for side in (-1, 1)]
            cv2.line(amount, *ends, 1.0, max(1, round(LINE_WIDTH_MM / crop.mm_per_px)), cv2.LINE_AA)
    soft = blur(amount, 0.5 * LINE_WIDTH_MM / crop.mm_per_px) * where
    return LINE_DENSITY * soft, np.ones(3, np.float32)


_Painter = Callable[[Examination, float, np.random.Generator], tuple[np.ndarray, np.ndarray]]
_PAINTERS: dict[Condition, _Painter] = {
    Condition.REDNESS: _cheeks,
    Condition.DARK_CIRCLES: _under_eyes,
    Condition.PIGMENTATION: lambda e, n, r: (_discs(e, n, r, MARK_MM), _melanin()),
    Condition.ACNE: lambda e, n, r: (_discs(e, n, r, SPOT_MM), _haemoglobin()),
    Condition.WRINKLES: _lines,
}


def _skin(examination: Examination, *regions: Region) -> np.ndarray:
    return examination.crop.regions.mask(*regions) & examination.skin.measurable


def _soft(mask: np.ndarray, sigma_px: float) -> np.ndarray:
    return blur(mask.astype(np.float32), sigma_px) * mask


def _detection(rows: list[dict]) -> dict:
    """Return per condition, over all and per third of tone, what share of each size is detected."""
    tones = {row["photo"]: row["ita_deg"] for row in rows if row["ita_deg"] is not None}
    lightest_first = sorted(tones, key=lambda photo: -tones[photo])
    thirds = dict(zip(THIRDS, np.array_split(np.array(lightest_first), 3), strict=True))
    groups = {"all": None} | {name: set(part.tolist()) for name, part in thirds.items()}
    table = {}
    for condition, (unit, sizes) in SIZES.items():
        own = [row for row in rows if row["condition"] is condition]
        table[condition.value] = {
            "painted": unit,
            **{
                name: _smallest([r for r in own if members is None or r["photo"] in members], sizes)
                for name, members in groups.items()
            },
        }
    return table


def _smallest(rows: list[dict], sizes: tuple[float, ...]) -> dict:
    """Return the smallest size from which on at least 80 % of the photos show a change."""
    by_size: dict[float, list[dict]] = defaultdict(list)
    for row in rows:
        by_size[row["size"]].append(row)
    shares = {s: float(np.mean([r["detected"] for r in by_size[s]])) for s in sizes if by_size[s]}
    smallest = None
    for size in reversed(list(shares)):
        if shares[size] < DETECTED_SHARE:
            break
        smallest = size
    moved = {
        s: float(np.median([r["difference"] for r in by_size[s] if r["difference"] is not None]))
        for s in shares
        if any(r["difference"] is not None for r in by_size[s])
    }
    return {
        "photos": max((len(part) for part in by_size.values()), default=0),
        "detected_share": shares,
        "smallest_detected_by_80_percent": smallest,
        "median_difference_points": moved,
    }


# Forecasts


def simulate(
    dynamics: Dynamics, visits: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return days, scores and their deviation of one made-up skin, irregular visits."""
    days = np.cumsum(np.concatenate([[0.0], rng.uniform(3, 21, visits - 1)]))
    deviation = float(rng.uniform(1, 3))
    slope = float(rng.normal(0, dynamics.slope)) if dynamics.slope else 0.0
    state = State(float(rng.uniform(25, 75)), slope, 0.0, 0.0, 0.0)
    levels = [state.level]
    for span in np.diff(days):
        ahead = carry_on(state, dynamics, float(span))
        spread = np.array(
            [
                [ahead.level_variance, ahead.covariance],
                [ahead.covariance, ahead.slope_variance],
            ]
        )
        moved = np.linalg.cholesky(spread + 1e-12 * np.eye(2)) @ rng.normal(size=2)
        level, slope = ahead.level + float(moved[0]), ahead.slope + float(moved[1])
        state = State(level, slope, 0.0, 0.0, 0.0)
        levels.append(level)
    scores = np.array(levels) + rng.normal(0, deviation, visits)
    return days, np.clip(scores, 0, 100), deviation


def forecast_coverage(series: int, rng: np.random.Generator) -> dict:
    """Return the share of coming scores inside the 90 % interval, per kind and number of visits."""
    by_kind: dict[str, dict[str, float]] = {}
    inside, alone, errors = [], [], []
    for kind, dynamics in KINDS.items():
        by_kind[kind] = {}
        for visits in VISITS:
            hits = []
            for _ in range(series):
                days, scores, deviation = simulate(dynamics, visits + 1, rng)
                known = days[:-1].tolist(), scores[:-1].tolist(), [deviation] * visits
                made = forecast_score(*known, horizon_days=float(days[-1] - days[-2]))
                if isinstance(made, ForecastScore):
                    came = float(scores[-1])
                    hits.append(made.interval.low <= came <= made.interval.high)
                    errors.append(abs(made.value - came))
                    alone.append(_held_alone(known, made, came))
            by_kind[kind][f"{visits} visits"] = float(np.mean(hits))
            inside += hits
    return {
        "series": len(inside),
        "nominal": 0.9,
        "coverage": float(np.mean(inside)),
        "coverage_of_the_likeliest_alone": float(np.mean(alone)),
        "mean_absolute_error_points": float(np.mean(errors)),
        "by_kind": by_kind,
    }


def _held_alone(
    known: tuple[list[float], list[float], list[float]], made: ForecastScore, came: float
) -> bool:
    """Tell whether the likeliest dynamics alone would have held."""
    days, scores, deviations = known
    state = follow(days, scores, [d * d for d in deviations], made.likeliest)
    ahead = carry_on(state, made.likeliest, made.horizon_days)
    spread = float(np.sqrt(ahead.level_variance + deviations[-1] ** 2))
    return bool(abs(came - ahead.level) <= 1.645 * spread)


if __name__ == "__main__":
    main()
