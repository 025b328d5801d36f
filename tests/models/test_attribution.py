"""Occlusion and LIME on a drawn network that sees red: they must find the red that was painted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn_networks import card, convolution, of_channel
from sklearn.linear_model import Ridge

from cutis.core.attribution import AttributionMethod, AttributionTarget
from cutis.core.errors import InputError
from cutis.core.face import FaceCrop
from cutis.core.masks import ConditionMap, SkinMask
from cutis.core.ports import Attributor
from cutis.core.vocabulary import Condition
from cutis.evaluation.attribution import points_at
from cutis.imaging.own_skin import own_skin
from cutis.models.attribution import OcclusionAttributor, OcclusionLimits
from cutis.models.attribution_scene import SceneLimits, SceneMaker
from cutis.models.condition_network import LearnedConditionSegmenter
from cutis.models.descriptor import ServedCondition
from cutis.models.lime import LimeAttributor, LimeLimits, weighted_ridge
from cutis.models.runtime import Runtime, RuntimeOptions
from cutis.testing import FakeConditionSegmenter, sample_crop, sample_skin

RED_OVER_BASELINE = 4
ACNE = ServedCondition("acne", 0.5, 0.7, offset=-6.0)
RED = slice(330, 342), slice(120, 132)
"""3 mm of the subject's right cheek."""


@pytest.fixture(scope="module")
def crop() -> FaceCrop:
    plain = sample_crop()
    linear = plain.linear.copy()
    linear[(*RED, slice(1, 3))] *= np.float32(0.45)
    return replace(plain, linear=linear)


@pytest.fixture(scope="module")
def skin(crop: FaceCrop) -> SkinMask:
    return sample_skin(crop)


@pytest.fixture(scope="module")
def segmenter() -> LearnedConditionSegmenter:
    files = convolution(of_channel("acne", RED_OVER_BASELINE, gain=16.0))
    return LearnedConditionSegmenter(card(files, ACNE), files, Runtime(RuntimeOptions(threads=1)))


def square(crop: FaceCrop, half: int = 40) -> AttributionTarget:
    """20 mm of cheek, the red not in its middle."""
    where = np.zeros(crop.shape, bool)
    where[350 - half : 350 + half, 140 - half : 140 + half] = True
    return AttributionTarget(Condition.ACNE, where, "a square of cheek")


def truth(crop: FaceCrop) -> np.ndarray:
    where = np.zeros(crop.shape, bool)
    where[RED] = True
    return where


def test_unchanged_a_scene_is_the_map_as_it_was_shipped(
    crop: FaceCrop, skin: SkinMask, segmenter: LearnedConditionSegmenter
):
    scene = SceneMaker(segmenter).scene(crop, skin, square(crop))
    found = segmenter.segment(crop, skin)[Condition.ACNE].probability
    same = scene.after(np.zeros_like(scene.before))
    assert same == pytest.approx(found[scene.window], abs=1e-5)
    assert scene.amount == pytest.approx(found[square(crop).where].sum(), rel=1e-5)
    assert scene.left(np.ones_like(scene.where)) < 0.4 * scene.amount


@pytest.mark.parametrize("kind", [OcclusionAttributor, LimeAttributor])
def test_it_points_at_the_red_that_was_painted(
    crop: FaceCrop, skin: SkinMask, segmenter: LearnedConditionSegmenter, kind: type
):
    limits = LimeLimits(samples=150, most=60) if kind is LimeAttributor else None
    attributor = kind(segmenter, limits, SceneLimits(reach_mm=1.0, margin_mm=2.0))
    assert isinstance(attributor, Attributor)
    found = attributor.attribute(crop, skin, square(crop))
    assert found.values.shape == crop.shape
    assert found.elapsed_s > 0
    within = square(crop).where
    assert points_at(found.values, truth(crop), within=within, tolerance_px=4)
    beside = within.copy()
    beside[310:362, 100:152] = False
    assert found.values[truth(crop)].mean() > 5 * np.abs(found.values[beside]).mean()


def test_occlusion_of_one_finding_tells_the_share_that_is_lost(
    crop: FaceCrop, skin: SkinMask, segmenter: LearnedConditionSegmenter
):
    """A patch larger than the spot takes nearly all of it away."""
    target = AttributionTarget(Condition.ACNE, truth(crop), "the spot")
    limits = OcclusionLimits(patch_mm=(6.0,))
    found = OcclusionAttributor(segmenter, limits, SceneLimits(reach_mm=2.0)).attribute(
        crop, skin, target
    )
    assert found.method is AttributionMethod.OCCLUSION
    assert 0.6 < found.values.max() <= 1
    assert found.values[:200].max() == 0


def test_any_segmenter_can_be_explained_through_its_port(crop: FaceCrop, skin: SkinMask):
    class Darkness(FakeConditionSegmenter):
        def segment(self, crop: FaceCrop, skin: SkinMask) -> dict[Condition, ConditionMap]:
            dark = (1 - crop.linear.mean(axis=2)).astype(np.float32)
            return {Condition.ACNE: ConditionMap(Condition.ACNE, dark, skin.skin, "drawn")}

    limits = OcclusionLimits(patch_mm=(5.0,))
    found = OcclusionAttributor(Darkness(), limits, SceneLimits(reach_mm=0.5)).attribute(
        crop, skin, AttributionTarget(Condition.ACNE, truth(crop), "the spot")
    )
    assert found.values[truth(crop)].min() > 0.02


def test_what_cannot_be_explained_is_refused(
    crop: FaceCrop, skin: SkinMask, segmenter: LearnedConditionSegmenter
):
    attributor = OcclusionAttributor(segmenter)
    good = square(crop)
    with pytest.raises(InputError, match="no map of wrinkles"):
        attributor.attribute(crop, skin, replace(good, condition=Condition.WRINKLES))
    with pytest.raises(InputError, match="crop's size"):
        attributor.attribute(crop, skin, replace(good, where=good.where[1:]))
    with pytest.raises(InputError, match="not looked for"):
        attributor.attribute(crop, skin, replace(good, where=np.zeros_like(good.where)))


def test_own_skin_fills_from_clear_skin_only():
    linear = np.full((60, 60, 3), 0.5, np.float32)
    linear[20:30, 20:30] = (0.9, 0.0, 0.0)
    clear = np.ones((60, 60), bool)
    clear[18:32, 18:32] = False
    filled = own_skin(linear, clear, 8.0)
    assert filled == pytest.approx(np.full_like(linear, 0.5), abs=0.01)


def test_own_skin_keeps_shading():
    across = np.linspace(0.2, 0.6, 80, dtype=np.float32)[None, :, None]
    linear = np.broadcast_to(across, (40, 80, 3)).copy()
    filled = own_skin(linear, np.ones((40, 80), bool), 5.0)
    assert filled[:, 15:-15] == pytest.approx(linear[:, 15:-15], abs=0.02)


def test_the_ridge_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    shown = (rng.random((40, 6)) < 0.5).astype(float)
    shown[0] = 1
    amounts = shown @ np.arange(6) + rng.normal(0, 0.1, 40)
    limits = LimeLimits(ridge=2.0)
    weight = np.exp(-((1 - np.sqrt(shown.mean(axis=1))) ** 2) / limits.width**2)
    weight /= weight.sum()
    expected = Ridge(alpha=2.0 / 40).fit(shown, amounts, sample_weight=weight).coef_
    assert weighted_ridge(shown, amounts, limits) == pytest.approx(expected, abs=1e-8)
