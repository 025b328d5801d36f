"""What a classifier says of spots: typed, moved to their condition, or dropped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from cutis.core.assessment import Finding
from cutis.core.vocabulary import Condition, LesionType, Region
from cutis.steps.lesions import TypingLimits, crop_boxes, spots_of, type_spots
from cutis.testing import sample_crop

SPOT = Finding(
    Condition.ACNE, LesionType.INFLAMED_SPOT, (10, 10, 20, 20), 0.9, Region.CHIN, area_mm2=3.0
)
LINE = replace(SPOT, condition=Condition.WRINKLES, type=LesionType.WRINKLE, length_mm=9.0)
PATCH = replace(SPOT, condition=Condition.REDNESS, type=LesionType.PATCH)


NAMED = frozenset({Condition.ACNE})


def answer(**shares: float) -> Mapping[LesionType, float]:
    named = {LesionType(name): share for name, share in shares.items()}
    return {LesionType.OTHER: 1 - sum(named.values()), **named}


def test_only_spots_are_looked_at():
    dark = replace(SPOT, condition=Condition.PIGMENTATION)
    assert spots_of((LINE, SPOT, PATCH, dark)) == (SPOT, dark)


def test_a_spot_takes_the_surest_type():
    (typed,) = type_spots((SPOT,), [answer(papule=0.6, pustule=0.2)])
    assert typed.type is LesionType.PAPULE
    assert typed.condition is Condition.ACNE
    assert typed.type_probability == pytest.approx(0.75)
    assert typed.probability == pytest.approx(0.8)
    (sure,) = type_spots((replace(SPOT, probability=0.55),), [answer(papule=0.95)])
    assert sure.probability == 0.55


def test_a_small_spot_is_no_nodule():
    said = [answer(nodule=0.6, papule=0.1, pustule=0.1)]
    large = replace(SPOT, area_mm2=20.0)  # a circle of 5.05 mm
    assert type_spots((large,), said)[0].type is LesionType.NODULE
    (small,) = type_spots((replace(SPOT, area_mm2=19.0),), said)
    assert (small.type, small.type_probability) == (LesionType.PAPULE, pytest.approx(7 / 8))
    (lenient,) = type_spots((SPOT,), said, TypingLimits(nodule_mm=1.0))
    assert lenient.type is LesionType.NODULE


def test_a_spot_of_unsure_type_has_a_plain_word():
    (spot,) = type_spots((SPOT,), [answer(papule=0.3, pustule=0.3, mole=0.3)])
    assert (spot.type, spot.condition) == (LesionType.INFLAMED_SPOT, Condition.ACNE)
    assert spot.type_probability == pytest.approx(2 / 3)
    (dark,) = type_spots((SPOT,), [answer(papule=0.2, mole=0.3, freckle=0.4)])
    assert (dark.type, dark.condition) == (LesionType.DARK_SPOT, Condition.PIGMENTATION)
    (scar,) = type_spots((SPOT,), [answer(ice_pick_scar=0.3, boxcar_scar=0.3, rolling_scar=0.3)])
    assert (scar.type, scar.condition) == (LesionType.UNSPECIFIED, Condition.SCARRING)


def test_a_spot_of_unsure_condition_keeps_its_word():
    mixed = answer(papule=0.3, mole=0.2, rolling_scar=0.2, post_inflammatory_erythema=0.2)
    (spot,) = type_spots((SPOT,), [mixed])
    assert (spot.type, spot.condition) == (LesionType.INFLAMED_SPOT, Condition.ACNE)
    assert spot.type_probability is None
    (sure,) = type_spots((SPOT,), [mixed], TypingLimits(sure_of_type=0.3))
    assert sure.type is LesionType.PAPULE


def test_other_is_dropped_and_lines_and_patches_stay():
    answers = [answer(papule=0.45), answer(papule=0.55)]
    second = replace(SPOT, bbox_xyxy=(50, 50, 60, 60))
    kept = type_spots((LINE, SPOT, PATCH, second), answers)
    assert [f.type for f in kept] == [LesionType.WRINKLE, LesionType.PATCH, LesionType.PAPULE]
    assert kept[:2] == (LINE, PATCH)
    strict = type_spots((SPOT,), [answer(papule=0.8)], TypingLimits(other_at_most=0.1))
    assert strict == ()


def test_a_type_of_another_condition_moves_the_spot():
    (mole,) = type_spots((SPOT,), [answer(mole=0.9)])
    assert (mole.type, mole.condition) == (LesionType.MOLE, Condition.PIGMENTATION)
    (mark,) = type_spots((SPOT,), [answer(post_inflammatory_erythema=0.9)])
    assert mark.condition is Condition.REDNESS


def test_a_spot_found_by_two_maps_is_told_once():
    dark = replace(
        SPOT, condition=Condition.PIGMENTATION, bbox_xyxy=(10, 10, 19, 20), probability=0.7
    )
    away = replace(dark, bbox_xyxy=(40, 10, 50, 20))
    kept = type_spots((SPOT, dark, away), [answer(mole=0.95)] * 3)
    assert [f.probability for f in kept] == [0.9, 0.7]
    assert kept[1].bbox_xyxy == away.bbox_xyxy
    assert len(type_spots((SPOT, dark), [answer(papule=0.95), answer(mole=0.95)])) == 2


def test_boxes_are_brought_into_the_crop():
    crop = replace(sample_crop(), box=(136, 176, 136 + 2 * 608, 176 + 2 * 772))
    corner = (136 + 2 * 608 - 1, 176, 136 + 2 * 608, 176 + 1)
    spots = [replace(SPOT, bbox_xyxy=box) for box in ((236, 276, 256, 286), corner)]
    assert crop_boxes(spots, crop) == ((50, 50, 60, 55), (607, 0, 608, 1))


def test_every_type_of_a_spot_has_its_condition():
    none = {t for t in LesionType if t.condition is None}
    assert none == {LesionType.OTHER, LesionType.PATCH, LesionType.UNSPECIFIED}


def test_names_alone_neither_drop_nor_move_nor_doubt_a_spot():
    limits = TypingLimits(names_only=NAMED)
    beside = replace(SPOT, bbox_xyxy=(12, 10, 20, 20))
    answers = [answer(papule=0.6), answer(mole=0.9)]
    named, left = type_spots((SPOT, beside), answers, limits)
    assert (named.type, named.probability) == (LesionType.PAPULE, SPOT.probability)
    assert named.type_probability == pytest.approx(1.0)
    assert left == beside
    assert type_spots((SPOT,), [answer(papule=0.4)], limits) == (SPOT,)  # likelier none: no name
    (unsure,) = type_spots((SPOT,), [answer(papule=0.2, pustule=0.2, closed_comedone=0.2)], limits)
    assert unsure.type is LesionType.INFLAMED_SPOT
    assert unsure.type_probability == pytest.approx(1.0)


def test_only_spots_of_named_conditions_are_looked_at():
    limits = TypingLimits(names_only=NAMED)
    dark = replace(SPOT, condition=Condition.PIGMENTATION, type=LesionType.DARK_SPOT)
    assert spots_of((LINE, dark, SPOT, PATCH), limits) == (SPOT,)
    kept = type_spots((LINE, dark, SPOT), [answer(pustule=0.8)], limits)
    assert [f.type for f in kept] == [LesionType.WRINKLE, LesionType.DARK_SPOT, LesionType.PUSTULE]


def test_a_spot_that_is_surely_none_is_told_so_without_a_name():
    certain = {LesionType.OTHER: 1.0, LesionType.PAPULE: 0.0, LesionType.MOLE: 0.0}
    assert type_spots((SPOT,), [certain]) == ()
    assert type_spots((SPOT,), [certain], TypingLimits(names_only=NAMED)) == (SPOT,)
    (kept,) = type_spots((SPOT,), [certain], TypingLimits(other_at_most=1.0))
    assert (kept.type, kept.probability, kept.type_probability) == (SPOT.type, 0.0, None)
