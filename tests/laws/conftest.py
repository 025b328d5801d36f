"""The whole assessment with its real model, and the benchmarks' own code."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest

from cutis.core.capture import CaptureInfo, Photo
from cutis.core.vocabulary import Strictness
from cutis.models.builtin import builtin_models
from cutis.models.face_landmarker import FaceLandmarkerBundle
from cutis.models.runtime import Runtime
from cutis.pipeline import Tools
from cutis.steps.conditions import ClassicalConditionSegmenter
from cutis.steps.landmarks import full_mirror_order
from cutis.steps.skin import ColourSkinSegmenter

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(scope="session")
def tools(bundle: Path) -> Tools:
    digest = builtin_models().get("face_landmarker").file.sha256
    landmarker = FaceLandmarkerBundle(bundle, digest, Runtime())
    order = full_mirror_order(landmarker.canonical)
    return Tools(
        landmarker,
        ColourSkinSegmenter(),
        (ClassicalConditionSegmenter(order),),
        software_version="0",
        strictness=Strictness.OFF,
    )


@pytest.fixture
def benchmark_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """Import a benchmark by name, so that a law and its published figure share one code."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module


@pytest.fixture(scope="session")
def real_photos(shared_dir: Path) -> list[Photo]:
    """Six real portraits of light to dark skin."""
    folder = shared_dir / "data" / "clean" / "interfaces"
    names = ("007", "014", "021", "042", "069", "071")
    return [read_photo(folder / f"{name}.jpg") for name in names]


def read_photo(path: Path) -> Photo:
    rgb = np.asarray(cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB))
    height, width = rgb.shape[:2]
    info = CaptureInfo("JPEG", width, height, 8, "sRGB", "0" * 64, size_bytes=1, lossy=True)
    return Photo(rgb, info)
