"""The same face photographed again: pairs of assessments between which only the capture changed.

Each photo is changed in exposure, white balance, size, compression, noise, focus, framing, lean and
mirroring, as much as two usual shots differ. Both assessments of a pair are kept as numbers in a
JSON Lines file, so that noise can be fitted again without assessing anything again.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from cutis.core.assessment import Assessment, Examination
from cutis.core.capture import CaptureInfo, Photo
from cutis.core.errors import CutisError
from cutis.core.scores import Score
from cutis.core.vocabulary import Condition, MeasureName, Strictness
from cutis.imaging.colour import linear_to_rgb, rgb_to_linear
from cutis.pipeline import Tools, examine
from cutis.settings import Settings, override
from cutis.steps.intake import open_photo
from cutis.wiring import build_tools

_tools: Tools


def variants(rgb: np.ndarray, rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the photo as another shot might have shown it."""
    linear = rgb_to_linear(rgb)
    for name, gain in (
        ("darker", (0.85, 0.85, 0.85)),
        ("brighter", (1.15, 1.15, 1.15)),
        ("warmer", (1.06, 1.0, 0.94)),
        ("cooler", (0.94, 1.0, 1.06)),
    ):
        yield name, linear_to_rgb(linear * np.array(gain, np.float32))
    bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    packed = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 80])[1]
    yield "recompressed", cv2.cvtColor(cv2.imdecode(packed, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    yield "smaller", cv2.resize(rgb, None, fx=0.85, fy=0.85, interpolation=cv2.INTER_AREA)
    yield "grainier", np.clip(rgb + rng.normal(0, 1.5, rgb.shape), 0, 255).round().astype(np.uint8)
    yield "softer", cv2.GaussianBlur(rgb, (0, 0), 0.7)
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


def names_of_variants() -> list[str]:
    """Return what is changed between two photos of a pair."""
    return [name for name, _ in variants(np.zeros((64, 64, 3), np.uint8), np.random.default_rng(0))]


def collect(files: Sequence[Path], out: Path) -> list[dict[str, Any]]:
    """Assess photos and their variants on all cores; photos that ``out`` has already are not again.

    Returns one row per pair: its photo, its variant, and what `_row` holds.
    """
    wanted = {_name(path) for path in files}
    kept = {photo: rows for photo, rows in _known(out) if photo in wanted}
    jobs = [path for path in files if _name(path) not in kept]
    spawned = get_context("spawn")
    with (
        out.open("a", encoding="utf-8") as file,
        ProcessPoolExecutor(os.cpu_count(), mp_context=spawned, initializer=_prepare) as workers,
    ):
        for number, (path, rows) in enumerate(zip(jobs, workers.map(_rows, jobs), strict=True)):
            kept[_name(path)] = rows
            file.write("\n" + json.dumps([_name(path), rows]))
            file.flush()
            print(f"\r{number + 1} of {len(jobs)} photos", end="", file=sys.stderr, flush=True)
    return [row for path in files for row in kept[_name(path)]]


def _known(out: Path) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield each photo of the file with its rows; a line that was cut off by a stop is left out."""
    for line in out.read_text(encoding="utf-8").splitlines() if out.exists() else []:
        with contextlib.suppress(json.JSONDecodeError):
            photo, rows = json.loads(line)
            yield photo, rows


def tools_of_worker(strictness: Strictness = Strictness.NORMAL) -> Tools:
    """Return the tools of a worker: one thread each, photos are the parallel part."""
    cv2.setNumThreads(1)
    given = {"runtime": {"threads": 1}, "quality": {"strictness": strictness}}
    return build_tools(override(Settings(), given))


def _prepare() -> None:
    global _tools  # noqa: PLW0603
    _tools = tools_of_worker(Strictness.OFF)


def unmirrored(assessment: Assessment) -> Assessment:
    """Give regions and head turn of a mirrored photo back to the side that they belong to."""
    face = assessment.face
    if face is not None:
        pose = replace(face.pose, yaw_deg=-face.pose.yaw_deg, roll_deg=-face.pose.roll_deg)
        face = replace(face, pose=pose)
    regions = {r.mirrored: part for r, part in assessment.regions.items()}
    return replace(assessment, face=face, regions=regions)


def photo_of(rgb: np.ndarray) -> Photo:
    """Return pixels as a photo of another shot."""
    info = CaptureInfo("variant", rgb.shape[1], rgb.shape[0], 8, "sRGB", "", 0, lossy=False)
    return Photo(np.ascontiguousarray(rgb), info)


def examined(photo: Photo, tools: Tools) -> Examination | None:
    """Return the examination of a photo, or None where no face was measured."""
    try:
        found = examine(photo, tools)
    except CutisError:
        return None
    return found if found.crop is not None else None


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _rows(path: Path) -> list[dict[str, Any]]:
    """Return one row per variant; none of a photo that cannot be measured."""
    first = examined(open_photo(path), _tools)
    if first is None:
        return []
    rows = []
    for name, rgb in variants(first.photo.rgb, np.random.default_rng(0)):
        other = examined(photo_of(rgb), _tools)
        if other is not None:
            after = other.assessment
            after = unmirrored(after) if name == "mirrored" else after
            rows.append({"photo": _name(path), "variant": name, **_row(first.assessment, after)})
    return rows


def _row(before: Assessment, after: Assessment) -> dict[str, Any]:
    """Return the numbers of a pair.

    ``mm_per_px`` and ``blur_mm`` of both; ``face``: both scores per condition; ``regions``: per
    condition both scores of each region and the root of face area over region area.
    """
    pair = (before, after)
    return {
        "mm_per_px": [a.face.scale.mm_per_px if a.face else None for a in pair],
        "blur_mm": [_blur_mm(a) for a in pair],
        "face": {c: both for c in Condition if (both := _both(*(a.scores[c] for a in pair)))},
        "regions": {c: rows for c in Condition if (rows := _in_regions(c, before, after))},
    }


def _in_regions(condition: Condition, before: Assessment, after: Assessment) -> list[list[float]]:
    there = [r for r, p in before.regions.items() if isinstance(p.scores.get(condition), Score)]
    whole = sum(before.regions[r].area_mm2 for r in there)
    found = []
    for region in there:
        if region in after.regions:
            both = _both(
                before.regions[region].scores[condition],
                after.regions[region].scores.get(condition),
            )
            part = before.regions[region].area_mm2
            if both and part > 0:
                found.append([*both, float(np.sqrt(max(1.0, whole / part)))])
    return found


def _both(before: object, after: object) -> list[float] | None:
    if isinstance(before, Score) and isinstance(after, Score) and before.method == after.method:
        return [before.value, after.value]
    return None


def _blur_mm(assessment: Assessment) -> float | None:
    sharpness = assessment.quality.measure(MeasureName.SHARPNESS)
    return sharpness.raw.value if sharpness and sharpness.raw else None
