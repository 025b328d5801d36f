"""The classifier can say *none of these*, and its temperature calibrates."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from cutis.core.errors import InputError  # noqa: E402
from cutis.networks.classifier import (  # noqa: E402
    ClassifierSpec,
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
