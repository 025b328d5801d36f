"""The whole line of steps on drawn faces: answers, refusals, replacement, provenance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
import pytest
from drawn_networks import card, convolution, of_channel

from cutis.core.arrays import Box
from cutis.core.assessment import SCHEMA_VERSION, Assessment, Examination, ModelUse
from cutis.core.capture import CaptureInfo, Photo
from cutis.core.enhancement import TEXTURE_MEASURES, Ruling
from cutis.core.face import Detection, FaceCrop, FaceSquare, Trace
from cutis.core.masks import ConditionMap, SkinMask
from cutis.core.scores import Grade, NotMeasured, NotMeasuredCode, Score
from cutis.core.vocabulary import Condition, LesionType, Region, Strictness, Verdict
from cutis.evaluation.enhancement_audit import audit_scores
from cutis.imaging.resample import resize_rgb
from cutis.models.condition_network import LearnedConditionSegmenter
from cutis.models.descriptor import ServedCondition
from cutis.models.runtime import Runtime
from cutis.pipeline import DISCLAIMER, Enlarging, Limits, Tools, examine, map_conditions
from cutis.steps.conditions import ClassicalConditionSegmenter
from cutis.steps.landmarks import LandmarkLimits, find_faces, full_mirror_order
from cutis.steps.quality.sentences import NO_LIVING_COLOUR
from cutis.steps.scoring import PresenceFit, ScoringLimits
from cutis.steps.skin import ColourSkinSegmenter
from cutis.steps.upscale import cut_around
from cutis.testing import (
    FakeConditionSegmenter,
    FakeFace,
    FakeLandmarker,
    FakeSkinSegmenter,
    FakeUpscaler,
    drawn_face,
    sample_photo,
)

# Stand-ins know full-size pictures only.
LIMITS = Limits(landmarks=LandmarkLimits(search_px=10_000, trace_px=10_000.0))
NOON = "2026-01-02T12:00:00+00:00"


def photo_of(rgb: np.ndarray) -> Photo:
    height, width = rgb.shape[:2]
    info = CaptureInfo("PNG", width, height, 8, "sRGB", "0" * 64, size_bytes=1, lossy=False)
    return Photo(rgb, info)


def fakes(*segmenters: FakeConditionSegmenter, **changes: object) -> Tools:
    segmenters = segmenters or (FakeConditionSegmenter(dict.fromkeys(Condition, 0.3)),)
    tools = Tools(FakeLandmarker(), FakeSkinSegmenter(), segmenters, "9.8", limits=LIMITS)
    return replace(tools, **changes)


def classical() -> Tools:
    landmarker = FakeLandmarker()
    segmenter = ClassicalConditionSegmenter(full_mirror_order(landmarker.canonical))
    return Tools(landmarker, ColourSkinSegmenter(), (segmenter,), "9.8", limits=LIMITS)


@pytest.fixture(scope="module")
def photo() -> Photo:
    return photo_of(sample_photo())


@pytest.fixture(scope="module")
def examined(photo: Photo) -> Examination:
    return examine(photo, classical(), assessed_at=NOON)


@pytest.fixture(scope="module")
def answer(examined: Examination) -> Assessment:
    return examined.assessment


def nothing_is_measured(answer: Assessment, code: NotMeasuredCode) -> bool:
    assert set(answer.scores) == set(answer.labels) == set(Condition)
    assert set(answer.labels.values()) == {None}
    assert answer.findings == ()
    assert answer.regions == {}
    found = (*answer.scores.values(), answer.overall, answer.tone)
    assert all(e.summary.startswith("Not measured: ") for e in answer.explanations)
    return all(isinstance(s, NotMeasured) and s.code is code for s in found)


def test_a_face_is_assessed_from_end_to_end(examined: Examination, answer: Assessment):
    assert answer.usable
    assert answer.reasons == ()
    assert answer.schema_version == SCHEMA_VERSION
    assert answer.disclaimer == DISCLAIMER
    assert set(answer.scores) == set(Condition)
    assert set(answer.regions) == set(Region)
    assert [e.condition for e in answer.explanations] == list(answer.scores)
    assert isinstance(answer.overall, Score)
    assert examined.crop is not None
    assert examined.skin is not None
    measured = {c for c, s in answer.scores.items() if isinstance(s, Score)}
    assert set(examined.maps) == measured
    assert len(measured) >= 8
    assert {f.condition for f in answer.findings} <= measured


def test_findings_lie_in_the_photo(photo: Photo, answer: Assessment):
    assert answer.findings
    for finding in answer.findings:
        x0, y0, x1, y1 = finding.bbox_xyxy
        assert 0 <= x0 < x1 <= photo.width_px
        assert 0 <= y0 < y1 <= photo.height_px


def test_what_is_too_fine_for_the_photo_has_a_reason(answer: Assessment):
    pores = answer.scores[Condition.PORES]
    assert isinstance(pores, NotMeasured)
    assert pores.code is NotMeasuredCode.TOO_COARSE
    assert answer.labels[Condition.PORES] is None


def test_two_runs_are_equal(photo: Photo, examined: Examination, answer: Assessment):
    again = examine(photo, classical(), assessed_at=NOON)
    assert again.assessment == answer
    for condition, found in again.maps.items():
        assert np.array_equal(found.probability, examined.maps[condition].probability)


def test_a_photo_without_a_face_is_an_answer(photo: Photo):
    found = examine(photo, fakes(landmarker=FakeLandmarker(faces=())), assessed_at=NOON)
    answer = found.assessment
    assert not answer.usable
    assert answer.reasons == (answer.quality.sentence,)
    assert "No face was found" in answer.reasons[0]
    assert (answer.face, answer.faces) == (None, ())
    assert nothing_is_measured(answer, NotMeasuredCode.NO_FACE)
    assert (found.crop, found.skin, found.maps) == (None, None, {})
    assert answer.provenance.assessed_at == NOON


def test_a_spoilt_photo_is_refused_with_every_reason(photo: Photo):
    dark = (cv2.GaussianBlur(photo.rgb, (0, 0), 8.0) * 0.12).astype(np.uint8)
    found = examine(photo_of(dark), fakes())
    answer = found.assessment
    assert not answer.usable
    refusing = [m.sentence for m in answer.quality.measures if m.verdict is Verdict.RETAKE]
    assert answer.reasons == tuple(refusing)
    assert len(refusing) >= 2
    assert answer.face is not None
    assert not answer.face.assessed
    assert nothing_is_measured(answer, NotMeasuredCode.PHOTO_REFUSED)
    assert found.crop is not None
    assert found.maps == {}


def test_with_off_the_same_photo_is_assessed(photo: Photo):
    dark = (cv2.GaussianBlur(photo.rgb, (0, 0), 8.0) * 0.12).astype(np.uint8)
    answer = examine(photo_of(dark), fakes(strictness=Strictness.OFF)).assessment
    assert answer.usable
    assert answer.reasons == ()
    assert answer.quality.strictness is Strictness.OFF


@pytest.mark.parametrize("strictness", [Strictness.NORMAL, Strictness.OFF])
def test_a_face_without_living_colour_has_no_skin_that_is_measured(
    photo: Photo, strictness: Strictness
):
    """A black-and-white photo and a statue are told the same: there is a face, and no skin."""
    tools = fakes(FakeConditionSegmenter({Condition.TEXTURE: 0.4}), strictness=strictness)
    grey = np.repeat(cv2.cvtColor(photo.rgb, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    found = examine(photo_of(grey), tools)
    assert found.assessment.face is not None
    assert not found.assessment.usable
    assert NO_LIVING_COLOUR in found.assessment.reasons
    assert found.skin is not None
    assert not found.skin.skin.any()
    assert all(isinstance(s, NotMeasured) for s in found.assessment.scores.values())
    assert found.maps == {}


def test_a_later_segmenter_replaces_an_earlier_one_condition_by_condition(photo: Photo):
    first = FakeConditionSegmenter({Condition.TEXTURE: 0.2, Condition.REDNESS: 0.2})
    later = FakeConditionSegmenter({Condition.REDNESS: 0.6, Condition.OILINESS: 0.1})
    answer = examine(photo, fakes(first, later)).assessment
    raws = {c: s.raw.value for c, s in answer.scores.items() if isinstance(s, Score)}
    assert raws == pytest.approx(
        {Condition.REDNESS: 60, Condition.TEXTURE: 20, Condition.OILINESS: 10}, rel=1e-3
    )


@dataclass(frozen=True)
class BlindSegmenter(FakeConditionSegmenter):
    """Knows its conditions, and finds every photo too coarse for them."""

    def segment(self, crop: FaceCrop, skin: SkinMask) -> dict[Condition, ConditionMap]:
        return {}


def test_what_a_later_segmenter_cannot_see_is_not_left_to_an_earlier_one(photo: Photo):
    """Else a coarser photo of the same face would be read at another level."""
    first = FakeConditionSegmenter({Condition.TEXTURE: 0.2, Condition.REDNESS: 0.2})
    answer = examine(photo, fakes(first, BlindSegmenter({Condition.REDNESS: 0.6}))).assessment
    assert isinstance(answer.scores[Condition.REDNESS], NotMeasured)
    assert isinstance(answer.scores[Condition.TEXTURE], Score)


def test_maps_come_in_the_order_of_the_conditions(examined: Examination):
    assert examined.crop is not None
    assert examined.skin is not None
    later = FakeConditionSegmenter({Condition.DARK_CIRCLES: 0.1, Condition.ACNE: 0.1})
    first = FakeConditionSegmenter({Condition.TEXTURE: 0.1})
    maps = map_conditions((later, first), examined.crop, examined.skin)
    assert list(maps) == [Condition.ACNE, Condition.TEXTURE, Condition.DARK_CIRCLES]
    assert map_conditions((), examined.crop, examined.skin) == {}


@dataclass(frozen=True)
class Learned:
    """A segmenter that names the model it is made of."""

    name: str

    @property
    def conditions(self) -> frozenset[Condition]:
        return frozenset()

    def segment(
        self,
        crop: FaceCrop,
        skin: SkinMask,
    ) -> Mapping[Condition, ConditionMap]:
        return {}

    def uses(self) -> Sequence[ModelUse]:
        return (ModelUse(self.name, "2", "a" * 64, "none", "exact"),)


def test_the_answer_names_everything_that_took_part(photo: Photo):
    tools = fakes(conditions=(Learned("first"), Learned("second")))
    provenance = examine(photo, tools, assessed_at=NOON).assessment.provenance
    assert [m.name for m in provenance.models] == ["stand_in_landmarker", "first", "second"]
    assert provenance.models == tools.uses()
    assert (provenance.software, provenance.software_version) == ("cutis", "9.8")
    assert provenance.assessed_at == NOON
    assert examine(photo, tools).assessment.provenance.assessed_at is None


def test_only_the_largest_face_is_assessed(photo: Photo):
    small = FakeFace((90.0, 950.0), 60.0)
    marker = FakeLandmarker(faces=(small, drawn_face()))
    answer = examine(photo, fakes(landmarker=marker)).assessment
    assert [f.assessed for f in answer.faces] == [True, False]
    assert answer.face == answer.faces[0]
    assert answer.face.inter_eye_px == pytest.approx(252, abs=1)


class FakeLesionClassifier:
    """Takes every spot on the subject's left for nothing, and the others for papules."""

    def __init__(self, middle: float) -> None:
        self.middle = middle

    def classify(
        self, crop: FaceCrop, boxes: Sequence[Box]
    ) -> Sequence[Mapping[LesionType, float]]:
        return [
            {LesionType.PAPULE: 0.1, LesionType.OTHER: 0.9}
            if box[0] > self.middle
            else {LesionType.PAPULE: 0.9, LesionType.OTHER: 0.1}
            for box in boxes
        ]

    def uses(self) -> Sequence[ModelUse]:
        return (ModelUse("stand_in_classifier", "1", "0" * 64, "none", "exact"),)


