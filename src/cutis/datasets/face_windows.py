"""A face with masks, cut into the windows that a condition network is trained on.

A face is scaled in linear light by averaging areas, as it is where a network assesses it, and
covered by overlapping windows. What is not known is ignored, never taken for healthy.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import cv2
import numpy as np
from jaxtyping import Float32

from cutis.core.arrays import RGB, LabelMap
from cutis.core.vocabulary import Condition
from cutis.datasets.faces import PreparedFace
from cutis.imaging.colour import linear_to_rgb, rgb_to_linear
from cutis.imaging.skin_channels import COARSE_MM_PER_PX, FINE_MM_PER_PX, TARGETS

SCALES_MM_PER_PX = (FINE_MM_PER_PX, COARSE_MM_PER_PX)
SIDE_PX = 256
MOST_ENLARGED = 2.0
"""A photo too coarse for a scale by more than this gives no windows at it."""
LEAST_COVER = 0.25
"""Share of a window's pixel that a mask covers from which it is labelled; below, it is ignored."""
LEAST_SKIN_SHARE = 0.1

_OVERLAP_PX = 64
_TRACE = 1e-3

Share = Float32[np.ndarray, "h w"]


@dataclass(frozen=True, slots=True, eq=False)
class LabelledFace:
    """A prepared face and, for each condition that is known, which share of a pixel is marked.

    ``marked`` and ``unsure`` lie on the crop, 0–1; a condition that is not in ``marked`` is
    unknown everywhere. Where both speak, ``marked`` wins.
    """

    face: PreparedFace
    marked: Mapping[Condition, Share]
    unsure: Mapping[Condition, Share] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """A square of a face; ``labels`` and ``ignore`` hold bit ``i`` for ``TARGETS[i]``."""

    image: RGB
    labels: LabelMap
    ignore: LabelMap
    mm_per_px: float


def windows(labelled: LabelledFace, *, side_px: int = SIDE_PX) -> Iterator[Window]:
    """Yield the windows of a face at every scale that its photo reaches, the finest first."""
    for mm_per_px in SCALES_MM_PER_PX:
        if labelled.face.mm_per_px <= MOST_ENLARGED * mm_per_px:
            yield from _at_scale(labelled, mm_per_px, side_px)


def _at_scale(labelled: LabelledFace, mm_per_px: float, side_px: int) -> Iterator[Window]:
    face = labelled.face
    factor = face.mm_per_px / mm_per_px
    rows, columns = (max(16, round(side * factor)) for side in face.skin.shape)
    image = linear_to_rgb(_resize(rgb_to_linear(face.rgb), (rows, columns)))
    labels, ignore = _bits(labelled, (rows, columns))
    skin = _resize(face.skin.astype(np.float32), (rows, columns))
    edges = _edges((rows, columns), side_px)
    layers = [
        cv2.copyMakeBorder(image, *edges, cv2.BORDER_REFLECT_101),
        cv2.copyMakeBorder(labels, *edges, cv2.BORDER_CONSTANT, value=0),
        cv2.copyMakeBorder(ignore, *edges, cv2.BORDER_CONSTANT, value=255),
        cv2.copyMakeBorder(skin, *edges, cv2.BORDER_CONSTANT, value=0),
    ]
    for top in _starts(layers[1].shape[0], side_px):
        for left in _starts(layers[1].shape[1], side_px):
            parts = [a[top : top + side_px, left : left + side_px] for a in layers]
            if float(parts[3].mean()) >= LEAST_SKIN_SHARE:
                shown, marks, unknown = (np.ascontiguousarray(part) for part in parts[:3])
                yield Window(shown, marks, unknown, face.mm_per_px * face.skin.shape[0] / rows)


def _bits(labelled: LabelledFace, shape: tuple[int, int]) -> tuple[LabelMap, LabelMap]:
    """Return labels and ignored pixels at another size."""
    labels, ignore = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    for index, condition in enumerate(TARGETS):
        bit = np.uint8(1 << index)
        if condition not in labelled.marked:
            ignore |= bit
            continue
        cover = _resize(labelled.marked[condition], shape)
        marked = cover >= LEAST_COVER
        unsure = cover > _TRACE
        if condition in labelled.unsure:
            unsure |= _resize(labelled.unsure[condition], shape) > _TRACE
        labels[marked] |= bit
        ignore[unsure & ~marked] |= bit
    return labels, ignore


def _resize(values: Float32[np.ndarray, "..."], shape: tuple[int, int]) -> np.ndarray:
    method = cv2.INTER_AREA if shape[0] < values.shape[0] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(values, shape[::-1], interpolation=method), np.float32)


def _edges(shape: tuple[int, int], side_px: int) -> tuple[int, int, int, int]:
    """Return what a face smaller than a window lacks above, below, left and right."""
    down, across = (max(0, side_px - side) for side in shape)
    return down // 2, down - down // 2, across // 2, across - across // 2


def _starts(length: int, side_px: int) -> list[int]:
    """Return where windows begin, evenly spread from edge to edge."""
    step = side_px - min(_OVERLAP_PX, side_px // 2)
    count = math.ceil((length - side_px) / step) + 1
    return [round(start) for start in np.linspace(0, length - side_px, count)]
