"""Batches from a packed data set: decoded, mirrored, jittered, and prepared while training runs.

Every batch follows from the seed and its number alone, so a resumed training sees what an
uninterrupted one would have seen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from itertools import count
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cutis.core.errors import InputError
from cutis.datasets.pack import PackedItem, PackedSet
from cutis.imaging.colour import encode_srgb, rgb_to_linear
from cutis.imaging.skin_channels import CHANNELS, skin_channels

Array = NDArray[Any]
_FLOOR = 1e-4


class Inputs(StrEnum):
    """What a network is shown."""

    SKIN_CHANNELS = "skin_channels"
    RGB = "rgb"

    @property
    def channels(self) -> int:
        """The number of channels."""
        return CHANNELS if self is Inputs.SKIN_CHANNELS else 3

    @property
    def mid_grey(self) -> float:
        """What the first three channels hold where sRGB is 0.5."""
        return 0.0 if self is Inputs.SKIN_CHANNELS else 0.5


@dataclass(frozen=True, slots=True)
class Jitter:
    """How much pictures are varied; standard deviations, uniform for none.

    Attributes:
        mirror: share of pictures that are mirrored.
        gain: of the logarithm of the brightness, in linear light.
        colour: of the logarithm of each channel, in linear light.
        gamma: of the logarithm of the tone curve's exponent.
        baseline: error of the person's skin baseline, in optical density.
        scale: of the logarithm of the metric scale that the network is told.
        noise: greatest standard deviation of the noise, in sRGB 0-1.
    """

    mirror: float = 0.5
    gain: float = 0.15
    colour: float = 0.04
    gamma: float = 0.08
    baseline: float = 0.015
    scale: float = 0.08
    noise: float = 0.008
    crop_px: int = 0


NO_JITTER = Jitter(mirror=0, gain=0, colour=0, gamma=0, baseline=0, scale=0, noise=0)


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """``inputs`` float32 ``N C H W``; ``labels``, ``ignore`` bits ``N H W``; ``weight`` ``N``."""

    inputs: Tensor
    labels: Tensor
    ignore: Tensor
    weight: Tensor

    def every(self, step: int) -> Batch:
        """Return the batch with the labels of every ``step``-th row and column only."""
        if step == 1:
            return self
        labels, ignore = (bits[:, ::step, ::step] for bits in (self.labels, self.ignore))
        return Batch(self.inputs, labels, ignore, self.weight)

    def to(self, device: torch.device) -> Batch:
        """Return the batch on ``device``, its inputs channels last."""
        inputs = self.inputs.to(device, non_blocking=True)
        return Batch(
            inputs.contiguous(memory_format=torch.channels_last),
            self.labels.to(device, non_blocking=True),
            self.ignore.to(device, non_blocking=True),
            self.weight.to(device, non_blocking=True),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """One prepared picture of a batch."""

    inputs: Array
    labels: Array
    ignore: Array
    weight: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class BatchSource:
    """Draws batches from the ``train`` items of a pack.

    Attributes:
        pack: where the pictures are.
        inputs: what the network is shown.
        size: pictures in a batch.
        seed: of the order and the jitter.
        jitter: how much pictures are varied.
        weights: how often each train item is drawn, relative; None for epochs of all.
        extra: pictures from elsewhere, such as mined negatives; drawn for ``extra_share``.
        extra_share: 0-1.
    """

    pack: PackedSet
    inputs: Inputs
    size: int
    seed: int
    jitter: Jitter = Jitter()
    weights: Array | None = None
    extra: Sequence[tuple[PackedItem, float]] = ()
    extra_share: float = 0.0

    def batch(self, step: int) -> Batch:
        """Return batch number ``step``; equal seeds give equal batches."""
        rng = np.random.default_rng((self.seed, step))
        chosen = self._chosen(step, rng)
        return stack([self._example(int(index), rng) for index in chosen])

    def stream(self, first_step: int = 0, *, workers: int = 1, ahead: int = 3) -> Generator[Batch]:
        """Yield batches without end; see `prefetched`."""
        yield from prefetched(self.batch, first_step, workers=workers, ahead=ahead)

    def _example(self, index: int, rng: np.random.Generator) -> Example:
        if self.extra and rng.random() < self.extra_share:
            item, weight = self.extra[int(rng.integers(len(self.extra)))]
            return example(item, self.inputs, self.jitter, rng, weight=weight)
        return example(self.pack.item(index), self.inputs, self.jitter, rng)

    def _chosen(self, step: int, rng: np.random.Generator) -> Array:
        items = self.pack.indices("train")
        if len(items) == 0:
            raise InputError("The pack has no items to train on; make one with a train split.")
        if self.weights is not None:
            return rng.choice(items, self.size, p=self.weights / self.weights.sum())
        places = np.arange(step * self.size, (step + 1) * self.size)
        orders = {
            int(epoch): np.random.default_rng((self.seed, 1, int(epoch))).permutation(items)
            for epoch in np.unique(places // len(items))
        }
        return np.array([orders[int(p // len(items))][p % len(items)] for p in places])


def prefetched(
    make: Callable[[int], Batch], first: int, *, workers: int, ahead: int
) -> Generator[Batch]:
    """Yield ``make(first)``, ``make(first + 1)`` and so on, made by threads ``ahead`` of use.

    Without ``workers`` each is made when it is asked for.
    """
    if workers == 0:
        yield from map(make, count(first))
    cv2.setNumThreads(1)
    pool = ThreadPoolExecutor(workers, thread_name_prefix="batches")
    waiting: deque[Future[Batch]] = deque()
    step = first
    try:
        while True:
            while len(waiting) < max(ahead, workers):
                waiting.append(pool.submit(make, step))
                step += 1
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def stack(examples: Sequence[Example]) -> Batch:
    """Return examples of one size as a batch."""
    inputs = np.stack([e.inputs for e in examples])
    return Batch(
        torch.from_numpy(inputs).permute(0, 3, 1, 2),
        torch.from_numpy(np.stack([e.labels for e in examples])),
        torch.from_numpy(np.stack([e.ignore for e in examples])),
        torch.tensor([e.weight for e in examples], dtype=torch.float32),
    )


def example(
    item: PackedItem,
    inputs: Inputs,
    jitter: Jitter,
    rng: np.random.Generator,
    *,
    weight: float = 1.0,
) -> Example:
    """Return a picture varied by ``jitter``, as the network is shown it."""
    image, labels, ignore = _cut(item, jitter.crop_px, rng)
    if rng.random() < jitter.mirror:
        image, labels, ignore = (np.ascontiguousarray(a[:, ::-1]) for a in (image, labels, ignore))
    linear, baseline = _varied(rgb_to_linear(image), item.baseline, jitter, rng)
    if inputs is Inputs.RGB:
        shown = np.asarray(encode_srgb(linear), np.float32)
    else:
        scale = item.mm_per_px * float(np.exp(rng.normal(0, jitter.scale)))
        shown = skin_channels(linear, baseline, scale)
    return Example(shown, labels, ignore, weight)


def _cut(item: PackedItem, side: int, rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Return picture, labels and ignored pixels of a square of ``side`` somewhere; 0 for all."""
    arrays = item.image, item.labels, item.ignore
    rows, cols = item.labels.shape
    if not 0 < side < min(rows, cols):
        return arrays
    top, left = int(rng.integers(rows - side + 1)), int(rng.integers(cols - side + 1))
    image, labels, ignore = (a[top : top + side, left : left + side] for a in arrays)
    return np.ascontiguousarray(image), np.ascontiguousarray(labels), np.ascontiguousarray(ignore)