def test_a_classifier_types_spots_and_drops_what_is_none(examined: Examination, photo: Photo):
    crop = examined.crop
    assert crop is not None
    tools = replace(classical(), lesions=FakeLesionClassifier(crop.shape[1] / 2))
    answer = examine(photo, tools, assessed_at=NOON).assessment
    assert answer.provenance.models[-1].name == "stand_in_classifier"
    before = [f for f in examined.assessment.findings if f.condition is Condition.ACNE]
    papules = [f for f in answer.findings if f.type is LesionType.PAPULE]
    assert before
    assert len(papules) > 0
    assert all(f.condition is Condition.ACNE for f in papules)
    assert {f.type_probability for f in papules} == {1.0}
    edge = crop.box[0] + crop.shape[1] / 2 / crop.crop_per_photo
    assert all(f.bbox_xyxy[0] <= edge + 1 for f in papules)
    assert any(f.type is LesionType.WRINKLE for f in answer.findings) == any(
        f.type is LesionType.WRINKLE for f in examined.assessment.findings
    )
    assert isinstance(answer.grades["GAGS"], Grade)
    assert isinstance(examined.assessment.grades["GAGS"], NotMeasured)


def test_a_learned_map_replaces_a_classical_one_and_is_labelled_by_its_fit(photo: Photo):
    files = convolution(of_channel("redness", 4, gain=9.0))
    served = ServedCondition("redness", 0.6, 1.5)
    learned = LearnedConditionSegmenter(card(files, served), files, Runtime())
    base = classical()
    answers = []
    for fits in ({}, {Condition.REDNESS: PresenceFit(0.1, -2.0)}):
        scoring = ScoringLimits(presence=fits)
        tools = replace(
            base,
            conditions=(*base.conditions, learned),
            limits=replace(LIMITS, scoring=scoring),
        )
        answers.append(examine(photo, tools, assessed_at=NOON).assessment)
    methods = {c: s.method for c, s in answers[0].scores.items() if isinstance(s, Score)}
    assert {c for c, m in methods.items() if m == "learned:conditions 1"} == {Condition.REDNESS}
    assert set(methods.values()) == {"learned:conditions 1", "classical"}
    assert [use.name for use in answers[0].provenance.models][-1] == "conditions"
    assert answers[0].labels[Condition.REDNESS] is None
    score = answers[1].scores[Condition.REDNESS]
    assert isinstance(score, Score)
    expected = 1 / (1 + np.exp(-(0.1 * score.value - 2.0)))
    assert answers[1].labels[Condition.REDNESS] == pytest.approx(expected)
    told = next(e for e in answers[0].explanations if e.condition is Condition.REDNESS)
    assert "network" in told.method


