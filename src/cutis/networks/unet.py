"""U-Nets over four encoders; each maps ``N C H W`` inputs to ``N classes H W`` logits.

U-Net: Ronneberger et al. 2015, arXiv:1505.04597. Height and width must be multiples of 32.
There is no activation at the end: a sigmoid or softmax belongs to the loss and to inference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import torch
from torch import Tensor, nn

from cutis.core.errors import InputError, MissingExtraError, ModelError
from cutis.networks.imagenet import (
    IMAGENET_NORMALISATION,
    LITE0_NORMALISATION,
    Normalisation,
    lite0_weights,
    load_known,
    widened_stem,
)
from cutis.networks.recurrent import RecurrentEncoder
from cutis.networks.torchvision_import import import_torchvision

STRIDE = 32
_DEEPEST = 5
"""Height and width of the input are multiples of this."""


class Encoder(StrEnum):
    """What reads the picture."""

    RESNET34 = "resnet34"
    EFFICIENTNET_LITE0 = "efficientnet_lite0"
    MIT_B0 = "mit_b0"
    CNN_RNN = "cnn_rnn"


class Weights(StrEnum):
    """Where training starts."""

    RANDOM = "random"
    IMAGENET = "imagenet"


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """All it takes to build a network again.

    Attributes:
        encoder: what reads the picture.
        in_channels: channels of the input; the first three are sRGB.
        classes: channels of the logits.
        weights: where training starts. ``imagenet`` comes from an installed package for
            EfficientNet-Lite0; for ResNet-34 and MiT-B0 segmentation_models_pytorch fetches it
            from the Hugging Face hub once, so it needs internet that time.
        head_bias: first bias of the logits, one for each class; empty for 0. The logit of the
            expected share of positive pixels spares the first steps from unlearning 50 %.
        mid_grey: what the input holds where sRGB is 0.5: 0 for `skin_channels`, 0.5 for sRGB
            in 0-1; needed to fit pretrained weights.
        decoder_channels: widths of the decoder blocks, deepest first. With ``output_stride`` they
            say how many stages of the encoder are used: five, or four, which leaves out the half
            of a ResNet-34's weights that sees at a 32nd of the picture's scale.
        output_stride: 1, or 2 for a decoder that ends at half of the picture's scale, which halves
            the time of a step; the logits are then enlarged, outside of training.
        fixed_depthwise: depthwise filters of a pretrained encoder stay as they are; their
            gradients cost a CPU half of a step.
    """

    encoder: Encoder
    in_channels: int
    classes: int
    weights: Weights = Weights.RANDOM
    head_bias: tuple[float, ...] = ()
    mid_grey: float = 0.0
    decoder_channels: tuple[int, ...] = (256, 128, 64, 32, 16)
    fixed_depthwise: bool = False
    output_stride: int = 1

    @property
    def depth(self) -> int:
        """How many times the encoder halves the picture."""
        return len(self.decoder_channels) + self.output_stride.bit_length() - 1

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> NetworkSpec:
        """Return the spec that `to_dict` wrote."""
        return cls(
            **{
                **data,
                "encoder": Encoder(data["encoder"]),
                "weights": Weights(data["weights"]),
                "head_bias": tuple(data["head_bias"]),
                "decoder_channels": tuple(data["decoder_channels"]),
            }
        )


class UNet(nn.Module):
    """An encoder, a U-Net decoder with skip connections, and a 3x3 head."""

    def __init__(
        self, encoder: nn.Module, decoder: nn.Module, head: nn.Module, *, output_stride: int = 1
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder
        self.head = head
        self.output_stride = output_stride

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the logits of ``N C H W`` inputs, ``N classes H W``.

        In training they have the network's own scale, ``H / output_stride``, where the loss is
        taken; in evaluation they are enlarged.
        """
        logits: Tensor = self.head(self.decoder(self.encoder(inputs)))
        if self.output_stride == 1 or self.training:
            return logits
        return nn.functional.interpolate(
            logits, scale_factor=float(self.output_stride), mode="bilinear"
        )


