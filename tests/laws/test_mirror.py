"""The mirror law: a mirrored photo gives mirrored regions and equal scores.

`benchmarks/mirror_law.py` publishes the figures over 40 photos.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest

from cutis.core.capture import CaptureInfo, Photo
from cutis.core.vocabulary import Condition, Strictness
from cutis.pipeline import Limits, Tools
from cutis.steps.conditions import ClassicalConditionSegmenter
from cutis.steps.landmarks import LandmarkLimits, full_mirror_order
from cutis.steps.skin import ColourSkinSegmenter
from cutis.testing import FakeFace, FakeLandmarker, drawn_face, sample_photo

POINTS = 1.0
IOU = 0.97


def test_the_drawn_face_is_scored_alike_in_a_mirror(benchmark_of: Callable[[str], ModuleType]):
    """With a stand-in that knows where the face is, so that only the measures are tried."""
    law = benchmark_of("mirror_law")
    rgb = sample_photo()[:, 20:]
    face = drawn_face()
    x, y = face.centre[0] - 20, face.centre[1]
    pair = []
    for picture, at in ((rgb, x), (rgb[:, ::-1], rgb.shape[1] - x)):
        info = CaptureInfo("PNG", rgb.shape[1], rgb.shape[0], 8, "sRGB", "0" * 64, 1, lossy=False)
        tools = stand_in_tools(replace(face, centre=(at, y)))
        pair.append(law.examine(Photo(np.ascontiguousarray(picture), info), tools))
    found = law.compare(*pair)
    assert found["one_sided"] == []
    assert len(found["scores"]) >= 6
    assert max(found["scores"].values()) < POINTS, found["scores"]
    assert min(found["iou"].values()) >= IOU


def stand_in_tools(face: FakeFace) -> Tools:
    landmarker = FakeLandmarker((face,))
    order = full_mirror_order(landmarker.canonical)
    limits = Limits(landmarks=LandmarkLimits(search_px=10_000, trace_px=10_000))
    conditions = (ClassicalConditionSegmenter(order),)
    return Tools(landmarker, ColourSkinSegmenter(), conditions, "0", Strictness.OFF, limits)


@pytest.mark.model
@pytest.mark.shared
@pytest.mark.slow
def test_real_faces_are_scored_alike_in_a_mirror(
    benchmark_of: Callable[[str], ModuleType], real_photos: list[Photo], tools: Tools
):
    """A spot or line on the very edge of counting may be counted on one side only."""
    law = benchmark_of("mirror_law")
    rows = [law.compare(*law.mirrored_pair(photo, tools)) for photo in real_photos]
    assert [row["one_sided"] for row in rows] == [[]] * len(rows)
    regions = [value for row in rows for value in row["iou"].values()]
    assert len(regions) > 60
    assert np.mean(np.array(regions) >= IOU) > 0.98
    scores = {(i, name): v for i, row in enumerate(rows) for name, v in row["scores"].items()}
    broken = {key: v for key, v in scores.items() if v > POINTS}
    assert len(broken) <= 1, broken
    assert {name for _, name in broken} <= {Condition.ACNE, Condition.WRINKLES}, broken
    assert max(row["scores"]["overall"] for row in rows if "overall" in row["scores"]) < POINTS
