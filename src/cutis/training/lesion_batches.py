"""Batches of lesion crops: mirrored, turned a little, lit and coloured anew.

Turns stay small: a dome and a pit differ only by the side on which they are bright, and faces are
lit from above more often than from below.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from jaxtyping import Float32, Int64, UInt8
from torch import Tensor

from cutis.core.arrays import RGB
from cutis.core.errors import InputError
from cutis.datasets.lesion_crops import CropSet
from cutis.imaging.colour import encode_srgb, rgb_to_linear
from cutis.models.lesion_network import network_inputs
from cutis.training.batches import Batch


@dataclass(frozen=True, slots=True)
class CropJitter:
    """How much crops are varied; standard deviations, but for the mirror's share.

    Attributes:
        mirror: share of crops that are mirrored.
        turn_deg: of the rotation.
        scale: of the logarithm of the size.
        shift_px: of the position, each way.
        gain: of the logarithm of the brightness, in linear light.
        colour: of the logarithm of each channel, in linear light.
        size: of the logarithm of the width that the network is told.
    """

    mirror: float = 0.5
    turn_deg: float = 10.0
    scale: float = 0.08
    shift_px: float = 1.5
    gain: float = 0.2
    colour: float = 0.05
    size: float = 0.1


def crop_batch(crops: CropSet, jitter: CropJitter, *, size: int, seed: int, step: int) -> Batch:
    """Return batch number ``step`` of the ``train`` crops; equal seeds give equal batches.

    Every crop comes once before one comes again. ``labels`` of the batch are classes, int64 ``N``.

    Raises:
        InputError: there is no crop to train on.
    """
    numbers = crops.indices("train")
    if len(numbers) == 0:
        raise InputError("The file has no crops to train on; make one of more faces.")
    chosen = _chosen(numbers, size, seed, step)
    rng = np.random.default_rng((seed, step))
    moved = np.stack([_moved(image, jitter, rng) for image in crops.images[chosen]])
    shown = _lit(moved, jitter, rng)
    off = np.exp(rng.normal(0, jitter.size, size)).astype(np.float32)
    told = network_inputs(shown, crops.side_mm[chosen] * off, crops.geometry)
    return as_batch(told, crops.label[chosen])


def as_batch(
    inputs: Float32[np.ndarray, "n channels side side"], label: Int64[np.ndarray, "n"]
) -> Batch:
    """Return inputs of the network and their classes as a batch, nothing of it ignored."""
    return Batch(
        torch.from_numpy(np.ascontiguousarray(inputs)),
        torch.from_numpy(np.asarray(label, np.int64)),
        torch.zeros(len(label), dtype=torch.uint8),
        torch.ones(len(label)),
    )


def as_inputs(crops: CropSet, numbers: Int64[np.ndarray, "n"]) -> Tensor:
    """Return crops as assessment gives them to the network: ``N C side side``."""
    scaled = crops.images[numbers].astype(np.float32) / np.float32(255)
    told = network_inputs(scaled, crops.side_mm[numbers], crops.geometry)
    return torch.from_numpy(np.ascontiguousarray(told))


def _chosen(
    numbers: Int64[np.ndarray, "n"], size: int, seed: int, step: int
) -> Int64[np.ndarray, "size"]:
    places = np.arange(step * size, (step + 1) * size)
    orders = {
        int(epoch): np.random.default_rng((seed, 1, int(epoch))).permutation(numbers)
        for epoch in np.unique(places // len(numbers))
    }
    picked = [orders[int(p // len(numbers))][p % len(numbers)] for p in places]
    return np.array(picked, np.int64)


def _moved(image: RGB, jitter: CropJitter, rng: np.random.Generator) -> RGB:
    side = image.shape[0]
    middle = (side - 1) / 2
    turn, scale = rng.normal(0, jitter.turn_deg), float(np.exp(rng.normal(0, jitter.scale)))
    matrix = cv2.getRotationMatrix2D((middle, middle), float(turn), scale)
    matrix[:, 2] += rng.normal(0, jitter.shift_px, 2)
    mirrored = image[:, ::-1] if rng.random() < jitter.mirror else image
    moved: RGB = cv2.warpAffine(
        np.ascontiguousarray(mirrored), matrix, (side, side), borderMode=cv2.BORDER_REFLECT
    )
    return moved


def _lit(
    images: UInt8[np.ndarray, "n side side 3"], jitter: CropJitter, rng: np.random.Generator
) -> Float32[np.ndarray, "n side side 3"]:
    count = len(images)
    log_gain = rng.normal(0, jitter.gain, (count, 1)) + rng.normal(0, jitter.colour, (count, 3))
    gain = np.exp(log_gain).astype(np.float32)[:, None, None]
    tall = images.reshape(-1, images.shape[2], 3)  # one below the other they are a picture
    linear = np.clip(rgb_to_linear(tall).reshape(images.shape) * gain, 0, 1)
    return np.asarray(encode_srgb(linear), np.float32)
