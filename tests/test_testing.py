"""The stand-ins themselves: what is drawn is what is said, and they fit the ports."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cutis.core.capture import Photo
from cutis.core.errors import InputError
from cutis.core.face import FaceSquare
from cutis.core.ports import ConditionSegmenter, Landmarker, SkinSegmenter
from cutis.core.scores import NotMeasured
from cutis.core.vocabulary import Condition, LesionType, Region
from cutis.pipeline import Limits, Tools, examine
from cutis.steps.landmarks import LandmarkLimits
from cutis.testing import (
    FakeConditionSegmenter,
    FakeFace,
    FakeLandmarker,
    FakeSkinSegmenter,
    average_face,
    draw_face,
    drawn_face,
    labels,
    mask,
    sample_assessment,
    sample_examination,
    sample_photo,
    show,
)
from cutis.testing.drawing import SPOTS, Sheet, spot_mask


def test_a_mask_is_what_is_drawn():
    drawn = mask("""
        ..##..
        .####.
    """)
    assert drawn.dtype == np.bool_
    assert drawn.tolist() == [
        [False, False, True, True, False, False],
        [False, True, True, True, True, False],
    ]


def test_a_mask_shows_itself_as_it_was_drawn():
    assert show(mask("..##..\n.####.")) == "..##..\n.####."


def test_a_label_map_is_drawn_with_digits_and_letters():
    assert labels(".12\nab.").tolist() == [[0, 1, 2], [10, 11, 0]]
    assert show(labels(".12\nab.")) == ".12\nab."


@pytest.mark.parametrize(
    ("drawing", "message"),
    [("..#\n..", r"equally long; the lengths \[2, 3\]"), ("..x", "'x' came"), ("", "equally long")],
)
def test_a_wrong_drawing_is_refused(drawing: str, message: str):
    with pytest.raises(InputError, match=message):
        mask(drawing)


def test_the_fakes_fit_the_ports():
    assert isinstance(FakeLandmarker(), Landmarker)
    assert isinstance(FakeSkinSegmenter(), SkinSegmenter)
    assert isinstance(FakeConditionSegmenter(), ConditionSegmenter)


def test_the_average_face_is_mirror_symmetric():
    points = average_face()
    flipped = points * np.array([-1, 1, 1], np.float32)
    nearest = np.linalg.norm(points[:, None] - flipped[None], axis=2).min(axis=0)
    assert nearest.max() < 1e-4


def test_the_average_face_has_the_iris_and_the_eye_distance_that_it_claims():
    points = average_face()
    assert np.linalg.norm(points[473] - points[468]) == pytest.approx(63.0, abs=1e-3)
    for first in (468, 473):
        ring = points[first + 1 : first + 5, :2] - points[first, :2]
        assert np.linalg.norm(ring, axis=1) == pytest.approx(np.full(4, 5.85), abs=1e-3)


def test_the_subject_s_right_eye_is_on_the_left_of_the_picture():
    points = drawn_face().points()
    assert points[468, 0] < points[473, 0]
    assert points[468, :2] == pytest.approx((440 - 126, 472), abs=0.01)


def test_a_lean_to_the_left_shoulder_turns_the_face_clockwise():
    upright = FakeFace((500, 500), 100).points()
    leaning = FakeFace((500, 500), 100, roll_deg=30).points()
    crown = 10
    assert leaning[crown, 0] > upright[crown, 0] + 10
    assert leaning[473, 1] > leaning[468, 1]


def test_the_landmarker_finds_the_faces_that_it_was_given():
    face = FakeFace((300.0, 200.0), 40.0)
    found = FakeLandmarker(faces=(drawn_face(), face)).detect(sample_photo())
    assert len(found) == 2
    assert found[0].box[2] - found[0].box[0] > found[1].box[2] - found[1].box[0]
    assert found[1].eyes == (
        pytest.approx((280.0, 200.0), abs=0.01),
        pytest.approx((320.0, 200.0), abs=0.01),
    )


def test_the_landmarker_misses_what_is_small_or_outside():
    small, outside = FakeFace((300.0, 200.0), 40.0), FakeFace((-90.0, 200.0), 40.0)
    marker = FakeLandmarker(faces=(small, outside), smallest_share=0.3)
    assert marker.detect(sample_photo()) == []


def test_a_square_without_a_face_is_traced_with_presence_0():
    marker = FakeLandmarker()
    assert marker.trace(sample_photo(), FaceSquare((440, 560), 900, 0)).presence == 1
    assert marker.trace(sample_photo(), FaceSquare((50, 50), 60, 0)).presence == 0
    assert FakeLandmarker(faces=()).trace(sample_photo(), FaceSquare((0, 0), 9, 0)).presence == 0


def test_a_mirrored_trace_is_the_same_face_in_mirrored_order():
    marker, square = FakeLandmarker(), FaceSquare((440, 560), 900, 0)
    plain = marker.trace(sample_photo(), square).points
    mirrored = marker.trace(sample_photo(), square, mirror=True).points
    assert mirrored[473] == pytest.approx(plain[468], abs=0.01)
    assert mirrored[10] == pytest.approx(plain[10], abs=0.01)


def test_the_drawing_is_the_same_every_time_and_another_with_another_seed():
    assert np.array_equal(draw_face(1.0), draw_face(1.0))
    assert not np.array_equal(draw_face(1.0), draw_face(1.0, seed=8))


def test_the_tones_differ_and_keep_their_order():
    cheek = [float(sample_photo(tone)[640:680, 540:580].mean()) for tone in _TONES]
    assert cheek[0] > cheek[1] + 20 > cheek[2] + 40


def test_inflamed_spots_are_redder_than_the_skin_around_them():
    photo, sheet = sample_photo().astype(float), Sheet.of(4.0)
    redness = photo[..., 0] / photo.sum(axis=2)
    for spot in (spot for spot in SPOTS if spot.type is LesionType.INFLAMED_SPOT):
        inside = spot_mask(sheet, (spot,), 0.7)
        around = spot_mask(sheet, (spot,), 2.2) & ~spot_mask(sheet, (spot,), 1.4)
        assert redness[inside].mean() > redness[around].mean() + 0.02


_TONES = ("light", "medium", "dark")


@pytest.mark.model
@pytest.mark.parametrize("tone", _TONES)
def test_a_real_landmarker_sees_the_drawn_face_where_it_is(bundle: Path, tone: str):
    from cutis.models.face_landmarker import FaceLandmarkerBundle  # noqa: PLC0415
    from cutis.models.runtime import Runtime  # noqa: PLC0415

    marker = FaceLandmarkerBundle(bundle, "0" * 64, Runtime())
    photo = sample_photo(tone)
    (found,) = marker.detect(photo)
    assert found.confidence > 0.8
    trace = marker.trace(photo, FaceSquare((440, 560), 900, 0))
    distance_mm = np.linalg.norm(trace.points[:, :2] - drawn_face().points()[:, :2], axis=1) / 4
    assert trace.presence > 0.99
    assert np.median(distance_mm) < 1.5


def test_the_pipeline_runs_on_stand_ins():
    whole = Limits(landmarks=LandmarkLimits(search_px=10_000, trace_px=10_000.0))
    tools = Tools(
        FakeLandmarker(), FakeSkinSegmenter(), (FakeConditionSegmenter(),), "0", limits=whole
    )
    photo = Photo(sample_photo(), sample_assessment().capture)
    answer = examine(photo, tools).assessment
    assert answer.usable
    assert len(answer.faces) == 1
    assert answer.face is not None
    assert answer.face.scale.mm_per_px == pytest.approx(0.25, rel=0.05)


def test_the_sample_holds_together():
    examination = sample_examination()
    crop, skin = examination.crop, examination.skin
    assert crop is not None
    assert skin is not None
    x0, y0, x1, y1 = crop.box
    assert np.array_equal(crop.rgb, examination.photo.rgb[y0:y1, x0:x1])
    assert not (skin.skin & crop.excluded).any()
    for region in Region:
        assert crop.regions.mask(region).any(), region
    for condition, found in examination.maps.items():
        assert found.condition is condition
        assert found.probability.shape == crop.shape
        assert not found.probability[~found.looked_at].any()
        assert found.probability.max() > 0.5
        assert not isinstance(examination.assessment.scores[condition], NotMeasured)


def test_the_sample_answers_every_condition_and_region():
    assessment = sample_assessment()
    assert set(assessment.scores) == set(Condition) == set(assessment.labels)
    assert set(assessment.regions) == set(Region)
    unmeasured = [c for c, s in assessment.scores.items() if isinstance(s, NotMeasured)]
    assert unmeasured == [Condition.DRYNESS, Condition.SCARRING]


def test_the_refused_sample_has_reasons_and_no_scores():
    examination = sample_examination(refused=True)
    assert not examination.assessment.usable
    assert examination.assessment.reasons
    assert all(isinstance(s, NotMeasured) for s in examination.assessment.scores.values())
    assert examination.crop is None
    assert examination.maps == {}
