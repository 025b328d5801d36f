"""torchvision imports beside any torch, and its stand-in operators compute what it documents."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from cutis.networks.torchvision_import import (  # noqa: E402
    align_regions,
    import_torchvision,
    non_maximum_suppression,
)


def test_torchvision_imports_and_its_operators_work():
    torchvision = import_torchvision()
    boxes = torch.tensor([[0.0, 0, 10, 10], [1, 1, 10, 10], [20, 20, 30, 30]])
    kept = torchvision.ops.nms(boxes, torch.tensor([0.5, 0.9, 0.1]), 0.5)
    assert kept.tolist() == [1, 2]
    features = torch.arange(16.0).reshape(1, 1, 4, 4)
    whole = torchvision.ops.roi_align(features, [torch.tensor([[0.0, 0, 4, 4]])], 1, aligned=True)
    assert whole.item() == pytest.approx(7.5)


def test_a_better_box_removes_those_it_overlaps_too_much():
    boxes = torch.tensor([[0.0, 0, 10, 10], [0, 0, 10, 5], [0, 0, 10, 4.9]])
    scores = torch.tensor([0.9, 0.8, 0.7])
    assert non_maximum_suppression(boxes, scores, 0.5).tolist() == [0, 1]
    assert non_maximum_suppression(boxes, scores, 0.48).tolist() == [0]
    assert non_maximum_suppression(boxes[:0], scores[:0], 0.5).tolist() == []


def by_hand(features: Any, box: Any, shape: Any, count: Any, *, aligned: bool):
    """RoIAlign as its paper tells it, one sample at a time."""
    x0, y0, x1, y1 = (v - (0.5 if aligned else 0) for v in box)
    width, height = x1 - x0, y1 - y0
    if not aligned:
        width, height = max(width, 1), max(height, 1)
    result = np.zeros((len(features), *shape))
    for row, column in np.ndindex(*shape):
        for j, i in np.ndindex(count, count):
            y = y0 + height / shape[0] * (row + (j + 0.5) / count)
            x = x0 + width / shape[1] * (column + (i + 0.5) / count)
            result[:, row, column] += bilinear(features, y, x) / count**2
    return result


def bilinear(features: Any, y: Any, x: Any):
    rows, columns = features.shape[1:]
    if not (-1 <= y <= rows and -1 <= x <= columns):
        return 0
    y, x = np.clip(y, 0, rows - 1), np.clip(x, 0, columns - 1)
    top, left = int(y), int(x)
    below, right = min(top + 1, rows - 1), min(left + 1, columns - 1)
    dy, dx = y - top, x - left
    upper = features[:, top, left] * (1 - dx) + features[:, top, right] * dx
    lower = features[:, below, left] * (1 - dx) + features[:, below, right] * dx
    return upper * (1 - dy) + lower * dy


@pytest.mark.parametrize("aligned", [True, False])
def test_region_align_equals_its_definition(aligned: bool):  # noqa: FBT001
    rng = np.random.default_rng(0)
    features = rng.standard_normal((2, 3, 9, 12))
    boxes = [(0, 1.2, 2.1, 7.9, 8.0), (1, -3.0, -2.0, 4.0, 5.5), (1, 6.0, 3.0, 15.0, 11.0)]
    got = align_regions(
        torch.from_numpy(features),
        torch.tensor(boxes, dtype=torch.float64),
        0.9,
        shape=(3, 4),
        sampling_ratio=2,
        aligned=aligned,
    )
    for region, (image, *box) in zip(got.numpy(), boxes, strict=True):
        scaled = [v * 0.9 for v in box]
        expected = by_hand(features[image], scaled, (3, 4), 2, aligned=aligned)
        np.testing.assert_allclose(region, expected, atol=1e-9)


def test_region_align_passes_gradients_to_the_features():
    features = torch.rand(1, 2, 6, 6, dtype=torch.float64, requires_grad=True)
    rois = torch.tensor([[0, 0.5, 0.5, 4.5, 5.0]], dtype=torch.float64)
    assert torch.autograd.gradcheck(
        lambda f: align_regions(f, rois, 1.0, shape=(2, 2), sampling_ratio=0, aligned=True),
        (features,),
    )
