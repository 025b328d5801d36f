"""Melanin and haemoglobin painted on faces are found again, in order of their strength.

`benchmarks/chromophore_recovery.py` publishes the figures over all portraits and tells how the
painting is made.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from cutis.core.capture import CaptureInfo, Photo
from cutis.pipeline import Tools
from cutis.steps.landmarks import LandmarkLimits, find_faces, full_mirror_order
from cutis.steps.regions import crop_face
from cutis.steps.skin import ColourSkinSegmenter
from cutis.testing import FakeLandmarker, sample_photo
from cutis.testing.drawing import Tone

RANK = 0.95
Benchmark = Callable[[str], ModuleType]


@pytest.fixture(params=["light", "medium", "dark"])
def drawn(request: pytest.FixtureRequest) -> tuple:
    """The drawn face in one tone, and its measurable skin."""
    tone: Tone = request.param
    rgb = sample_photo(tone)
    info = CaptureInfo("PNG", rgb.shape[1], rgb.shape[0], 8, "sRGB", "0" * 64, 1, lossy=False)
    photo, landmarker = Photo(rgb, info), FakeLandmarker()
    limits = LandmarkLimits(search_px=10_000, trace_px=10_000)
    order = full_mirror_order(landmarker.canonical)
    crop = crop_face(photo, find_faces(photo, landmarker, limits)[0], order)
    return crop, ColourSkinSegmenter().segment(crop).measurable


def painted(recovery: ModuleType, crop: object, skin: object, model: str) -> list[dict]:
    rng = np.random.default_rng(0)
    paintings = [recovery.paint_and_read(crop, skin, recovery.MODELS[model], rng) for _ in range(2)]
    return [row | {"face": 0} for rows in paintings for row in rows]


@pytest.mark.parametrize("model", ["matte", "matte_lossless"])
def test_what_is_painted_on_the_drawn_face_is_found(
    benchmark_of: Benchmark, drawn: tuple, model: str
):
    recovery = benchmark_of("chromophore_recovery")
    found = recovery.figures(painted(recovery, *drawn, model))
    lowest = RANK if model == "matte_lossless" else 0.9
    for chromophore in ("melanin", "haemoglobin"):
        assert found["single"][chromophore]["pooled"] >= lowest, found["single"]


def test_one_chromophore_is_hardly_taken_for_the_other(benchmark_of: Benchmark, drawn: tuple):
    recovery = benchmark_of("chromophore_recovery")
    talk = recovery.figures(painted(recovery, *drawn, "matte_lossless"))["cross_talk"]
    for direction in talk.values():
        assert abs(direction["median"]) < 0.25, talk


def test_rank_correlation_equals_scipy(benchmark_of: Benchmark):
    from scipy import stats  # noqa: PLC0415

    recovery = benchmark_of("chromophore_recovery")
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 40)).tolist()
    assert recovery.spearman(a, b) == pytest.approx(stats.spearmanr(a, b).statistic)


@pytest.mark.model
@pytest.mark.shared
@pytest.mark.slow
def test_what_is_painted_on_real_faces_is_found(
    benchmark_of: Benchmark, real_photos: list[Photo], tools: Tools
):
    recovery = benchmark_of("chromophore_recovery")
    rows: dict[str, list[dict]] = {"matte": [], "matte_lossless": []}
    for number, photo in enumerate(real_photos):
        crop, skin = recovery.face_of(photo, tools)
        for name in rows:
            rows[name] += [r | {"face": number} for r in painted(recovery, crop, skin, name)]
    for name, lowest in (("matte_lossless", RANK), ("matte", 0.92)):
        found = recovery.figures(rows[name])["single"]
        for chromophore in ("melanin", "haemoglobin"):
            assert found[chromophore]["pooled"] >= lowest, (name, found)
