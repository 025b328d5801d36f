"""Networks keep their promises: shapes, first logits, plain data, ImageNet weights that work."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from cutis.core.errors import InputError, ModelError  # noqa: E402
from cutis.networks.imagenet import (  # noqa: E402
    LITE0_NORMALISATION,
    lite0_weights,
    load_known,
    widened_stem,
)
from cutis.networks.torchvision_import import import_torchvision  # noqa: E402
from cutis.networks.unet import (  # noqa: E402
    Encoder,
    EvenSameConv2d,
    NetworkSpec,
    Weights,
    build_network,
    make_padding_static,
)


def small(encoder: Encoder, **changes: Any) -> NetworkSpec:
    return NetworkSpec(encoder, in_channels=5, classes=3, **changes)


@pytest.mark.parametrize("encoder", list(Encoder))
def test_logits_have_the_size_of_the_input_and_gradients_reach_every_weight(encoder: Encoder):
    torch.manual_seed(0)
    network = build_network(small(encoder)).train()
    logits = network(torch.randn(2, 5, 64, 96))
    assert logits.shape == (2, 3, 64, 96)
    logits.square().mean().backward()
    assert all(p.grad is not None for p in network.parameters())


@pytest.mark.parametrize("encoder", [Encoder.RESNET34, Encoder.EFFICIENTNET_LITE0, Encoder.MIT_B0])
def test_a_decoder_of_half_the_scale_is_enlarged_outside_of_training(encoder: Encoder):
    torch.manual_seed(0)
    spec = small(encoder, decoder_channels=(32, 16, 8, 8), output_stride=2)
    network = build_network(spec)
    inputs = torch.randn(2, 5, 64, 96)
    assert network.train()(inputs).shape == (2, 3, 32, 48)
    with torch.inference_mode():
        whole = network.eval()(inputs)
        half = network.head(network.decoder(network.encoder(inputs)))
    assert whole.shape == (2, 3, 64, 96)
    means = torch.nn.functional.avg_pool2d(whole, 2)[..., 2:-2, 2:-2]
    assert (
        torch.corrcoef(torch.stack([means.flatten(), half[..., 2:-2, 2:-2].flatten()]))[0, 1] > 0.8
    )
    assert NetworkSpec.from_dict(spec.to_dict()) == spec


@pytest.mark.parametrize(
    ("encoder", "stride"), [(Encoder.RESNET34, 3), (Encoder.RESNET34, 4), (Encoder.CNN_RNN, 2)]
)
def test_a_stride_that_does_not_fit_is_refused(encoder: Encoder, stride: int):
    with pytest.raises(InputError, match="output_stride is 1, or 2"):
        build_network(small(encoder, output_stride=stride))


def test_the_head_starts_at_the_prior():
    network = build_network(small(Encoder.CNN_RNN, head_bias=(-4.0, -2.5, 0.0)))
    assert network.head.bias.tolist() == [-4.0, -2.5, 0.0]
    with pytest.raises(InputError, match="2 values for 3 classes"):
        build_network(small(Encoder.CNN_RNN, head_bias=(0.0, 0.0)))


def test_a_spec_survives_plain_data():
    spec = small(Encoder.MIT_B0, head_bias=(1.0, 2.0, 3.0))
    assert NetworkSpec.from_dict(spec.to_dict()) == spec


def test_the_recurrent_encoder_sees_the_whole_picture():
    torch.manual_seed(0)
    network = build_network(small(Encoder.CNN_RNN)).eval()
    inputs = torch.randn(1, 5, 256, 256, requires_grad=True)
    network.encoder(inputs)[-1][0, :, 0, 0].sum().backward()
    assert (inputs.grad[0, :, -32:, -32:] != 0).any()


def test_weights_that_cannot_be_had_are_refused():
    with pytest.raises(ModelError, match="no ImageNet weights"):
        build_network(small(Encoder.CNN_RNN, weights=Weights.IMAGENET))


def test_even_padding_equals_that_of_timm():
    import_torchvision()
    import timm  # noqa: PLC0415

    torch.manual_seed(0)
    model = timm.create_model("tf_efficientnet_lite0", pretrained=False).eval()
    inputs = torch.randn(1, 3, 64, 96)
    with torch.no_grad():
        expected = model(inputs)
        make_padding_static(model)
        assert any(isinstance(module, EvenSameConv2d) for module in model.modules())
        torch.testing.assert_close(model(inputs), expected)


def test_imagenet_weights_know_a_thing_and_survive_other_inputs():
    """The weights sit where they belong, so activations keep the scale the statistics promise."""
    import_torchvision()
    import timm  # noqa: PLC0415

    model = timm.create_model("tf_efficientnet_lite0", pretrained=False).eval()
    weights = lite0_weights()
    assert weights.keys() == model.state_dict().keys()
    load_known(model, weights)
    make_padding_static(model)
    picture = torch.from_numpy(np.random.default_rng(0).random((1, 3, 64, 64), np.float32))
    mean, std = (
        torch.tensor(v)[None, :, None, None]
        for v in (LITE0_NORMALISATION.mean, LITE0_NORMALISATION.std)
    )
    with torch.no_grad():
        expected = model.bn1(model.conv_stem((picture - mean) / std))
        stem, shift = widened_stem(model.conv_stem, 5, LITE0_NORMALISATION, mid_grey=0.0)
        stem = EvenSameConv2d.like(stem)
        model.bn1.running_mean -= shift
        others = torch.randn(1, 2, 64, 64)
        got = model.bn1(stem(torch.cat([picture - 0.5, others], dim=1)))
    torch.testing.assert_close(got[..., :-1, :-1], expected[..., :-1, :-1], atol=1e-4, rtol=1e-4)


def test_the_lite0_encoder_starts_from_imagenet():
    spec = small(Encoder.EFFICIENTNET_LITE0, weights=Weights.IMAGENET)
    encoder = build_network(spec).encoder.model
    known = lite0_weights()["blocks.3.1.conv_dw.weight"]
    torch.testing.assert_close(encoder.blocks[3][1].conv_dw.weight, known)
    assert (encoder.conv_stem.weight[:, 3:] == 0).all()
    bare = build_network(spec, pretrained=False).encoder.model
    assert not torch.equal(bare.blocks[3][1].conv_dw.weight, known)
