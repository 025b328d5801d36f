"""Capture quality: each measure falls when a photo is spoilt in just its way, and says the fix."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutis.core.assessment import Quality, QualityMeasure
from cutis.core.capture import Photo
from cutis.core.face import Landmarks, Pose
from cutis.core.scores import NotMeasured, NotMeasuredCode, Quantity
from cutis.core.vocabulary import MeasureName, Strictness, Verdict
from cutis.imaging.colour import encode_srgb, rgb_to_linear
from cutis.steps.landmarks import LandmarkLimits, describe_face
from cutis.steps.quality import QualityLimits, Ramp, assess_quality, no_face_quality
from cutis.steps.quality.sentences import FIXES, GOOD, NO_FACE
from cutis.steps.quality.verdict import _judge, _verdict
from cutis.steps.regions import crop_face
from cutis.steps.skin import ColourSkinSegmenter
from cutis.testing import FakeFace, FakeLandmarker, FakeSkinSegmenter, drawn_face, sample_photo

UPDATE = os.environ.get("CUTIS_UPDATE_GOLDEN") == "1"
GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "quality-sentences.txt"
law = settings(deadline=None, max_examples=300, derandomize=True)
RAMPS = {f.name: getattr(QualityLimits(), f.name) for f in fields(QualityLimits)}
RAMPS = {name: ramp for name, ramp in RAMPS.items() if isinstance(ramp, Ramp)}
LEVELS = (Strictness.STRICT, Strictness.NORMAL, Strictness.LENIENT, Strictness.OFF)
Change = Callable[[np.ndarray], np.ndarray]


def described(face: FakeFace) -> Landmarks:
    return describe_face(face.points(), 1.0, FakeLandmarker(), LandmarkLimits())


@pytest.fixture(scope="module")
def face() -> Landmarks:
    return described(drawn_face())


@pytest.fixture(scope="module")
def judge(photo: Photo, face: Landmarks, order: np.ndarray) -> Callable[..., Quality]:
    """Judge the drawn photo with its pixels, face or skin finder changed."""

    def judged(rgb: np.ndarray | None = None, **changes: object) -> Quality:
        own = Photo(photo.rgb if rgb is None else rgb, changes.get("info", photo.info))
        shown = changes.get("face", face)
        crop = crop_face(own, shown, order)
        skin = changes.get("finder", FakeSkinSegmenter()).segment(crop)
        strictness = changes.get("strictness", Strictness.NORMAL)
        return assess_quality(own, shown, crop, skin, strictness=strictness)

    return judged


@pytest.fixture(scope="module")
def clean(judge: Callable[..., Quality]) -> Quality:
    return judge()


def found(quality: Quality, name: MeasureName) -> QualityMeasure:
    measure = quality.measure(name)
    assert measure is not None
    return measure


def score(quality: Quality, name: MeasureName) -> float:
    value = found(quality, name).score
    assert value is not None
    return value


def in_light(by: np.ndarray | float) -> Change:
    """Multiply linear light."""
    return lambda rgb: np.round(
        encode_srgb(np.clip(rgb_to_linear(rgb) * by, 0, 1).astype(np.float32)) * 255
    ).astype(np.uint8)


def blurred(rgb: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(rgb, (0, 0), 7.0)


def noisy(rgb: np.ndarray) -> np.ndarray:
    grain = np.random.default_rng(3).normal(0, 14, (*rgb.shape[:2], 1))
    return np.clip(rgb + grain, 0, 255).astype(np.uint8)


def grey(rgb: np.ndarray) -> np.ndarray:
    return np.repeat(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)


def bluish(rgb: np.ndarray) -> np.ndarray:
    return in_light(np.array([0.35, 0.8, 2.2], np.float32))(rgb)


def from_the_side(rgb: np.ndarray) -> np.ndarray:
    light = np.clip((np.arange(rgb.shape[1]) - 200) / 480, 0.04, 1)
    return in_light(light[None, :, None].astype(np.float32))(rgb)


def foggy(rgb: np.ndarray) -> np.ndarray:
    return (120 + rgb * 0.1).astype(np.uint8)


def compressed(rgb: np.ndarray) -> np.ndarray:
    _, data = cv2.imencode(".jpg", rgb, [cv2.IMWRITE_JPEG_QUALITY, 6])
    return cv2.imdecode(data, cv2.IMREAD_COLOR)


def on_a_screen(rgb: np.ndarray) -> np.ndarray:
    y, x = np.mgrid[: rgb.shape[0], : rgb.shape[1]]
    grid = 12 * np.sin(2 * np.pi * (0.31 * x + 0.27 * y))
    return np.clip(rgb + grid[..., None], 0, 255).astype(np.uint8)


SPOILT: dict[MeasureName, Change] = {
    MeasureName.SHARPNESS: blurred,
    MeasureName.UNDER_EXPOSURE: in_light(0.06),
    MeasureName.OVER_EXPOSURE: in_light(12.0),
    MeasureName.NOISE: noisy,
    MeasureName.NATURAL_COLOUR: bluish,
    MeasureName.ILLUMINATION_UNIFORMITY: from_the_side,
    MeasureName.DYNAMIC_RANGE: foggy,
    MeasureName.COMPRESSION: compressed,
    MeasureName.RECAPTURE: on_a_screen,
    MeasureName.RETOUCHING: blurred,
}
REFUSED = (
    MeasureName.UNDER_EXPOSURE,
    MeasureName.OVER_EXPOSURE,
    MeasureName.NOISE,
)


def test_the_drawn_photo_is_good(clean: Quality):
    assert clean.verdict is Verdict.GOOD
    assert {m.name for m in clean.measures} == set(MeasureName)
    assert {m.sentence for m in clean.measures} == set(GOOD.values())
    assert all(m.raw is not None and m.score is not None for m in clean.measures)


@pytest.mark.parametrize("name", SPOILT, ids=lambda n: n.value)
def test_a_measure_falls_when_the_photo_is_spoilt_in_its_way(
    judge: Callable[..., Quality], clean: Quality, name: MeasureName
):
    spoilt = judge(SPOILT[name](sample_photo()))
    assert score(spoilt, name) < score(clean, name) - 30
    assert found(spoilt, name).sentence == FIXES[name]
    if name in REFUSED:
        assert found(spoilt, name).verdict is Verdict.RETAKE
        assert spoilt.verdict is Verdict.RETAKE
        assert spoilt.sentence in FIXES.values()


def test_black_and_white_is_not_called_natural(judge: Callable[..., Quality]):
    measure = found(judge(grey(sample_photo())), MeasureName.NATURAL_COLOUR)
    assert measure.sentence == FIXES[MeasureName.NATURAL_COLOUR]


@pytest.mark.parametrize("sigma_px", [8.0, 16.0])
def test_a_very_blurred_photo_is_refused(judge: Callable[..., Quality], sigma_px: float):
    """Edges of 2 and 4 mm: nothing on the skin can be seen."""
    soft = judge(cv2.GaussianBlur(sample_photo(), (0, 0), sigma_px))
    assert found(soft, MeasureName.SHARPNESS).verdict is Verdict.RETAKE


def test_off_refuses_nothing(judge: Callable[..., Quality]):
    ruined = noisy(blurred(in_light(0.01)(sample_photo())))
    refused = judge(ruined)
    assert sum(m.verdict is Verdict.RETAKE for m in refused.measures) >= 1
    assert refused.sentence in FIXES.values()
    off = judge(ruined, strictness=Strictness.OFF)
    assert off.verdict is Verdict.USABLE
    assert [m.raw for m in off.measures] == [m.raw for m in refused.measures]


@pytest.mark.parametrize("name", [MeasureName.SHARPNESS, MeasureName.NOISE], ids=lambda n: n.value)
def test_the_raw_value_grows_with_the_damage(judge: Callable[..., Quality], name: MeasureName):
    rng = np.random.default_rng(5)
    grain = rng.normal(0, 1, (*sample_photo().shape[:2], 1))
    pictures = {
        MeasureName.SHARPNESS: [
            cv2.GaussianBlur(sample_photo(), (0, 0), sigma) for sigma in (1.0, 2.0, 4.0)
        ],
        MeasureName.NOISE: [
            np.clip(sample_photo() + s * grain, 0, 255).astype(np.uint8) for s in (3.0, 6.0, 12.0)
        ],
    }[name]
    values = [found(judge(rgb), name).raw.value for rgb in pictures]
    true = [1.0, 2.0, 4.0] if name is MeasureName.SHARPNESS else [3.0, 6.0, 12.0]
    to_unit = 0.255 if name is MeasureName.SHARPNESS else 1.0
    assert values == sorted(values)
    assert values[1:] == pytest.approx([v * to_unit for v in true[1:]], rel=0.35)


@pytest.mark.parametrize(("signs", "name"), [
    ({"eyeBlinkLeft": 0.95}, MeasureName.EYES_OPEN),
    ({"eyeBlinkRight": 0.95}, MeasureName.EYES_OPEN),
    ({"jawOpen": 0.6}, MeasureName.MOUTH_CLOSED),
    ({"mouthSmileRight": 0.9}, MeasureName.EXPRESSION_NEUTRALITY),
    ({"browInnerUp": 0.9}, MeasureName.EXPRESSION_NEUTRALITY),
])  # fmt: skip
def test_an_expression_lowers_its_own_measure_alone(
    judge: Callable[..., Quality],
    face: Landmarks,
    clean: Quality,
    signs: dict[str, float],
    name: MeasureName,
):
    moved = judge(face=replace(face, blendshapes=signs))
    changed = [m.name for m in moved.measures if m != found(clean, m.name)]
    assert changed == [name]
    assert found(moved, name).sentence == FIXES[name]
    assert moved.verdict is Verdict.USABLE
    assert moved.sentence == FIXES[name]


@pytest.mark.parametrize(("pose", "turn"), [
    (Pose(-30, 0, 0), 30), (Pose(0, 20, 0), 20), (Pose(0, 0, 40), 20), (Pose(12, -25, 10), 25),
])  # fmt: skip
def test_a_turned_head_counts_by_its_largest_turn(
    judge: Callable[..., Quality], face: Landmarks, clean: Quality, pose: Pose, turn: float
):
    turned = judge(face=replace(face, pose=pose))
    assert found(turned, MeasureName.POSE).raw == Quantity("head turn", turn, "°")
    assert score(turned, MeasureName.POSE) < score(clean, MeasureName.POSE)


def test_a_profile_is_refused_and_its_sides_are_not_compared(
    judge: Callable[..., Quality], face: Landmarks
):
    turned = judge(face=replace(face, pose=Pose(72.0, 0, 0)))
    assert turned.verdict is Verdict.RETAKE
    assert turned.sentence == FIXES[MeasureName.POSE]
    light = found(turned, MeasureName.ILLUMINATION_UNIFORMITY)
    assert isinstance(light.not_measured, NotMeasured)
    assert light.not_measured.code is NotMeasuredCode.NOT_VISIBLE
    assert light.score is None
    assert light.verdict is Verdict.GOOD


def test_a_head_turned_aside_is_not_taken_for_a_small_face(
    judge: Callable[..., Quality], face: Landmarks, clean: Quality
):
    turned = judge(face=replace(face, inter_eye_px=face.inter_eye_px * 0.6))
    assert score(turned, MeasureName.INTER_EYE_DISTANCE) == pytest.approx(
        score(clean, MeasureName.INTER_EYE_DISTANCE), abs=1
    )


@pytest.mark.parametrize("quality", [95.0, 60.0, 30.0, 10.0])
def test_the_estimated_jpeg_quality_is_used_where_there_is_one(
    judge: Callable[..., Quality], photo: Photo, quality: float
):
    info = replace(photo.info, jpeg_quality=quality, lossy=True)
    measure = found(judge(info=info), MeasureName.COMPRESSION)
    assert measure.raw == Quantity("JPEG quality", quality, "0–100")
    assert measure.score == pytest.approx(QualityLimits().jpeg_quality.score(quality))
    assert (measure.verdict is Verdict.RETAKE) == (quality == 10.0)


def test_a_face_cut_by_the_frame_lowers_the_margin(judge: Callable[..., Quality], photo: Photo):
    shares = []
    for cut_px in (0, 250, 420):
        rgb = np.ascontiguousarray(photo.rgb[:, cut_px:])
        shown = described(FakeFace((440.0 - cut_px, 472.0), 252.0))
        shares.append(score(judge(rgb, face=shown), MeasureName.FACE_MARGIN))
    assert shares[0] == 100
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] < 10


def test_a_small_face_is_refused_even_when_lenient(judge: Callable[..., Quality], photo: Photo):
    small = cv2.resize(photo.rgb, (88, 110), interpolation=cv2.INTER_AREA)
    quality = judge(
        small, face=described(FakeFace((44.0, 47.2), 25.2)), strictness=Strictness.LENIENT
    )
    assert quality.verdict is Verdict.RETAKE
    refusing = [m.name for m in quality.measures if m.verdict is Verdict.RETAKE]
    assert refusing == [MeasureName.INTER_EYE_DISTANCE]
    for name in (MeasureName.RETOUCHING, MeasureName.RECAPTURE):
        assert found(quality, name).not_measured is not None


@pytest.mark.parametrize(("rows", "colour", "name"), [
    (slice(640, 1000), (40, 90, 200), MeasureName.FACE_OCCLUSION),
    (slice(150, 400), (38, 30, 26), MeasureName.HEAD_COVERING),
])  # fmt: skip
def test_what_covers_the_face_is_noticed(
    judge: Callable[..., Quality],
    clean: Quality,
    rows: slice,
    colour: tuple[int, int, int],
    name: MeasureName,
):
    covered = sample_photo().copy()
    covered[rows] = colour
    quality = judge(covered, finder=ColourSkinSegmenter())
    assert score(quality, name) < score(clean, name) - 40
    assert found(quality, name).sentence == FIXES[name]


@pytest.mark.parametrize("tone", ["light", "dark"])
def test_no_tone_is_refused(judge: Callable[..., Quality], tone: str):
    quality = judge(sample_photo(tone))
    assert quality.verdict is not Verdict.RETAKE


def test_a_photo_without_a_face_says_how_to_take_one():
    quality = no_face_quality(Strictness.NORMAL)
    assert quality.verdict is Verdict.RETAKE
    assert quality.sentence == NO_FACE
    assert quality.measures == ()


def raw_at(ramp: Ramp, share: float) -> float:
    return ramp.worst + share * (ramp.ideal - ramp.worst)


@pytest.mark.parametrize("name", RAMPS)
def test_the_worst_value_carries_its_fix(name: str):
    ramp = RAMPS[name]
    value = Quantity("x", ramp.worst, "1")
    for measure in MeasureName:
        verdict = _judge((measure, name, value), QualityLimits(), Strictness.NORMAL)
        assert verdict.score == 0
        assert verdict.sentence == FIXES[measure]
        assert verdict.verdict is (Verdict.RETAKE if ramp.retake_below else Verdict.USABLE)


@law
@given(st.sampled_from(sorted(RAMPS)), st.floats(-1, 2), st.floats(-1, 2))
def test_ramps_are_bounded_and_rise_towards_the_ideal(name: str, first: float, second: float):
    ramp = RAMPS[name]
    low, high = sorted((first, second))
    scores = ramp.score(raw_at(ramp, low)), ramp.score(raw_at(ramp, high))
    assert 0 <= scores[0] <= scores[1] <= 100
    assert ramp.score(ramp.worst) == 0
    assert ramp.score(ramp.ideal) == 100


@law
@given(
    st.floats(0, 100),
    st.builds(
        Ramp, st.just(0.0), st.just(1.0), retake_below=st.floats(0, 100), essential=st.booleans()
    ),
    st.builds(QualityLimits, strict_from=st.floats(0, 100), lenient_share=st.floats(0, 1)),
)
def test_a_stricter_level_never_takes_what_a_laxer_one_refuses(
    value: float, ramp: Ramp, limits: QualityLimits
):
    refuses = [_verdict(value, ramp, limits, level) is Verdict.RETAKE for level in LEVELS]
    assert refuses == sorted(refuses, reverse=True)
    assert not refuses[-1]


@law
@given(st.sampled_from(sorted(RAMPS)), st.floats(-0.5, 1.5))
def test_the_shipped_ramps_keep_the_order_of_levels(name: str, share: float):
    ramp, limits = RAMPS[name], QualityLimits()
    value = ramp.score(raw_at(ramp, share))
    refuses = [_verdict(value, ramp, limits, level) is Verdict.RETAKE for level in LEVELS]
    assert refuses == sorted(refuses, reverse=True)
    assert not refuses[-1]


def test_every_measure_has_both_sentences():
    assert set(FIXES) == set(GOOD) == set(MeasureName)
    assert all(text.endswith(".") for text in (*FIXES.values(), *GOOD.values(), NO_FACE))


def test_the_sentences_are_the_golden_ones():
    lines = [f"{n.value}\n  good: {GOOD[n]}\n  fix:  {FIXES[n]}\n" for n in MeasureName]
    text = "".join([*lines, f"no face\n  fix:  {NO_FACE}\n"])
    if UPDATE:
        GOLDEN.write_text(text, "utf-8")
    assert text == GOLDEN.read_text("utf-8"), "Run with CUTIS_UPDATE_GOLDEN=1 if this is meant."