def build_network(spec: NetworkSpec, *, pretrained: bool = True) -> nn.Module:
    """Build the network that ``spec`` describes.

    Args:
        spec: what to build.
        pretrained: False leaves out pretrained weights, for one whose own are loaded next.

    Raises:
        InputError: ``head_bias`` does not fit ``classes``, or ``output_stride`` the encoder.
        ModelError: ImageNet weights were asked for and cannot be had.
        MissingExtraError: segmentation_models_pytorch is not installed.
    """
    if spec.head_bias and len(spec.head_bias) != spec.classes:
        raise InputError(
            f"head_bias has {len(spec.head_bias)} values for {spec.classes} classes; "
            "give one for each class, or none."
        )
    if spec.output_stride not in {1, 2} or (
        spec.output_stride == 2 and spec.encoder is Encoder.CNN_RNN
    ):
        raise InputError(
            f"output_stride is 1, or 2 with an encoder of stages; {spec.output_stride} came with "
            f"{spec.encoder}. Take 1."
        )
    weights = spec.weights if pretrained else Weights.RANDOM
    encoder, widths = _encoder(spec, weights)
    if spec.fixed_depthwise:
        fix_depthwise(encoder)
    return UNet(encoder, _decoder(widths, spec), _head(spec), output_stride=spec.output_stride)


def fix_depthwise(encoder: nn.Module) -> None:
    """Keep the depthwise filters of a network as they are while it is trained."""
    for module in encoder.modules():
        if isinstance(module, nn.Conv2d) and module.groups > 1:
            module.weight.requires_grad_(requires_grad=False)


def _encoder(spec: NetworkSpec, weights: Weights) -> tuple[nn.Module, Sequence[int]]:
    if spec.encoder is Encoder.CNN_RNN:
        if weights is Weights.IMAGENET:
            raise ModelError(f"There are no ImageNet weights for {spec.encoder}; use random ones.")
        recurrent = RecurrentEncoder(spec.in_channels)
        return recurrent, recurrent.out_channels
    if spec.encoder is Encoder.EFFICIENTNET_LITE0:
        return _lite0_encoder(spec, weights)
    return _library_encoder(spec, weights)


def _library_encoder(spec: NetworkSpec, weights: Weights) -> tuple[nn.Module, Sequence[int]]:
    smp = _segmentation_models()
    wanted = weights is Weights.IMAGENET
    try:
        encoder = smp.encoders.get_encoder(
            spec.encoder.value,
            in_channels=3 if wanted else spec.in_channels,
            depth=spec.depth,
            weights="imagenet" if wanted else None,
        )
    except OSError as error:
        raise ModelError(
            f"The ImageNet weights of {spec.encoder} could not be fetched. They need internet "
            "once; without it, start from random weights or take efficientnet_lite0."
        ) from error
    if wanted:
        _fit_library_stem(encoder, spec)
    if spec.encoder is Encoder.RESNET34 and spec.depth < _DEEPEST:
        encoder.layer4 = nn.Identity()  # the library keeps it although nothing passes through
    return encoder, [spec.in_channels, *encoder.out_channels[1:]]


def _fit_library_stem(encoder: Any, spec: NetworkSpec) -> None:
    if spec.encoder is Encoder.RESNET34:
        encoder.conv1 = fit_stem(
            encoder.conv1, encoder.bn1, IMAGENET_NORMALISATION, **_inputs(spec)
        )
        return
    patches = encoder.patch_embed1
    patches.proj = fit_stem(patches.proj, None, IMAGENET_NORMALISATION, **_inputs(spec))


def _inputs(spec: NetworkSpec) -> dict[str, Any]:
    return {"in_channels": spec.in_channels, "mid_grey": spec.mid_grey}


