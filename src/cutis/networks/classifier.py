"""Names of single lesions: EfficientNet-Lite0 over small crops, with calibrated probabilities.

EfficientNet: Tan & Le 2019, arXiv:1905.11946. Calibration is by one temperature, fitted on
validation logits (Guo et al. 2017, arXiv:1706.04599).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from cutis.core.errors import InputError, MissingExtraError
from cutis.networks.imagenet import LITE0_NORMALISATION, lite0_weights, load_known
from cutis.networks.torchvision_import import import_torchvision
from cutis.networks.unet import Weights, fit_stem, make_padding_static

OTHER = "other"
"""The class of what is no lesion: healthy skin, a mole, a hair, a glint."""


@dataclass(frozen=True, slots=True)
class ClassifierSpec:
    """All it takes to build a classifier again.

    Attributes:
        classes: names of the logits; `OTHER` is among them.
        in_channels: channels of the input; the first three are sRGB.
        weights: where training starts.
        mid_grey: what the input holds where sRGB is 0.5.
        dropout: before the last layer, 0-1.
        contrast: where above 0, the network sees each crop by this factor times its logarithm
            relative to the crop's border, so that neither light nor tone of skin tells anything;
            0 shows it the crop as it is.
        sized: the input has one more channel, the same everywhere, that tells the logarithm of the
            crop's width on the skin. To each logit a parabola of it is added, so every class has
            its own usual size (log-normal, with independence of look and size given the class).
    """

    classes: tuple[str, ...]
    in_channels: int = 3
    weights: Weights = Weights.IMAGENET
    mid_grey: float = 0.5
    dropout: float = 0.2
    contrast: float = 0.0
    sized: bool = False

    def __post_init__(self) -> None:
        """Refuse a classifier that could not say *none of these*."""
        if OTHER not in self.classes or len(set(self.classes)) != len(self.classes):
            raise InputError(f"Classes are distinct and have {OTHER!r} among them: {self.classes}.")

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ClassifierSpec:
        """Return the spec that `to_dict` wrote."""
        own = {"classes": tuple(data["classes"]), "weights": Weights(data["weights"])}
        return cls(**{**data, **own})


class RelativeToBorder(nn.Module):
    """Crops as the logarithm of their light relative to the mean of their border.

    By Beer and Lambert that is optical density up to its sign, and a lesion of a given depth has
    the same on every skin. 0.5 is as bright as the border; what is far from it is cut off at 0, 1.
    """

    def __init__(self, contrast: float, *, border_px: int = 6, darkest: float = 0.01) -> None:
        super().__init__()
        self.contrast, self.border_px, self.darkest = contrast, border_px, darkest

    def forward(self, crops: Tensor) -> Tensor:
        """Return ``N 3 H W``, 0-1, of crops ``N 3 H W`` in sRGB, 0-1."""
        linear = crops.clamp(0, 1) ** 2.2 + self.darkest
        rim = self.border_px
        between = linear[..., rim:-rim, :]
        edges = (
            linear[..., :rim, :],
            linear[..., -rim:, :],
            between[..., :rim],
            between[..., -rim:],
        )
        level = torch.cat([edge.flatten(2) for edge in edges], 2).mean(2)
        relative = torch.log(linear) - torch.log(level)[..., None, None]
        return (0.5 + self.contrast * relative).clamp(0, 1)


class Classifier(nn.Module):
    """Logits ``N classes`` of crops ``N C H W``; divided by the temperature when evaluating.

    With ``sized_classes``, as many classes as there are, the last channel tells the size.
    """

    def __init__(self, body: nn.Module, contrast: float = 0.0, *, sized_classes: int = 0) -> None:
        super().__init__()
        self.sizes = nn.Linear(2, sized_classes) if sized_classes else None
        if self.sizes is not None:
            nn.init.zeros_(self.sizes.weight)
            nn.init.zeros_(self.sizes.bias)
        self.seen = RelativeToBorder(contrast) if contrast else nn.Identity()
        self.body = body
        self.register_buffer("temperature", torch.ones(()))

    def forward(self, crops: Tensor) -> Tensor:
        """Return logits; their softmax is calibrated in evaluation once a temperature is set."""
        if self.sizes is None:
            logits: Tensor = self.body(self.seen(crops))
        else:
            size = crops[:, -1].mean((1, 2))
            look = self.body(self.seen(crops[:, :-1]))
            logits = look + self.sizes(torch.stack([size, size**2], 1))
        return logits if self.training else logits / self.temperature


def build_classifier(spec: ClassifierSpec, *, pretrained: bool = True) -> Classifier:
    """Build the classifier that ``spec`` describes.

    Args:
        spec: what to build.
        pretrained: False leaves out ImageNet weights, for one whose own are loaded next.

    Raises:
        MissingExtraError: timm or the package with the weights is not installed.
    """
    wanted = pretrained and spec.weights is Weights.IMAGENET
    body = _timm().create_model(
        "tf_efficientnet_lite0",
        pretrained=False,
        in_chans=3 if wanted else spec.in_channels,
        num_classes=1000 if wanted else len(spec.classes),
        drop_rate=spec.dropout,
    )
    make_padding_static(body)
    if wanted:
        load_known(body, lite0_weights())
        body.conv_stem = fit_stem(
            body.conv_stem,
            body.bn1,
            LITE0_NORMALISATION,
            in_channels=spec.in_channels,
            mid_grey=spec.mid_grey,
        )
        body.reset_classifier(len(spec.classes))
    return Classifier(body, spec.contrast, sized_classes=len(spec.classes) if spec.sized else 0)


def fit_temperature(logits: Tensor, classes: Tensor, *, steps: int = 100) -> float:
    """Return the temperature that makes the softmax of validation logits most likely.

    Above 1 the network was too sure, below 1 not sure enough. Found by L-BFGS on its logarithm,
    and held within 0.05 to 20.

    Args:
        logits: ``N classes``, of the validation set, not yet divided by any temperature.
        classes: the true ones, int64 ``N``.
        steps: at most.

    Raises:
        InputError: there is nothing to fit on.
    """
    if len(logits) == 0 or len(logits) != len(classes):
        raise InputError(f"{len(logits)} logits came for {len(classes)} classes; give one each.")
    fixed = logits.detach().double()
    log_temperature = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS(
        [log_temperature], max_iter=steps, line_search_fn="strong_wolfe", tolerance_grad=1e-9
    )

    def closure() -> Tensor:
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(fixed / log_temperature.clamp(-3, 3).exp(), classes)
        loss.backward()
        return loss

    optimiser.step(closure)
    return float(log_temperature.detach().clamp(-3, 3).exp())


def calibrate(classifier: Classifier, temperature: float) -> None:
    """Set the temperature that the logits are divided by; it is saved with the weights."""
    if not temperature > 0:
        raise InputError(f"A temperature is above 0, not {temperature}.")
    classifier.temperature.fill_(temperature)


def _timm() -> Any:
    try:
        import_torchvision()
        import timm  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError("Building networks", "train") from error
    return timm