SMALL = resize_rgb(sample_photo(), (275, 220))
"""The drawn face at 1 px/mm: 63 px between the eyes."""


@dataclass(frozen=True, slots=True)
class FollowingLandmarker:
    """Knows the face of a small photo, and the same face in a cut of it that was enlarged."""

    plain: FakeLandmarker = field(default_factory=lambda: FakeLandmarker((drawn_face(1.0),)))

    @property
    def canonical(self) -> np.ndarray:
        return self.plain.canonical

    def _of(self, rgb: np.ndarray) -> FakeLandmarker:
        box = enlarged_box()
        if rgb.shape[:2] != (2 * (box[3] - box[1]), 2 * (box[2] - box[0])):
            return self.plain
        (x, y), face = drawn_face(1.0).centre, drawn_face(2.0)
        return FakeLandmarker((FakeFace((2 * (x - box[0]), 2 * (y - box[1])), face.inter_eye_px),))

    def detect(self, rgb: np.ndarray) -> Sequence[Detection]:
        return self._of(rgb).detect(rgb)

    def trace(self, rgb: np.ndarray, square: FaceSquare, *, mirror: bool = False) -> Trace:
        return self._of(rgb).trace(rgb, square, mirror=mirror)

    def express(self, points: np.ndarray) -> Mapping[str, float]:
        return self.plain.express(points)

    def uses(self) -> Sequence[ModelUse]:
        return self.plain.uses()


