"""The discriminator of SRGAN, and what it teaches a generator.

Ledig et al. 2017, arXiv:1609.04802, figure 4: eight convolutions, every second one halving the
picture, then two dense layers. Options after it: spectral normalisation (Miyato et al. 2018,
arXiv:1802.05957) instead of batch normalisation, and the relativistic average loss (Jolicoeur-
Martineau 2018, arXiv:1807.00734).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.nn.utils.parametrizations import spectral_norm

from cutis.core.errors import InputError

STRIDE = 16


@dataclass(frozen=True, slots=True)
class DiscriminatorSpec:
    """All it takes to build a discriminator again.

    Attributes:
        side_px: of the square pictures it judges; a multiple of 16.
        channels: of the first layer; the last has eight times as many. 64 as published.
        spectral_norm: hold every layer's gain to 1.
        batch_norm: as published.
    """

    side_px: int = 96
    channels: int = 64
    spectral_norm: bool = False
    batch_norm: bool = True

    def __post_init__(self) -> None:
        """Refuse a side that does not halve four times."""
        if self.side_px % STRIDE or self.side_px < STRIDE:
            raise InputError(f"The side is a multiple of {STRIDE}; {self.side_px} came.")

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> DiscriminatorSpec:
        """Return the spec that `to_dict` wrote."""
        return cls(**data)


class Discriminator(nn.Module):
    """Logits ``N`` of pictures ``N 3 side side`` in 0-1: above 0 is a real photo."""

    def __init__(self, spec: DiscriminatorSpec) -> None:
        super().__init__()
        self.spec = spec
        widths = [spec.channels * 2 ** (layer // 2) for layer in range(8)]
        layers: list[nn.Module] = []
        for layer, (before, after) in enumerate(zip([3, *widths], widths, strict=False)):
            layers.append(_convolution(spec, (before, after), stride=1 + layer % 2))
            if spec.batch_norm and layer:
                layers.append(nn.BatchNorm2d(after))
            layers.append(nn.LeakyReLU(0.2))
        self.features = nn.Sequential(*layers)
        flat = widths[-1] * (spec.side_px // STRIDE) ** 2
        self.judge = nn.Sequential(
            nn.Flatten(),
            _normed(spec, nn.Linear(flat, 16 * spec.channels)),
            nn.LeakyReLU(0.2),
            _normed(spec, nn.Linear(16 * spec.channels, 1)),
        )

    def forward(self, pictures: Tensor) -> Tensor:
        """Return one logit for each picture."""
        logits: Tensor = self.judge(self.features(pictures))
        return logits[:, 0]


def adversarial_losses(
    discriminator: Discriminator, fake: Tensor, real: Tensor, *, relativistic: bool
) -> tuple[Tensor, Tensor]:
    """Return the losses of generator and discriminator, for one backward pass of their sum.

    The generator is judged by a discriminator whose weights stand still, and the discriminator by
    pictures that do, so that neither loss moves the other network.

    Args:
        discriminator: of real and drawn pictures.
        fake: ``N 3 side side``, drawn by the generator.
        real: the true pictures.
        relativistic: judge each against the mean of the other kind, instead of by itself.
    """
    judged_fake, judged_real = discriminator(fake.detach()), discriminator(real)
    still = {name: value.detach() for name, value in discriminator.named_parameters()}
    seen_fake = functional_call(discriminator, still, (fake,))
    if not relativistic:
        own = _sure(judged_real, True) + _sure(judged_fake, False)
        return _sure(seen_fake, True), own
    seen_real = judged_real.detach()
    own = _sure(judged_real - judged_fake.mean(), True)
    own = own + _sure(judged_fake - judged_real.mean(), False)
    teaching = _sure(seen_fake - seen_real.mean(), True)
    teaching = teaching + _sure(seen_real - seen_fake.mean(), False)
    return teaching / 2, own / 2


def _sure(logits: Tensor, real: bool) -> Tensor:  # noqa: FBT001 - the one fact it is about
    logits = logits.float()
    return binary_cross_entropy_with_logits(logits, torch.full_like(logits, float(real)))


def _convolution(spec: DiscriminatorSpec, widths: tuple[int, int], *, stride: int) -> nn.Module:
    return _normed(spec, nn.Conv2d(*widths, 3, stride=stride, padding=1))


def _normed(spec: DiscriminatorSpec, layer: nn.Module) -> nn.Module:
    return spectral_norm(layer) if spec.spectral_norm else layer
