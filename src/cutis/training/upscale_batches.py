"""Batches of small pictures and the sharp ones they were made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from cutis.core.arrays import RGB
from cutis.core.errors import InputError
from cutis.datasets.upscale_patches import PatchSet
from cutis.synth.degradation import Degradation, degrade, draw_degrading
from cutis.training.batches import Batch


@dataclass(frozen=True, slots=True)
class PatchOrder:
    """How pairs are made.

    Attributes:
        scale: how many times smaller the small ones are.
        degradation: how they are made small.
        size: pairs in a batch.
        side_px: of the sharp ones.
        seed: of the order, the cut, the turn and the degradation.
    """

    scale: int = 4
    degradation: Degradation = Degradation.BICUBIC
    size: int = 16
    side_px: int = 96
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse a side that the scale does not divide."""
        if self.side_px % self.scale:
            raise InputError(f"{self.side_px} pixels are no multiple of the scale {self.scale}.")


def patch_batch(patches: PatchSet, order: PatchOrder, step: int) -> Batch:
    """Return batch number ``step`` of the ``train`` windows; equal seeds give equal batches.

    ``inputs`` are small pictures in 0-1, ``labels`` the sharp ones as bytes, both ``N 3 H W``; each
    is cut somewhere in its window, and turned and mirrored in one of eight ways.

    Raises:
        InputError: there is no window to train on.
    """
    numbers = patches.indices("train")
    if len(numbers) == 0:
        raise InputError("The file has no windows to train on; make one of more photos.")
    rng = np.random.default_rng((order.seed, step))
    chosen = rng.choice(numbers, order.size, replace=len(numbers) < order.size)
    sharp = [_turned(_cut(patches.images[n], order.side_px, rng), rng) for n in chosen]
    return as_batch([small_of(one, order, rng) for one in sharp], sharp)


def small_of(sharp: RGB, order: PatchOrder, rng: np.random.Generator) -> RGB:
    """Return the small picture of a sharp one."""
    drawn = draw_degrading(rng) if order.degradation is Degradation.REALISTIC else None
    return degrade(sharp, order.scale, drawn)


def as_batch(small: Sequence[RGB], sharp: Sequence[RGB]) -> Batch:
    """Return pairs as a batch, nothing of it ignored."""
    count = len(small)
    nothing = torch.zeros(count, dtype=torch.uint8)
    return Batch(as_inputs(small), _channels_first(sharp), nothing, torch.ones(count))


def as_inputs(pictures: Sequence[RGB]) -> Tensor:
    """Return pictures of one size as the network gets them: ``N 3 H W``, 0-1."""
    return _channels_first(pictures).float() / 255


def _channels_first(pictures: Sequence[RGB]) -> Tensor:
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2)


def _cut(window: RGB, side: int, rng: np.random.Generator) -> RGB:
    room = window.shape[0] - side
    if room < 0:
        raise InputError(
            f"Windows of {side} pixels or more are needed; the file has {window.shape[0]}."
        )
    top, left = (int(v) for v in rng.integers(room + 1, size=2))
    return window[top : top + side, left : left + side]


def _turned(picture: RGB, rng: np.random.Generator) -> RGB:
    turned = np.rot90(picture, int(rng.integers(4)))
    return np.ascontiguousarray(turned[:, ::-1] if rng.random() < 0.5 else turned)
