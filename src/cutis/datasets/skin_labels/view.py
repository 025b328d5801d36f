"""A face and what is around it, at the one scale at which its skin is labelled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float32, Int

from cutis.core.arrays import RGB, Box, Points
from cutis.core.capture import Photo
from cutis.core.face import Landmarks
from cutis.datasets.faces import PreparedFace, largest_face
from cutis.imaging.filters import reduce_picture
from cutis.imaging.outlines import lift_forehead
from cutis.pipeline import Tools
from cutis.steps.landmarks import full_mirror_order

FACE_PX = 300.0
"""The longer side of the box around the lifted face in a view."""
AROUND = 0.38
"""How much of the face's longer side a view shows beyond it, where the photo reaches so far."""
LIFT = 0.12
"""Share of the face's height by which the mesh is extended to the hairline."""
MOST_ENLARGED = 2.2
LEAST_FACE_PX = 90.0

_PATCH, _SAME = 20, 4.0


@dataclass(frozen=True, slots=True, eq=False)
class FaceView:
    """A face with its surroundings.

    ``points`` are the 478 landmarks in view pixels, ``order`` the index of each one's mirror image,
    ``yaw_deg`` the turn of the head, ``box`` the cut in photo pixels. ``source`` is ``set/name``.
    """

    rgb: RGB
    points: Points
    order: Int[np.ndarray, "478"]
    yaw_deg: float
    box: Box
    source: str

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return int(self.rgb.shape[0]), int(self.rgb.shape[1])

    @property
    def lifted(self) -> Points:
        """The landmarks with the top of the oval moved up to the hairline."""
        return lift_forehead(self.points, self.order, LIFT)

    def reduced(self, by: int) -> FaceView:
        """Return the view at a whole fraction of its size."""
        size = max(2, self.shape[1] // by), max(2, self.shape[0] // by)
        rgb = cv2.resize(self.rgb, size, interpolation=cv2.INTER_AREA)
        scale = np.array(size) / np.array(self.shape[::-1])
        return replace(self, rgb=rgb, points=(self.points * scale).astype(np.float32))

    @property
    def eye_px(self) -> float:
        """The distance of the outer eye corners, the yardstick of a view; at least 1."""
        return max(1.0, float(np.linalg.norm(self.points[33] - self.points[263])))


def view_of_file(path: Path, tools: Tools) -> FaceView | None:
    """Return the view of the largest face of a photo; None where there is no usable one."""
    found = largest_face(path, tools)
    order = full_mirror_order(tools.landmarker.canonical)
    return view_of(*found, order, f"{path.parent.name}/{path.stem}") if found else None


def view_of(
    photo: Photo, face: Landmarks, order: Int[np.ndarray, "478"], source: str
) -> FaceView | None:
    """Cut a face out of its photo; None where it is too small or its middle leaves the photo."""
    return _cut(photo.rgb, face.points, order, (face.pose.yaw_deg, source))


def view_of_prepared(
    face: PreparedFace, photo: Photo, order: Int[np.ndarray, "478"]
) -> FaceView | None:
    """Return the view of a face whose landmarks are known, found again in its own photo.

    None where the prepared crop is not a plain cut of the photo, since it was reduced.
    """
    rows, columns = face.rgb.shape[:2]
    top, left = rows // 2 - _PATCH, columns // 2 - _PATCH
    patch = np.ascontiguousarray(face.rgb[top : top + 2 * _PATCH, left : left + 2 * _PATCH])
    differences = cv2.matchTemplate(photo.rgb, patch, cv2.TM_SQDIFF)
    least, _, (x, y), _ = cv2.minMaxLoc(differences)
    if least > _SAME * patch.size:
        return None
    points = face.points + np.array([x - left, y - top], np.float32)
    return _cut(photo.rgb, points, order, (face.yaw_deg, face.source))


def face_box(points: Points) -> Float32[np.ndarray, "2 2"]:
    """Return the upper left and lower right corner of a face, its top moved up to the hairline."""
    low, high = points[:468].min(axis=0), points[:468].max(axis=0)
    up = (points[10] - points[152]) * np.float32(LIFT)
    return np.stack([np.minimum(low, points[10] + up), high]).astype(np.float32)


def _cut(
    rgb: RGB, points: Points, order: Int[np.ndarray, "478"], about: tuple[float, str]
) -> FaceView | None:
    lifted = lift_forehead(points, order, LIFT)
    low, high = lifted.min(axis=0).astype(np.float64), lifted.max(axis=0).astype(np.float64)
    side = float((high - low).max())
    x0, y0 = (max(0, int(v)) for v in np.floor(low - AROUND * side))
    ends = np.ceil(high + AROUND * side)
    x1, y1 = (min(most, int(v)) for most, v in zip(rgb.shape[1::-1], ends, strict=True))
    if side < LEAST_FACE_PX or x1 - x0 < side / 2 or y1 - y0 < side / 2:
        return None
    scale = min(MOST_ENLARGED, FACE_PX / side)
    size = max(2, round((x1 - x0) * scale)), max(2, round((y1 - y0) * scale))
    part = rgb[y0:y1, x0:x1]
    scaled = reduce_picture(part, size) if scale < 1 else _enlarged(part, size)
    by = np.array(size) / np.array([x1 - x0, y1 - y0])
    moved = ((points - np.array([x0, y0])) * by).astype(np.float32)
    yaw_deg, source = about
    return FaceView(np.ascontiguousarray(scaled), moved, order, yaw_deg, (x0, y0, x1, y1), source)


def _enlarged(part: RGB, size: tuple[int, int]) -> RGB:
    bigger: RGB = cv2.resize(part, size, interpolation=cv2.INTER_CUBIC)
    return bigger