def enlarged_box() -> Box:
    face = find_faces(photo_of(SMALL), FakeLandmarker((drawn_face(1.0),)), LIMITS.landmarks)[0]
    return cut_around(face, SMALL.shape[:2], LIMITS.upscale)


def enlarging(upscaler: FakeUpscaler) -> Tools:
    return fakes(
        landmarker=FollowingLandmarker(), enlarging=Enlarging(lambda: upscaler, audit_scores)
    )


def test_a_small_face_is_found_enlarged_and_measured_as_it_came():
    tools = enlarging(FakeUpscaler())
    found = examine(photo_of(SMALL), tools)
    plain = examine(photo_of(SMALL), replace(tools, enlarging=None))
    told = found.assessment.enhancement
    assert told is not None
    assert told.scale == 2
    assert told.drawn_share > 0.9
    assert {row.condition for row in told.audit} == set(found.assessment.scores)
    assert {row.ruling for row in told.audit} >= {Ruling.STANDS}
    assert found.enlarged is not None
    assert found.enlarged.box == enlarged_box()
    assert found.assessment.provenance.models == (*tools.uses(), *FakeUpscaler().uses())
    assert not any(s.enhanced for s in found.assessment.scores.values() if isinstance(s, Score))
    assert plain.assessment.enhancement is None
    assert plain.enlarged is None
    same_face_and_skin(found, plain)


