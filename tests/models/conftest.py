"""The face landmarker itself, read once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from skimage import data

from cutis.models.builtin import builtin_models
from cutis.models.face_landmarker import FaceLandmarkerBundle
from cutis.models.runtime import Runtime


@pytest.fixture(scope="session")
def landmarker(bundle: Path) -> FaceLandmarkerBundle:
    return FaceLandmarkerBundle(
        bundle, builtin_models().get("face_landmarker").file.sha256, Runtime()
    )


@pytest.fixture(scope="session")
def astronaut() -> np.ndarray:
    """Eileen Collins, NASA, public domain: 512 × 512 px, her face about 110 px wide."""
    return data.astronaut()
