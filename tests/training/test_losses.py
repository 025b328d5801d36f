"""Losses against torch where it has them, against values by hand where it has not."""

from __future__ import annotations

import math
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch.nn import functional  # noqa: E402

from cutis.training import losses  # noqa: E402


@pytest.fixture
def logits():
    return torch.randn(2, 3, 4, 5, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def targets():
    return (torch.rand(2, 3, 4, 5, generator=torch.Generator().manual_seed(1)) > 0.6).float()


@pytest.fixture
def weight():
    return (torch.rand(2, 3, 4, 5, generator=torch.Generator().manual_seed(2)) > 0.3).float()


def test_cross_entropy_equals_torch_with_an_ignored_class(logits: torch.Tensor):
    classes = torch.randint(0, 3, (2, 4, 5), generator=torch.Generator().manual_seed(3))
    valid = classes != 2
    marked = classes.where(valid, -100)
    got = losses.cross_entropy(logits, classes, valid.float())
    torch.testing.assert_close(got, functional.cross_entropy(logits, marked))
    factors = (1.0, 3.0, 1.0)
    got = losses.cross_entropy(logits, classes, valid.float(), class_weights=factors)
    expected = functional.cross_entropy(logits, marked, weight=torch.tensor(factors))
    torch.testing.assert_close(got, expected)


def test_binary_cross_entropy_equals_torch(
    logits: torch.Tensor, targets: torch.Tensor, weight: torch.Tensor
):
    positive = (8.0, 1.5, 5.0)
    got = losses.binary_cross_entropy(logits, targets, weight, positive_weights=positive)
    each = functional.binary_cross_entropy_with_logits(
        logits, targets, pos_weight=torch.tensor(positive)[:, None, None], reduction="none"
    )
    torch.testing.assert_close(got, each[weight > 0].mean())


def test_focal_without_focus_is_cross_entropy_and_by_hand_else(
    logits: torch.Tensor, targets: torch.Tensor, weight: torch.Tensor
):
    plain = losses.binary_cross_entropy(logits, targets, weight)
    torch.testing.assert_close(losses.focal(logits, targets, weight, gamma=0.0), plain)
    one = torch.ones(1, 1, 1, 1)
    p = 1 / (1 + math.exp(-1.5))
    expected = (1 - p) ** 2 * -math.log(p)
    assert losses.focal(1.5 * one, one, one).item() == pytest.approx(expected, rel=1e-5)
    expected = p**2 * -math.log(1 - p)
    assert losses.focal(1.5 * one, 0 * one, one).item() == pytest.approx(expected, rel=1e-5)


def test_overlap_losses_by_hand():
    p = torch.tensor([0.9, 0.6, 0.2, 0.1]).reshape(1, 1, 2, 2)
    t = torch.tensor([1.0, 0.0, 1.0, 0.0]).reshape(1, 1, 2, 2)
    one = torch.ones_like(p)
    hit, false_positive, false_negative = 1.1, 0.7, 0.9
    dice = (hit + 1) / (hit + 0.5 * false_positive + 0.5 * false_negative + 1)
    assert losses.soft_dice(p, t, one).item() == pytest.approx(1 - dice)
    union = hit + false_positive + false_negative
    assert losses.jaccard(p, t, one).item() == pytest.approx(1 - (hit + 1) / (union + 1))
    index = (hit + 1) / (hit + 0.3 * false_positive + 0.7 * false_negative + 1)
    got = losses.tversky(p, t, one, false_positives=0.3, false_negatives=0.7)
    assert got.item() == pytest.approx(1 - index)


def test_a_class_that_is_absent_says_nothing_about_overlap(
    targets: torch.Tensor, weight: torch.Tensor
):
    p = torch.rand(2, 3, 4, 5, generator=torch.Generator().manual_seed(4))
    absent = targets.clone()
    absent[:, 1] = 0
    kept = [0, 2]
    got = losses.soft_dice(p, absent, weight)
    torch.testing.assert_close(got, losses.soft_dice(p[:, kept], absent[:, kept], weight[:, kept]))


@pytest.mark.parametrize(
    "loss",
    [
        lambda x, t, w: losses.binary_cross_entropy(x, t, w, positive_weights=(2.0, 3.0, 4.0)),
        losses.focal,
        lambda x, t, w: losses.soft_dice(x.sigmoid(), t, w),
        lambda x, t, w: losses.jaccard(x.sigmoid(), t, w),
        lambda x, t, w: losses.tversky(x.sigmoid(), t, w),
    ],
)
def test_ignored_pixels_have_no_say(
    loss: Any, logits: torch.Tensor, targets: torch.Tensor, weight: torch.Tensor
):
    expected = loss(logits, targets, weight)
    other = torch.where(weight > 0, logits, 50 * torch.ones_like(logits))
    flipped = torch.where(weight > 0, targets, 1 - targets)
    torch.testing.assert_close(loss(other, flipped, weight), expected)
    leaf = logits.clone().requires_grad_()
    loss(leaf, targets, weight).backward()
    assert (leaf.grad[weight == 0] == 0).all()
    assert (leaf.grad[weight > 0] != 0).any()
    assert loss(logits, targets, torch.zeros_like(weight)).item() == 0
