"""The generator, the discriminator, and the dial between two generators."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from cutis.core.errors import InputError, ModelError  # noqa: E402
from cutis.networks.discriminator import (  # noqa: E402
    Discriminator,
    DiscriminatorSpec,
    adversarial_losses,
)
from cutis.networks.srresnet import PUBLISHED, GeneratorSpec, blend, build_generator  # noqa: E402

SMALL = GeneratorSpec(channels=8, blocks=2)


def test_the_published_network_has_its_published_size():
    """1.55 million weights (Ledig et al. 2017)."""
    count = sum(p.numel() for p in build_generator(PUBLISHED).parameters())
    assert count == pytest.approx(1.55e6, rel=0.005)


@pytest.mark.parametrize("scale", [2, 4])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_pictures_are_enlarged(scale: int, batch_norm: bool):  # noqa: FBT001
    spec = GeneratorSpec(scale, channels=8, blocks=1, batch_norm=batch_norm, residual_scale=0.5)
    drawn = build_generator(spec)(torch.rand(2, 3, 10, 14))
    assert drawn.shape == (2, 3, 10 * scale, 14 * scale)
    assert GeneratorSpec.from_dict(spec.to_dict()) == spec


def test_only_2_and_4_are_scales():
    with pytest.raises(InputError, match="2 or 4"):
        GeneratorSpec(3)


def test_a_fresh_network_is_near_bicubic():
    pictures = torch.rand(1, 3, 12, 12)
    enlarged = torch.nn.functional.interpolate(pictures, scale_factor=4.0, mode="bicubic")
    assert (build_generator(SMALL)(pictures) - enlarged).abs().mean() < 0.2


def test_blending_ends_at_both_ends():
    one, other = (build_generator(SMALL).state_dict() for _ in range(2))
    for share, expected in ((0.0, one), (1.0, other)):
        blended = blend(one, other, share)
        assert all(torch.allclose(blended[name], expected[name]) for name in expected)
    half = blend(one, other, 0.5)
    assert torch.allclose(half["tail.weight"], (one["tail.weight"] + other["tail.weight"]) / 2)


def test_blending_refuses_other_networks_and_shares():
    one = build_generator(SMALL).state_dict()
    with pytest.raises(ModelError, match="one network"):
        blend(one, build_generator(GeneratorSpec(channels=8, blocks=1)).state_dict(), 0.5)
    with pytest.raises(InputError, match="between 0 and 1"):
        blend(one, one, 1.5)


@pytest.mark.parametrize("relativistic", [False, True])
@pytest.mark.parametrize("spectral_norm", [False, True])
def test_neither_loss_moves_the_other_network(relativistic: bool, spectral_norm: bool):  # noqa: FBT001
    spec = DiscriminatorSpec(
        side_px=32, channels=4, spectral_norm=spectral_norm, batch_norm=not spectral_norm
    )
    critic = Discriminator(spec)
    fake = torch.rand(4, 3, 32, 32, requires_grad=True)
    losses = adversarial_losses(critic, fake, torch.rand(4, 3, 32, 32), relativistic=relativistic)
    teaching, own = losses
    (of_fake,) = torch.autograd.grad(teaching, fake, retain_graph=True)
    assert of_fake.abs().sum() > 0
    weights = list(critic.parameters())
    moved = torch.autograd.grad(teaching, weights, allow_unused=True, retain_graph=True)
    assert all(gradient is None for gradient in moved)
    assert torch.autograd.grad(own, fake, allow_unused=True, retain_graph=True) == (None,)
    assert any(g.abs().sum() > 0 for g in torch.autograd.grad(own, weights))


def test_a_discriminator_learns_to_tell():
    """Smooth pictures from noise, in a few steps."""
    torch.manual_seed(0)
    critic = Discriminator(DiscriminatorSpec(16, 4, spectral_norm=True, batch_norm=False))
    optimiser = torch.optim.Adam(critic.parameters(), lr=1e-2)
    real, fake = torch.full((8, 3, 16, 16), 0.5), torch.rand(8, 3, 16, 16)
    seen = []
    for _ in range(60):
        _, own = adversarial_losses(critic, fake, real, relativistic=True)
        seen.append(float(own.detach()))
        optimiser.zero_grad()
        own.backward()
        optimiser.step()
    assert seen[-1] < 0.8 * seen[0]


def test_sides_halve_four_times():
    with pytest.raises(InputError, match="multiple of 16"):
        DiscriminatorSpec(side_px=100)
