"""Losses for dense prediction; every one takes weights per pixel, and 0 means *not counted*.

Shapes: ``N C H W`` for logits, probabilities and 0/1 targets; weights broadcast to them.
All losses are in float32 and return a scalar; where nothing counts they return 0.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

_SMOOTH = 1.0


def cross_entropy(
    logits: Tensor, classes: Tensor, weight: Tensor, *, class_weights: Sequence[float] = ()
) -> Tensor:
    """Return the mean cross-entropy of the softmax.

    Args:
        logits: ``N C H W``.
        classes: the true class of each pixel, int64 ``N H W``.
        weight: ``N H W``.
        class_weights: one factor for each class; none for 1.
    """
    factors = logits.new_tensor(class_weights) if class_weights else None
    each = functional.cross_entropy(logits, classes, weight=factors, reduction="none")
    share = weight if factors is None else weight * factors[classes]
    return _mean(each * weight, share)


def binary_cross_entropy(
    logits: Tensor, targets: Tensor, weight: Tensor, *, positive_weights: Sequence[float] = ()
) -> Tensor:
    """Return the mean binary cross-entropy of the sigmoid.

    Args:
        logits: ``N C H W``.
        targets: 0 or 1, ``N C H W``.
        weight: broadcasts to ``N C H W``.
        positive_weights: how much a positive pixel counts, one for each class; none for 1.
    """
    each = functional.softplus(_wrong_logits(logits, targets))
    return _balanced(each, targets, weight, positive_weights)


def focal(
    logits: Tensor,
    targets: Tensor,
    weight: Tensor,
    *,
    gamma: float = 2.0,
    positive_weights: Sequence[float] = (),
) -> Tensor:
    """Return the focal loss, ``(1 - p_true)^gamma`` times the binary cross-entropy.

    Lin et al. 2017, arXiv:1708.02002, with a weight for positives in place of alpha.
    Arguments as in `binary_cross_entropy`; ``gamma`` 0 equals it.
    """
    wrong = _wrong_logits(logits, targets)
    each = functional.softplus(wrong) * torch.sigmoid(wrong) ** gamma
    return _balanced(each, targets, weight, positive_weights)


def tversky(
    probabilities: Tensor,
    targets: Tensor,
    weight: Tensor,
    *,
    false_positives: float = 0.5,
    false_negatives: float = 0.5,
) -> Tensor:
    """Return 1 minus the Tversky index, the mean over the classes present in the batch.

    Salehi et al. 2017, arXiv:1706.05721: ``TP / (TP + a FP + b FN)``, over all pixels of the
    batch, with 1 added above and below. A class without a positive pixel is left out: overlap
    says nothing about it.

    Args:
        probabilities: 0-1, ``N C H W``.
        targets: 0 or 1, ``N C H W``.
        weight: broadcasts to ``N C H W``.
        false_positives: the weight ``a``.
        false_negatives: the weight ``b``.
    """
    counted = targets * weight
    hit, true = _sums(probabilities * counted), _sums(counted)
    false_positive = _sums(probabilities * weight) - hit
    union = hit + false_positives * false_positive + false_negatives * (true - hit)
    present = (true > 0).to(hit.dtype)
    return _mean((1 - (hit + _SMOOTH) / (union + _SMOOTH)) * present, present)


def soft_dice(probabilities: Tensor, targets: Tensor, weight: Tensor) -> Tensor:
    """Return 1 minus the soft Dice index: `tversky` with 0.5 and 0.5 (arXiv:1606.04797)."""
    return tversky(probabilities, targets, weight)


def jaccard(probabilities: Tensor, targets: Tensor, weight: Tensor) -> Tensor:
    """Return 1 minus the soft Jaccard index: `tversky` with 1 and 1."""
    return tversky(probabilities, targets, weight, false_positives=1.0, false_negatives=1.0)


def _wrong_logits(logits: Tensor, targets: Tensor) -> Tensor:
    """Return the logit of being wrong; its softplus is the binary cross-entropy."""
    return logits * (1 - 2 * targets)


def _balanced(
    each: Tensor, targets: Tensor, weight: Tensor, positive_weights: Sequence[float]
) -> Tensor:
    factor = weight
    if positive_weights:
        factor = weight * (1 + targets * (each.new_tensor(positive_weights)[:, None, None] - 1))
    return _mean(each * factor, weight.expand_as(each))


def _sums(values: Tensor) -> Tensor:
    return values.sum(dim=(0, 2, 3))


def _mean(weighted: Tensor, weights: Tensor) -> Tensor:
    return weighted.sum() / weights.sum().clamp(min=1e-6)
