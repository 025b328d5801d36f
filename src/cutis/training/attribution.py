"""Grad-CAM and integrated gradients of the shipped condition network, by captum.

Both explain the same amount as occlusion does: the calibrated probability added up over a target.

* Grad-CAM: Selvaraju et al. 2017, arXiv:1610.02391; for a map instead of a class, Vinogradova et
  al. 2020, arXiv:2002.11434 (Seg-Grad-CAM).
* Integrated gradients: Sundararajan, Taly and Yan 2017, arXiv:1703.01365.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from cutis.core.arrays import Gray, LinearRGB
from cutis.core.attribution import Attribution, AttributionMethod, AttributionTarget
from cutis.core.errors import MissingExtraError
from cutis.core.face import FaceCrop
from cutis.core.masks import SkinMask
from cutis.imaging.skin_channels import TARGETS, skin_channels
from cutis.models.attribution_scene import BASELINE, Scene, SceneLimits, SceneMaker
from cutis.models.condition_network import (
    MOST_ENLARGED,
    STRIDE_PX,
    LearnedConditionSegmenter,
    scale_evenly,
)
from cutis.models.descriptor import ServedCondition
from cutis.training.exported_network import ExportedNetwork

STEPS = 16
"""Points of the path of integrated gradients."""


@dataclass(frozen=True, slots=True, eq=False)
class _Inputs:
    """What the network sees of a scene at its scales, and where the window lies in each."""

    seen: tuple[Tensor, ...]
    hidden: tuple[Tensor, ...]
    rims: tuple[tuple[slice, slice], ...]


class Amount(nn.Module):
    """The amount of a scene as a function of the network's inputs, one per scale.

    Each scale has a copy of the network, so that a layer answers for one scale.
    """

    def __init__(
        self, network: ExportedNetwork, scene: Scene, card: ServedCondition, rims: Any
    ) -> None:
        super().__init__()
        self.networks = nn.ModuleList(copy.deepcopy(network) for _ in rims)
        self.rims = rims
        self.slope = card.slope
        self.channel = [str(target) for target in TARGETS].index(card.condition)
        self.where = torch.from_numpy(scene.where.astype(np.float32))
        rest = np.zeros_like(scene.before) if scene.rest is None else scene.rest
        self.rest = torch.from_numpy(np.ascontiguousarray(rest))

    def forward(self, *inputs: Tensor) -> Tensor:
        """Return the amount of each example, ``N``."""
        parts = []
        for network, rim, values in zip(self.networks, self.rims, inputs, strict=True):
            logit = network(values)[:, self.channel : self.channel + 1, rim[0], rim[1]]
            shape = tuple(self.where.shape)
            resized = nn.functional.interpolate(logit, size=shape, mode="bilinear", antialias=True)
            parts.append(resized[:, 0])
        mean = torch.stack(parts).mean(dim=0)
        probability = torch.sigmoid(mean * self.slope + self.rest)
        return (probability * self.where).sum(dim=(1, 2))


class GradientAttributor:
    """Grad-CAM or integrated gradients, behind the `Attributor` port.

    ``layer`` counts the convolutions from the output, 0 being the last: the layer of Grad-CAM.
    """

    def __init__(
        self,
        segmenter: LearnedConditionSegmenter,
        network: ExportedNetwork,
        method: AttributionMethod,
        *,
        layer: int = 2,
        scenes: SceneLimits | None = None,
    ) -> None:
        """Raise MissingExtraError if captum is not installed."""
        self.scenes = SceneMaker(segmenter, scenes)
        self.segmenter = segmenter
        self.network = network
        self.layer = layer
        self._method = method
        _captum()

    @property
    def method(self) -> AttributionMethod:
        """Grad-CAM or integrated gradients."""
        return self._method

    def attribute(self, crop: FaceCrop, skin: SkinMask, target: AttributionTarget) -> Attribution:
        """Return the map of the target; of integrated gradients its sum is the amount's change.

        Raises:
            InputError: the target is empty, of another size, or of a condition without a map.
        """
        started = time.perf_counter()
        scene = self.scenes.scene(crop, skin, target)
        card = self.segmenter.served[target.condition]
        values = scene.in_crop(self.explain_scene(scene, card), crop.shape)
        elapsed_s = time.perf_counter() - started
        return Attribution(target, self.method, values, scene.amount, BASELINE, elapsed_s)

    def explain_scene(self, scene: Scene, card: ServedCondition) -> Gray:
        """Return the map of a scene: the mean over the scales of what each gives."""
        inputs = inputs_of(scene, card)
        amount = Amount(self.network, scene, card, inputs.rims)
        if self.method is AttributionMethod.GRAD_CAM:
            maps = grad_cam(amount, inputs.seen, self.layer)
        else:
            maps = integrated_gradients(amount, inputs.seen, inputs.hidden)
        shape = scene.where.shape
        parts = [_resized(m[rim], shape) for m, rim in zip(maps, inputs.rims, strict=True)]
        near = scene.near.astype(np.float32)
        return np.asarray(sum(parts[1:], parts[0]) / np.float32(len(parts)) * near, np.float32)


def grad_cam(amount: Amount, inputs: tuple[Tensor, ...], layer: int) -> list[Gray]:
    """Return the Grad-CAM of a convolution of each scale's network, at the inputs' sizes."""
    found = []
    for index, network in enumerate(amount.networks):
        convolution = list(network.convolutions)[-1 - layer]
        cam = _captum().LayerGradCam(amount, convolution)
        values = cam.attribute(inputs, relu_attributions=True)
        size = inputs[index].shape[2:]
        full = nn.functional.interpolate(values, size=size, mode="bilinear")
        found.append(full[0, 0].detach().numpy())
    return found


def integrated_gradients(
    amount: Amount, inputs: tuple[Tensor, ...], hidden: tuple[Tensor, ...], steps: int = STEPS
) -> list[Gray]:
    """Return integrated gradients from the hidden inputs, summed over channels, per scale."""
    method = _captum().IntegratedGradients(amount)
    values = method.attribute(
        inputs, baselines=hidden, n_steps=steps, method="riemann_middle", internal_batch_size=4
    )
    return [v[0].sum(dim=0).detach().numpy().astype(np.float32) for v in values]


def inputs_of(scene: Scene, card: ServedCondition) -> _Inputs:
    """Return what the network sees of a scene, as it is and all hidden, ``1 C H W`` per scale."""
    seen: list[Tensor] = []
    hidden: list[Tensor] = []
    rims: list[tuple[slice, slice]] = []
    for wanted in (card.mm_per_px, *card.more_mm_per_px):
        for linear, into in ((scene.linear, seen), (scene.hidden, hidden)):
            tensor, rim = _network_input(linear, scene, wanted)
            into.append(tensor)
        rims.append(rim)
    return _Inputs(tuple(seen), tuple(hidden), tuple(rims))


def _network_input(
    linear: LinearRGB, scene: Scene, wanted: float
) -> tuple[Tensor, tuple[slice, slice]]:
    """Bring a window to a scale and complete it by reflection, as the segmenter does."""
    face = scale_evenly(linear, min(scene.mm_per_px / wanted, MOST_ENLARGED))
    scale = scene.mm_per_px * linear.shape[0] / face.shape[0]
    height, width = face.shape[:2]
    down, right = -height % STRIDE_PX, -width % STRIDE_PX
    top, left = down // 2, right // 2
    sides = (top, down - top, left, right - left)
    padded = cv2.copyMakeBorder(face, *sides, cv2.BORDER_REFLECT_101)
    channels = skin_channels(padded, scene.baseline, scale).transpose(2, 0, 1)
    rim = slice(top, top + height), slice(left, left + width)
    return torch.from_numpy(np.ascontiguousarray(channels)[None]), rim


def _resized(values: Gray, shape: tuple[int, ...]) -> Gray:
    method = cv2.INTER_AREA if shape[0] < values.shape[0] else cv2.INTER_LINEAR
    whole = np.ascontiguousarray(values, np.float32)
    return np.asarray(cv2.resize(whole, (shape[1], shape[0]), interpolation=method), np.float32)


def as_network(network: ExportedNetwork) -> Callable[[np.ndarray], list[np.ndarray]]:
    """Return the network as a function of arrays, as a compiled one is called."""

    def run(inputs: np.ndarray) -> list[np.ndarray]:
        with torch.inference_mode():
            return [network(torch.from_numpy(np.array(inputs))).numpy()]

    return run


def _captum() -> Any:
    try:
        return import_module("captum.attr")
    except ImportError as error:
        raise MissingExtraError("Grad-CAM and integrated gradients", "explain") from error
