"""What hides skin within the oval: hair, facial hair, glasses, and hats where the set names them.

Which of them it is follows from where it lies and from what it resembles; what the figure that a
generated face was cut from is called helps.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from cutis.core.arrays import Gray, Lab, Mask, Points
from cutis.core.face_parts import FacePart
from cutis.datasets.skin_labels.outlines import FaceOutlines, face_coordinates
from cutis.datasets.skin_labels.view import FaceView
from cutis.imaging.filters import components, grow
from cutis.imaging.outlines import fill

_GLASSES_FROM = 0.5
_BESIDE = 0.35
_LEAST_SHARE = 0.004
_COVERED = ("hats",)
_WORN = ("glasses_style",)
"""How figures are called that show hats only, or glasses only."""


@dataclass(frozen=True, slots=True, eq=False)
class Hidden:
    """Masks of what hides skin, and how much there seem to be glasses, 0–1."""

    masks: dict[FacePart, Mask]
    glasses: float


def hidden_parts(view: FaceView, lab: Lab, outlines: FaceOutlines, skin: Mask) -> Hidden:
    """Sort what is no skin within the oval, and hair around it.

    Args:
        view: what is seen.
        lab: its colours.
        outlines: of the landmarks.
        skin: where skin was found, parts of the face not yet taken out.
    """
    other = outlines.oval & ~skin & ~outlines.any_part
    _, down = face_coordinates(view)
    glasses = glasses_sign(view, lab)
    masks = {
        FacePart.HAIR: _hair(view, lab, outlines, other & (down < _BESIDE)),
        FacePart.FACIAL_HAIR: _large(other & (down > _BESIDE) & _dark(lab, skin), outlines.oval),
    }
    if view.source.split("/")[-1].startswith(_COVERED):
        masks[FacePart.COVERING] = masks.pop(FacePart.HAIR)
    if view.source.split("/")[-1].startswith(_WORN):
        glasses = 1.0
    if glasses > _GLASSES_FROM:
        masks[FacePart.GLASSES] = lenses(view)
    return Hidden({part: mask for part, mask in masks.items() if mask.any()}, glasses)


def glasses_sign(view: FaceView, lab: Lab) -> float:
    """Return how much a bridge of glasses is seen between the eyes, 0–1.

    A frame crosses the nose, so lightness changes downwards there as it does nowhere on a bare
    nose; the change is compared with that on the cheeks.
    """
    lightness = cv2.GaussianBlur(lab[..., 0], (0, 0), max(0.8, 0.008 * view.eye_px))
    down = np.abs(cv2.Sobel(lightness, cv2.CV_32F, 0, 1, ksize=3))
    bridge = fill(view.points[[193, 168, 417, 465, 351, 6, 122, 245]], view.shape, rounds=0)
    cheeks = fill(view.points[[118, 101, 36, 205, 187, 123]], view.shape, rounds=0)
    cheeks |= fill(view.points[[347, 330, 266, 425, 411, 352]], view.shape, rounds=0)
    if not bridge.any() or not cheeks.any():
        return 0.0
    ratio = float(np.quantile(down[bridge], 0.9) / (np.quantile(down[cheeks], 0.7) + 2.0))
    return float(1 / (1 + np.exp(-(ratio - 4.0) / 0.8)))


def lenses(view: FaceView) -> Mask:
    """Return where lenses of common size lie, with the bridge between them."""
    mask = np.zeros(view.shape, bool)
    for corners in ((33, 133), (263, 362)):
        mask |= fill(_lens(view, corners), view.shape)
    bridge = view.points[[193, 417]].astype(np.float32)
    middle = np.concatenate([bridge, bridge[::-1] + np.array([0, 0.05 * view.eye_px], np.float32)])
    return mask | grow(fill(middle, view.shape, rounds=0), 0.01 * view.eye_px)


def _lens(view: FaceView, corners: tuple[int, int]) -> Points:
    """Return a rounded box around an eye, 1.5 times as wide as it."""
    outer, inner = view.points[list(corners)]
    middle, half = (outer + inner) / 2, (inner - outer) * 0.75
    down = np.array([-half[1], half[0]]) * 0.72 * np.sign(half[0] or 1)
    middle = middle + down * 0.15
    signs = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    return np.array([middle + a * half + b * down for a, b in signs], np.float32)


def _hair(view: FaceView, lab: Lab, outlines: FaceOutlines, seeds: Mask) -> Mask:
    """Grow hair from what hides the upper face to what resembles it around."""
    seeds = _large(seeds, outlines.oval)
    if not seeds.any():
        return seeds
    middle = np.median(lab[seeds], axis=0)
    spread = np.maximum(1.4826 * np.median(np.abs(lab[seeds] - middle), axis=0), (6, 3, 3))
    smooth = cv2.GaussianBlur(lab, (0, 0), 1.5)
    distance = np.sqrt((((smooth - middle) / spread) ** 2).mean(axis=2))
    around = grow(outlines.oval, 0.5 * view.eye_px) & ~outlines.oval
    pieces, _ = components((around & (distance < 2.0)) | seeds)
    joined = np.unique(pieces[seeds])
    hair: Mask = np.isin(pieces, joined[joined > 0])
    return hair


def _dark(lab: Lab, skin: Mask) -> Gray:
    """Return where it is clearly darker than the skin."""
    usual = float(np.median(lab[..., 0][skin])) if skin.any() else 50.0
    return np.asarray(cv2.GaussianBlur(lab[..., 0], (0, 0), 1.5) < usual - 6)


def _large(mask: Mask, oval: Mask) -> Mask:
    """Return the pieces that are not specks against the oval."""
    pieces, stats = components(mask)
    kept = stats[:, 4] >= _LEAST_SHARE * max(1, int(oval.sum()))
    kept[0] = False
    large: Mask = kept[pieces]
    return large
