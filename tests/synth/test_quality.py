"""The rules that a painted picture must keep, each broken once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn_sets import draw_square, drawn_face, paint_square

from cutis.core.errors import InputError
from cutis.core.vocabulary import Condition
from cutis.synth.draw import Plan
from cutis.synth.parameters import SceneParameters, Style
from cutis.synth.quality import (
    QualityLimits,
    check_item,
    invisible_targets,
    near_duplicates,
    painted_targets,
    perceptual_hash,
)
from cutis.synth.realism import Realism, fit_realism, realism_distance, skin_statistics
from cutis.synth.render import Rendering

FACE = drawn_face("set/1")


@pytest.fixture
def parameters() -> SceneParameters:
    return draw_square(FACE, 3, Style.FIELD, Plan(severity="mild"))


@pytest.fixture
def rendering(parameters: SceneParameters) -> Rendering:
    return paint_square(FACE, replace(parameters, view=replace(parameters.view, mirror=False)))


def broken(parameters: SceneParameters, rendering: Rendering) -> tuple[str, ...]:
    return check_item(FACE, parameters, rendering)


def test_a_good_picture_breaks_no_rule(parameters: SceneParameters, rendering: Rendering):
    assert broken(parameters, rendering) == ()


def test_a_defect_without_label_is_rejected(parameters: SceneParameters, rendering: Rendering):
    bare = replace(rendering, labels=np.zeros_like(rendering.labels))
    assert broken(parameters, bare) == ("no_label",)
    assert broken(replace(parameters, severity="none", marks=()), bare) == ()


def test_a_label_off_the_skin_is_rejected(parameters: SceneParameters, rendering: Rendering):
    labels, image = rendering.labels.copy(), rendering.image.copy()
    labels[:, :3] = 1
    image[:, :3] //= 2
    assert "label_off_skin" in broken(parameters, replace(rendering, labels=labels, image=image))


def test_spots_over_most_of_the_skin_are_rejected(
    parameters: SceneParameters, rendering: Rendering
):
    labels = np.zeros_like(rendering.labels)
    labels[6:-6, 6:-6] = 1
    large = replace(rendering, labels=labels, image=rendering.clean // 2)
    assert "spots_too_large" in broken(parameters, large)
    patch = replace(parameters, style=Style.PATCHES)
    assert "spots_too_large" not in broken(patch, large)


@pytest.mark.parametrize("level", [0, 255])
def test_clipped_skin_is_rejected(parameters: SceneParameters, rendering: Rendering, level: int):
    image = rendering.image.copy()
    image[4:24] = level
    assert "clipped" in broken(parameters, replace(rendering, image=image))


def test_an_invisible_defect_is_rejected(parameters: SceneParameters, rendering: Rendering):
    hidden = replace(rendering, image=rendering.clean)
    assert broken(parameters, hidden) == ("invisible",)
    assert invisible_targets(parameters, hidden, QualityLimits()) == (Condition.ACNE,)
    few = replace(hidden, labels=np.where(np.arange(48) < 1, hidden.labels, 0).astype(np.uint8))
    assert invisible_targets(parameters, few, QualityLimits()) == ()


def test_painting_over_eyes_and_lips_is_rejected(parameters: SceneParameters, rendering: Rendering):
    image = rendering.image.copy()
    image[:4] = 255 - image[:4]
    face = replace(FACE, excluded=np.repeat(np.arange(48) < 10, 48).reshape(48, 48))
    assert check_item(face, parameters, rendering) == ()
    assert "identity" in check_item(face, parameters, replace(rendering, image=image))
    assert "identity" not in check_item(
        replace(FACE, excluded=~(FACE.skin | True)), parameters, replace(rendering, image=image)
    )


def test_targets_are_those_of_what_is_painted(parameters: SceneParameters):
    assert painted_targets(parameters) == {Condition.ACNE}


def patterned(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.kron(rng.integers(0, 255, (8, 8, 3), dtype=np.uint8), np.ones((16, 16, 1), np.uint8))


def test_a_copy_has_the_same_hash_and_another_picture_has_not():
    one = patterned(1)
    darker = (one * 0.9).astype(np.uint8)
    assert (perceptual_hash(one) ^ perceptual_hash(darker)).bit_count() <= 2
    others = [perceptual_hash(patterned(seed)) for seed in range(2, 12)]
    assert min((perceptual_hash(one) ^ other).bit_count() for other in others) > 10


def test_later_copies_are_duplicates_and_copies_of_dropped_ones_are_judged_by_the_first():
    codes = [0b0, 0xFF00, 0b1, 0xFF01, 0b111, 2**64 - 1]
    assert near_duplicates(codes, most_bits=2) == [2, 3]
    assert near_duplicates([]) == []


def skin(seed: int, amount: float = 6.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    level = rng.uniform(120, 180)
    noise = rng.normal(0, amount * rng.uniform(0.8, 1.25), (64, 64, 3))
    return np.clip(noise + np.array([level, level * 0.8, level * 0.7]), 1, 254).astype(np.uint8)


@pytest.fixture(scope="module")
def realism() -> Realism:
    everywhere = np.ones((64, 64), bool)
    return fit_realism(
        s for seed in range(80) if (s := skin_statistics(skin(seed), everywhere, 0.3)) is not None
    )


def test_skin_like_the_rest_is_near_and_other_stuff_is_far(realism: Realism):
    everywhere = np.ones((64, 64), bool)

    def distance(picture: np.ndarray) -> float:
        statistics = skin_statistics(picture, everywhere, 0.3)
        assert statistics is not None
        return realism_distance(statistics, realism)

    assert np.mean([distance(skin(seed)) <= realism.limit for seed in range(100, 140)]) > 0.8
    assert distance(skin(5, amount=60)) > 2 * realism.limit
    assert distance(np.full((64, 64, 3), 140, np.uint8)) > 2 * realism.limit


def test_realism_is_plain_data_and_comes_back(realism: Realism):
    again = Realism.from_dict(realism.to_dict())
    statistics = skin_statistics(skin(7), np.ones((64, 64), bool), 0.3)
    assert statistics is not None
    assert realism_distance(statistics, again) == pytest.approx(
        realism_distance(statistics, realism), rel=1e-2
    )


def test_too_little_skin_or_too_few_faces_tell_nothing():
    assert skin_statistics(skin(1), np.zeros((64, 64), bool), 0.3) is None
    with pytest.raises(InputError, match="At least 40 faces"):
        fit_realism([])
