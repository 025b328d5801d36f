"""From a view to its labels: every pixel a part of the face or nothing, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from cutis.core.arrays import Gray, Lab, LabelMap, Mask
from cutis.core.face_parts import FacePart
from cutis.datasets.skin_labels.classifier import find_seeds, place_prior, skin_probability
from cutis.datasets.skin_labels.hidden import hidden_parts
from cutis.datasets.skin_labels.outlines import FaceOutlines, outline_face
from cutis.datasets.skin_labels.pixels import lab_of, pixel_features
from cutis.datasets.skin_labels.refine import cut
from cutis.datasets.skin_labels.view import FaceView
from cutis.imaging.filters import clean, components
from cutis.imaging.guided import guided_filter

_REDUCED = 2
_EDGE = 0.05
_SPECK = 0.02
BROW_SHARE = 0.55


@dataclass(frozen=True, slots=True, eq=False)
class SkinLabels:
    """The labels of a view.

    Attributes:
        labels: `FacePart.label` of each pixel; 0 is none of the parts.
        agreement: overlap (IoU) of the two ways to find skin, within the oval, 0–1.
        skin_share: how much of the oval is skin.
        glasses: how much the eyes look as if they were behind glasses, 0–1.
    """

    labels: LabelMap
    agreement: float
    skin_share: float
    glasses: float

    def mask(self, part: FacePart) -> Mask:
        """Return where a part is."""
        mask: Mask = self.labels == part.label
        return mask


def label_view(view: FaceView, seed: int = 0) -> SkinLabels:
    """Label the pixels of a view.

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """
    outlines = outline_face(view)
    ways = _two_ways(view, seed)
    lab = lab_of(view)
    skin = _refined(view, 0.5 * ways[0] + 0.5 * ways[1]) & outlines.oval
    parts = seen_parts(lab, outlines)
    hidden = hidden_parts(view, lab, outlines, skin)
    labels = _painted(skin, parts, hidden.masks)
    colour, cut_out = ((way > 0.5) & outlines.oval for way in ways)
    return SkinLabels(
        labels=labels,
        agreement=overlap(colour, cut_out),
        skin_share=float((labels == FacePart.FACE_SKIN.label).sum() / max(1, outlines.oval.sum())),
        glasses=hidden.glasses,
    )


def seen_parts(lab: Lab, outlines: FaceOutlines) -> dict[FacePart, Mask]:
    """Return the parts of the outlines; of the brows only the darker share, the hair."""
    brow = darker(lab, outlines.parts[FacePart.BROW], BROW_SHARE)
    return {**outlines.parts, FacePart.BROW: brow}


def darker(lab: Lab, mask: Mask, share: float) -> Mask:
    """Return the darkest share of a mask."""
    if not mask.any():
        return mask
    lightness = cv2.GaussianBlur(lab[..., 0], (0, 0), 0.8)
    dark: Mask = mask & (lightness < np.quantile(lightness[mask], share))
    return dark


def _two_ways(view: FaceView, seed: int) -> tuple[Gray, Gray]:
    """Return where skin is by the classifier and by the cut, as 0–1 at the view's size."""
    small = view.reduced(_REDUCED)
    outlines = outline_face(small)
    lab = lab_of(small)
    seeds = find_seeds(lab, outlines, small.eye_px, np.random.default_rng(seed))
    features = pixel_features(small, lab, outlines.oval)
    prior = place_prior(small, outlines.oval)
    probability = skin_probability(features, seeds, outlines, prior, seed=seed)
    found = cut(small.rgb, probability, probability > 0)
    size = view.shape[::-1]
    first, second = (
        cv2.resize(way.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
        for way in (probability, found)
    )
    return first, second


def _refined(view: FaceView, mean: Gray) -> Mask:
    """Draw the mean of both ways to the edges of the picture, without specks."""
    radius = max(2, round(_EDGE * view.eye_px))
    skin = guided_filter(mean, view.rgb, radius) > 0.5
    skin = clean(skin, _SPECK * view.eye_px)
    pieces, stats = components(skin)
    kept = stats[:, 4] >= 0.03 * max(1, int(skin.sum()))
    kept[0] = False
    whole: Mask = kept[pieces]
    return whole


def _painted(skin: Mask, parts: dict[FacePart, Mask], hidden: dict[FacePart, Mask]) -> LabelMap:
    """Lay the parts over the skin, what lies in front last."""
    labels = np.where(skin, FacePart.FACE_SKIN.label, 0).astype(np.uint8)
    over = hidden.get(FacePart.HAIR, np.zeros_like(skin))
    for part in (FacePart.NOSE_OPENING, FacePart.LIPS, FacePart.BROW, FacePart.EYE):
        labels[parts[part] & ~over] = part.label
    for part in (FacePart.FACIAL_HAIR, FacePart.HAIR, FacePart.GLASSES, FacePart.COVERING):
        if part in hidden:
            labels[hidden[part]] = part.label
    return labels


def overlap(one: Mask, other: Mask) -> float:
    """Return the overlap (IoU) of two masks, 0–1; 0 where both are empty."""
    either = np.count_nonzero(one | other)
    return float(np.count_nonzero(one & other) / either) if either else 0.0
