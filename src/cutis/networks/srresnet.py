"""SRResNet, the generator of SRGAN: small pictures in, two or four times as large ones out.

Ledig et al. 2017, arXiv:1609.04802: a 9x9 convolution to 64 channels, 16 residual blocks, a long
skip, pixel-shuffle stages that double the size, a 9x9 convolution to RGB. Options after it: no
batch normalisation and scaled residuals (EDSR, arXiv:1707.02921), and the enlarged input as a last
skip, so that the network learns only what enlarging lacks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from cutis.core.errors import InputError, ModelError


@dataclass(frozen=True, slots=True)
class GeneratorSpec:
    """All it takes to build a generator again.

    Attributes:
        scale: 2 or 4.
        channels: of the features.
        blocks: residual blocks.
        batch_norm: as published; without, colours are steadier and training is faster.
        residual_scale: what each block's change is multiplied with.
        outer_px: side of the first and the last convolution.
        enlarged_skip: add the bicubically enlarged input to the output.
    """

    scale: int = 4
    channels: int = 64
    blocks: int = 16
    batch_norm: bool = False
    residual_scale: float = 1.0
    outer_px: int = 9
    enlarged_skip: bool = True

    def __post_init__(self) -> None:
        """Refuse a scale that pixel-shuffle stages of two cannot give."""
        if self.scale not in {2, 4}:
            raise InputError(f"A generator enlarges by 2 or 4; {self.scale} came.")

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> GeneratorSpec:
        """Return the spec that `to_dict` wrote."""
        return cls(**data)


PUBLISHED = GeneratorSpec(batch_norm=True, enlarged_skip=False)
"""The network of the paper, 1.55 million weights."""


class SrResNet(nn.Module):
    """sRGB ``N 3 H W`` in 0-1 to ``N 3 scale·H scale·W``, which may overshoot a little."""

    def __init__(self, spec: GeneratorSpec) -> None:
        super().__init__()
        wide, outer = spec.channels, spec.outer_px
        self.spec = spec
        self.head = nn.Sequential(nn.Conv2d(3, wide, outer, padding=outer // 2), nn.PReLU())
        self.blocks = nn.Sequential(*(ResidualBlock(spec) for _ in range(spec.blocks)))
        self.joint = nn.Sequential(nn.Conv2d(wide, wide, 3, padding=1), *_norm(spec))
        self.enlarge = nn.Sequential(*(_doubling(wide) for _ in range(spec.scale // 2)))
        self.tail = nn.Conv2d(wide, 3, outer, padding=outer // 2)
        _start_small(self)

    def forward(self, pictures: Tensor) -> Tensor:
        """Return the enlarged pictures."""
        first = self.head(pictures)
        features = self.enlarge(first + self.joint(self.blocks(first)))
        drawn: Tensor = self.tail(features)
        if not self.spec.enlarged_skip:
            return drawn
        scale = float(self.spec.scale)
        return drawn + nn.functional.interpolate(pictures, scale_factor=scale, mode="bicubic")


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions whose answer is added to what came in."""

    def __init__(self, spec: GeneratorSpec) -> None:
        super().__init__()
        wide = spec.channels
        self.scale = spec.residual_scale
        self.change = nn.Sequential(
            nn.Conv2d(wide, wide, 3, padding=1), *_norm(spec), nn.PReLU(),
            nn.Conv2d(wide, wide, 3, padding=1), *_norm(spec),
        )  # fmt: skip

    def forward(self, features: Tensor) -> Tensor:
        """Return the changed features."""
        return features + self.change(features) * self.scale


def build_generator(spec: GeneratorSpec) -> SrResNet:
    """Return a generator with fresh weights."""
    return SrResNet(spec)


def blend(
    fidelity: Mapping[str, Tensor], texture: Mapping[str, Tensor], share: float
) -> dict[str, Tensor]:
    """Return weights between two generators: ``(1 - share) · fidelity + share · texture``.

    Network interpolation, ESRGAN section 3.4 (arXiv:1809.00219).

    Args:
        fidelity: weights trained for PSNR.
        texture: weights trained on from them.
        share: 0-1.

    Raises:
        InputError: the share is not within 0-1.
        ModelError: the weights are of different networks.
    """
    if not 0 <= share <= 1:
        raise InputError(f"A share between 0 and 1 was expected; {share} came.")
    shapes = [{name: value.shape for name, value in w.items()} for w in (fidelity, texture)]
    if shapes[0] != shapes[1]:
        raise ModelError("Weights of one network are blended; train texture --from fidelity.")
    return {
        name: torch.lerp(value, texture[name], share) if value.is_floating_point() else value
        for name, value in fidelity.items()
    }


def _norm(spec: GeneratorSpec) -> list[nn.Module]:
    return [nn.BatchNorm2d(spec.channels)] if spec.batch_norm else []


def _doubling(wide: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(wide, 4 * wide, 3, padding=1), nn.PixelShuffle(2), nn.PReLU())


def _start_small(network: SrResNet) -> None:
    """Start as hardly more than the skips, so that large learning rates are safe at once."""
    if network.spec.batch_norm:
        return
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, a=0.25)
                nn.init.zeros_(module.bias)
        for block in network.blocks:
            block.change[-1].weight.mul_(0.1)
        network.tail.weight.mul_(0.1)
