"""Arithmetic between the networks of Mask R-CNN: anchors, boxes, suppression, RoIAlign, pasting.

He, Gkioxari, Dollár & Girshick 2017 (arXiv:1703.06870); region proposals: Ren et al. 2015
(arXiv:1506.01497); pyramid levels: Lin et al. 2017 (arXiv:1612.03144). Boxes are float32
``(x0, y0, x1, y1)`` in pixels of the network's input.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, Int64

from cutis.core.arrays import Probabilities

Boxes = Float32[np.ndarray, "n 4"]
Scores = Float32[np.ndarray, "n"]

_MOST_LOG = float(np.log(1000 / 16))
HEAD_WEIGHTS = (10.0, 10.0, 5.0, 5.0)
PROPOSAL_WEIGHTS = (1.0, 1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Geometry:
    """How a network finds instances; training and assessment share it.

    Attributes:
        strides: input pixels a feature of each level, the finest level first.
        sizes: sides of the anchors of each level, in pixels.
        ratios: heights of the anchors over their widths.
        box_bins: side of the features cut out for a box.
        mask_bins: side of those cut out for a mask; the mask is twice as large.
        proposals: how many boxes the heads look at.
        before: how many of each level are compared with one another first.
        overlap: IoU from which the worse of two proposals goes.
        least_score: a detection below this is none.
        same: IoU from which the worse of two detections of one class goes.
        most: how many detections are kept.
        around: by how much of its size a detected box is widened on each side before its mask is
            drawn, so that a tight box does not cut the rim off.
        canonical_px: a box of this side is cut out of the third level.
    """

    strides: tuple[int, ...] = (4, 8, 16, 32)
    sizes: tuple[tuple[int, ...], ...] = ((12, 24), (36, 56), (84, 128), (180, 280))
    ratios: tuple[float, ...] = (0.4, 1.0)
    box_bins: int = 7
    mask_bins: int = 36
    proposals: int = 64
    before: int = 200
    overlap: float = 0.7
    least_score: float = 0.3
    same: float = 0.45
    most: int = 24
    around: float = 0.08
    canonical_px: float = 128.0


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Detections, the surest first: boxes, classes from 1, scores 0–1."""

    boxes: Boxes
    classes: Int64[np.ndarray, "n"]
    scores: Scores


def anchors(shape: tuple[int, int], geometry: Geometry, level: int) -> Boxes:
    """Return the anchors of a level whose features are ``shape`` rows, columns; cell by cell."""
    sides = np.array(geometry.sizes[level], np.float64)
    roots = np.sqrt(np.array(geometry.ratios))
    height = (roots[:, None] * sides[None]).ravel()
    width = (sides[None] / roots[:, None]).ravel()
    cell = np.round(np.stack([-width, -height, width, height], axis=1) / 2)
    stride = geometry.strides[level]
    y, x = np.mgrid[: shape[0], : shape[1]] * stride
    shift = np.stack([x, y, x, y], axis=-1).reshape(-1, 1, 4)
    return np.asarray((shift + cell).reshape(-1, 4), np.float32)


def decode(deltas: Float32[np.ndarray, "n 4"], boxes: Boxes, weights: tuple[float, ...]) -> Boxes:
    """Move and scale boxes by what a network says of them (Girshick et al. 2014, appendix C)."""
    dx, dy, dw, dh = (deltas / np.array(weights, np.float32)).T
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    x, y = boxes[:, 0] + 0.5 * width + dx * width, boxes[:, 1] + 0.5 * height + dy * height
    half_w = 0.5 * np.exp(np.minimum(dw, _MOST_LOG)) * width
    half_h = 0.5 * np.exp(np.minimum(dh, _MOST_LOG)) * height
    return np.stack([x - half_w, y - half_h, x + half_w, y + half_h], axis=1).astype(np.float32)


def suppress(boxes: Boxes, scores: Scores, overlap: float) -> Int64[np.ndarray, "kept"]:
    """Return the indices of boxes that no better one overlaps by more, the best first."""
    order = np.argsort(-scores, kind="stable")
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    kept: list[int] = []
    while order.size:
        best, order = order[0], order[1:]
        kept.append(int(best))
        low = np.maximum(boxes[best, :2], boxes[order, :2])
        high = np.minimum(boxes[best, 2:], boxes[order, 2:])
        both = np.clip(high - low, 0, None).prod(axis=1)
        order = order[both <= overlap * (area[best] + area[order] - both)]
    return np.array(kept, np.int64)


def propose(
    objectness: Sequence[Float32[np.ndarray, "_ _ _"]],
    deltas: Sequence[Float32[np.ndarray, "_ _ _"]],
    geometry: Geometry,
    shape: tuple[int, int],
) -> Boxes:
    """Return the boxes in which something may be, the likeliest first.

    Args:
        objectness: logits of each level, one an anchor.
        deltas: of each level, four an anchor.
        geometry: of the network.
        shape: rows and columns of the input.
    """
    found: list[tuple[Boxes, Scores, np.ndarray]] = []
    for level, (logits, moves) in enumerate(zip(objectness, deltas, strict=True)):
        flat = logits.transpose(1, 2, 0).ravel()
        count, rows, columns = logits.shape
        steps = moves.reshape(count, 4, rows, columns).transpose(2, 3, 0, 1).reshape(-1, 4)
        best = np.argsort(-flat, kind="stable")[: geometry.before]
        boxes = decode(
            steps[best], anchors((rows, columns), geometry, level)[best], PROPOSAL_WEIGHTS
        )
        found.append((_clipped(boxes, shape), flat[best], np.full(len(best), level)))
    boxes, scores, levels = (np.concatenate(part) for part in zip(*found, strict=True))
    large = ((boxes[:, 2:] - boxes[:, :2]) >= 1).all(axis=1)
    boxes, scores, levels = boxes[large], scores[large], levels[large]
    apart = boxes + (levels[:, None] * 4.0 * max(shape)).astype(np.float32)
    kept = suppress(apart, scores, geometry.overlap)[: geometry.proposals]
    return np.asarray(boxes[kept], np.float32)


