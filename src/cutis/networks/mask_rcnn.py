"""Mask R-CNN with a feature pyramid, configured for one face: torchvision's parts, small and fine.

He et al. 2017 (arXiv:1703.06870), Lin et al. 2017 (arXiv:1612.03144). Masks are cut out of the
finest level and have twice `Geometry.mask_bins` pixels a side, 72 by default, since 28 lose the
edges.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

import torch
from torch import Tensor, nn

from cutis.core.errors import MissingExtraError, ModelError
from cutis.imaging.instances import Geometry
from cutis.networks.imagenet import LITE0_NORMALISATION, Normalisation, lite0_weights, load_known
from cutis.networks.torchvision_import import import_torchvision
from cutis.networks.unet import Weights, fit_stem, fix_depthwise, make_padding_static

STRIDE = 32
MID_GREY = 0.5


class Backbone(StrEnum):
    """What sees the picture first."""

    LITE0 = "efficientnet_lite0"
    RESNET50 = "resnet50"
    LIGHT = "mobilenetv3_small"


_TIMM = {
    Backbone.LITE0: "tf_efficientnet_lite0",
    Backbone.RESNET50: "resnet50",
    Backbone.LIGHT: "tf_mobilenetv3_small_minimal_100",
}


@dataclass(frozen=True, slots=True)
class MaskRcnnSpec:
    """All it takes to build a network again.

    Attributes:
        classes: names of the instances; class 0, the background, has none.
        backbone: what sees the picture first.
        weights: where its training starts.
        channels: of the pyramid and of the mask head.
        box_features: of the box head.
        mask_layers: convolutions of the mask head.
        fixed_depthwise: depthwise filters stay as ImageNet made them; their gradients cost a CPU
            half of a step.
        geometry: anchors, proposals, sizes of what is cut out.
    """

    classes: tuple[str, ...]
    backbone: Backbone = Backbone.LITE0
    weights: Weights = Weights.IMAGENET
    channels: int = 96
    box_features: int = 256
    mask_layers: int = 3
    fixed_depthwise: bool = True
    geometry: Geometry = field(default_factory=Geometry)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> MaskRcnnSpec:
        """Return the spec that `to_dict` wrote."""
        shape = dict(data["geometry"])
        shape |= {name: tuple(shape[name]) for name in ("strides", "ratios")}
        shape["sizes"] = tuple(tuple(sides) for sides in shape["sizes"])
        own = {
            "classes": tuple(data["classes"]),
            "backbone": Backbone(data["backbone"]),
            "weights": Weights(data["weights"]),
            "geometry": Geometry(**shape),
        }
        return cls(**{**data, **own})


class MaskRcnn(nn.Module):
    """Features of pictures; proposals and heads are asked for one by one, or for their losses.

    A picture is sRGB, 0–1, ``N 3 H W`` with sides of whole multiples of `STRIDE`.
    """

    def __init__(self, spec: MaskRcnnSpec, body: nn.Module, widths: Sequence[int]) -> None:
        super().__init__()
        vision = _vision()
        detection, geometry = vision.models.detection, spec.geometry
        self.spec = spec
        self.body = body
        self.pyramid = vision.ops.FeaturePyramidNetwork(
            list(widths), spec.channels, norm_layer=nn.BatchNorm2d
        )
        self.rpn = _region_proposals(detection, spec)
        bins = geometry.box_bins
        heads = detection.mask_rcnn.MaskRCNNHeads(
            spec.channels, [spec.channels] * spec.mask_layers, 1
        )
        classes = len(spec.classes) + 1
        self.roi_heads = detection.roi_heads.RoIHeads(
            vision.ops.MultiScaleRoIAlign(
                list("0123"), bins, 2, canonical_scale=int(geometry.canonical_px), canonical_level=4
            ),
            detection.faster_rcnn.TwoMLPHead(spec.channels * bins**2, spec.box_features),
            detection.faster_rcnn.FastRCNNPredictor(spec.box_features, classes),
            fg_iou_thresh=0.5,
            bg_iou_thresh=0.5,
            batch_size_per_image=24,
            positive_fraction=0.34,
            bbox_reg_weights=None,
            score_thresh=geometry.least_score,
            nms_thresh=geometry.same,
            detections_per_img=geometry.most,
            mask_roi_pool=vision.ops.MultiScaleRoIAlign(["0"], geometry.mask_bins, 1),
            mask_head=heads,
            mask_predictor=detection.mask_rcnn.MaskRCNNPredictor(
                spec.channels, spec.channels, classes
            ),
        )
        for head in (self.rpn.head, self.roi_heads.box_predictor, self.roi_heads.mask_predictor):
            head.register_forward_hook(_widen)

    def train(self, mode: bool = True) -> MaskRcnn:  # noqa: FBT001, FBT002 - torch's own
        """Switch training on or off; statistics of pretrained batch norms stay as they are."""
        super().train(mode)
        if self.spec.weights is Weights.IMAGENET:
            fix_norms(self.body)
        return self

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """Return the pyramid's features, the finest first, ``N channels H/4 W/4`` and so on."""
        levels = self.body(pictures)
        named = {str(number): level for number, level in enumerate(levels)}
        return list(self.pyramid(named).values())

    def proposals(self, features: Sequence[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """Return objectness logits and deltas of every level."""
        objectness, deltas = self.rpn.head(list(features))
        return objectness, deltas

    def boxes(self, cut: Tensor) -> tuple[Tensor, Tensor]:
        """Return class logits ``K classes`` and deltas ``K 4·classes`` of cut-out features."""
        heads = self.roi_heads
        logits, deltas = heads.box_predictor(heads.box_head(cut))
        return logits, deltas

    def masks(self, cut: Tensor) -> Tensor:
        """Return mask logits ``K classes m m`` of cut-out features."""
        logits: Tensor = self.roi_heads.mask_predictor(self.roi_heads.mask_head(cut))
        return logits


def _widen(_module: nn.Module, _inputs: Any, outputs: Any) -> Any:
    """Return what a head gives in float32, so that box arithmetic never runs in half precision."""
    if isinstance(outputs, Tensor):
        return outputs.float()
    return type(outputs)(_widen(_module, _inputs, value) for value in outputs)


def build_mask_rcnn(spec: MaskRcnnSpec, *, pretrained: bool = True) -> MaskRcnn:
    """Build the network that ``spec`` describes.

    Args:
        spec: what to build.
        pretrained: False leaves out ImageNet weights, for one whose own are loaded next.

    Raises:
        MissingExtraError: torchvision, timm or the package with the weights is not installed.
        ModelError: the ImageNet weights of another backbone than Lite0 could not be fetched.
    """
    wanted = pretrained and spec.weights is Weights.IMAGENET
    body = _body(spec.backbone, wanted=wanted)
    if spec.fixed_depthwise and spec.weights is Weights.IMAGENET:
        fix_depthwise(body)
    return MaskRcnn(spec, body, body.feature_info.channels())


def _body(backbone: Backbone, *, wanted: bool) -> Any:
    timm = _timm()
    fetched = wanted and backbone is not Backbone.LITE0
    try:
        body = timm.create_model(
            _TIMM[backbone], pretrained=fetched, features_only=True, out_indices=(1, 2, 3, 4)
        )
    except (OSError, RuntimeError) as error:
        raise ModelError(
            f"The ImageNet weights of {backbone} could not be fetched. They need internet once; "
            f"without it, start from random weights or take {Backbone.LITE0}."
        ) from error
    make_padding_static(body)
    if wanted and backbone is Backbone.LITE0:
        load_known(body, lite0_weights())
    if wanted:
        stem = body.pretrained_cfg["first_conv"]
        fitted = fit_stem(
            getattr(body, stem),
            body.bn1,
            _expected(backbone, body),
            in_channels=3,
            mid_grey=MID_GREY,
        )
        setattr(body, stem, fitted)
    return body


def _expected(backbone: Backbone, body: Any) -> Normalisation:
    """Return what the ImageNet weights were trained with: RGB 0-1 is not what they expect."""
    if backbone is Backbone.LITE0:
        return LITE0_NORMALISATION
    told = body.pretrained_cfg
    return Normalisation(mean=tuple(told["mean"]), std=tuple(told["std"]))


def _region_proposals(detection: Any, spec: MaskRcnnSpec) -> nn.Module:
    geometry = spec.geometry
    made = detection.anchor_utils.AnchorGenerator(
        geometry.sizes, (geometry.ratios,) * len(geometry.sizes)
    )
    head = detection.rpn.RPNHead(spec.channels, made.num_anchors_per_location()[0])
    number = {"training": geometry.before, "testing": geometry.before}
    kept = {"training": geometry.proposals, "testing": geometry.proposals}
    proposals: nn.Module = detection.rpn.RegionProposalNetwork(
        made, head, 0.6, 0.3, 128, 0.5, number, kept, geometry.overlap
    )
    return proposals


def fix_norms(network: nn.Module) -> None:
    """Hold the running statistics of batch norms as they are; call it after ``train()``."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()


def _vision() -> Any:
    try:
        vision = import_torchvision()
        import torchvision.models.detection  # noqa: PLC0415 - an extra
        import torchvision.ops  # noqa: F401, PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError("Building networks", "train") from error
    return vision


def _timm() -> Any:
    try:
        import_torchvision()
        import timm  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError("Building networks", "train") from error
    return timm


def losses_of(
    network: MaskRcnn,
    features: Sequence[Tensor],
    targets: list[dict[str, Tensor]],
    side_px: tuple[int, int],
) -> dict[str, Tensor]:
    """Return the losses of proposals, classes, boxes and masks.

    Box arithmetic is in float32 whatever the features are; the heads run in the precision of the
    context they are called in.

    Args:
        network: in training mode.
        features: of its `forward`.
        targets: for each picture ``boxes`` ``K 4``, ``labels`` int64 ``K`` from 1 and ``masks``
            uint8 ``K H W``.
        side_px: rows and columns of the pictures.
    """
    vision = _vision()
    named = {str(number): level.float() for number, level in enumerate(features)}
    count = len(targets)
    images = vision.models.detection.image_list.ImageList(
        torch.zeros(count, 3, *side_px), [side_px] * count
    )
    proposals, first = network.rpn(images, named, targets)
    _, second = network.roi_heads(named, proposals, [side_px] * count, targets)
    return {**first, **second}