@dataclass(frozen=True, slots=True)
class StrayingLandmarker(FollowingLandmarker):
    """Sees a ghost, far beside the face, as soon as the picture is enlarged."""

    def _of(self, rgb: np.ndarray) -> FakeLandmarker:
        seen = FollowingLandmarker._of(self, rgb)
        if seen is self.plain:
            return seen
        (face,) = seen.faces
        x, y = face.centre
        return FakeLandmarker((FakeFace((x + face.inter_eye_px, y), face.inter_eye_px),))


def test_where_another_face_is_seen_enlarged_the_photo_is_used_as_it_is():
    tools = replace(enlarging(FakeUpscaler()), landmarker=StrayingLandmarker())
    found = examine(photo_of(SMALL), tools)
    plain = examine(photo_of(SMALL), replace(tools, enlarging=None))
    assert found.assessment.enhancement is None
    assert found.enlarged is None
    assert found.assessment.scores == plain.assessment.scores


def same_face_and_skin(found: Examination, plain: Examination) -> None:
    """The face was found elsewhere, but lies on the same pixels of the photo itself."""
    assert found.crop is not None
    assert plain.crop is not None
    assert (found.crop.rgb == plain.crop.rgb).all()
    assert np.allclose(found.crop.landmarks.points, plain.crop.landmarks.points, atol=0.01)
    assert found.skin is not None
    assert plain.skin is not None
    both, either = found.skin.skin & plain.skin.skin, found.skin.skin | plain.skin.skin
    assert both.sum() > 0.97 * either.sum()


def test_invented_texture_gives_no_measure_of_texture():
    found = examine(photo_of(SMALL), enlarging(FakeUpscaler(texture=0.5))).assessment
    assert found.enhancement is not None
    of = {row.condition: row for row in found.enhancement.audit}
    assert all(of[c].enhanced is None for c in TEXTURE_MEASURES)
    assert of[Condition.REDNESS].enhanced is not None


def never_loaded() -> FakeUpscaler:
    raise AssertionError


def test_a_face_with_enough_pixels_loads_no_upscaler(photo: Photo):
    found = examine(photo, fakes(enlarging=Enlarging(never_loaded, audit_scores)))
    assert found.assessment.usable
    assert found.assessment.enhancement is None


def test_a_refused_photo_is_not_enlarged():
    tiny = resize_rgb(sample_photo(), (140, 112))
    landmarker = FakeLandmarker((drawn_face(112 / 220),))
    tools = fakes(landmarker=landmarker, enlarging=Enlarging(never_loaded, audit_scores))
    assert not examine(photo_of(tiny), tools).assessment.usable
