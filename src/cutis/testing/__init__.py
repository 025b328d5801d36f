"""Shipped stand-ins: drawn masks, a drawn face, fake models and a full sample examination.

Nothing here shows a real person, and nothing here is random without a seed.
"""

from __future__ import annotations

from cutis.testing.clock import FakeClock
from cutis.testing.drawing import draw_face
from cutis.testing.fakes import (
    FakeAttributor,
    FakeConditionSegmenter,
    FakeFace,
    FakeLandmarker,
    FakeSkinSegmenter,
    FakeUpscaler,
    average_face,
    drawn_face,
)
from cutis.testing.masks import labels, mask, show
from cutis.testing.pictures import sample_crop, sample_maps, sample_photo, sample_skin
from cutis.testing.samples import sample_assessment, sample_examination

__all__ = [
    "FakeAttributor",
    "FakeClock",
    "FakeConditionSegmenter",
    "FakeFace",
    "FakeLandmarker",
    "FakeSkinSegmenter",
    "FakeUpscaler",
    "average_face",
    "draw_face",
    "drawn_face",
    "labels",
    "mask",
    "sample_assessment",
    "sample_crop",
    "sample_examination",
    "sample_maps",
    "sample_photo",
    "sample_skin",
    "show",
]
