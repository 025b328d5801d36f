"""The drawn face, ready for each step."""

from __future__ import annotations

import numpy as np
import pytest

from cutis.core.capture import CaptureInfo, Photo
from cutis.core.face import FaceCrop
from cutis.core.masks import SkinMask
from cutis.steps.landmarks import LandmarkLimits, find_faces, full_mirror_order
from cutis.steps.regions import crop_face
from cutis.steps.skin import ColourSkinSegmenter
from cutis.testing import FakeLandmarker, sample_photo


def photo_of(rgb: np.ndarray) -> Photo:
    height, width = rgb.shape[:2]
    info = CaptureInfo("PNG", width, height, 8, "sRGB", "0" * 64, size_bytes=1, lossy=False)
    return Photo(rgb, info)


@pytest.fixture(scope="session")
def photo() -> Photo:
    return photo_of(sample_photo())


@pytest.fixture(scope="session")
def order() -> np.ndarray:
    """For each of 478 points the index of its mirror image."""
    return full_mirror_order(FakeLandmarker().canonical)


@pytest.fixture(scope="session")
def crop(photo: Photo, order: np.ndarray) -> FaceCrop:
    limits = LandmarkLimits(
        search_px=10_000, trace_px=10_000
    )  # the stand-in knows the full-size picture only
    return crop_face(photo, find_faces(photo, FakeLandmarker(), limits)[0], order)


@pytest.fixture(scope="session")
def skin(crop: FaceCrop) -> SkinMask:
    return ColourSkinSegmenter().segment(crop)
