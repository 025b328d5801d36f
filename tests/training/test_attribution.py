"""The exported network in torch again, its gradients, and the randomisation test."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from drawn_networks import card, convolution, of_channel  # noqa: E402

from cutis.core.attribution import AttributionMethod, AttributionTarget  # noqa: E402
from cutis.core.errors import ModelError  # noqa: E402
from cutis.core.face import FaceCrop  # noqa: E402
from cutis.core.vocabulary import Condition  # noqa: E402
from cutis.evaluation.attribution import points_at, rank_correlation  # noqa: E402
from cutis.models.attribution_scene import SceneLimits  # noqa: E402
from cutis.models.builtin import builtin_models  # noqa: E402
from cutis.models.cache import read_files  # noqa: E402
from cutis.models.condition_network import LearnedConditionSegmenter  # noqa: E402
from cutis.models.descriptor import ServedCondition  # noqa: E402
from cutis.models.runtime import NetworkFiles, Runtime, RuntimeOptions  # noqa: E402
from cutis.testing import sample_crop, sample_skin  # noqa: E402
from cutis.training.attribution import (  # noqa: E402
    Amount,
    GradientAttributor,
    as_network,
    inputs_of,
    integrated_gradients,
)
from cutis.training.exported_network import ExportedNetwork, randomise  # noqa: E402

Make = Callable[[AttributionMethod], GradientAttributor]
Painted = tuple[FaceCrop, AttributionTarget, np.ndarray]
RED_OVER_BASELINE = 4
MODEL = builtin_models().get("conditions")
ACNE = ServedCondition("acne", 0.5, 0.7, offset=-6.0)


@pytest.fixture(scope="module")
def files() -> NetworkFiles:
    return NetworkFiles(*read_files(MODEL))


@pytest.fixture(scope="module")
def network(files: NetworkFiles) -> ExportedNetwork:
    return ExportedNetwork(files)


def test_it_computes_what_the_runtime_computes(files: NetworkFiles, network: ExportedNetwork):
    compiled = Runtime(RuntimeOptions(threads=1)).compile_ir(files, "conditions")
    inputs = np.random.default_rng(0).standard_normal((1, 17, 64, 96)).astype(np.float32)
    expected, found = compiled(inputs)[0], as_network(network)(inputs)[0]
    assert np.ptp(expected) > 1
    assert found == pytest.approx(expected, abs=1e-3)


def test_random_weights_come_from_the_output_to_the_input(network: ExportedNetwork):
    half = randomise(copy.deepcopy(network), 0.5, seed=3)
    again = randomise(copy.deepcopy(network), 0.5, seed=3)
    changed = [
        not torch.equal(a.weight, b.weight)
        for a, b in zip(network.convolutions, half.convolutions, strict=True)
    ]
    middle = len(changed) - round(len(changed) / 2)
    assert changed == [False] * middle + [True] * (len(changed) - middle)
    assert all(
        torch.equal(a.weight, b.weight)
        for a, b in zip(half.convolutions, again.convolutions, strict=True)
    )


def test_an_unknown_operation_is_told():
    broken = convolution(of_channel("acne", 4))
    odd = replace(broken, graph=broken.graph.replace(b'type="Convolution"', b'type="Sqrt"'))
    with pytest.raises(ModelError):
        ExportedNetwork(odd)


@pytest.fixture(scope="module")
def gradients():
    pytest.importorskip("captum")
    kernel = of_channel("acne", RED_OVER_BASELINE, gain=16.0)
    files = convolution(kernel)
    runtime = Runtime(RuntimeOptions(threads=1))
    segmenter = LearnedConditionSegmenter(card(files, ACNE), files, runtime)

    def make(method: AttributionMethod) -> GradientAttributor:
        scenes = SceneLimits(reach_mm=1.0, margin_mm=2.0)
        return GradientAttributor(segmenter, ExportedNetwork(files), method, layer=0, scenes=scenes)

    return make


@pytest.fixture(scope="module")
def red():
    plain = sample_crop()
    linear = plain.linear.copy()
    linear[330:342, 120:132, 1:] *= np.float32(0.45)
    crop = replace(plain, linear=linear)
    where, truth = np.zeros((2, *crop.shape), bool)
    where[316:356, 106:146] = True
    truth[330:342, 120:132] = True
    return crop, AttributionTarget(Condition.ACNE, where, "ten millimetres of cheek"), truth


@pytest.mark.parametrize(
    "method", [AttributionMethod.GRAD_CAM, AttributionMethod.INTEGRATED_GRADIENTS]
)
def test_it_points_at_the_red_that_was_painted(
    gradients: Make, red: Painted, method: AttributionMethod
):
    crop, target, truth = red
    found = gradients(method).attribute(crop, sample_skin(crop), target)
    assert found.values.shape == crop.shape
    assert points_at(found.values, truth, within=target.where, tolerance_px=3)


def test_integrated_gradients_are_complete(gradients: Make, red: Painted):
    """Their sum is the amount less what is left with all hidden (Sundararajan et al. 2017)."""
    crop, target, _ = red
    attributor = gradients(AttributionMethod.INTEGRATED_GRADIENTS)
    scene = attributor.scenes.scene(crop, sample_skin(crop), target)
    inputs = inputs_of(scene, ACNE)
    amount = Amount(attributor.network, scene, ACNE, inputs.rims)
    maps = integrated_gradients(amount, inputs.seen, inputs.hidden, steps=64)
    with torch.no_grad():
        change = float(amount(*inputs.seen) - amount(*inputs.hidden))
    assert sum(float(m.sum()) for m in maps) == pytest.approx(change, rel=0.01)
    assert amount(*inputs.seen).item() == pytest.approx(scene.amount, rel=0.03)


def test_random_weights_change_the_map(gradients: Make, red: Painted):
    """Adebayo et al. 2018: a map that stays the same would not depend on what was learned."""
    crop, target, _ = red
    attributor = gradients(AttributionMethod.INTEGRATED_GRADIENTS)
    skin = sample_skin(crop)
    before = attributor.attribute(crop, skin, target)
    randomise(attributor.network, 1.0, seed=1)
    after = attributor.attribute(crop, skin, target)
    assert abs(rank_correlation(before.values, after.values, within=target.where)) < 0.5