def choose(
    logits: Float32[np.ndarray, "n classes"],
    deltas: Float32[np.ndarray, "n d"],
    boxes: Boxes,
    geometry: Geometry,
    *,
    shape: tuple[int, int],
) -> Found:
    """Return the detections among proposals; class 0 is the background and is none."""
    exponent = np.exp(logits - logits.max(axis=1, keepdims=True))
    probability = exponent / exponent.sum(axis=1, keepdims=True)
    rows, classes = np.nonzero(probability[:, 1:] >= geometry.least_score)
    classes = classes + 1
    scores = probability[rows, classes].astype(np.float32)
    moves = deltas.reshape(len(boxes), -1, 4)[rows, classes]
    moved = _clipped(decode(moves, boxes[rows], HEAD_WEIGHTS), shape)
    apart = moved + (classes[:, None] * 4.0 * max(shape)).astype(np.float32)
    kept = suppress(apart, scores, geometry.same)[: geometry.most]
    wide = widened(moved[kept], geometry.around)
    return Found(wide, classes[kept].astype(np.int64), scores[kept])


def widened(boxes: Boxes, share: float) -> Boxes:
    """Return boxes wider by a share of their size on each side."""
    margin = np.float32(share) * (boxes[:, 2:] - boxes[:, :2])
    return np.hstack([boxes[:, :2] - margin, boxes[:, 2:] + margin])


def level_of(boxes: Boxes, geometry: Geometry) -> Int64[np.ndarray, "n"]:
    """Return from which level each box's features are cut (Lin et al. 2017, eq. 1)."""
    side = np.sqrt(np.maximum((boxes[:, 2:] - boxes[:, :2]).prod(axis=1), 1e-6))
    level = np.floor(2 + np.log2(side / geometry.canonical_px) + 1e-6)
    return np.clip(level, 0, len(geometry.strides) - 1).astype(np.int64)


def align(
    features: Float32[np.ndarray, "c h w"], boxes: Boxes, stride: int, *, bins: int, samples: int
) -> Float32[np.ndarray, "n c bins bins"]:
    """Cut boxes out of features by bilinear sampling (RoIAlign): the mean of ``samples``² a bin."""
    count = bins * samples
    planes = np.ascontiguousarray(features.transpose(1, 2, 0))
    cut = np.empty((len(boxes), bins, bins, features.shape[0]), np.float32)
    for number, box in enumerate(boxes / np.float32(stride)):
        size = np.maximum(box[2:] - box[:2], 1.0)
        steps = (np.arange(count) + 0.5) / count
        x, y = (box[axis] + steps * size[axis] for axis in (0, 1))
        sampled = _bilinear(planes, x, y)
        cut[number] = sampled.reshape(bins, samples, bins, samples, -1).mean(axis=(1, 3))
    return np.ascontiguousarray(cut.transpose(0, 3, 1, 2))


def paste(
    probability: Float32[np.ndarray, "m m"], box: Float32[np.ndarray, "4"], shape: tuple[int, int]
) -> Probabilities:
    """Lay a mask into its box on a canvas of ``shape``; 0 outside."""
    side = probability.shape[0]
    x0, y0, x1, y1 = (float(v) for v in box)
    scale_x, scale_y = side / max(x1 - x0, 1e-3), side / max(y1 - y0, 1e-3)
    # where each pixel's centre lies in the mask; indices of a picture start at a pixel's centre
    matrix = np.array(
        [[scale_x, 0, (0.5 - x0) * scale_x - 0.5], [0, scale_y, (0.5 - y0) * scale_y - 0.5]]
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(probability, matrix, shape[::-1], flags=flags), np.float32)


def _bilinear(
    planes: Float32[np.ndarray, "h w c"], x: np.ndarray, y: np.ndarray
) -> Float32[np.ndarray, "rows cols c"]:
    """Sample on a grid; as `torchvision` does, beyond a pixel outside there is nothing."""
    inside = np.outer((y >= -1) & (y <= planes.shape[0]), (x >= -1) & (x <= planes.shape[1]))
    (y0, y1, fy), (x0, x1, fx) = _between(y, planes.shape[0]), _between(x, planes.shape[1])
    top = planes[y0][:, x0] * (1 - fx)[None, :, None] + planes[y0][:, x1] * fx[None, :, None]
    low = planes[y1][:, x0] * (1 - fx)[None, :, None] + planes[y1][:, x1] * fx[None, :, None]
    mixed = top * (1 - fy)[:, None, None] + low * fy[:, None, None]
    return np.asarray(mixed * inside[..., None], np.float32)


def _between(place: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    held = np.clip(place, 0, size - 1)
    low = np.floor(held).astype(np.int64)
    return low, np.minimum(low + 1, size - 1), (held - low).astype(np.float32)


def _clipped(boxes: Boxes, shape: tuple[int, int]) -> Boxes:
    limits = np.array([shape[1], shape[0], shape[1], shape[0]], np.float32)
    return np.asarray(np.clip(boxes, 0, limits), np.float32)
