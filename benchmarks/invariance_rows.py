"""Invariance: a photo mirrored, recompressed and darker; does any score leave its interval?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np

from cutis.core.assessment import Assessment
from cutis.core.capture import Photo
from cutis.core.vocabulary import Condition
from cutis.imaging.colour import linear_to_rgb, rgb_to_linear
from cutis.pipeline import Tools, examine
from cutis.steps.intake import open_photo

PHOTOS = 20
DARKER = 0.9


def changed(rgb: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the picture mirrored, recompressed (JPEG quality 85) and 10 % darker."""
    yield "mirrored", np.ascontiguousarray(rgb[:, ::-1])
    bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    packed = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 85])[1]
    yield "JPEG 85", cv2.cvtColor(cv2.imdecode(packed, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    yield "10 % darker", linear_to_rgb(rgb_to_linear(rgb) * np.float32(DARKER))


def moved_scores(before: Assessment, after: Assessment) -> dict[Condition, float]:
    """Return by how many half-intervals each score moved; a score gained or lost moved beyond."""
    moved = {}
    for condition, score in before.scores.items():
        other = after.scores[condition]
        if score.value is None and other.value is None:
            continue
        if score.value is None or other.value is None:
            moved[condition] = float("inf")
            continue
        limit = score.interval.high if other.value > score.value else score.interval.low
        width = abs(limit - score.value)
        shift = abs(other.value - score.value)
        moved[condition] = shift / width if width else (0.0 if shift == 0 else float("inf"))
    return moved


def invariance_rows(paths: Iterable[Path], tools: Tools) -> dict[str, object]:
    """Return the share of photos of which no score leaves its interval, per change and for all."""
    steady: Counter[str] = Counter()
    beyond: Counter[str] = Counter()
    photos = 0
    for path in paths:
        photo = open_photo(path)
        first = examine(photo, tools)
        if first.crop is None:
            continue
        photos += 1
        calm = True
        for name, rgb in changed(photo.rgb):
            after = examine(Photo(rgb, photo.info), tools).assessment
            out = [c for c, by in moved_scores(first.assessment, after).items() if by > 1]
            steady[name] += not out
            beyond.update(f"{c.value}, {name}" for c in out)
            calm &= not out
        steady["every change"] += calm
    return {
        "photos": photos,
        **{f"share within intervals, {n}": c / photos for n, c in sorted(steady.items())},
        **{f"photos beyond, {n}": c for n, c in beyond.most_common()},
    }
