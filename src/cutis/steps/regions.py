"""The crop of a face at its measuring scale, with the anatomical regions as a label map."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Int

from cutis.core.arrays import RGB, Box, LabelMap, Mask, Points
from cutis.core.capture import Photo
from cutis.core.face import FaceCrop, Landmarks, RegionMap
from cutis.core.vocabulary import Region
from cutis.imaging.colour import rgb_to_linear
from cutis.imaging.filters import grow, reduce_picture
from cutis.imaging.outlines import (
    BROW_RIGHT,
    EYE_RIGHT,
    HALVES,
    LIPS_RIGHT,
    NOSTRIL_RIGHT,
    OVAL_RIGHT,
    SIDES,
    UPPER_LID_RIGHT,
    Outline,
    closed,
    fill,
    lift_forehead,
    mirrored,
    outline_points,
)

_Order = Int[np.ndarray, "n"]


@dataclass(frozen=True, slots=True)
class CropLimits:
    """At which scale a face is measured.

    ``target_mm_per_px`` is the finest scale that is used: a finer photo is reduced to it, a
    coarser one is left as it is. ``forehead_lift`` is the share of the face's height by which
    the mesh is extended towards the hairline. ``margin`` is kept around the face.
    ``eye_mm``, ``brow_mm``, ``lip_mm`` and ``nostril_mm`` widen the parts that are left out;
    ``nose_rim_mm`` is how far the crease around the nose reaches to either side.
    """

    target_mm_per_px: float = 0.17
    forehead_lift: float = 0.12
    margin: float = 0.06
    eye_mm: float = 2.0
    brow_mm: float = 2.5
    lip_mm: float = 1.5
    nostril_mm: float = 1.5
    nose_rim_mm: float = 2.0


def crop_face(
    photo: Photo, landmarks: Landmarks, order: _Order, limits: CropLimits | None = None
) -> FaceCrop:
    """Cut the face out of the photo and draw its regions.

    ``order`` gives for each landmark the index of its mirror image.
    """
    limits = limits or CropLimits()
    lifted = lift_forehead(landmarks.points, order, limits.forehead_lift)
    box = _box(lifted, photo, limits.margin)
    scale = min(1.0, landmarks.scale.mm_per_px / limits.target_mm_per_px)
    rgb, linear = _cut(photo, box, scale)
    inside = _in_crop(landmarks, box, rgb.shape[1::-1], scale)
    mesh = lift_forehead(inside.points, order, limits.forehead_lift)
    mm_per_px = landmarks.scale.mm_per_px / scale
    shape = rgb.shape[0], rgb.shape[1]
    labels = draw_regions(mesh, order, shape)
    return FaceCrop(
        rgb=rgb,
        linear=linear,
        landmarks=inside,
        regions=RegionMap(labels),
        oval=fill(outline_points(closed(OVAL_RIGHT, order), mesh), shape),
        excluded=_excluded(inside.points, order, shape, (mm_per_px, limits)),
        creases=_creases(inside.points, order, labels, limits.nose_rim_mm / mm_per_px),
        box=box,
        crop_per_photo=scale,
        mm_per_px=mm_per_px,
    )


def draw_regions(points: Points, order: _Order, shape: tuple[int, int]) -> LabelMap:
    """Draw every region into one label map; where two meet, the smaller one wins."""
    labels = np.zeros(shape, np.uint8)
    outlines: list[tuple[Region, Outline]] = []
    for (right, left), outline in SIDES.items():
        outlines += [(right, outline), (left, mirrored(outline, order))]
    outlines += [(region, closed(half, order)) for region, half in HALVES.items()]
    masks = [(r, fill(outline_points(o, points), shape, rounds=1)) for r, o in outlines]
    for region, mask in sorted(masks, key=lambda pair: -np.count_nonzero(pair[1])):
        labels[mask] = region.label
    return labels


def _excluded(
    points: Points, order: _Order, shape: tuple[int, int], how: tuple[float, CropLimits]
) -> Mask:
    """Lips, eyes, brows and nostrils, widened by a margin in millimetres."""
    mm_per_px, limits = how
    parts = [
        (EYE_RIGHT, limits.eye_mm),
        (mirrored(EYE_RIGHT, order), limits.eye_mm),
        (BROW_RIGHT, limits.brow_mm),
        (mirrored(BROW_RIGHT, order), limits.brow_mm),
        (NOSTRIL_RIGHT, limits.nostril_mm),
        (mirrored(NOSTRIL_RIGHT, order), limits.nostril_mm),
        (closed(LIPS_RIGHT, order), limits.lip_mm),
    ]
    excluded = np.zeros(shape, bool)
    for outline, margin_mm in parts:
        excluded |= grow(fill(outline_points(outline, points), shape), margin_mm / mm_per_px)
    return excluded


def _creases(points: Points, order: _Order, labels: LabelMap, rim_px: float) -> Mask:
    """The upper lids, and the rim of the nose against cheeks and mouth."""
    shape = labels.shape
    creases = np.zeros(shape, bool)
    for outline in (UPPER_LID_RIGHT, mirrored(UPPER_LID_RIGHT, order)):
        creases |= fill(outline_points(outline, points), shape)
    nose = labels == Region.NOSE.label
    beside = (labels > 0) & ~nose & (labels != Region.GLABELLA.label)
    return creases | (grow(nose, rim_px) & grow(beside, rim_px))


def _box(points: Points, photo: Photo, margin: float) -> Box:
    """The points' bounding box with a margin, inside the photo; the same seen in a mirror.

    It has an even number of pixels a side, unless the photo is too small for it, so that the
    reduced pictures of filters are mirror symmetric too.
    """
    low, high = points.min(axis=0).astype(np.float64), points.max(axis=0).astype(np.float64)
    pad = float((high - low).max()) * margin
    (x0, x1), (y0, y1) = (
        _span(float(low[i]) - pad, float(high[i]) + pad, side)
        for i, side in enumerate((photo.width_px, photo.height_px))
    )
    return x0, y0, x1, y1


def _span(low: float, high: float, side: int) -> tuple[int, int]:
    """The even-sized span of pixels around ``low`` to ``high`` within ``side`` pixels."""
    length = 2 * max(1, math.ceil((high - low) / 2))
    start = round((low + high - length) / 2)
    first, last = max(0, min(start, side - 2)), min(side, max(start + length, 2))
    if (last - first) % 2 and last - first > 1:  # cut by the photo's edge: one more pixel there
        return (first + 1, last) if start < 0 else (first, last - 1)
    return first, last


def _cut(photo: Photo, box: Box, scale: float) -> tuple[RGB, np.ndarray]:
    """Return the crop in sRGB and in linear light; the latter keeps a source's 16 bits."""
    x0, y0, x1, y1 = box
    part = photo.rgb[y0:y1, x0:x1]
    size = 2 * max(1, round((x1 - x0) * scale / 2)), 2 * max(1, round((y1 - y0) * scale / 2))
    rgb = part if scale == 1 else reduce_picture(part, size)
    fine = rgb
    if photo.rgb16 is not None:
        fine = photo.rgb16[y0:y1, x0:x1]
        fine = fine if scale == 1 else reduce_picture(fine, size)
    return np.ascontiguousarray(rgb), rgb_to_linear(fine)


def _in_crop(landmarks: Landmarks, box: Box, size: tuple[int, ...], scale: float) -> Landmarks:
    """Return the landmarks in crop pixels; ``size`` is the crop's, whole pixels a side."""
    shift = np.array(box[:2], np.float64)
    by = np.array(size) / (np.array(box[2:]) - shift)
    points = ((landmarks.points - shift) * by).astype(np.float32)
    depth = landmarks.points3[:, 2:] * np.float32(scale)
    low, high = ((np.array(corner) - shift) * by for corner in np.split(np.array(landmarks.box), 2))
    return replace(
        landmarks,
        points=points,
        points3=np.hstack([points, depth]),
        box=(float(low[0]), float(low[1]), float(high[0]), float(high[1])),
        scale=replace(landmarks.scale, mm_per_px=landmarks.scale.mm_per_px / scale),
        inter_eye_px=landmarks.inter_eye_px * scale,
    )
