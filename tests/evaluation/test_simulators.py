"""The simulated skin and the simulated series: what they promise, not what people do."""

from __future__ import annotations

from dataclasses import replace
from statistics import fmean

import numpy as np
import pytest

from cutis.core.vocabulary import Condition
from cutis.evaluation.routine_simulator import PROFILES, RoutineSimulator
from cutis.evaluation.series import KINDS, draw_series
from cutis.evaluation.skin_response import EFFECTS, FELT, ParametricSkin, Skin, SkinResponse
from cutis.history.policy import RULES

QUIET = ParametricSkin(wander=0.0, differ=0.0, reddens=0.0)


def person(**levels: float) -> Skin:
    usual = {Condition(name): value for name, value in levels.items()}
    return Skin(usual, usual, {effect.ingredient: 1.0 for effect in EFFECTS}, tender=0.0)


def test_every_effect_tells_what_it_rests_on():
    for effect in EFFECTS:
        assert effect.basis.startswith(("published", "partly published", "assumed"))
        assert 0 < effect.share < 1
        if effect.basis.startswith("published"):
            assert "doi:" in effect.basis


def test_a_class_lowers_a_level_by_its_share_in_twelve_weeks():
    """Where nothing pulls the level back, the published share comes out."""
    held = ParametricSkin(wander=0.0, differ=0.0, reddens=0.0, half_life_days=1e9)
    skin = person(acne=50.0)
    for _ in range(3):
        skin = held.pass_days(skin, {"azelaic_acid"}, 28, np.random.default_rng(0))
    assert skin.levels[Condition.ACNE] == pytest.approx(50 * (1 - 0.18))


def test_without_care_a_level_goes_back_to_its_usual_one():
    skin = person(acne=20.0)
    raised = replace(skin, levels={Condition.ACNE: 60.0})
    later = QUIET.pass_days(raised, (), 60, np.random.default_rng(0))
    assert later.levels[Condition.ACNE] == pytest.approx(40.0)


def test_about_one_in_eight_feels_retinoid_with_benzoyl_peroxide():
    """The figure that irritation is set by; see `IRRITATES`."""
    model, rng, felt = ParametricSkin(), np.random.default_rng(0), []
    for _ in range(400):
        skin = model.start(rng, sensitive=False)
        for _ in range(6):
            skin = model.pass_days(skin, {"retinoid", "benzoyl_peroxide"}, 28, rng)
        felt.append(skin.irritation >= FELT)
    assert 0.08 < fmean(felt) < 0.2


def test_the_model_fits_its_protocol_and_the_world_offers_what_the_rules_allow():
    model: SkinResponse = ParametricSkin()
    world, rng = RoutineSimulator(model, visits=2), np.random.default_rng(4)
    moment = world.start(rng)
    assert RULES in moment.allowed
    assert moment.situation.split("/")[2] == "unknown"
    reward, after = world.step(moment.allowed[-1], rng)
    assert -10 < reward < 10
    assert after.situation.split("/")[2] in {"less", "same", "more"}
    assert world.step(RULES, rng)[1].allowed == ()
    assert len(PROFILES) == 7


@pytest.mark.parametrize("kind", KINDS)
def test_series_are_in_range_repeatable_and_rise_in_time(kind: str):
    drawn = draw_series(kind, 30, 6, np.random.default_rng(3))
    again = draw_series(kind, 30, 6, np.random.default_rng(3))
    assert np.array_equal(drawn.scores, again.scores)
    assert drawn.scores.shape == (30, 6)
    assert (np.diff(drawn.days, axis=1) >= 3).all()
    assert ((drawn.scores >= 0) & (drawn.scores <= 100)).all()


def test_care_lowers_treated_series():
    rng = np.random.default_rng(5)
    drawn = draw_series("treated", 600, 10, rng)
    assert (drawn.scores[:, -1] - drawn.scores[:, 0]).mean() < -5
