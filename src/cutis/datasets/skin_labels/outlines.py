"""What landmarks alone tell of a view: parts that are no skin, the oval, and where to sample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from cutis.core.arrays import Gray, Mask, Points
from cutis.core.face_parts import FacePart
from cutis.core.vocabulary import Region
from cutis.datasets.skin_labels.view import FaceView
from cutis.imaging.filters import grow
from cutis.imaging.outlines import (
    BROW_RIGHT,
    CHEEK_PATCH_RIGHT,
    EYE_RIGHT,
    LIPS_RIGHT,
    NOSTRIL_RIGHT,
    OVAL_RIGHT,
    Outline,
    closed,
    fill,
    mirrored,
    outline_points,
)
from cutis.steps.regions import draw_regions

FAR = 1.38
"""Beyond the lifted oval enlarged by this nothing is facial skin."""

WIDER = {
    FacePart.EYE: 0.02,
    FacePart.BROW: 0.03,
    FacePart.NOSE_OPENING: 0.0,
    FacePart.LIPS: 0.005,
}
"""By how much the polygons of the landmarks are widened, in distances of the outer eye corners."""

_SIDED = {
    FacePart.EYE: EYE_RIGHT,
    FacePart.BROW: BROW_RIGHT,
    FacePart.NOSE_OPENING: NOSTRIL_RIGHT,
}


@dataclass(frozen=True, slots=True, eq=False)
class FaceOutlines:
    """Masks drawn from the landmarks of a view.

    Attributes:
        parts: eyes, brows, lips with the open mouth, nose openings.
        oval: the face with its forehead lifted.
        mesh: the face as the landmarks have it, without the lift.
        far: the lifted oval enlarged; outside nothing is facial skin.
        core: middle of the cheeks and nose, where skin is almost always seen.
        more: chin, mouth's surroundings and lids, where it mostly is.
        rim: forehead and outer cheeks, where hair often falls.
        forehead: of the rim, what is above the brows.
        above: beside and above the oval, where hair or background is.
    """

    parts: dict[FacePart, Mask]
    oval: Mask
    mesh: Mask
    far: Mask
    core: Mask
    more: Mask
    rim: Mask
    forehead: Mask
    above: Mask

    @property
    def any_part(self) -> Mask:
        """Where one of the parts lies."""
        return np.logical_or.reduce(list(self.parts.values()))


def outline_face(view: FaceView) -> FaceOutlines:
    """Draw the outlines of a view."""
    lifted, shape = view.lifted, view.shape
    ring = outline_points(closed(OVAL_RIGHT, view.order), lifted)
    parts = _parts(view)
    oval = fill(ring, shape)
    regions = draw_regions(lifted, view.order, shape)
    free = oval & ~np.logical_or.reduce(list(parts.values()))
    patches = [CHEEK_PATCH_RIGHT, mirrored(CHEEK_PATCH_RIGHT, view.order)]
    core = _labelled(regions, _CORE)
    for patch in patches:
        core |= fill(outline_points(patch, lifted), shape)
    core &= free
    more = _labelled(regions, _MORE) & free & ~core
    rim = _labelled(regions, _RIM) & free & ~core
    near = fill(enlarged(ring, 1.1), shape)
    rows = np.arange(shape[0])[:, None]
    chin = float(view.points[172, 1] + view.points[397, 1]) / 2
    return FaceOutlines(
        parts=parts,
        oval=oval,
        mesh=fill(outline_points(closed(OVAL_RIGHT, view.order), view.points), shape),
        far=fill(enlarged(ring, FAR), shape),
        core=core,
        more=more,
        rim=rim,
        forehead=_labelled(regions, (Region.FOREHEAD,)) & free,
        above=~near & (rows < chin),
    )


_CORE = (Region.NOSE,)
_RIM = (Region.FOREHEAD, Region.SUBJECT_LEFT_CHEEK, Region.SUBJECT_RIGHT_CHEEK)
_MORE = (
    Region.GLABELLA,
    Region.CHIN,
    Region.PERIORAL,
    Region.SUBJECT_LEFT_JAW,
    Region.SUBJECT_RIGHT_JAW,
    Region.SUBJECT_LEFT_PERIORBITAL,
    Region.SUBJECT_RIGHT_PERIORBITAL,
)


def enlarged(ring: Points, by: float) -> Points:
    """Return a ring of points drawn away from its middle by a factor."""
    middle = ((ring.min(axis=0) + ring.max(axis=0)) / 2).astype(np.float32)
    return np.asarray(middle + (ring - middle) * np.float32(by), np.float32)


def _parts(view: FaceView) -> dict[FacePart, Mask]:
    shape, points = view.shape, view.points
    parts = {}
    for part, right in _SIDED.items():
        left = mirrored(right, view.order)
        parts[part] = _drawn(right, points, shape) | _drawn(left, points, shape)
    parts[FacePart.LIPS] = _drawn(closed(LIPS_RIGHT, view.order), points, shape)
    return {p: grow(mask, WIDER[p] * view.eye_px) for p, mask in parts.items()}


def _drawn(outline: Outline, points: Points, shape: tuple[int, int]) -> Mask:
    return fill(outline_points(outline, points), shape)


def _labelled(labels: np.ndarray, regions: tuple[Region, ...]) -> Mask:
    mask: Mask = np.isin(labels, [region.label for region in regions])
    return mask


def face_coordinates(view: FaceView) -> tuple[Gray, Gray]:
    """Return for each pixel where it lies in the face: across and down, in eye distances.

    The origin is between the outer eye corners, the first axis runs along them.
    """
    right, left = view.points[33].astype(np.float64), view.points[263].astype(np.float64)
    across = (left - right) / max(float(np.linalg.norm(left - right)), 1e-6)
    down = np.array([-across[1], across[0]])
    offset = _grid(view.shape) - ((right + left) / 2).astype(np.float32)
    return tuple(  # type: ignore[return-value]
        np.asarray(offset @ (axis / view.eye_px).astype(np.float32), np.float32)
        for axis in (across, down)
    )


def _grid(shape: tuple[int, int]) -> Float32[np.ndarray, "h w 2"]:
    y, x = np.mgrid[: shape[0], : shape[1]]
    return np.stack([x, y], axis=-1).astype(np.float32) + np.float32(0.5)
