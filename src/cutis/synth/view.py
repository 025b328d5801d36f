"""The window of a face that is painted on, cut out at the scale at which it is seen."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32

from cutis.core.arrays import Gray, LabelMap, LinearRGB, Mask, Points
from cutis.datasets.faces import PreparedFace
from cutis.imaging.colour import rgb_to_linear
from cutis.synth.parameters import View


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """A face seen through a `View`.

    ``skin`` is where defects may be painted, ``cover`` its soft edge 0–1. ``light`` is the
    direction (x, y) from which the face is lit, as the slope of log luminance over the skin.
    ``points`` are the landmarks in view pixels.
    """

    linear: LinearRGB
    skin: Mask
    cover: Gray
    regions: LabelMap
    points: Points
    light: tuple[float, float]
    mm_per_px: float

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return int(self.skin.shape[0]), int(self.skin.shape[1])


def view_matrix(view: View, face_mm_per_px: float) -> Float32[np.ndarray, "2 3"]:
    """Return the affine map from view pixels to face pixels."""
    by = view.mm_per_px / face_mm_per_px
    turn = np.deg2rad(view.rotation_deg)
    flip = -1.0 if view.mirror else 1.0
    stretch = np.diag([flip * view.aspect**0.5, view.aspect**-0.5])
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    linear = by * rotation @ stretch
    middle = (view.size_px - 1) / 2
    offset = np.array(view.centre) - linear @ np.array([middle, middle])
    return np.column_stack([linear, offset]).astype(np.float32)


def look(face: PreparedFace, view: View) -> Canvas:
    """Cut the window out of the face; outside the face's crop its border is repeated."""
    matrix = view_matrix(view, face.mm_per_px)
    size = view.size_px, view.size_px
    coarser = view.mm_per_px / face.mm_per_px
    rgb = face.rgb
    shift = matrix.copy()
    if coarser > 1.4:
        small = max(2, round(rgb.shape[1] / coarser)), max(2, round(rgb.shape[0] / coarser))
        shift[0] *= small[0] / rgb.shape[1]
        shift[1] *= small[1] / rgb.shape[0]
        rgb = cv2.resize(rgb, small, interpolation=cv2.INTER_AREA)
    cubic = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    nearest = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    seen = cv2.warpAffine(rgb, shift, size, flags=cubic, borderMode=cv2.BORDER_REPLICATE)
    skin = cv2.warpAffine(face.skin.astype(np.uint8), matrix, size, flags=nearest) > 0
    regions = cv2.warpAffine(face.regions, matrix, size, flags=nearest)
    inverse = cv2.invertAffineTransform(matrix)
    points = face.points @ inverse[:, :2].T + inverse[:, 2]
    cover = cv2.GaussianBlur(skin.astype(np.float32), (0, 0), max(0.8, 0.4 / view.mm_per_px))
    linear = np.maximum(rgb_to_linear(seen), np.float32(2e-4))
    return Canvas(
        linear=linear,
        skin=skin,
        cover=cover * skin,
        regions=regions,
        points=points.astype(np.float32),
        light=_light(linear, skin),
        mm_per_px=view.mm_per_px,
    )


def _light(linear: LinearRGB, skin: Mask) -> tuple[float, float]:
    """Return the slope of log luminance over the skin, per half window, bounded to ±1."""
    rows, cols = np.nonzero(skin[::4, ::4])
    if len(rows) < 50:
        return 0.0, -0.3
    bright = np.log(linear[::4, ::4].mean(axis=2)[rows, cols])
    half = skin.shape[0] / 8
    columns = np.column_stack([cols / half - 1, rows / half - 1, np.ones(len(rows))])
    slope, *_ = np.linalg.lstsq(columns, bright, rcond=None)
    x, y = (float(np.clip(v, -1, 1)) for v in slope[:2])
    return x, y - 0.3
