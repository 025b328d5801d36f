"""From label bits and logits to one number: which loss a recipe takes, and of what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import torch
from torch import Tensor

from cutis.core.errors import InputError
from cutis.core.vocabulary import Condition
from cutis.imaging.skin_channels import TARGETS
from cutis.training import losses
from cutis.training.batches import Batch

BACKGROUND = "background"
_SMALLEST_FIRST = (
    Condition.ACNE,
    Condition.SCARRING,
    Condition.PIGMENTATION,
    Condition.WRINKLES,
    Condition.PORES,
    Condition.TEXTURE,
    Condition.DRYNESS,
    Condition.REDNESS,
)


class PixelLoss(StrEnum):
    """A loss of single pixels."""

    NONE = "none"
    CROSS_ENTROPY = "cross_entropy"
    BINARY_CROSS_ENTROPY = "binary_cross_entropy"
    FOCAL = "focal"


class RegionLoss(StrEnum):
    """A loss of whole masks."""

    NONE = "none"
    DICE = "dice"
    JACCARD = "jaccard"
    TVERSKY = "tversky"


@dataclass(frozen=True, slots=True)
class Objective:
    """What training makes small.

    Attributes:
        kinds: the conditions; one channel each, after the background where ``exclusive``.
        exclusive: each pixel has one class (softmax), or any number of them (sigmoid).
        pixel: the loss of single pixels, counted once.
        region: the loss of whole masks.
        region_weight: how often ``region`` counts.
        positive_weights: how much a positive pixel counts, one for each kind; none for 1.
        gamma: of the focal loss.
        tversky: weights of false positives and false negatives.
    """

    kinds: tuple[Condition, ...]
    exclusive: bool
    pixel: PixelLoss
    region: RegionLoss = RegionLoss.NONE
    region_weight: float = 0.5
    positive_weights: tuple[float, ...] = ()
    gamma: float = 2.0
    tversky: tuple[float, float] = (0.3, 0.7)

    def __post_init__(self) -> None:
        """Refuse losses that do not fit the kind of output."""
        softmax_only = self.pixel is PixelLoss.CROSS_ENTROPY
        sigmoid_only = self.pixel in {PixelLoss.BINARY_CROSS_ENTROPY, PixelLoss.FOCAL}
        if (softmax_only and not self.exclusive) or (sigmoid_only and self.exclusive):
            raise InputError(
                f"{self.pixel} does not fit {'exclusive' if self.exclusive else 'independent'} "
                "classes; take cross_entropy for exclusive ones, the others for independent ones."
            )

    @property
    def channels(self) -> tuple[str, ...]:
        """The name of each channel of the logits."""
        names = tuple(kind.value for kind in self.kinds)
        return (BACKGROUND, *names) if self.exclusive else names

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """Return the loss of ``N C H W`` logits; coarser ones skip labels to match."""
        logits = logits.float().contiguous()
        batch = batch.every(batch.labels.shape[-1] // logits.shape[-1])
        if self.exclusive:
            return self._exclusive_loss(logits, batch)
        return self._independent_loss(logits, batch)

    def _exclusive_loss(self, logits: Tensor, batch: Batch) -> Tensor:
        classes, valid = exclusive_targets(batch.labels, batch.ignore, self.kinds)
        weight = valid.float() * batch.weight[:, None, None]
        total = logits.new_zeros(())
        if self.pixel is PixelLoss.CROSS_ENTROPY:
            total = losses.cross_entropy(logits, classes, weight)
        if self.region is RegionLoss.NONE:
            return total
        targets = torch.nn.functional.one_hot(classes, logits.shape[1]).permute(0, 3, 1, 2).float()
        return total + self._region_loss(logits.softmax(dim=1), targets, weight[:, None])

    def _independent_loss(self, logits: Tensor, batch: Batch) -> Tensor:
        targets, valid = independent_targets(batch.labels, batch.ignore, self.kinds)
        weight = valid.float() * batch.weight[:, None, None, None]
        total = logits.new_zeros(())
        positive = self.positive_weights
        if self.pixel is PixelLoss.BINARY_CROSS_ENTROPY:
            total = losses.binary_cross_entropy(logits, targets, weight, positive_weights=positive)
        elif self.pixel is PixelLoss.FOCAL:
            total = losses.focal(
                logits, targets, weight, gamma=self.gamma, positive_weights=positive
            )
        if self.region is RegionLoss.NONE:
            return total
        return total + self._region_loss(logits.sigmoid(), targets, weight)

    def _region_loss(self, probabilities: Tensor, targets: Tensor, weight: Tensor) -> Tensor:
        if self.region is RegionLoss.DICE:
            loss = losses.soft_dice(probabilities, targets, weight)
        elif self.region is RegionLoss.JACCARD:
            loss = losses.jaccard(probabilities, targets, weight)
        else:
            above, below = self.tversky
            loss = losses.tversky(
                probabilities, targets, weight, false_positives=above, false_negatives=below
            )
        return self.region_weight * loss


def bits_of(kinds: Sequence[Condition]) -> int:
    """Return the label byte in which the bits of ``kinds`` are set."""
    return sum(1 << TARGETS.index(kind) for kind in kinds)


def exclusive_targets(
    labels: Tensor, ignore: Tensor, kinds: Sequence[Condition]
) -> tuple[Tensor, Tensor]:
    """Turn label bits into one class for each pixel.

    Where several kinds are set, the one that covers less skin as a rule wins: acne before
    redness. Pixels of other kinds, and pixels one of ``kinds`` is ignored at, do not count.

    Args:
        labels: bits over `TARGETS`, uint8 ``N H W``.
        ignore: the same, where a kind is not to be counted.
        kinds: the classes after the background, in order.

    Returns:
        int64 classes ``N H W``, 0 the background, and where they count, bool ``N H W``.
    """
    table = torch.from_numpy(_class_of_bits(tuple(kinds))).to(labels.device)
    classes = table[labels.long()]
    wanted = bits_of(kinds)
    other = ((labels & ~wanted & 0xFF) != 0) & (classes == 0)
    return classes, ~other & ((ignore & wanted) == 0)


def _class_of_bits(kinds: tuple[Condition, ...]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    table = np.zeros(256, np.int64)
    bits = np.arange(256)
    for kind in reversed([k for k in _SMALLEST_FIRST if k in kinds]):
        table[(bits >> TARGETS.index(kind)) & 1 == 1] = kinds.index(kind) + 1
    return table


def independent_targets(
    labels: Tensor, ignore: Tensor, kinds: Sequence[Condition]
) -> tuple[Tensor, Tensor]:
    """Turn label bits into one 0/1 map for each kind.

    Returns:
        float32 targets ``N C H W``, and where they count, bool ``N C H W``.
    """
    places = torch.tensor([TARGETS.index(kind) for kind in kinds], device=labels.device)
    shifts = places.to(labels.dtype)[None, :, None, None]
    targets = ((labels[:, None] >> shifts) & 1).float()
    return targets, ((ignore[:, None] >> shifts) & 1) == 0
