"""What a worker answers: rows and files for a photo, a reason for what is none."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import NoReturn

from served import drawn_photo

from cutis.batch.plan import Outcome
from cutis.batch.results import photo_kinds
from cutis.batch.worker import ROWS, answer
from cutis.core.arrays import RGB
from cutis.pipeline import Limits, Tools
from cutis.settings import Settings
from cutis.steps.landmarks import LandmarkLimits
from cutis.testing import FakeConditionSegmenter, FakeLandmarker, FakeSkinSegmenter

# Stand-ins know full-size pictures only.
LIMITS = Limits(landmarks=LandmarkLimits(search_px=10_000, trace_px=10_000.0))
TOOLS = Tools(
    FakeLandmarker(), FakeSkinSegmenter(), (FakeConditionSegmenter(),), "1", limits=LIMITS
)
WORDS = {"key": "ab12", "address": "p.png", "json": True, "maps": True}


def test_something_that_is_no_photo_is_quarantined_with_its_reason():
    reply, files = answer(b"no photo", WORDS, TOOLS, Settings())
    assert reply["outcome"] == Outcome.QUARANTINED
    assert reply["code"] == "photo.unsupported"
    assert not files


def test_a_photo_gives_rows_and_files():
    reply, files = answer(drawn_photo(), WORDS, TOOLS, Settings())
    assert reply["files"] == [[name, len(content)] for name, content in files.items()]
    photo, findings = json.loads(files[ROWS])
    assert photo["key"] == "ab12"
    assert set(photo) <= set(photo_kinds())
    assert all(row["key"] == "ab12" for row in findings)
    assert json.loads(files["json/ab/ab12.json"])["usable"] == (reply["outcome"] == "assessed")
    assert "maps/ab/ab12/skin.png" in files


def test_an_unforeseen_fault_costs_the_photo_only():
    class Falls(FakeLandmarker):
        def detect(self, rgb: RGB) -> NoReturn:
            raise RuntimeError("a secret")

    broken = replace(TOOLS, landmarker=Falls())
    reply, _ = answer(drawn_photo(), WORDS, broken, Settings())
    assert reply["code"] == "worker.failed"
    assert "secret" not in reply["reason"]