def _lite0_encoder(spec: NetworkSpec, weights: Weights) -> tuple[nn.Module, Sequence[int]]:
    smp = _segmentation_models()
    wanted = weights is Weights.IMAGENET
    encoder = smp.encoders.get_encoder(
        "tu-tf_efficientnet_lite0",
        in_channels=3 if wanted else spec.in_channels,
        depth=spec.depth,
        weights=None,
    )
    make_padding_static(encoder)
    if wanted:
        model = encoder.model
        load_known(model, lite0_weights())
        model.conv_stem = fit_stem(model.conv_stem, model.bn1, LITE0_NORMALISATION, **_inputs(spec))
    return encoder, [spec.in_channels, *encoder.out_channels[1:]]


def fit_stem(
    stem: nn.Conv2d,
    norm: nn.BatchNorm2d | None,
    expected: Normalisation,
    *,
    in_channels: int,
    mid_grey: float,
) -> nn.Conv2d:
    """Return a pretrained first convolution that takes our inputs, and shift what follows it.

    Args:
        stem: the convolution over RGB as ``expected``.
        norm: the batch normalisation after it, shifted in place where the stem has no bias.
        expected: the normalisation that the weights were trained with.
        in_channels: of our input, sRGB first.
        mid_grey: what our input holds where sRGB is 0.5.
    """
    wide, shift = widened_stem(stem, in_channels, expected, mid_grey=mid_grey)
    if isinstance(stem, EvenSameConv2d):
        wide = EvenSameConv2d.like(wide)
    with torch.no_grad():
        if wide.bias is not None:
            wide.bias.add_(shift)
        elif norm is not None and norm.running_mean is not None:
            norm.running_mean.sub_(shift)
    return wide


class EvenSameConv2d(nn.Conv2d):
    """A convolution of stride 2 padded as TensorFlow does for even sizes.

    timm computes this padding from each input's size; all sizes are even here, so that it is
    constant, and the exported graph keeps a free height and width.
    """

    @classmethod
    def like(cls, conv: nn.Conv2d) -> EvenSameConv2d:
        """Return one with the weights of ``conv``."""
        copy = cls(
            conv.in_channels,
            conv.out_channels,
            conv.kernel_size,
            conv.stride,
            groups=conv.groups,
            bias=conv.bias is not None,
        )
        copy.load_state_dict(conv.state_dict())
        return copy

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the convolution of ``inputs``, of half their height and width."""
        total = self.kernel_size[0] - 2
        before, after = total // 2, total - total // 2
        padded = nn.functional.pad(inputs, (before, after, before, after))
        return super().forward(padded)


def make_padding_static(module: nn.Module) -> None:
    """Replace timm's convolutions padded by each input's size by `EvenSameConv2d`, in place."""
    for parent in list(module.modules()):
        for name, child in list(parent.named_children()):
            if type(child).__name__ == "Conv2dSame":
                setattr(parent, name, EvenSameConv2d.like(child))


def _decoder(widths: Sequence[int], spec: NetworkSpec) -> nn.Module:
    smp = _segmentation_models()
    blocks = len(spec.decoder_channels)
    decoder: nn.Module = smp.decoders.unet.decoder.UnetDecoder(
        widths, spec.decoder_channels, blocks
    )
    smp.base.initialization.initialize_decoder(decoder)
    return decoder


def _head(spec: NetworkSpec) -> nn.Module:
    head = nn.Conv2d(spec.decoder_channels[-1], spec.classes, kernel_size=3, padding=1)
    nn.init.xavier_uniform_(head.weight)
    with torch.no_grad():
        bias = torch.tensor(spec.head_bias) if spec.head_bias else torch.zeros(spec.classes)
        assert head.bias is not None  # noqa: S101 - a convolution has one unless told otherwise
        head.bias.copy_(bias)
    return head


def _segmentation_models() -> Any:
    try:
        import_torchvision()
        import segmentation_models_pytorch as smp  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError("Building networks", "train") from error
    return smp
