"""The classifier can say *none of these*, and its temperature calibrates."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch")

from cutis.core.errors import InputError  # noqa: E402
from cutis.networks.classifier import (  # noqa: E402
    ClassifierSpec,
    RelativeToBorder,
    build_classifier,
    calibrate,
    fit_temperature,
)
from cutis.networks.unet import Weights  # noqa: E402

CLASSES = ("papule", "pustule", "other")


def test_a_classifier_without_a_way_out_is_refused():
    with pytest.raises(InputError, match="other"):
        ClassifierSpec(("papule", "pustule"))


@pytest.mark.parametrize("weights", list(Weights))
def test_it_gives_one_logit_for_each_class(weights: Weights):
    spec = ClassifierSpec(CLASSES, in_channels=4, weights=weights)
    assert ClassifierSpec.from_dict(spec.to_dict()) == spec
    logits = build_classifier(spec).eval()(torch.rand(2, 4, 64, 64))
    assert logits.shape == (2, 3)


def test_size_alone_tells_apart_what_looks_alike():
    spec = ClassifierSpec(CLASSES, weights=Weights.RANDOM, sized=True)
    assert ClassifierSpec.from_dict(spec.to_dict()) == spec
    network = build_classifier(spec).eval()
    look = torch.rand(1, 3, 64, 64).expand(3, -1, -1, -1)
    sizes = torch.tensor([0.0, 1.0, 2.0]).view(3, 1, 1, 1).expand(-1, 1, 64, 64)
    with torch.no_grad():
        untaught = network(torch.cat([look, sizes], 1))
        network.sizes.weight[1] = torch.tensor([2.0, -0.5])
        taught = network(torch.cat([look, sizes], 1)) - untaught
    assert untaught.sub(untaught[0]).abs().max() < 1e-4
    assert taught[:, 1].tolist() == pytest.approx([0.0, 1.5, 2.0], abs=1e-3)
    assert taught[:, [0, 2]].abs().max() < 1e-4


def test_neither_light_nor_tone_is_seen_relative_to_the_border():
    network = build_classifier(ClassifierSpec(CLASSES, contrast=1.0), pretrained=False).eval()
    linear = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 0.3 + 0.5
    tint = torch.tensor([0.6, 0.4, 0.3]).view(3, 1, 1)
    crops, dimmed = linear ** (1 / 2.2), (linear * tint) ** (1 / 2.2)
    with torch.no_grad():
        assert network.seen(dimmed).sub(network.seen(crops)).abs().max() < 0.03
        plain = network.seen(torch.full((1, 3, 64, 64), 0.3))
    assert torch.allclose(plain, torch.full_like(plain, 0.5), atol=1e-5)


def test_a_spot_that_halves_the_light_is_as_dark_on_every_skin():
    seen = RelativeToBorder(0.5)
    depths = []
    for skin in (0.2, 0.7):
        linear = torch.full((1, 3, 40, 40), skin)
        linear[..., 15:25, 15:25] *= 0.5
        depths.append(float(0.5 - seen(linear ** (1 / 2.2))[0, 0, 20, 20]))
    assert depths[0] == pytest.approx(0.5 * math.log(2), abs=0.03)
    assert depths[1] == pytest.approx(depths[0], abs=0.03)


def test_the_temperature_is_found_again():
    """Labels drawn from softmax(logits): logits twice as large need the temperature 2."""
    torch.manual_seed(0)
    logits = 2 * torch.randn(20000, 4)
    classes = torch.distributions.Categorical(logits=logits).sample()
    assert fit_temperature(logits, classes) == pytest.approx(1, rel=0.05)
    assert fit_temperature(2 * logits, classes) == pytest.approx(2, rel=0.05)
    assert fit_temperature(logits / 3, classes) == pytest.approx(1 / 3, rel=0.05)
    with pytest.raises(InputError):
        fit_temperature(logits[:0], classes[:0])


def test_the_temperature_acts_in_evaluation_and_is_saved():
    torch.manual_seed(0)
    spec = ClassifierSpec(CLASSES, weights=Weights.RANDOM, dropout=0.0)
    classifier = build_classifier(spec).eval()
    crops = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        before = classifier(crops)
        calibrate(classifier, 2.0)
        torch.testing.assert_close(classifier(crops), before / 2)
    assert classifier.state_dict()["temperature"] == 2
