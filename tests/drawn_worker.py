"""A worker with stand-ins for the models: it starts at once and knows where the drawn face is."""

from __future__ import annotations

from cutis.core.vocabulary import Strictness
from cutis.pipeline import Limits, Tools
from cutis.service.workers.worker import serve
from cutis.steps.intake import IntakeLimits
from cutis.steps.landmarks import LandmarkLimits
from cutis.testing import FakeConditionSegmenter, FakeLandmarker, FakeSkinSegmenter

if __name__ == "__main__":
    serve(
        Tools(
            landmarker=FakeLandmarker(),
            skin=FakeSkinSegmenter(),
            conditions=(FakeConditionSegmenter(),),
            software_version="0",
            strictness=Strictness.OFF,
            # stand-ins know full-size pictures only
            limits=Limits(landmarks=LandmarkLimits(search_px=10_000, trace_px=10_000.0)),
        ),
        IntakeLimits(),
    )
