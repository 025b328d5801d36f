"""From a picture to instances and one skin probability: networks behind a protocol, else numpy.

The three networks of Mask R-CNN run in OpenVINO when a photo is assessed and in torch while
training is validated; what lies between them is the same here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import cv2
import numpy as np
from jaxtyping import Float32

from cutis.core.arrays import RGB, Probabilities
from cutis.core.face_parts import FacePart
from cutis.imaging.instances import (
    Found,
    Geometry,
    align,
    choose,
    level_of,
    paste,
    propose,
)

STRIDE = 32
PADDING = 0.5
"""What lies outside the picture, in sRGB 0–1."""

_SHARP = (FacePart.EYE, FacePart.LIPS)

Levels = Sequence[Float32[np.ndarray, "_ _ _"]]
Cut = Float32[np.ndarray, "_ _ _ _"]


@runtime_checkable
class Stages(Protocol):
    """The three networks; arrays are float32."""

    def trunk(self, picture: Float32[np.ndarray, "3 h w"]) -> tuple[Levels, Levels, Levels]:
        """Return features, objectness logits and deltas of every level of one picture."""
        ...

    def boxes(self, cut: Cut) -> tuple[np.ndarray, np.ndarray]:
        """Return class logits and deltas of cut-out features."""
        ...

    def masks(self, cut: Cut) -> Float32[np.ndarray, "n classes m m"]:
        """Return mask logits of cut-out features."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """Something found: which part, how sure (0–1), where, its mask within its box as 0–1."""

    part: FacePart
    score: float
    box: Float32[np.ndarray, "4"]
    mask: Float32[np.ndarray, "m m"]

    def on(self, shape: tuple[int, int]) -> Probabilities:
        """Return the mask on a canvas."""
        return paste(self.mask, self.box, shape)


def find_instances(
    stages: Stages,
    picture: Float32[np.ndarray, "3 h w"],
    parts: Sequence[FacePart],
    geometry: Geometry,
) -> tuple[Instance, ...]:
    """Return what is found in a picture, the surest first.

    Args:
        stages: the networks.
        picture: sRGB 0–1; height and width are multiples of `STRIDE`.
        parts: of the classes from 1, in order.
        geometry: of the networks.
    """
    shape = int(picture.shape[1]), int(picture.shape[2])
    features, objectness, deltas = stages.trunk(picture)
    boxes = propose(objectness, deltas, geometry, shape)
    if not len(boxes):
        return ()
    logits, moves = stages.boxes(_cut_boxes(features, boxes, geometry))
    found = choose(logits, moves, boxes, geometry, shape=shape)
    if not len(found.boxes):
        return ()
    cut = align(features[0], found.boxes, geometry.strides[0], bins=geometry.mask_bins, samples=1)
    masks = stages.masks(cut)[np.arange(len(found.boxes)), found.classes]
    return _instances(found, _sigmoid(masks), parts)


def _sigmoid(logits: Float32[np.ndarray, "n m m"]) -> Float32[np.ndarray, "n m m"]:
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))), np.float32)


def _instances(
    found: Found, masks: Float32[np.ndarray, "n m m"], parts: Sequence[FacePart]
) -> tuple[Instance, ...]:
    rows = zip(found.classes, found.scores, found.boxes, masks, strict=True)
    return tuple(Instance(parts[int(c) - 1], float(s), box, mask) for c, s, box, mask in rows)


def _cut_boxes(features: Levels, boxes: Float32[np.ndarray, "n 4"], geometry: Geometry) -> Cut:
    bins = geometry.box_bins
    cut = np.empty((len(boxes), features[0].shape[0], bins, bins), np.float32)
    levels = level_of(boxes, geometry)
    for level in np.unique(levels):
        rows = levels == level
        stride = geometry.strides[level]
        cut[rows] = align(features[level], boxes[rows], stride, bins=bins, samples=2)
    return cut


def skin_of(instances: Sequence[Instance], shape: tuple[int, int]) -> Probabilities:
    """Return the probability that a pixel is skin: face skin that no other part covers.

    The mask of face skin tells of what is seen only; another part takes away where it is likelier
    than not, so that a rim on which both are at one half is not taken away twice. Eyes and lips,
    whose rims are sharp, take away as much as they are likely; a beard, which fades into the skin,
    from one half on, so that its edge does not move with the photo. Of several faces all count;
    which one is meant, the landmarks tell.
    """
    skin, over, sharp = (np.zeros(shape, np.float32) for _ in range(3))
    for instance in instances:
        mask = instance.on(shape)
        if instance.part is FacePart.FACE_SKIN:
            skin = np.maximum(skin, mask)
        elif instance.part in _SHARP:
            sharp = np.maximum(sharp, _sure(mask, instance.score))
        else:
            beard = instance.part is FacePart.FACIAL_HAIR
            over = np.maximum(over, (_beard if beard else _sure)(mask, instance.score))
    left = np.minimum(np.clip(2 - 2 * over, 0, 1), 1 - sharp)
    return np.asarray(np.minimum(skin, left), np.float32)


def _sure(mask: Probabilities, score: float) -> Probabilities:
    """Let a part that is doubtful take less away."""
    return np.asarray(mask * np.float32(min(1.0, 1.6 * score)), np.float32)


def _beard(mask: Probabilities, score: float) -> Probabilities:
    """Let a beard that is seen at all take away where it is likelier than not."""
    steep = np.clip(3 * mask - 1, 0, 1)
    return np.asarray(steep * np.float32(min(1.0, 2.5 * score)), np.float32)


@dataclass(frozen=True, slots=True)
class Fitted:
    """How a picture was fitted to the network: scale, and the size it had after it."""

    scale: float
    rows: int
    columns: int


def fit_picture(rgb: RGB, side_px: int) -> tuple[Float32[np.ndarray, "3 rows columns"], Fitted]:
    """Scale a picture to a longer side of ``side_px`` and pad it to multiples of `STRIDE`."""
    height, width = rgb.shape[:2]
    scale = side_px / max(height, width)
    rows, columns = max(1, round(height * scale)), max(1, round(width * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(rgb, (columns, rows), interpolation=method)
    size = tuple(-(-side // STRIDE) * STRIDE for side in (rows, columns))
    canvas = np.full((*size, 3), PADDING, np.float32)
    canvas[:rows, :columns] = small.astype(np.float32) / np.float32(255)
    return np.ascontiguousarray(canvas.transpose(2, 0, 1)), Fitted(scale, rows, columns)


def unfit(
    values: Float32[np.ndarray, "rows columns"], fitted: Fitted, shape: tuple[int, int]
) -> Probabilities:
    """Bring a map of the network's input back to the picture's size."""
    inner = np.ascontiguousarray(values[: fitted.rows, : fitted.columns])
    return np.asarray(cv2.resize(inner, shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
