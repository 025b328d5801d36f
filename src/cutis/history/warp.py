"""Where each pixel of one face lies in another photo of it: piecewise affine by landmarks."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64

from cutis.core.arrays import Gray, Mask, Points
from cutis.core.errors import InputError

MESH_POINTS = 468
"""Landmarks of the mesh; the irises behind them follow the gaze, not the skin."""
_STRETCH = 3.0
"""A triangle stretched or shrunk in area by more than this is seen too differently to compare."""

Triangles = Int64[np.ndarray, "triangles 3"]


@dataclass(frozen=True, slots=True, eq=False)
class Warp:
    """For each pixel of a frame, the ``x`` and ``y`` in the other picture, in pixels.

    The centre of the top-left pixel is at (0.5, 0.5). ``trusted`` leaves out folded and strongly
    stretched parts. ``scale`` is the other picture's pixels per pixel of the frame.
    """

    x: Gray
    y: Gray
    trusted: Mask
    scale: float

    def picture(self, values: np.ndarray) -> np.ndarray:
        """Return a picture of the other photo, laid into the frame."""
        if self.scale > 1.25:  # averaged first, so that fine detail does not turn into noise
            values = cv2.GaussianBlur(values, (0, 0), 0.5 * np.sqrt(self.scale**2 - 1))
        return np.asarray(
            cv2.remap(
                values,
                self.x - np.float32(0.5),
                self.y - np.float32(0.5),
                cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REPLICATE,
            )
        )

    def mask(self, mask: Mask) -> Bool[np.ndarray, "rows columns"]:
        """Return a mask of the other photo, laid into the frame; nothing outside that photo."""
        laid = cv2.remap(
            mask.astype(np.uint8),
            self.x - np.float32(0.5),
            self.y - np.float32(0.5),
            cv2.INTER_NEAREST,
            borderMode=cv2.BORDER_CONSTANT,
        )
        return np.asarray(laid, bool)


def warp_between(
    frame: Points, other: Float32[np.ndarray, "others 2"], shape: tuple[int, int]
) -> Warp:
    """Return the warp from a frame of ``shape`` (rows, columns) to another picture.

    Args:
        frame: landmarks in the frame, in pixels.
        other: the same landmarks in the other picture.
        shape: rows and columns of the frame.

    Raises:
        InputError: the landmarks differ in number, or there are fewer than three.
    """
    if len(frame) != len(other) or len(frame) < 3:
        raise InputError(
            f"The same landmarks of two faces were expected; {len(frame)} and {len(other)} came. "
            "Take both from the same landmark model."
        )
    turn, shift = fit_similarity(frame[:MESH_POINTS], other[:MESH_POINTS])
    corners = _corners(shape)
    inside = np.vstack([frame[:MESH_POINTS], corners]).astype(np.float32)
    outside = np.vstack([other[:MESH_POINTS], corners @ turn.T + shift]).astype(np.float32)
    triangles = triangulate(inside)
    affine, stretch = _affine(inside, outside, triangles)
    scale = float(np.sqrt(abs(np.linalg.det(turn))))
    trusted = (stretch > scale**2 / _STRETCH) & (stretch < scale**2 * _STRETCH)
    labels = _paint(inside, triangles, shape)
    x, y = _apply(affine, labels)
    return Warp(x, y, trusted[labels], scale)


def fit_similarity(
    source: Points, target: Points
) -> tuple[Float64[np.ndarray, "2 2"], Float64[np.ndarray, "2"]]:
    """Return matrix and shift of the turn, scale and shift that carry ``source`` to ``target``.

    Least squares in the plane (Umeyama 1991, doi:10.1109/34.88573).
    """
    a, b = source.astype(np.float64), target.astype(np.float64)
    a, b = a - a.mean(axis=0), b - b.mean(axis=0)
    size = float((a * a).sum())
    along = float((a * b).sum()) / size
    across = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()) / size
    turn = np.array([[along, -across], [across, along]])
    return turn, target.mean(axis=0, dtype=np.float64) - turn @ source.mean(
        axis=0, dtype=np.float64
    )


def triangulate(points: Points) -> Triangles:
    """Return the Delaunay triangles of some points, as their indices."""
    low, high = points.min(axis=0), points.max(axis=0)
    left, top = int(np.floor(low[0])) - 2, int(np.floor(low[1])) - 2
    size = int(np.ceil(high[0])) - left + 3, int(np.ceil(high[1])) - top + 3
    mesh = cv2.Subdiv2D((left, top, *size))
    index = {}
    for number, (x, y) in enumerate(points.tolist()):
        mesh.insert((x, y))
        index[x, y] = number
    corners = np.asarray(mesh.getTriangleList()).reshape(-1, 3, 2).tolist()
    found = [[index.get((x, y), -1) for x, y in triangle] for triangle in corners]
    triangles = np.array([t for t in found if min(t) >= 0], np.int64).reshape(-1, 3)
    areas = _doubled_areas(points, triangles)
    return triangles[np.abs(areas) > 1e-3]


def _corners(shape: tuple[int, int]) -> Float32[np.ndarray, "4 2"]:
    """Return points well outside the frame, so that the whole of it is covered."""
    height, width = shape
    x, y = (-0.5 * width, 1.5 * width), (-0.5 * height, 1.5 * height)
    return np.array([(a, b) for a in x for b in y], np.float32)


def _doubled_areas(points: Points, triangles: Triangles) -> Float64[np.ndarray, "triangles"]:
    a, b, c = (points[triangles[:, i]].astype(np.float64) for i in range(3))
    u, v = b - a, c - a
    return np.asarray(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0])


def _affine(
    frame: Points, other: Points, triangles: Triangles
) -> tuple[Float64[np.ndarray, "triangles 3 2"], Float64[np.ndarray, "triangles"]]:
    """Return each triangle's map from (x, y, 1), and by how much it stretches area."""
    corners = frame[triangles].astype(np.float64)
    homogeneous = np.concatenate([corners, np.ones((*corners.shape[:2], 1))], axis=2)
    affine = np.linalg.solve(homogeneous, other[triangles].astype(np.float64))
    stretch = _doubled_areas(other, triangles) / _doubled_areas(frame, triangles)
    return affine, stretch


def _paint(points: Points, triangles: Triangles, shape: tuple[int, int]) -> np.ndarray:
    """Return for each pixel the triangle that it lies in."""
    labels = np.zeros(shape, np.int32)
    fixed = np.rint((points[triangles] - 0.5) * 16).astype(np.int32)
    for number, triangle in enumerate(fixed):
        cv2.fillConvexPoly(labels, triangle, number, lineType=cv2.LINE_8, shift=4)
    return labels


def _apply(affine: Float64[np.ndarray, "triangles 3 2"], labels: np.ndarray) -> tuple[Gray, Gray]:
    """Return where every pixel's centre goes, by the map of its triangle."""
    rows, columns = np.indices(labels.shape, dtype=np.float32) + np.float32(0.5)
    both = []
    for axis in range(2):
        by_x, by_y, shift = (affine[:, i, axis].astype(np.float32)[labels] for i in range(3))
        both.append(by_x * columns + by_y * rows + shift)
    return both[0], both[1]
