"""torchvision beside a torch it was not built for.

The wheel of torchvision on PyPI is the CUDA build. Beside a CPU torch its compiled operators are
never defined, and the import itself fails (https://github.com/pytorch/vision/issues/9085); timm
and segmentation_models_pytorch fail with it. On that error only, the three operators that detection
networks use are defined here, and the import is tried again. With a matching torchvision nothing
of this runs.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor, library

_MISSING = "torchvision::nms"
_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    (
        "roi_align(Tensor input, Tensor rois, float spatial_scale, SymInt pooled_height, "
        "SymInt pooled_width, int sampling_ratio, bool aligned) -> Tensor"
    ),
)


@cache
def import_torchvision() -> Any:
    """Import torchvision; define the operators it lacks beside a CPU torch, and import again.

    Returns:
        The module ``torchvision``. Call this before importing timm or
        segmentation_models_pytorch.

    Raises:
        ImportError: torchvision is not installed.
        RuntimeError: it fails for another reason than its missing operators.
    """
    try:
        return _imported()
    except RuntimeError as error:
        if _MISSING not in str(error):
            raise
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        del sys.modules[name]
    _define_operators()
    module = _imported()
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        if hasattr(sys.modules[name], "_has_ops"):  # it asks this before it uses an operator
            vars(sys.modules[name])["_has_ops"] = _has_ops
    return module


def _imported() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # its own use of torch.jit
        return importlib.import_module("torchvision")


@cache
def _define_operators() -> Any:
    operators = library.Library("torchvision", "FRAGMENT")
    for schema in _SCHEMAS:
        operators.define(schema)
    operators.impl("nms", non_maximum_suppression, "CompositeExplicitAutograd")
    operators.impl("qnms", _quantised_suppression, "CompositeExplicitAutograd")
    operators.impl("roi_align", _align_regions, "CompositeImplicitAutograd")
    return operators  # they live as long as this does


def _has_ops() -> bool:
    return True


def non_maximum_suppression(dets: Tensor, scores: Tensor, iou_threshold: float) -> Tensor:
    """Keep the best of boxes that overlap, greedily, best first.

    Args:
        dets: ``N 4`` boxes ``(x0, y0, x1, y1)``.
        scores: ``N``.
        iou_threshold: a box goes where it overlaps a better one by more than this, 0-1.

    Returns:
        Indices of the boxes kept, int64, by falling score.
    """
    boxes = dets.detach().cpu().float().numpy()
    order = scores.detach().cpu().float().argsort(descending=True, stable=True).numpy()
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    kept: list[int] = []
    while order.size:
        best, order = order[0], order[1:]
        kept.append(int(best))
        low = np.maximum(boxes[best, :2], boxes[order, :2])
        high = np.minimum(boxes[best, 2:], boxes[order, 2:])
        both = np.clip(high - low, 0, None).prod(axis=1)
        order = order[~(both > iou_threshold * (area[best] + area[order] - both))]
    return torch.tensor(kept, dtype=torch.int64, device=dets.device)


def _quantised_suppression(dets: Tensor, scores: Tensor, iou_threshold: float) -> Tensor:
    return non_maximum_suppression(dets.dequantize(), scores.dequantize(), iou_threshold)


def _align_regions(*arguments: Any) -> Tensor:
    features, rois, scale, rows, columns, ratio, aligned = arguments
    return align_regions(
        features, rois, scale, shape=(rows, columns), sampling_ratio=ratio, aligned=aligned
    )


def align_regions(
    features: Tensor,
    rois: Tensor,
    spatial_scale: float,
    *,
    shape: tuple[int, int],
    sampling_ratio: int,
    aligned: bool,
) -> Tensor:
    """RoIAlign (He et al. 2017, arXiv:1703.06870) by bilinear sampling; differentiable.

    Args:
        features: ``N C H W``.
        rois: ``K 5``: index of the image, then the box ``(x0, y0, x1, y1)``.
        spatial_scale: features per unit of the boxes.
        shape: rows and columns of the result.
        sampling_ratio: samples per cell and axis; 0 or less: as many as features lie in a cell.
        aligned: shift by half a pixel, and take boxes smaller than one feature as they are.

    Returns:
        ``K C rows columns``.
    """
    corners = rois[:, 1:] * spatial_scale - (0.5 if aligned else 0.0)
    size = corners[:, 2:] - corners[:, :2]
    size = size if aligned else size.clamp(min=1.0)
    cell = size / size.new_tensor([shape[1], shape[0]])
    counts = cell.detach().ceil().long() if sampling_ratio <= 0 else None
    result = features.new_zeros((rois.shape[0], features.shape[1], *shape))
    for rows, image, count in _groups(rois[:, 0].long(), counts, sampling_ratio):
        boxes = (corners[rows, :2], cell[rows])
        result = result.index_copy(0, rows, _sample(features[image], boxes, shape, count))
    return result


def _groups(images: Tensor, counts: Tensor | None, ratio: int) -> list[tuple[Tensor, int, Any]]:
    """Split the regions by image and by their number of samples ``(x, y)``."""
    if counts is None:
        counts = images.new_full((len(images), 2), ratio)
    keys = torch.cat([images[:, None], counts], dim=1)
    unique, inverse = torch.unique(keys, dim=0, return_inverse=True)
    return [
        (torch.nonzero(inverse == i)[:, 0], int(key[0]), (int(key[1]), int(key[2])))
        for i, key in enumerate(unique)
        if key[1] > 0 and key[2] > 0
    ]


def _sample(
    features: Tensor, boxes: tuple[Tensor, Tensor], shape: tuple[int, int], count: tuple[int, int]
) -> Tensor:
    """Return the mean of ``count`` samples in each of ``shape`` cells, ``K C rows cols``."""
    low, cell = boxes
    x = _positions(low[:, 0], cell[:, 0], shape[1], count[0])
    y = _positions(low[:, 1], cell[:, 1], shape[0], count[1])
    height, width = features.shape[1:]
    grid = torch.stack(
        [
            (x * (2 / max(width - 1, 1)) - 1)[:, None, :].expand(-1, y.shape[1], -1),
            (y * (2 / max(height - 1, 1)) - 1)[:, :, None].expand(-1, -1, x.shape[1]),
        ],
        dim=-1,
    )
    flat = grid.reshape(1, -1, x.shape[1], 2).to(features.dtype)
    values = torch.nn.functional.grid_sample(
        features[None], flat, mode="bilinear", padding_mode="border", align_corners=True
    )
    values = values.reshape(features.shape[0], len(x), y.shape[1], x.shape[1])
    near = (_inside(y, height)[:, :, None] & _inside(x, width)[:, None, :]).to(values.dtype)
    cells = (values * near).reshape(-1, len(x), shape[0], count[1], shape[1], count[0])
    return cells.mean(dim=(3, 5)).transpose(0, 1)


def _positions(low: Tensor, cell: Tensor, cells: int, count: int) -> Tensor:
    steps = (torch.arange(cells * count, device=low.device, dtype=low.dtype) + 0.5) / count
    return low[:, None] + steps * cell[:, None]


def _inside(position: Tensor, size: int) -> Tensor:
    return (position >= -1) & (position <= size)
