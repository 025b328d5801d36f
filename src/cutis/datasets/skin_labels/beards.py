"""A second look at the lower face: beards and moustaches that the colour rules called skin.

A beard often joins the skin's colour model, since half of the lower face is of its colour. But the
strip between nose and lip is darker than both cheeks in no usual light unless hair grows there:
it faces the camera as the cheeks do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from cutis.core.arrays import Gray, Mask
from cutis.core.face_parts import FacePart
from cutis.datasets.skin_labels.store import LabelledView
from cutis.imaging.colour import linear_to_lab, rgb_to_linear
from cutis.imaging.filters import clean, components, grow
from cutis.imaging.outlines import fill

_LIP_TO_NOSE = (98, 97, 2, 326, 327, 391, 322, 410, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185, 61, 186, 92, 165)  # fmt: skip # noqa: E501
_CHIN = (57, 146, 91, 181, 84, 17, 314, 405, 321, 375, 287, 432, 434, 364, 394, 395, 369, 396, 175, 171, 140, 170, 169, 135, 214, 212)  # fmt: skip # noqa: E501
_CHEEKS = ((118, 101, 36, 205, 187, 123), (347, 330, 266, 425, 411, 352))
_LEAST_PX = 30


@dataclass(frozen=True, slots=True)
class BeardLimits:
    """What is taken for a beard.

    Attributes:
        dark: lightness, as a share of the darker cheek's, below which skin may be hair.
        lip: share of the strip over the lip that is dark: from here on it is a beard.
        doubted_lip, doubted_chin: shares of strip and chin that are dark: from here on there may
            be a beard, or a shadow.
        on_strips: least share of a piece of facial hair that lies on strip or chin.
    """

    dark: float = 0.78
    lip: float = 0.85
    doubted_lip: float = 0.5
    doubted_chin: float = 0.8
    on_strips: float = 0.05


def doubtful_beard(view: LabelledView, limits: BeardLimits | None = None) -> bool:
    """Tell whether lip or chin are dark, but not enough to know: a beard, stubble or a shadow."""
    limits = limits or BeardLimits()
    lip, chin, _ = _look(view, limits)
    doubted = lip >= limits.doubted_lip or chin >= limits.doubted_chin
    return doubted and lip < limits.lip


def with_beard(view: LabelledView, limits: BeardLimits | None = None) -> LabelledView:
    """Return the view with its beard labelled where skin was, if it has one that was not seen.

    What was called facial hair and lies neither over the lip nor on the chin is hair.
    """
    limits = limits or BeardLimits()
    view = _hair_beside(view, limits)
    lip, _, dark = _look(view, limits)
    if lip < limits.lip:
        return view
    eye_px = _eye_px(view)
    below = view.points[2] - view.points[168]
    y, x = np.mgrid[: dark.shape[0], : dark.shape[1]]
    down = ((x - view.points[2][0]) * below[0] + (y - view.points[2][1]) * below[1]) / below.dot(
        below
    )
    skin = view.labels == FacePart.FACE_SKIN.label
    hair = clean(dark & skin & (down > 0), 0.012 * eye_px)
    lips = grow(view.labels == FacePart.LIPS.label, 0.04 * eye_px)
    hair = grow(hair, 0.015 * eye_px) & skin & ~(lips & ~dark)
    pieces, _ = components(hair)
    joined = np.unique(pieces[_strips(view) & hair])
    labels = view.labels.copy()
    labels[np.isin(pieces, joined[joined > 0])] = FacePart.FACIAL_HAIR.label
    return replace(view, labels=labels)


def _hair_beside(view: LabelledView, limits: BeardLimits) -> LabelledView:
    """Call the pieces of facial hair hair that lie beside the face, as a curtain of hair does."""
    pieces, stats = components(view.labels == FacePart.FACIAL_HAIR.label)
    on_strips = np.bincount(pieces[_strips(view)], minlength=len(stats))
    beside = on_strips < limits.on_strips * stats[:, 4]
    beside[0] = False
    labels = view.labels.copy()
    labels[beside[pieces]] = FacePart.HAIR.label
    return replace(view, labels=labels)


def _strips(view: LabelledView) -> Mask:
    """Return the strip between nose and lip, and the chin."""
    shape = int(view.labels.shape[0]), int(view.labels.shape[1])
    lip, chin = (fill(view.points[list(o)], shape, rounds=0) for o in (_LIP_TO_NOSE, _CHIN))
    return lip | chin


def _look(view: LabelledView, limits: BeardLimits) -> tuple[float, float, Mask]:
    """Return which shares of lip strip and chin are dark skin, and where it is dark."""
    lightness = _lightness(view)
    skin = view.labels == FacePart.FACE_SKIN.label
    cheeks = [fill(view.points[list(c)], skin.shape, rounds=0) & skin for c in _CHEEKS]
    usual = [float(np.median(lightness[c])) for c in cheeks if c.sum() >= _LEAST_PX]
    if not usual:
        return 0.0, 0.0, np.zeros_like(skin)
    dark: Mask = lightness < limits.dark * min(usual)
    shares = []
    for outline in (_LIP_TO_NOSE, _CHIN):
        inside = fill(view.points[list(outline)], skin.shape, rounds=0) & skin
        shares.append(float(dark[inside].mean()) if inside.sum() >= _LEAST_PX else 0.0)
    return shares[0], shares[1], dark


def _lightness(view: LabelledView) -> Gray:
    lightness = linear_to_lab(rgb_to_linear(view.rgb))[..., 0]
    return np.asarray(cv2.GaussianBlur(lightness, (0, 0), max(0.6, 0.015 * _eye_px(view))))


def _eye_px(view: LabelledView) -> float:
    return float(np.linalg.norm(view.points[33] - view.points[263]))
