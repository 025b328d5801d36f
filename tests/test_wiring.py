"""The front door: bytes, paths and photos in; settings, strictness and models put together."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from drawn_networks import by_mean_colour, card, convolution, lesion_card, of_channel, write

import cutis
from cutis import wiring
from cutis.core.assessment import Examination
from cutis.core.capture import CaptureInfo, Photo
from cutis.core.errors import ModelError, PhotoError
from cutis.core.scores import Score
from cutis.core.vocabulary import Condition, LesionType, Strictness
from cutis.models.builtin import builtin_models
from cutis.models.descriptor import ServedCondition
from cutis.models.registry import Registry
from cutis.models.runtime import Runtime
from cutis.pipeline import Limits, Tools
from cutis.settings import Settings, override
from cutis.steps.landmarks import LandmarkLimits
from cutis.testing import (
    FakeConditionSegmenter,
    FakeLandmarker,
    FakeSkinSegmenter,
    sample_assessment,
    sample_photo,
)

# Stand-ins know full-size pictures only.
LIMITS = Limits(landmarks=LandmarkLimits(search_px=10_000, trace_px=10_000.0))


@pytest.fixture
def stand_ins(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """Put stand-ins behind the ports; the list tells with which settings they were asked for."""
    asked: list[Settings] = []

    def kept(settings: Settings) -> Tools:
        asked.append(settings)
        tools = Tools(FakeLandmarker(), FakeSkinSegmenter(), (FakeConditionSegmenter(),), "0")
        return replace(tools, strictness=settings.quality.strictness, limits=LIMITS)

    monkeypatch.setattr(wiring, "_kept_tools", kept)
    return asked


@pytest.fixture(scope="module")
def png() -> bytes:
    _, data = cv2.imencode(".png", np.ascontiguousarray(sample_photo()[..., ::-1]))
    return data.tobytes()


@pytest.fixture(scope="module")
def photo() -> Photo:
    height, width = sample_photo().shape[:2]
    info = CaptureInfo("PNG", width, height, 8, "sRGB", "0" * 64, size_bytes=1, lossy=False)
    return Photo(sample_photo(), info)


def settings_of(strictness: Strictness) -> Settings:
    return override(Settings(), {"quality": {"strictness": strictness.value}})


def test_bytes_a_path_and_a_photo_give_the_same(
    stand_ins: list[Settings], png: bytes, photo: Photo, tmp_path: Path
):
    path = tmp_path / "face.png"
    path.write_bytes(png)
    found = [wiring.examine(source) for source in (png, path, str(path), photo)]
    assert all(isinstance(e, Examination) for e in found)
    assert all(np.array_equal(e.photo.rgb, photo.rgb) for e in found)
    scores = [e.assessment.scores for e in found]
    assert scores[0] == scores[1] == scores[2] == scores[3]
    assert isinstance(scores[0][Condition.REDNESS], Score)
    assert stand_ins == [Settings()] * 4


def test_assess_is_examine_without_the_pictures(stand_ins: list[Settings], photo: Photo):
    plain, whole = wiring.assess(photo), wiring.examine(photo).assessment
    undated = [
        replace(a, provenance=replace(a.provenance, assessed_at=None)) for a in (plain, whole)
    ]
    assert undated[0] == undated[1]


def test_the_answer_says_when_it_was_made(stand_ins: list[Settings], photo: Photo):
    before = datetime.now(UTC).replace(microsecond=0)
    told = cutis.assess(photo).provenance.assessed_at
    assert told is not None
    assert before <= datetime.fromisoformat(told) <= datetime.now(UTC)


@pytest.mark.parametrize("own", Strictness, ids=lambda s: s.value)
def test_the_callers_strictness_goes_before_the_settings(
    stand_ins: list[Settings], photo: Photo, own: Strictness
):
    lenient = settings_of(Strictness.LENIENT)
    assert wiring.assess(photo, settings=lenient).quality.strictness is Strictness.LENIENT
    answer = wiring.assess(photo, settings=lenient, strictness=own)
    assert answer.quality.strictness is own
    assert stand_ins == [lenient, lenient]


def test_a_broken_photo_is_a_typed_error(stand_ins: list[Settings]):
    with pytest.raises(PhotoError):
        wiring.assess(b"no photo at all")


def test_without_models_the_error_says_how_to_get_them(tmp_path: Path, photo: Photo):
    settings = override(Settings(), {"models": {"dir": str(tmp_path)}})
    with pytest.raises(ModelError, match="cutis models pull") as caught:
        wiring.assess(photo, settings=settings)
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.model
def test_the_real_tools_assess_the_drawn_face(bundle: Path, photo: Photo):
    settings = override(settings_of(Strictness.STRICT), {"models": {"dir": str(bundle.parent)}})
    tools = wiring.build_tools(settings)
    assert tools.strictness is Strictness.STRICT
    assert [m.name for m in tools.uses()] == [
        "face_landmarker",
        "skin",
        "conditions",
        "lesions",
        "graders",
    ]
    assert tools.conditions[0].conditions == frozenset(Condition)
    answer = wiring.assess(photo, settings=settings, strictness=Strictness.LENIENT)
    assert answer.usable
    assert len(answer.faces) == 1
    assert answer.face is not None
    assert answer.face.inter_eye_px == pytest.approx(252, rel=0.05)
    assert answer.provenance.models == tools.uses()


@pytest.mark.model
def test_shipped_weights_join_unless_switched_off(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """With a drawn network in the package's place for weights, and its card among the known."""
    files = convolution(of_channel("acne", 4))
    served = ServedCondition("acne", 0.25, 0.5, present_slope=0.1, present_offset=-2.0)
    model = card(files, served)
    sorting = by_mean_colour(np.zeros((2, 3)), np.zeros(2))
    classifier = lesion_card(sorting, (LesionType.PAPULE, LesionType.OTHER))
    known = Registry()
    known.add(builtin_models().get("face_landmarker"), model, classifier)
    monkeypatch.setattr("cutis.models.builtin.builtin_models", lambda: known)
    monkeypatch.setattr("cutis.models.cache.WEIGHTS_DIR", tmp_path)
    folder = {"dir": str(bundle.parent)}
    missing = wiring.build_tools(override(Settings(), {"models": folder}))
    assert len(missing.conditions) == 1
    assert missing.lesions is None
    write(model, files, tmp_path)
    write(classifier, sorting, tmp_path)
    tools = wiring.build_tools(override(Settings(), {"models": folder}))
    assert [m.name for m in tools.uses()] == ["face_landmarker", "conditions", "lesions"]
    assert tools.conditions[1].conditions == {Condition.ACNE}
    assert tools.limits.scoring.presence[Condition.ACNE].slope == 0.1
    off = wiring.build_tools(override(Settings(), {"models": {**folder, "learned": False}}))
    assert [m.name for m in off.uses()] == ["face_landmarker"]
    assert off.limits.scoring.presence == {}


def test_enlarging_is_ready_unless_switched_off_and_loads_nothing_yet():
    runtime, known = Runtime(), builtin_models()
    ready = wiring._enlarging(Settings(), known, runtime)
    assert ready is not None
    off = override(Settings(), {"models": {"enhancement": "off"}})
    assert wiring._enlarging(off, known, runtime) is None
    assert ready.upscaler().texture == 0
    assert ready.upscaler() is ready.upscaler()
    sample = sample_assessment()
    rows = ready.audit(sample.scores, sample.scores, texture=0.0, mm_per_px=0.2)
    assert {row.condition for row in rows} == set(sample.scores)
