"""Features of a pretrained network, in which pictures that look alike are near each other.

VGG-19 φ5,4, before its activation, is what SRGAN and ESRGAN use (arXiv:1609.04802, 1809.00219);
torchvision fetches its weights once, so it needs internet that time. EfficientNet-Lite0's come with
an installed package: the outputs of three of its stages are taken instead.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import torch
from torch import Tensor, nn

from cutis.core.errors import MissingExtraError, ModelError
from cutis.networks.imagenet import (
    IMAGENET_NORMALISATION,
    LITE0_NORMALISATION,
    Normalisation,
    lite0_weights,
    load_known,
)
from cutis.networks.torchvision_import import import_torchvision

_STAGES = (1, 2, 4)
_PHI_5_4 = 35


class Perceptual(StrEnum):
    """Whose features are compared."""

    EFFICIENTNET_LITE0 = "efficientnet_lite0"
    VGG19 = "vgg19"


class PerceptualDistance(nn.Module):
    """How far apart pictures are in the features of a fixed network."""

    def __init__(self, stages: list[nn.Module], expected: Normalisation) -> None:
        super().__init__()
        self.stages = nn.ModuleList(stages)
        self.register_buffer("mean", torch.tensor(expected.mean)[:, None, None])
        self.register_buffer("std", torch.tensor(expected.std)[:, None, None])
        self.eval().requires_grad_(requires_grad=False)

    def forward(self, drawn: Tensor, true: Tensor) -> Tensor:
        """Return the mean over stages of ``mean|f(x) - f(y)| / mean|f(y)|``; 0 for equal ones.

        Both are ``N 3 H W`` in 0-1; the gradient flows to ``drawn`` only.
        """
        with torch.no_grad():
            wanted = self._features(true)
        pairs = zip(self._features(drawn), wanted, strict=True)
        return torch.stack(
            [(f - w).abs().float().mean() / w.abs().float().mean() for f, w in pairs]
        ).mean()

    def train(self, mode: bool = True) -> PerceptualDistance:  # noqa: ARG002, FBT001, FBT002
        """Stay in evaluation: the network is a fixed yardstick."""
        return super().train(mode=False)

    def _features(self, pictures: Tensor) -> list[Tensor]:
        values, found = (pictures - self.mean) / self.std, []
        for stage in self.stages:
            values = stage(values)
            found.append(values)
        return found


def perceptual_distance(kind: Perceptual) -> PerceptualDistance:
    """Return the distance in the features of a pretrained network.

    Raises:
        MissingExtraError: timm, torchvision or the package with the weights is not installed.
        ModelError: the weights of VGG-19 cannot be fetched.
    """
    if kind is Perceptual.VGG19:
        return PerceptualDistance([_vgg19()], IMAGENET_NORMALISATION)
    return PerceptualDistance(_lite0(), LITE0_NORMALISATION)


def _lite0() -> list[nn.Module]:
    import_torchvision()
    try:
        import timm  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError("EfficientNet-Lite0", "train") from error
    model: Any = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    load_known(model, lite0_weights())
    stages, first = [], 0
    for last in _STAGES:
        before = [model.conv_stem, model.bn1] if first == 0 else []
        stages.append(nn.Sequential(*before, *model.blocks[first : last + 1]))
        first = last + 1
    return stages


def _vgg19() -> nn.Module:
    torchvision = import_torchvision()
    try:
        network = torchvision.models.vgg19(weights="IMAGENET1K_V1")
    except OSError as error:
        raise ModelError(
            "The weights of VGG-19 could not be fetched. They need internet once; without it, "
            f"compare the features of {Perceptual.EFFICIENTNET_LITE0}."
        ) from error
    layers: nn.Module = network.features[:_PHI_5_4]
    return layers