def _varied(
    linear: Array, baseline: Array, jitter: Jitter, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Vary brightness, colour, tone curve and noise; the baseline follows, with its own error.

    In optical density a gain is a shift and a tone curve's exponent a factor, so the baseline
    of the varied picture is known exactly, but for clipping.
    """
    log_gain = rng.normal(0, jitter.gain) + rng.normal(0, jitter.colour, 3)
    exponent = float(np.exp(rng.normal(0, jitter.gamma)))
    noise_sd = float(rng.uniform(0, jitter.noise))
    error = rng.normal(0, jitter.baseline, 3)
    varied = linear
    if exponent != 1.0 or log_gain.any():
        lit = cv2.pow(np.maximum(linear, _FLOOR), exponent)
        varied = np.clip(lit * np.exp(log_gain).astype(np.float32), 0, 1)
    if noise_sd > 0:
        grain = rng.standard_normal(linear.shape, dtype=np.float32)
        encoded_slope = np.float32(2.4) * np.maximum(varied, _FLOOR) ** np.float32(1 - 1 / 2.4)
        varied = np.clip(varied + grain * encoded_slope * np.float32(noise_sd), 0, 1)
    shifted = baseline * exponent - log_gain / np.log(10) + error
    return varied.astype(np.float32), shifted.astype(np.float32)
