"""Where a rendered view shows what only looks like a lesion, or nothing at all.

These are the places a lesion classifier learns *other* from: look-alikes that were painted, lines,
areas and their edges, the rims of nostrils, lips, brows and eyes, and plain skin.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cutis.core.arrays import Mask
from cutis.core.vocabulary import Condition
from cutis.imaging.outlines import (
    BROW_RIGHT,
    EYE_RIGHT,
    LIPS_RIGHT,
    NOSTRIL_RIGHT,
    outline_points,
)
from cutis.imaging.skin_channels import TARGETS
from cutis.synth.parameters import AreaKind, MarkKind, SceneParameters
from cutis.synth.places import ANY_PLACE, on, pick_points, weights
from cutis.synth.render import Box, Rendering
from cutis.synth.view import Canvas

PLAIN_SKIN = "skin"
LOOKALIKES = (MarkKind.GLINT, MarkKind.JEWEL, MarkKind.SMUDGE)
"""Painted spots that are no lesion."""
RIMS = {
    "brow": BROW_RIGHT,
    "eyelid": EYE_RIGHT,
    "lip": LIPS_RIGHT,
    "nostril": NOSTRIL_RIGHT,
}
"""Of the subject's right; half of all views are mirrored."""

_TRIES = 12
_LEFT_OUT_AREAS = (AreaKind.MELASMA,)
"""A piece of it is a true finding, though no spot."""
_SPOTTY = sum(
    1 << TARGETS.index(c) for c in (Condition.ACNE, Condition.PIGMENTATION, Condition.SCARRING)
)
_RADIUS_MM = (0.4, 1.2, 5.0)
"""Least, median and greatest size of a box; as of true lesions, so that size tells nothing."""
_RADIUS_SPREAD = 0.6
_RIM_WANDER_MM = 0.8
_GLINT_LEAST_MM = 0.5


@dataclass(frozen=True, slots=True)
class Place:
    """A box in view pixels and what is seen there."""

    what: str
    box: Box


def background_places(
    canvas: Canvas, parameters: SceneParameters, rendering: Rendering, rng: np.random.Generator
) -> list[Place]:
    """Return one place of every sort of background that the view shows.

    No place touches a lesion or mole. Plain skin and areas are also free of what the clean face
    itself has that looks like a lesion, since nobody labelled it.
    """
    spots = [box for _, box in rendering.lesions] + [
        box_around(m.x, m.y, m.radius_mm / canvas.mm_per_px)
        for m in parameters.marks
        if m.kind is MarkKind.MOLE
    ]
    natural: Mask = (rendering.ignore & _SPOTTY) > 0
    found: dict[str, Place] = {}
    for place, may_be_spotty in _candidates(canvas, parameters, rng):
        if place.what in found or not within(place.box, canvas.shape):
            continue
        if any(_touch(place.box, spot) for spot in spots):
            continue
        if may_be_spotty or not natural[_slices(place.box)].any():
            found[place.what] = place
    return list(found.values())


def _candidates(
    canvas: Canvas, parameters: SceneParameters, rng: np.random.Generator
) -> Iterator[tuple[Place, bool]]:
    """Yield places in random order, and whether natural spots are allowed there."""
    for place in _lookalikes(canvas, parameters, rng):
        yield place, True
    for what, at in _beside_lines(parameters, rng):
        yield _place(what, at, canvas, rng), True
    for what, outline in RIMS.items():
        rim = outline_points(outline, canvas.points)
        wander = rng.normal(0, _RIM_WANDER_MM / canvas.mm_per_px, rim.shape)
        for x, y in rng.permutation(rim) + wander:
            yield _place(what, (float(x), float(y)), canvas, rng), True
    for what, at in _in_areas(canvas, parameters, rng):
        yield _place(what, at, canvas, rng), False
    for x, y in pick_points(canvas, rng, weights(canvas, ANY_PLACE), _TRIES):
        yield _place(PLAIN_SKIN, (float(x), float(y)), canvas, rng), False


def _lookalikes(
    canvas: Canvas, parameters: SceneParameters, rng: np.random.Generator
) -> Iterator[Place]:
    for number in rng.permutation(len(parameters.marks)):
        mark = parameters.marks[number]
        if mark.kind in LOOKALIKES:
            radius_mm = max(mark.radius_mm, _GLINT_LEAST_MM)
            yield Place(mark.kind.value, box_around(mark.x, mark.y, radius_mm / canvas.mm_per_px))


def _beside_lines(
    parameters: SceneParameters, rng: np.random.Generator
) -> Iterator[tuple[str, tuple[float, float]]]:
    for number in rng.permutation(len(parameters.lines)):
        line = parameters.lines[number]
        for at in rng.permutation(len(line.points))[:_TRIES]:
            yield line.kind.value, line.points[at]


def _in_areas(
    canvas: Canvas, parameters: SceneParameters, rng: np.random.Generator
) -> Iterator[tuple[str, tuple[float, float]]]:
    """Yield points of skin within areas and at their edges."""
    for area in parameters.areas:
        if area.kind in _LEFT_OUT_AREAS:
            continue
        for _ in range(_TRIES):
            turn, share = rng.uniform(0, 2 * np.pi), rng.uniform(0, 1.2)
            reach = share * area.radius_mm / canvas.mm_per_px
            point = np.array([area.x + reach * np.cos(turn), area.y + reach * np.sin(turn)])
            if on(canvas.skin, point):
                yield area.kind.value, (float(point[0]), float(point[1]))


def _place(what: str, at: tuple[float, float], canvas: Canvas, rng: np.random.Generator) -> Place:
    least, middle, most = _RADIUS_MM
    radius_mm = np.clip(middle * np.exp(rng.normal(0, _RADIUS_SPREAD)), least, most)
    return Place(what, box_around(*at, float(radius_mm) / canvas.mm_per_px))


def box_around(x: float, y: float, radius_px: float) -> Box:
    """Return the smallest whole box around a disc, at least two pixels wide."""
    radius_px = max(radius_px, 1.0)
    low_x, low_y = int(np.floor(x - radius_px)), int(np.floor(y - radius_px))
    return low_x, low_y, int(np.ceil(x + radius_px)), int(np.ceil(y + radius_px))


def within(box: Box, shape: tuple[int, int]) -> bool:
    """Tell whether a box lies wholly inside a picture of ``shape`` (rows, columns)."""
    return box[0] >= 0 and box[1] >= 0 and box[2] <= shape[1] and box[3] <= shape[0]


def _touch(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _slices(box: Box) -> tuple[slice, slice]:
    return slice(box[1], box[3]), slice(box[0], box[2])
