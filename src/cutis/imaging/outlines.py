"""Outlines on the 468-point face mesh: regions and parts as polygons of landmarks.

Each outline names points on the subject's right; the left is found by mirroring.
A pair ``(i, j)`` is the midpoint of two landmarks. Outlines across the midline name
their right half from top to bottom and are closed by its mirror image.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float32, Int

from cutis.core.arrays import Mask, Points
from cutis.core.vocabulary import Region
from cutis.imaging.geometry import smooth_polygon

Outline = tuple[int | tuple[int, int], ...]

OVAL_RIGHT: Outline = (
    10, 109, 67, 103, 54, 21, 162, 127, 234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152,
)  # fmt: skip
TOP_OF_OVAL_RIGHT: Outline = (10, 109, 67, 103, 54, 21)
TOP_LIFT = (1.0, 1.0, 0.95, 0.8, 0.5, 0.2)
"""How much of the upward extension each point of `TOP_OF_OVAL_RIGHT` takes."""

EYE_RIGHT: Outline = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
BROW_RIGHT: Outline = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46)
NOSTRIL_RIGHT: Outline = (79, 166, 59, 75, 60, 20, 238, 239)
LIPS_RIGHT: Outline = (0, 37, 39, 40, 185, 61, 146, 91, 181, 84, 17)
UPPER_LID_RIGHT: Outline = (
    226, 33, 246, 161, 160, 159, 158, 157, 173, 133, 243, 244, 193, 55, 65, 52, 53, 46,
)  # fmt: skip
UNDER_EYE_RIGHT: Outline = (
    25, 110, 24, 23, 22, 26, 112, (233, 128), (232, 121), (231, 120), (230, 119), (229, 118),
    (228, 117), 31,
)  # fmt: skip
CHEEK_PATCH_RIGHT: Outline = (118, 101, 36, 205, 187, 123, 117)
CROWS_FEET_RIGHT: Outline = (46, 156, 139, 34, 111, 117, 31, 226, 113)

HALVES: dict[Region, Outline] = {
    Region.FOREHEAD: (
        10, 109, 67, 103, 54, 21, 162, 139, 156, 70, 63, 105, 66, 107, (107, 108), (9, 151),
    ),
    Region.GLABELLA: ((9, 151), (107, 108), 107, 55, 193, 168),
    Region.NOSE: (168, 193, 245, 188, 174, 217, 198, 209, 49, 129, 64, 98, 97, 2),
    Region.PERIORAL: (2, 97, 98, 64, 129, 203, 206, 216, 212, 202, 204, 182, 83, 18),
    Region.CHIN: (18, 83, 182, 204, 211, 170, 149, 176, 148, 152),
}  # fmt: skip

SIDES: dict[tuple[Region, Region], Outline] = {
    (Region.SUBJECT_RIGHT_PERIORBITAL, Region.SUBJECT_LEFT_PERIORBITAL): (
        193, 55, 65, 52, 53, 46, 156, 139, 34, 111, 117, 118, 119, 120, 121, 128, 188, 245,
    ),
    (Region.SUBJECT_RIGHT_CHEEK, Region.SUBJECT_LEFT_CHEEK): (
        188, 128, 121, 120, 119, 118, 117, 111, 34, 139, 162, 127, 234, 93, 132, 213, 192, 214,
        212, 216, 206, 203, 129, 49, 209, 198, 217, 174,
    ),
    (Region.SUBJECT_RIGHT_JAW, Region.SUBJECT_LEFT_JAW): (
        132, 58, 172, 136, 150, 149, 170, 211, 204, 202, 212, 214, 192, 213,
    ),
}  # fmt: skip


def outline_points(outline: Outline, points: Points) -> Float32[np.ndarray, "m 2"]:
    """Return the positions of an outline's points, midpoints resolved."""
    pairs = np.array([p if isinstance(p, tuple) else (p, p) for p in outline])
    return points[pairs].mean(axis=1).astype(np.float32)


def mirrored(outline: Outline, order: Int[np.ndarray, "n"]) -> Outline:
    """Return the outline on the other side of the face, in reversed order."""
    return tuple(
        (int(order[p[0]]), int(order[p[1]])) if isinstance(p, tuple) else int(order[p])
        for p in reversed(outline)
    )


def closed(half: Outline, order: Int[np.ndarray, "n"]) -> Outline:
    """Close a half outline across the midline by its mirror image."""
    return half + mirrored(half[1:-1], order)


def lift_forehead(points: Points, order: Int[np.ndarray, "n"], share: float) -> Points:
    """Move the top of the face oval up by ``share`` of the face's height, towards the hairline.

    The mesh ends on the upper forehead, below the hairline of most faces.
    """
    lifted = points.copy()
    up = (points[10] - points[152]) * np.float32(share)
    for index, amount in zip(TOP_OF_OVAL_RIGHT, TOP_LIFT, strict=True):
        if isinstance(index, int):
            for i in {index, int(order[index])}:
                lifted[i] = points[i] + up * np.float32(amount)
    return lifted


def fill(polygon: Points, shape: tuple[int, int], *, rounds: int = 2) -> Mask:
    """Fill a polygon, its corners cut ``rounds`` times, on a canvas of ``shape`` rows, columns.

    A pixel belongs to the polygon if its centre does (even-odd rule), so a mirrored polygon gives
    the mirrored mask.
    """
    corners = (smooth_polygon(polygon, rounds) if rounds else polygon).astype(np.float64)
    filled = np.zeros(shape, np.uint8)
    (left, top), (right, bottom) = np.floor(corners.min(axis=0)), np.ceil(corners.max(axis=0))
    x0, x1 = (int(v) for v in np.clip((left, right), 0, shape[1]))
    y0, y1 = (int(v) for v in np.clip((top, bottom), 0, shape[0]))
    row, x = _crossings(corners, np.arange(y0, y1) + 0.5)
    col = np.clip(np.ceil(x - 0.5).astype(np.int64) - x0, 0, x1 - x0)
    turns = np.zeros((y1 - y0, x1 - x0 + 1), np.uint8)
    np.bitwise_xor.at(turns, (row, col), 1)
    filled[y0:y1, x0:x1] = np.bitwise_xor.accumulate(turns, axis=1)[:, :-1]
    return filled.astype(bool)


def _crossings(
    corners: Float[np.ndarray, "n 2"], heights: Float[np.ndarray, "h"]
) -> tuple[Int[np.ndarray, "k"], Float[np.ndarray, "k"]]:
    """Return where a closed polygon crosses horizontal lines: index of the line, and x."""
    start, end = corners[:, None], np.roll(corners, -1, axis=0)[:, None]
    edge, row = np.nonzero((start[..., 1] <= heights) != (end[..., 1] <= heights))
    (sx, sy), (ex, ey) = start[edge, 0].T, end[edge, 0].T
    return row, sx + (heights[row] - sy) * (ex - sx) / (ey - sy)
