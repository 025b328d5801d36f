"""Hard negatives: windows of real, clean faces in which a network sees acne all the same.

The faces are unlabelled, and some do have a spot, so what is mined counts for acne alone and with
a low weight.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from cutis.core.errors import InputError
from cutis.core.vocabulary import Condition
from cutis.datasets.faces import PreparedFace
from cutis.datasets.pack import PackedItem
from cutis.imaging.colour import rgb_to_linear
from cutis.imaging.skin_channels import FINE_MM_PER_PX, skin_channels
from cutis.networks.unet import STRIDE
from cutis.training.batches import Inputs
from cutis.training.conditions import Trained
from cutis.training.objectives import bits_of
from cutis.training.precision import half_precision

Array = NDArray[Any]
WINDOW_PX = 256
WEIGHT = 0.25
_STEP_PX = 64
_OTHERS = 0xFF & ~bits_of((Condition.ACNE,))


def mine(
    trained: Trained, faces: Iterable[PreparedFace], *, keep: int = 400
) -> list[tuple[PackedItem, float]]:
    """Return the windows with the highest mean probability of acne, as negatives of acne only.

    One window a face, the worst, so that no single spotty face fills the batches.

    Args:
        trained: a network over `skin_channels` with a channel for acne.
        faces: clean faces without labels; taken one by one.
        keep: how many windows at most.

    Returns:
        Items whose labels are empty and whose other conditions are ignored, worst first, each
        with the weight it should have in the loss.

    Raises:
        InputError: the network is of another kind.
    """
    if trained.inputs is not Inputs.SKIN_CHANNELS or trained.objective.exclusive:
        raise InputError("Mining needs a network of independent conditions, such as cutis-v2.")
    channel = trained.objective.kinds.index(Condition.ACNE)
    scored = (
        (mean, number, item)
        for number, face in enumerate(faces)
        for mean, item in _worst_window(trained.network, face, channel)
    )
    worst = heapq.nlargest(keep, scored, key=lambda found: found[:2])
    return [(item, WEIGHT) for _, _, item in worst]


def _worst_window(
    network: nn.Module, face: PreparedFace, channel: int
) -> Iterator[tuple[float, PackedItem]]:
    """Yield the worst window of a face with its mean probability; none where no skin is."""
    image, skin = _at_scale(face)
    probability = _probability(network, image, face, channel) * skin
    sums = cv2.integral(probability.astype(np.float64))
    rows = range(0, image.shape[0] - WINDOW_PX + 1, _STEP_PX)
    columns = range(0, image.shape[1] - WINDOW_PX + 1, _STEP_PX)
    mean, y, x = max((_box(sums, y, x), y, x) for y in rows for x in columns)
    if mean > 0:
        window = image[y : y + WINDOW_PX, x : x + WINDOW_PX]
        empty = np.zeros(window.shape[:2], np.uint8)
        ignore = np.full_like(empty, _OTHERS)
        crop = np.ascontiguousarray(window)
        yield mean, PackedItem(crop, empty, ignore, face.baseline, FINE_MM_PER_PX)


def _at_scale(face: PreparedFace) -> tuple[Array, Array]:
    """Return picture and skin at the fine scale, padded to whole strides and one window."""
    factor = face.mm_per_px / FINE_MM_PER_PX
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    image = cv2.resize(face.rgb, None, fx=factor, fy=factor, interpolation=way)
    size = (image.shape[1], image.shape[0])
    skin = cv2.resize(face.skin.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    below, right = (max(WINDOW_PX, -(-n // STRIDE) * STRIDE) - n for n in image.shape[:2])
    image = cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_REFLECT_101)
    return image, np.pad(skin, ((0, below), (0, right)))


def _probability(network: nn.Module, image: Array, face: PreparedFace, channel: int) -> Array:
    shown = skin_channels(rgb_to_linear(image), face.baseline, FINE_MM_PER_PX)
    device = next(network.parameters()).device
    inputs = torch.from_numpy(shown).permute(2, 0, 1)[None].to(device)
    inputs = inputs.contiguous(memory_format=torch.channels_last)
    with torch.inference_mode(), half_precision(device):
        logits = network.eval()(inputs)
    probability: Array = torch.sigmoid(logits[0, channel].float()).cpu().numpy()
    return probability


def _box(sums: Array, y: int, x: int) -> float:
    bottom, right = y + WINDOW_PX, x + WINDOW_PX
    total = sums[bottom, right] - sums[y, right] - sums[bottom, x] + sums[y, x]
    return float(total) / WINDOW_PX**2
