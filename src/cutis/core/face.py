"""A face in a photo: landmarks, pose, expression, scale, regions, and the crop that is measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cutis.core.arrays import RGB, Box, LabelMap, LinearRGB, Mask, Points, Points3
from cutis.core.vocabulary import Region


@dataclass(frozen=True, slots=True)
class Pose:
    """Head rotation in degrees.

    ``yaw_deg`` is positive when the subject turns to the subject's left,
    ``pitch_deg`` when the face looks up, ``roll_deg`` when the head leans
    towards the subject's left shoulder.
    """

    yaw_deg: float
    pitch_deg: float
    roll_deg: float


@dataclass(frozen=True, slots=True)
class Scale:
    """Millimetres per photo pixel at the face, with its relative standard error (0.04 is 4 %)."""

    mm_per_px: float
    relative_error: float
    method: str


@dataclass(frozen=True, slots=True)
class Detection:
    """A face found: box ``(x0, y0, x1, y1)`` in pixels, the two eye centres, confidence 0–1.

    ``eyes`` is ``((x, y), (x, y))``: the subject's right eye first.
    """

    box: tuple[float, float, float, float]
    eyes: tuple[tuple[float, float], tuple[float, float]]
    confidence: float


@dataclass(frozen=True, slots=True)
class FaceSquare:
    """A square of ``side_px`` around ``centre``, in photo pixels, turned clockwise."""

    centre: tuple[float, float]
    side_px: float
    roll_deg: float


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """Raw output of a landmark network on one face.

    ``points`` are 478 ``(x, y, z)`` in photo pixels: 468 of the mesh, then 5 of the subject's
    right iris and 5 of the left; ``presence`` is the probability 0–1 that a face is there.
    """

    points: Points3
    presence: float


@dataclass(frozen=True, slots=True, eq=False)
class Landmarks:
    """One face in photo coordinates.

    ``points`` are 478 ``(x, y)`` in photo pixels, ``depth_px`` their z in the same unit.
    ``box`` encloses the points. ``blendshapes`` are expression signs, 0–1 by name.
    ``inter_eye_px`` is the distance of the pupil centres in the photo, uncorrected for yaw.
    """

    points: Points
    points3: Points3
    box: tuple[float, float, float, float]
    confidence: float
    pose: Pose
    scale: Scale
    inter_eye_px: float
    blendshapes: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class RegionMap:
    """Regions as one label map; a pixel belongs to at most one. 0 is no region."""

    labels: LabelMap

    def mask(self, *regions: Region) -> Mask:
        """Return where any of ``regions`` is, in subject terms."""
        wanted = np.zeros(256, bool)
        wanted[[region.label for region in regions]] = True
        mask: Mask = wanted[self.labels]
        return mask


@dataclass(frozen=True, slots=True, eq=False)
class FaceCrop:
    """A face cut out of the photo at the scale at which it is measured.

    ``rgb`` is sRGB, ``linear`` the same in linear light. ``landmarks`` and ``regions`` are in
    crop pixels. ``box`` is the cut in photo pixels (it may not leave the photo) and
    ``crop_per_photo`` the crop pixels per photo pixel, at most 1: a crop is never enlarged.
    ``excluded`` marks lips, eyes, brows and nostrils by landmarks; ``creases`` marks skin that
    every face folds, the upper lids and the rims of the nose, where no line or spot is sought.
    ``oval`` is the face within which skin is looked for.
    """

    rgb: RGB
    linear: LinearRGB
    landmarks: Landmarks
    regions: RegionMap
    oval: Mask
    excluded: Mask
    creases: Mask
    box: Box
    crop_per_photo: float
    mm_per_px: float

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the crop."""
        return int(self.rgb.shape[0]), int(self.rgb.shape[1])


@dataclass(frozen=True, slots=True)
class FaceSummary:
    """The plain facts of one face for a report."""

    box_xyxy: tuple[float, float, float, float]
    confidence: float
    pose: Pose
    scale: Scale
    inter_eye_px: float
    assessed: bool
