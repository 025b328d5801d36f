"""A change is called one only above its noise; what cannot be compared says why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from drawn_visits import HIDDEN, assessment_of, score, values, with_quality
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from cutis.core.assessment import Assessment, ModelUse
from cutis.core.face import Pose
from cutis.core.vocabulary import Condition, MeasureName, Region
from cutis.history import (
    ChangeVerdict,
    Comparison,
    ComparisonLimits,
    Obstacle,
    Visit,
    compare,
)
from cutis.history.comparable import FINEST_MM_PER_PX
from cutis.history.noise import needed_ratios, smallest_detectable_change, within_face_deviation
from cutis.steps.quality import QualityLimits
from cutis.steps.regions import CropLimits
from cutis.steps.scoring.repeatability import SCALE_CLASSES_MM_PER_PX
from cutis.testing import sample_assessment

CHANGED = {ChangeVerdict.BETTER, ChangeVerdict.WORSE}
MM_PER_PX = 0.25


def verdicts(comparison: Comparison) -> list[ChangeVerdict]:
    places = [v.verdict for part in comparison.regions.values() for v in part.values()]
    return [v.verdict for v in comparison.conditions.values()] + places


@settings(deadline=None, max_examples=25)
@given(values)
def test_nothing_changes_against_itself(scores: Mapping[Condition, float]):
    same = assessment_of(scores, regions=True)
    found = compare(same, same)
    assert not CHANGED & set(verdicts(found))
    assert found.overall.verdict is ChangeVerdict.NO_CHANGE_YOU_CAN_TRUST
    assert {c for c, v in found.conditions.items() if v.hindrance is None} == set(scores)


@settings(deadline=None, max_examples=25)
@given(values, values)
def test_swapping_mirrors_the_verdicts(a: Mapping[Condition, float], b: Mapping[Condition, float]):
    one, other = (assessment_of(v, regions=True) for v in (a, b))
    there, back = compare(one, other), compare(other, one)
    assert [v.reversed for v in verdicts(there)] == verdicts(back)
    assert there.overall.verdict.reversed is back.overall.verdict
    assert there.overall.better == back.overall.worse
    for condition, change in there.conditions.items():
        mirrored = back.conditions[condition]
        assert (change.before, change.after) == (mirrored.after, mirrored.before)
        assert (change.detectable, change.needed) == (mirrored.detectable, mirrored.needed)


@settings(deadline=None, max_examples=25)
@given(values, st.lists(st.floats(-1, 1), min_size=10, max_size=10))
def test_noise_below_the_detectable_change_never_changes(
    scores: Mapping[Condition, float], shares: list[float]
):
    moved = {}
    for (condition, value), share in zip(scores.items(), shares, strict=False):
        deviation = within_face_deviation(condition, value, MM_PER_PX)
        moved[condition] = float(
            np.clip(value + share * smallest_detectable_change(deviation, deviation), 0, 100)
        )
    found = compare(assessment_of(scores), assessment_of(moved))
    assert not CHANGED & set(verdicts(found))


@settings(deadline=None, max_examples=25)
@given(values, values)
def test_what_is_needed_is_never_less_than_what_is_detectable(
    a: Mapping[Condition, float], b: Mapping[Condition, float]
):
    for change in compare(assessment_of(a), assessment_of(b)).conditions.values():
        if change.hindrance is None:
            assert change.needed >= change.detectable
            assert (change.verdict in CHANGED) == (abs(change.difference) > change.needed)


@pytest.mark.parametrize(
    ("condition", "value"), [(Condition.REDNESS, 40.0), (Condition.ACNE, 10.0)]
)
def test_the_detectable_change_is_that_of_bland_and_altman(condition: Condition, value: float):
    after = assessment_of({condition: value})
    found = compare(after, after).conditions[condition]
    deviation = within_face_deviation(condition, value, MM_PER_PX)
    assert found.detectable == pytest.approx(1.96 * 2**0.5 * deviation)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.floats(0, 6), min_size=1, max_size=12))
def test_holm_agrees_with_his_rule_on_probabilities(ratios: list[float]):
    """Step down the sorted p-values as the paper words it."""
    p = 2 * norm.sf(ratios)
    rejected = np.zeros(len(p), bool)
    for rank, i in enumerate(np.argsort(p, kind="stable")):
        if p[i] >= 0.05 / (len(p) - rank):
            break
        rejected[i] = True
    ours = np.array(ratios) > needed_ratios(ratios)
    close = np.abs(np.array(ratios)[:, None] - norm.isf(0.025 / np.arange(1, 13))).min() < 1e-9
    assert close or (ours == rejected).all()


def test_false_changes_of_simulated_repeats_are_bounded():
    """Ten conditions, the noise that ships: at most 5 % of pairs show any change."""
    rng = np.random.default_rng(3)
    pairs, by_condition, any_changed = 800, dict.fromkeys(Condition, 0), 0
    for _ in range(pairs):
        truth = {c: rng.uniform(15, 85) for c in Condition}
        first, second = (
            assessment_of(
                {
                    c: v + rng.normal(0, within_face_deviation(c, v, MM_PER_PX))
                    for c, v in truth.items()
                }
            )
            for _ in range(2)
        )
        found = compare(first, second)
        for condition in found.overall.better + found.overall.worse:
            by_condition[condition] += 1
        any_changed += bool(found.overall.better or found.overall.worse)
    assert 0.02 < any_changed / pairs <= 0.05
    assert max(by_condition.values()) / pairs <= 0.012


def test_a_large_difference_is_told_with_its_numbers():
    found = compare(
        assessment_of({Condition.REDNESS: 60.0}), assessment_of({Condition.REDNESS: 30.0})
    )
    change = found.conditions[Condition.REDNESS]
    assert change.verdict is ChangeVerdict.BETTER
    assert change.sentence.startswith("Less than before: 60 → 30, 30.0 points; up to ")
    assert found.overall.sentence == "Redness: less than before."


def test_no_change_is_told_with_its_noise():
    found = compare(
        assessment_of({Condition.REDNESS: 42.0}), assessment_of({Condition.REDNESS: 45.0})
    )
    change = found.conditions[Condition.REDNESS]
    assert change.sentence == (
        f"No change you can trust: 42 → 45, a difference below {change.needed:.1f} points is noise"
    )


def test_less_of_one_and_more_of_another_is_mixed():
    before = assessment_of({Condition.ACNE: 60.0, Condition.REDNESS: 20.0})
    after = assessment_of({Condition.ACNE: 20.0, Condition.REDNESS: 60.0})
    overall = compare(before, after).overall
    assert overall.verdict is ChangeVerdict.MIXED
    assert (overall.better, overall.worse) == ((Condition.ACNE,), (Condition.REDNESS,))
    assert overall.sentence == "Acne: less than before; redness: more than before."


def test_the_more_is_looked_at_the_more_is_needed():
    one = {Condition.REDNESS: 40.0}
    alone = compare(assessment_of(one), assessment_of(one)).conditions[Condition.REDNESS]
    many = assessment_of(dict.fromkeys(Condition, 40.0))
    together = compare(many, many).conditions[Condition.REDNESS]
    assert together.needed > alone.needed
    assert together.detectable == alone.detectable


def test_a_small_region_needs_more_than_the_face():
    same = assessment_of({Condition.REDNESS: 40.0}, regions=True)
    found = compare(same, same)
    areas = {region: part.area_mm2 for region, part in same.regions.items()}
    needed = {r: found.regions[r][Condition.REDNESS].detectable for r in Region}
    by_area = sorted(areas, key=areas.__getitem__)
    assert all(needed[a] > needed[b] for a, b in pairwise(by_area))
    assert min(needed.values()) > found.conditions[Condition.REDNESS].detectable


def test_the_spread_of_a_burst_counts_where_it_is_larger():
    a, b = (assessment_of({Condition.REDNESS: v}) for v in (40.0, 57.0))
    wide = Visit(a, shots=5, spread={(None, Condition.REDNESS): 9.0})
    narrow = Visit(a, shots=5, spread={(None, Condition.REDNESS): 0.01})
    assert compare(wide, b).conditions[Condition.REDNESS].verdict not in CHANGED
    assert compare(narrow, b) == compare(a, b)


PLAIN = assessment_of(dict.fromkeys(Condition, 40.0))


def turned(yaw_deg: float) -> Assessment:
    return replace(PLAIN, face=replace(PLAIN.face, pose=Pose(yaw_deg, -1.8, 0.2)))


def at_scale(mm_per_px: float) -> Assessment:
    scale = replace(PLAIN.face.scale, mm_per_px=mm_per_px)
    return replace(PLAIN, face=replace(PLAIN.face, scale=scale))


def made_by(version: str, sha256: str = "64184e22" * 8) -> Assessment:
    model = ModelUse("face_landmarker", "1", sha256, "openvino", "f32")
    made = replace(PLAIN.provenance, software_version=version, models=(model,))
    return replace(PLAIN, provenance=made)


def with_flash(fired: bool) -> Assessment:  # noqa: FBT001
    return replace(PLAIN, capture=replace(PLAIN.capture, flash_fired=fired))


@pytest.mark.parametrize(
    ("before", "after", "obstacle"),
    [
        (PLAIN, sample_assessment(refused=True), Obstacle.PHOTO_REFUSED),
        (turned(0), turned(12), Obstacle.OTHER_POSE),
        (at_scale(0.25), at_scale(0.6), Obstacle.OTHER_SCALE),
        (at_scale(0.5), at_scale(1.2), Obstacle.OTHER_SCALE),
        (made_by("0.1.0"), made_by("0.2.0"), Obstacle.OTHER_VERSION),
        (made_by("0.1.0"), made_by("0.1.0", "0" * 64), Obstacle.OTHER_VERSION),
        (with_flash(fired=True), with_flash(fired=False), Obstacle.OTHER_LIGHT),
        (
            with_quality(PLAIN, MeasureName.UNDER_EXPOSURE, 100),
            with_quality(PLAIN, MeasureName.UNDER_EXPOSURE, 40),
            Obstacle.OTHER_LIGHT,
        ),
        (
            with_quality(PLAIN, MeasureName.HEAD_COVERING, 100),
            with_quality(PLAIN, MeasureName.HEAD_COVERING, 40),
            Obstacle.OTHER_COVERING,
        ),
    ],
)
def test_what_cannot_be_compared_at_all(before: Assessment, after: Assessment, obstacle: Obstacle):
    for pair in ((before, after), (after, before)):
        found = compare(*pair)
        assert {v.hindrance.obstacle for v in found.conditions.values()} == {obstacle}
        assert found.overall.verdict is ChangeVerdict.CANNOT_COMPARE
        reason = next(iter(found.conditions.values())).hindrance.reason
        assert found.overall.sentence == f"These cannot be compared. {reason}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (turned(0), turned(9)),
        (at_scale(0.195), at_scale(0.205)),  # two classes, as good as one scale
        (at_scale(0.05), at_scale(0.17)),  # both are reduced to the same
        (made_by("0.1.0"), made_by("0.1.3")),
        (with_flash(fired=True), PLAIN),
    ],
)
def test_what_is_alike_enough(before: Assessment, after: Assessment):
    found = compare(before, after)
    assert all(v.hindrance is None for v in found.conditions.values())


@pytest.mark.parametrize(
    ("measure", "obstacle", "hindered", "free"),
    [
        (
            MeasureName.NATURAL_COLOUR,
            Obstacle.OTHER_COLOUR,
            Condition.REDNESS,
            Condition.WRINKLES,
        ),
        (MeasureName.SHARPNESS, Obstacle.OTHER_FOCUS, Condition.PORES, Condition.REDNESS),
        (
            MeasureName.EXPRESSION_NEUTRALITY,
            Obstacle.OTHER_EXPRESSION,
            Condition.WRINKLES,
            Condition.ACNE,
        ),
    ],
)
def test_what_hinders_some_conditions(
    measure: MeasureName, obstacle: Obstacle, hindered: Condition, free: Condition
):
    found = compare(with_quality(PLAIN, measure, 95), with_quality(PLAIN, measure, 30))
    assert found.conditions[hindered].hindrance.obstacle is obstacle
    assert found.conditions[free].hindrance is None


def test_not_measured_in_one_and_other_methods():
    before = assessment_of({Condition.ACNE: 40.0, Condition.REDNESS: 40.0})
    learned = {**before.scores, Condition.ACNE: score(40.0, "learned:conditions 2")}
    after = replace(before, scores={**learned, Condition.REDNESS: HIDDEN})
    found = compare(before, after).conditions
    assert found[Condition.ACNE].hindrance.obstacle is Obstacle.OTHER_METHOD
    assert found[Condition.REDNESS].sentence == f"Not measured in the later photo: {HIDDEN.reason}"


def test_a_new_condition_model_leaves_the_other_conditions_comparable():
    pair = []
    for version, sha in (("1", "1" * 64), ("2", "2" * 64)):
        made = assessment_of({Condition.REDNESS: 40.0, Condition.WRINKLES: 40.0})
        learned = score(40.0, f"learned:conditions {version}")
        models = (ModelUse("conditions", version, sha, "openvino", "f32"),)
        pair.append(
            replace(
                made,
                scores={**made.scores, Condition.REDNESS: learned},
                provenance=replace(made.provenance, models=models),
            )
        )
    found = compare(*pair).conditions
    assert found[Condition.REDNESS].hindrance.obstacle is Obstacle.OTHER_METHOD
    assert found[Condition.WRINKLES].hindrance is None


def test_the_limits_are_where_their_reasons_say():
    limits = ComparisonLimits()
    fine, medium = (limit for _, limit in SCALE_CLASSES_MM_PER_PX[:2])
    assert limits.quality_points == QualityLimits().good_from
    assert limits.most_scale_ratio == medium / fine
    assert CropLimits().target_mm_per_px == FINEST_MM_PER_PX
