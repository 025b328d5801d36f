"""Scores: formulas, intervals, what is not measured and why, grades, tone, labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutis.core.assessment import Finding, Quality, QualityMeasure, SkinTone
from cutis.core.face import FaceCrop, RegionMap
from cutis.core.masks import ConditionMap, SkinMask
from cutis.core.scores import Grade, NotMeasured, NotMeasuredCode, Quantity, Score
from cutis.core.vocabulary import (
    Condition,
    ItaGroup,
    LesionType,
    MeasureName,
    Region,
    Strictness,
    Verdict,
)
from cutis.imaging.colour import rgb_to_linear
from cutis.steps.scoring import FORMULAS, Scoring, ScoringLimits, score_face
from cutis.steps.scoring.colour import MONK_SHADES, describe_colour, monk_lab, tone_of
from cutis.steps.scoring.colour import sample_colour as sample_of
from cutis.steps.scoring.formulas import Formula
from cutis.steps.scoring.grades import HALF_FACE_MM2
from cutis.steps.scoring.repeatability import (
    Z95,
    interval_around,
    load_repeatability,
    scale_class,
)
from cutis.steps.scoring.scores import COLOUR_CONDITIONS, _label, weigh
from cutis.testing import sample_crop

law = settings(deadline=None, max_examples=200, derandomize=True)
SIDE = 80
MM_PER_PX = 1.5
AREA_MM2 = SIDE * SIDE * MM_PER_PX**2
SHARE_CONDITIONS = tuple(c for c in Condition if FORMULAS[c].unit == "%")
SKIN_RGB = (196, 150, 128)
LIMITS = ScoringLimits()


@cache
def flat_crop() -> FaceCrop:
    """A flat face of 120 × 120 mm in four stripes: forehead, both cheeks and chin."""
    stripes = (
        Region.FOREHEAD,
        Region.SUBJECT_RIGHT_CHEEK,
        Region.SUBJECT_LEFT_CHEEK,
        Region.CHIN,
    )
    rows = np.repeat([r.label for r in stripes], SIDE // 4).astype(np.uint8)
    none = np.zeros((SIDE, SIDE), bool)
    rgb = np.full((SIDE, SIDE, 3), SKIN_RGB, np.uint8)
    return replace(
        sample_crop(),
        rgb=rgb,
        linear=rgb_to_linear(rgb),
        regions=RegionMap(np.repeat(rows[:, None], SIDE, axis=1)),
        oval=~none,
        excluded=none,
        creases=none,
        box=(0, 0, SIDE, SIDE),
        mm_per_px=MM_PER_PX,
    )


def painted(rgb: np.ndarray) -> FaceCrop:
    return replace(flat_crop(), rgb=rgb, linear=rgb_to_linear(rgb))


def skin_of(crop: FaceCrop, where: np.ndarray | None = None) -> SkinMask:
    none = np.zeros(crop.shape, bool)
    return SkinMask(~none if where is None else where, none, none, "drawn", 1.0)


def even(condition: Condition, share: float, where: np.ndarray | None = None) -> ConditionMap:
    looked_at = np.ones((SIDE, SIDE), bool) if where is None else where
    probability = np.where(looked_at, np.float32(share), np.float32(0))
    return ConditionMap(condition, probability, looked_at, "drawn")


def spot(condition: Condition = Condition.ACNE, **changes: object) -> Finding:
    finding = Finding(
        condition, LesionType.INFLAMED_SPOT, (0, 0, 9, 9), 0.95, Region.FOREHEAD, area_mm2=5.0
    )
    return replace(finding, **changes)


def line(length_mm: float, **changes: object) -> Finding:
    own = {"type": LesionType.WRINKLE, "length_mm": length_mm, **changes}
    return spot(Condition.WRINKLES, **own)


def scored(
    shares: Mapping[Condition, float], findings: tuple[Finding, ...] = (), **options: object
) -> Scoring:
    crop = options.pop("crop", None) or flat_crop()
    skin = options.pop("skin", None) or skin_of(crop)
    maps = {c: even(c, share) for c, share in shares.items()}
    return score_face(crop, skin, maps, findings, **options)


def value(score: Score | NotMeasured) -> float:
    assert isinstance(score, Score), score
    return score.value


def soft(blur_mm: float) -> Quality:
    sharpness = QualityMeasure(
        MeasureName.SHARPNESS, 50.0, Quantity("edge blur", blur_mm, "mm"), Verdict.GOOD, "."
    )
    return Quality(Verdict.GOOD, Strictness.NORMAL, ".", (sharpness,))


# Formulas


@pytest.mark.parametrize("condition", Condition, ids=lambda c: c.value)
def test_the_anchors_of_a_formula_are_exact(condition: Condition):
    formula = FORMULAS[condition]
    assert formula.anchors[0] == (0.0, 0.0)
    assert formula.anchors[-1][1] == 100.0
    for raw, points in formula.anchors:
        assert formula.score(raw) == points
    assert formula.score(10 * formula.anchors[-1][0]) == 100.0


@law
@given(st.sampled_from(Condition), st.floats(0, 200), st.floats(0, 200))
def test_formulas_rise_and_are_bounded(condition: Condition, first: float, second: float):
    low, high = sorted((first, second))
    formula = FORMULAS[condition]
    assert 0 <= formula.score(low) <= formula.score(high) <= 100


@law
@given(st.sampled_from(Condition), st.floats(0.001, 1.2))
def test_the_slope_is_that_of_the_formula(condition: Condition, share: float):
    formula = FORMULAS[condition]
    raw = share * formula.anchors[-1][0]
    step = 1e-6 * formula.anchors[-1][0]
    seen = (formula.score(raw + step) - formula.score(raw - step)) / (2 * step)
    assert formula.slope(raw) >= seen - 1e-3
    assert formula.slope(raw) >= 0


def test_every_formula_says_where_it_comes_from():
    assert set(FORMULAS) == set(Condition)
    names = [f.name for f in FORMULAS.values()]
    assert len(set(names)) == len(names)
    for formula in FORMULAS.values():
        assert all(getattr(formula, f.name) for f in fields(Formula))


# Scores


@pytest.mark.parametrize("share", [0.06, 0.3, 1.0])
@pytest.mark.parametrize("condition", SHARE_CONDITIONS, ids=lambda c: c.value)
def test_an_even_map_scores_its_share(condition: Condition, share: float):
    score = scored({condition: share}).scores[condition]
    formula = FORMULAS[condition]
    assert isinstance(score, Score)
    assert score.raw.value == pytest.approx(100 * share, rel=1e-4)
    assert score.raw.unit == "%"
    assert score.value == pytest.approx(formula.score(100 * share), rel=1e-4)
    assert (score.formula, score.method) == (formula.name, "drawn")


@pytest.mark.parametrize("condition", SHARE_CONDITIONS, ids=lambda c: c.value)
def test_clear_skin_scores_0(condition: Condition):
    assert value(scored({condition: 0.04}).scores[condition]) == 0


def test_acne_is_counted_per_100_cm2():
    spots = tuple(spot() for _ in range(9))
    score = scored({Condition.ACNE: 0.0}, spots).scores[Condition.ACNE]
    assert isinstance(score, Score)
    assert score.raw.value == pytest.approx(9 / AREA_MM2 * 1e4)
    assert score.value == pytest.approx(FORMULAS[Condition.ACNE].score(9 / AREA_MM2 * 1e4))


def test_wrinkles_are_added_up_per_cm2():
    score = scored({Condition.WRINKLES: 0.0}, (line(30.0), line(20.0))).scores[Condition.WRINKLES]
    assert isinstance(score, Score)
    assert score.raw.value == pytest.approx(50 / AREA_MM2 * 100)


def test_pores_are_counted_per_cm2():
    peaks = np.zeros((SIDE, SIDE), bool)
    peaks[::10, ::10] = True
    score = scored({Condition.PORES: 0.0}, pore_peaks=peaks).scores[Condition.PORES]
    assert isinstance(score, Score)
    assert score.raw.value == pytest.approx(peaks.sum() / AREA_MM2 * 100)


@settings(deadline=None, max_examples=40, derandomize=True)
@given(st.sampled_from(SHARE_CONDITIONS), st.floats(0, 1))
def test_an_interval_holds_its_value_and_stays_in_range(condition: Condition, share: float):
    score = scored({condition: share}).scores[condition]
    assert isinstance(score, Score)
    assert 0 <= score.interval.low <= score.value <= score.interval.high <= 100
    assert score.interval.level == 0.95


def test_the_error_of_the_scale_widens_counts_and_not_shares():
    rough = flat_crop()
    face = rough.landmarks
    worse = replace(face, scale=replace(face.scale, relative_error=0.4))
    doubtful = replace(rough, landmarks=worse)
    spots = tuple(spot() for _ in range(20))
    shares = {Condition.ACNE: 0.0, Condition.REDNESS: 0.3}
    plain, doubted = scored(shares, spots, crop=rough), scored(shares, spots, crop=doubtful)
    assert plain.scores[Condition.REDNESS] == doubted.scores[Condition.REDNESS]
    assert width(doubted.scores[Condition.ACNE]) > width(plain.scores[Condition.ACNE]) + 5


def width(score: Score | NotMeasured) -> float:
    assert isinstance(score, Score)
    return score.interval.high - score.interval.low


@law
@given(st.sampled_from(Condition), st.floats(0, 100), st.floats(0.05, 2.0))
def test_repeatability_gives_intervals_in_range(
    condition: Condition, points: float, mm_per_px: float
):
    deviation = load_repeatability().deviation_of(condition, points, mm_per_px)
    interval = interval_around(points, Z95 * deviation)
    assert 0 <= interval.low <= points <= interval.high <= 100
    assert interval.high > interval.low


@law
@given(st.sampled_from(Condition), st.floats(0, 100), st.floats(1, 200))
def test_a_smaller_region_is_less_repeatable(condition: Condition, points: float, ratio: float):
    shipped = load_repeatability()
    larger, smaller = (
        shipped.region_deviation_of(condition, points, 0.5, area_ratio=r)
        for r in (ratio, 2 * ratio)
    )
    assert smaller == pytest.approx(larger * 2**0.5)
    assert larger > 0


@pytest.mark.parametrize(("mm_per_px", "name"), [
    (0.1, "fine"), (0.2, "fine"), (0.21, "medium"), (0.4, "medium"), (0.41, "coarse"),
])  # fmt: skip
def test_scale_classes(mm_per_px: float, name: str):
    assert scale_class(mm_per_px) == name


# Regions


def test_a_region_scores_what_lies_in_it():
    crop = flat_crop()
    probability = np.where(crop.regions.mask(Region.CHIN), np.float32(0.4), np.float32(0))
    found = replace(even(Condition.TEXTURE, 0), probability=probability)
    answer = score_face(crop, skin_of(crop), {Condition.TEXTURE: found}, ())
    assert value(answer.scores[Condition.TEXTURE]) == pytest.approx(10, rel=1e-4)
    assert value(answer.regions[Region.CHIN].scores[Condition.TEXTURE]) == pytest.approx(40)
    assert value(answer.regions[Region.FOREHEAD].scores[Condition.TEXTURE]) == 0


def test_findings_count_in_their_own_region():
    answer = scored({Condition.ACNE: 0.0}, (spot(), spot(), spot(region=Region.CHIN)))
    raws = {r: a.scores[Condition.ACNE] for r, a in answer.regions.items()}
    quarter = AREA_MM2 / 4
    for region, count in ((Region.FOREHEAD, 2), (Region.CHIN, 1), (Region.SUBJECT_LEFT_CHEEK, 0)):
        score = raws[region]
        assert isinstance(score, Score)
        assert score.raw.value == pytest.approx(count / quarter * 1e4)


def test_a_region_tells_its_area_its_share_and_its_colour():
    crop = flat_crop()
    where = np.ones(crop.shape, bool)
    where[: SIDE // 8] = False
    answer = score_face(crop, skin_of(crop, where), {}, ())
    forehead, chin = answer.regions[Region.FOREHEAD], answer.regions[Region.CHIN]
    assert forehead.visible_share == pytest.approx(0.5)
    assert chin.visible_share == pytest.approx(1.0)
    assert chin.area_mm2 == pytest.approx(AREA_MM2 / 4)
    assert chin.colour == forehead.colour
    assert set(answer.regions) == set(Region)


@pytest.mark.parametrize("share", [0.0, 0.25])
def test_a_hidden_region_is_not_measured(share: float):
    crop = flat_crop()
    where = np.ones(crop.shape, bool)
    where[round(SIDE // 4 * share) : SIDE // 4] = False
    answer = score_face(
        crop, skin_of(crop, where), {Condition.REDNESS: even(Condition.REDNESS, 0.5)}, ()
    )
    forehead = answer.regions[Region.FOREHEAD]
    assert isinstance(forehead.colour, NotMeasured)
    for score in forehead.scores.values():
        assert isinstance(score, NotMeasured)
        assert score.code is NotMeasuredCode.NOT_VISIBLE
    assert isinstance(answer.regions[Region.CHIN].scores[Condition.REDNESS], Score)


def test_where_a_condition_is_not_looked_for_it_does_not_apply():
    crop = flat_crop()
    found = even(Condition.PORES, 0.5, crop.regions.mask(Region.CHIN))
    answer = score_face(crop, skin_of(crop), {Condition.PORES: found}, ())
    score = answer.regions[Region.FOREHEAD].scores[Condition.PORES]
    assert isinstance(score, NotMeasured)
    assert score.code is NotMeasuredCode.NOT_APPLICABLE


# Not measured


def code(score: object) -> NotMeasuredCode:
    assert isinstance(score, NotMeasured), score
    assert score.reason.endswith(".")
    return score.code


@pytest.mark.parametrize("condition", Condition, ids=lambda c: c.value)
def test_a_missing_map_is_too_coarse(condition: Condition):
    answer = scored({})
    assert code(answer.scores[condition]) is NotMeasuredCode.TOO_COARSE
    assert answer.labels[condition] is None
    reason = answer.scores[condition].reason
    assert "1.50 mm per pixel" in reason
    assert condition.value.replace("_", " ") in reason.lower()


@pytest.mark.parametrize("condition", LIMITS.softest_mm, ids=lambda c: c.value)
def test_a_soft_photo_does_not_score_fine_structure(condition: Condition):
    limit = LIMITS.softest_mm[condition]
    sharp = scored({condition: 0.3}, quality=soft(limit - 0.01)).scores[condition]
    assert isinstance(sharp, Score)
    blurred = scored({condition: 0.3}, quality=soft(limit + 0.1)).scores[condition]
    assert code(blurred) is NotMeasuredCode.TOO_COARSE
    assert f"{limit + 0.1:.1f} mm" in blurred.reason


def test_softness_does_not_hide_broad_conditions():
    for condition in set(Condition) - set(LIMITS.softest_mm):
        assert isinstance(scored({condition: 0.3}, quality=soft(3.0)).scores[condition], Score)


@pytest.mark.parametrize("condition", Condition, ids=lambda c: c.value)
def test_too_little_skin_is_said(condition: Condition):
    crop = flat_crop()
    needed = LIMITS.under_eye_mm2 if condition is Condition.DARK_CIRCLES else LIMITS.face_mm2
    needed_px = needed / MM_PER_PX**2
    for px, enough in ((int(needed_px * 0.95), False), (int(needed_px * 1.05), True)):
        where = np.zeros(SIDE * SIDE, bool)
        where[:px] = True
        found = even(condition, 0.3, where.reshape(SIDE, SIDE))
        score = score_face(crop, skin_of(crop), {condition: found}, ()).scores[condition]
        if enough:
            assert isinstance(score, Score)
        else:
            assert code(score) is NotMeasuredCode.TOO_LITTLE_SKIN


def test_a_colourless_photo_has_no_colour_scores():
    grey = painted(np.full((SIDE, SIDE, 3), 150, np.uint8))
    answer = scored(dict.fromkeys(Condition, 0.3), crop=grey)
    unmeasured = {c for c, s in answer.scores.items() if isinstance(s, NotMeasured)}
    assert unmeasured == COLOUR_CONDITIONS
    assert {code(answer.scores[c]) for c in unmeasured} == {NotMeasuredCode.NO_COLOUR}
    assert code(answer.tone) is NotMeasuredCode.NO_COLOUR
    assert code(answer.regions[Region.CHIN].colour) is NotMeasuredCode.NO_COLOUR
    assert "colour evenness" not in " ".join(m.name for m in answer.measures)


def test_no_skin_at_all_is_an_answer():
    crop = flat_crop()
    none = np.zeros(crop.shape, bool)
    maps = {c: even(c, 0.0, none) for c in Condition}
    answer = score_face(crop, skin_of(crop, none), maps, ())
    assert {code(s) for s in answer.scores.values()} == {NotMeasuredCode.TOO_LITTLE_SKIN}
    assert code(answer.tone) is NotMeasuredCode.TOO_LITTLE_SKIN
    assert isinstance(answer.overall, NotMeasured)
    assert answer.measures == ()


# Overall and labels


def test_overall_is_the_mean_and_needs_five():
    names = (
        Condition.REDNESS,
        Condition.TEXTURE,
        Condition.OILINESS,
        Condition.DRYNESS,
        Condition.DARK_CIRCLES,
    )
    shares = {c: 0.07 * (i + 1) for i, c in enumerate(names)}
    answer = scored(shares)
    assert isinstance(answer.overall, Score)
    mean = np.mean([value(answer.scores[c]) for c in names])
    assert answer.overall.value == pytest.approx(mean)
    assert answer.overall.interval.low <= mean <= answer.overall.interval.high
    del shares[Condition.DRYNESS]
    fewer = scored(shares).overall
    assert code(fewer) is NotMeasuredCode.TOO_COARSE
    assert "Only 4 of 10" in fewer.reason


def test_labels_rise_with_the_score():
    labels = [
        scored({Condition.TEXTURE: share}).labels[Condition.TEXTURE]
        for share in np.linspace(0.0, 1.0, 9)
    ]
    assert labels == sorted(labels)
    assert len(set(labels)) == 9
    assert labels[0] < 0.1
    assert labels[2] == pytest.approx(0.5)
    assert 0.95 < labels[-1] < 1


@law
@given(st.floats(0, 100), st.floats(0, 100))
def test_a_label_never_falls_as_the_score_rises(first: float, second: float):
    low, high = sorted((first, second))
    whole = scored_points(low), scored_points(high)
    assert 0 < _label(whole[0], LIMITS) <= _label(whole[1], LIMITS) < 1


@cache
def any_score() -> Score:
    score = scored({Condition.TEXTURE: 0.5}).scores[Condition.TEXTURE]
    assert isinstance(score, Score)
    return score


def scored_points(points: float) -> Score:
    return replace(any_score(), value=points)


# Grades


@pytest.mark.parametrize(("half", "grade", "label"), [
    (0, 1, "mild"), (5, 1, "mild"), (5.5, 2, "moderate"), (20, 2, "moderate"),
    (20.5, 3, "severe"), (50, 3, "severe"), (50.5, 4, "very severe"), (90, 4, "very severe"),
])  # fmt: skip
def test_hayashi_counts_half_the_face(half: float, grade: int, label: str):
    spots = tuple(spot() for _ in range(int(2 * half)))
    others = (spot(Condition.PIGMENTATION), line(30.0))
    found = scored({Condition.ACNE: 0.0}, (*spots, *others)).grades["Hayashi"]
    assert isinstance(found, Grade)
    assert (found.grade, found.label) == (grade, label)
    assert found.basis == Quantity("inflamed spots on half the face", half, "count")
    assert "doi:" in found.source


def test_hayashi_needs_half_a_face():
    crop = flat_crop()
    for share, enough in ((0.98, False), (1.05, True)):
        where = np.zeros(SIDE * SIDE, bool)
        where[: int(share * HALF_FACE_MM2 / MM_PER_PX**2)] = True
        found = even(Condition.ACNE, 0.0, where.reshape(SIDE, SIDE))
        grade = score_face(crop, skin_of(crop), {Condition.ACNE: found}, ()).grades["Hayashi"]
        assert isinstance(grade, Grade) == enough


def test_a_grade_that_cannot_be_read_off_a_photo_says_why():
    grades = scored({Condition.ACNE: 0.0}).grades
    assert set(grades) == {"Hayashi", "GAGS", "IGA", "CEA", "mMASI", "wrinkle atlas"}
    for name in set(grades) - {"Hayashi"}:
        assert code(grades[name]) is NotMeasuredCode.NO_METHOD
    assert code(scored({}).grades["Hayashi"]) is NotMeasuredCode.TOO_COARSE


# Weights


def test_what_is_sure_and_large_counts_fully():
    assert weigh(spot(probability=0.8, area_mm2=1.6), LIMITS) == 1
    assert weigh(spot(probability=0.56, area_mm2=9.0), LIMITS) == 0
    assert weigh(spot(probability=0.9, area_mm2=0.8), LIMITS) == 0
    assert weigh(line(10.0, probability=0.8), LIMITS) == 1
    assert weigh(line(7.5, probability=0.8), LIMITS) == pytest.approx(0.5)


@law
@given(st.floats(0, 1), st.floats(0, 5), st.floats(-0.02, 0.02), st.floats(-0.02, 0.02))
def test_a_spot_s_weight_does_not_jump(p: float, area: float, more: float, larger: float):
    moved = spot(probability=float(np.clip(p + more, 0, 1)), area_mm2=max(area + larger, 0.0))
    weights = weigh(spot(probability=p, area_mm2=area), LIMITS), weigh(moved, LIMITS)
    assert 0 <= min(weights) <= max(weights) <= 1
    assert abs(weights[0] - weights[1]) <= 0.2


@law
@given(st.floats(0, 1), st.floats(0, 30), st.floats(-0.02, 0.02), st.floats(-0.25, 0.25))
def test_a_line_s_weight_does_not_jump(p: float, length: float, more: float, longer: float):
    moved = line(max(length + longer, 0.0), probability=float(np.clip(p + more, 0, 1)))
    weights = weigh(line(length, probability=p), LIMITS), weigh(moved, LIMITS)
    assert abs(weights[0] - weights[1]) <= 0.2


# Colour


@pytest.mark.parametrize("shade", range(10))
def test_the_nearest_monk_shade_of_a_shade_is_itself(shade: int):
    rgb = np.empty((SIDE, SIDE, 3), np.uint8)
    rgb[:] = list(bytes.fromhex(MONK_SHADES[shade]))
    crop = painted(rgb)
    tone = tone_of(sample_of(crop, skin_of(crop)))
    assert isinstance(tone, SkinTone), shade
    assert tone.monk == shade + 1
    assert tone.monk_delta_e == pytest.approx(0, abs=0.02)
    assert tone.fitzpatrick.code is NotMeasuredCode.NOT_FROM_A_PHOTO


def test_the_monk_shades_darken():
    """As published, shade 3 is a little lighter than shade 2."""
    lightness = monk_lab()[0, :, 0]
    assert (np.diff(lightness[2:]) < 0).all()
    assert lightness[0] > lightness[2] > lightness[1]


@pytest.mark.parametrize(("ita", "group"), [
    (60, ItaGroup.VERY_LIGHT), (48, ItaGroup.LIGHT), (35, ItaGroup.INTERMEDIATE),
    (20, ItaGroup.TAN), (-10, ItaGroup.BROWN), (-50, ItaGroup.DARK),
])  # fmt: skip
def test_the_typology_angle_gives_the_group(ita: float, group: ItaGroup):
    b_star = 15.0
    lab = np.array([[50 + b_star * np.tan(np.radians(ita)), 10.0, b_star]], np.float32)
    colour = describe_colour(lab)
    assert colour.ita_deg == pytest.approx(ita, abs=0.01)
    assert colour.ita_group is group


def test_colour_measures_follow_what_is_painted():
    flat = scored({})
    rgb = np.full((SIDE, SIDE, 3), SKIN_RGB, np.uint8)
    rgb[:, ::2] = np.array(SKIN_RGB) * 0.9
    mottled = scored({}, crop=painted(rgb))
    names = [m.name for m in flat.measures]
    assert [m.name for m in mottled.measures] == names
    assert all(m.value == pytest.approx(0, abs=1e-3) for m in flat.measures)
    assert mottled.measures[0].value > 1


def test_counts_and_sums_are_told():
    findings = (spot(), spot(area_mm2=3.0), spot(Condition.PIGMENTATION), line(12.0), line(8.0))
    shares = dict.fromkeys((Condition.ACNE, Condition.PIGMENTATION, Condition.WRINKLES), 0.0)
    told = {m.name: (m.value, m.unit) for m in scored(shares, findings).measures}
    assert told["inflamed spots"] == (2.0, "count")
    assert told["area of inflamed spots"] == (8.0, "mm²")
    assert told["dark spots"] == (1.0, "count")
    assert told["length of wrinkles"] == (20.0, "mm")
