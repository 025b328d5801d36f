"""The arithmetic between the networks against torchvision's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra train is not installed")

import torch

from cutis.imaging.instances import HEAD_WEIGHTS, Geometry, align, anchors, decode, suppress
from cutis.networks.torchvision_import import import_torchvision

GEOMETRY = Geometry()
RNG = np.random.default_rng(5)


def _boxes(count: int, side: float) -> np.ndarray:
    low = RNG.uniform(0, side / 2, (count, 2))
    return np.hstack([low, low + RNG.uniform(4, side / 2, (count, 2))]).astype(np.float32)


@pytest.fixture(scope="module")
def detection() -> Any:
    vision = import_torchvision()
    import torchvision.models.detection  # noqa: F401, PLC0415

    return vision


def test_anchors(detection: Any):
    made = detection.models.detection.anchor_utils.AnchorGenerator(
        GEOMETRY.sizes, (GEOMETRY.ratios,) * len(GEOMETRY.sizes)
    )
    picture = torch.zeros(1, 3, 96, 128)
    levels = [torch.zeros(1, 1, 96 // s, 128 // s) for s in GEOMETRY.strides]
    images = detection.models.detection.image_list.ImageList(picture, [(96, 128)])
    expected = made(images, levels)[0].numpy()
    shapes = [(96 // s, 128 // s) for s in GEOMETRY.strides]
    found = np.concatenate([anchors(shape, GEOMETRY, n) for n, shape in enumerate(shapes)])
    assert found == pytest.approx(expected, abs=1e-4)


def test_boxes_that_move_and_scale(detection: Any):
    boxes = _boxes(40, 200)
    deltas = RNG.normal(0, 1, (40, 4)).astype(np.float32)
    coder = detection.models.detection._utils.BoxCoder(HEAD_WEIGHTS)
    expected = coder.decode_single(torch.from_numpy(deltas), torch.from_numpy(boxes)).numpy()
    assert decode(deltas, boxes, HEAD_WEIGHTS) == pytest.approx(expected, abs=1e-2, rel=1e-4)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_is_cut_out(detection: Any):
    cut = detection.ops.roi_align.__globals__["_roi_align"]  # written in torch alone
    features = RNG.normal(0, 1, (3, 24, 30)).astype(np.float32)
    boxes = _boxes(6, 110)
    rois = torch.cat([torch.zeros(6, 1), torch.from_numpy(boxes)], dim=1)
    expected = cut(torch.from_numpy(features)[None], rois, 0.25, 7, 7, 2, aligned=False)
    found = align(features, boxes, 4, bins=7, samples=2)
    assert found == pytest.approx(expected.numpy(), abs=1e-4)


def test_what_is_suppressed():
    boxes, scores = _boxes(60, 120), RNG.permutation(60).astype(np.float32)
    kept = list(suppress(boxes, scores, 0.5))
    for n, box in enumerate(boxes):  # the definition: kept unless a better kept one overlaps it
        better = [k for k in kept if scores[k] > scores[n]]
        low = np.maximum(box[:2], boxes[better, :2])
        high = np.minimum(box[2:], boxes[better, 2:])
        both = np.clip(high - low, 0, None).prod(axis=1)
        area = (box[2:] - box[:2]).prod() + (boxes[better, 2:] - boxes[better, :2]).prod(axis=1)
        assert (n in kept) == (not (both > 0.5 * (area - both)).any())
