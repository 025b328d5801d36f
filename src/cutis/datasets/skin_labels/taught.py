"""Labels by a trained network, where the rules are in doubt: a second teacher, asked six times.

A network that learned from the rules became better than they are, so it can label photos that
they cannot (self-training; Xie et al. 2020, arXiv:1911.04252): bangs, hats, hard light. It is
asked from near and far and in the mirror; only where all its answers agree are they taken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32, Int

from cutis.core.arrays import RGB, LabelMap, Mask
from cutis.core.face_parts import FacePart
from cutis.datasets.skin_labels.accept import AcceptLimits
from cutis.datasets.skin_labels.hidden import lenses
from cutis.datasets.skin_labels.maker import overlap
from cutis.datasets.skin_labels.outlines import outline_face
from cutis.datasets.skin_labels.store import TAUGHT, LabelledView, load_view, save_view
from cutis.datasets.skin_labels.view import FaceView, face_box
from cutis.imaging.guided import guided_filter
from cutis.models.instances import unfit
from cutis.models.skin_network import Sight, mirror_image

_SMALL = (FacePart.NOSE_OPENING, FacePart.LIPS, FacePart.BROW, FacePart.EYE)
_OVER = (FacePart.HAIR, FacePart.FACIAL_HAIR, FacePart.COVERING, FacePart.GLASSES)
_EDGE = 0.05


@runtime_checkable
class Eyes(Protocol):
    """A network that tells the parts of the face in an oval."""

    def look(self, rgb: RGB, oval: Mask) -> Sight | None:
        """Return what is seen; None where no skin is."""
        ...


@dataclass(frozen=True, slots=True)
class TaughtLimits:
    """What is asked of a network.

    Attributes:
        margins: what it is shown around the face's box, as shares of its longer side; each twice,
            once mirrored.
        agreement: least overlap (IoU) of every answer's skin with their mean's.
        accepted: what the rules are not in doubt about.
        bare, worn: mean probability of glasses where lenses would be: below the one there are
            none, above the other there are some.
    """

    margins: tuple[float, ...] = (0.03, 0.1, 0.2)
    agreement: float = 0.94
    accepted: AcceptLimits = field(default_factory=AcceptLimits)
    bare: float = 0.05
    worn: float = 0.75


def teach_views(
    folder: Path,
    eyes: Eyes,
    order: Int[np.ndarray, "478"],
    *,
    limits: TaughtLimits | None = None,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> int:
    """Label the faces anew of which the rules are in doubt; those that are done are skipped.

    A face of whose labels the network is not sure either leaves an empty file.

    Returns:
        How many faces the folder has that are labelled by the network.
    """
    limits = limits or TaughtLimits()
    files = [file for file in sorted(folder.glob("*.npz")) if file.stat().st_size]
    (folder / TAUGHT).mkdir(exist_ok=True)
    for done, file in enumerate(files, 1):
        target = folder / TAUGHT / file.name
        if not target.exists() and limits.accepted.doubts(view := load_view(file)):
            anew = taught(view, eyes, order, limits)
            if anew is None:
                target.touch()
            else:
                save_view(anew, target)
        progress(done, len(files))
    return sum(file.stat().st_size > 0 for file in (folder / TAUGHT).glob("*.npz"))


def taught(
    view: LabelledView,
    eyes: Eyes,
    order: Int[np.ndarray, "478"],
    limits: TaughtLimits | None = None,
) -> LabelledView | None:
    """Return a face with the labels that a network sees; None where it is not sure.

    Eyes, brows, lips and nostrils keep the outlines of the landmarks, which are finer. Where only
    glasses were in doubt, everything else stays as it was.
    """
    limits = limits or TaughtLimits()
    shape = int(view.rgb.shape[0]), int(view.rgb.shape[1])
    plain = FaceView(
        view.rgb, view.points, order, view.yaw_deg, (0, 0, shape[1], shape[0]), view.source
    )
    oval = outline_face(plain).oval
    answers = [
        _answer(plain, eyes, oval, margin, mirrored=mirrored)
        for margin in limits.margins
        for mirrored in (False, True)
    ]
    known = [answer for answer in answers if answer is not None]
    if len(known) < len(answers):
        return None
    mean = np.mean(known, axis=0)
    skin = mean[FacePart.FACE_SKIN.label]
    alike = min(overlap(a[FacePart.FACE_SKIN.label] > 0.5, skin > 0.5) for a in known)
    worn = float(mean[FacePart.GLASSES.label][lenses(plain)].mean())
    if alike < limits.agreement or limits.bare < worn < limits.worn:
        return None
    if not limits.accepted.disagrees(view):
        return _with_glasses(view, mean[FacePart.GLASSES.label] > 0.5, worn=worn > limits.worn)
    radius = max(2, round(_EDGE * plain.eye_px))
    fine = (guided_filter(skin, view.rgb, radius) > 0.5) & oval
    labels = _painted(fine, view.labels, mean)
    return replace(
        view,
        labels=labels,
        agreement=alike,
        skin_share=float((labels == FacePart.FACE_SKIN.label).sum() / max(1, oval.sum())),
        glasses=float(worn > limits.worn),
    )


def _with_glasses(view: LabelledView, seen: Mask, *, worn: bool) -> LabelledView:
    """Return the labels of the rules with the glasses of the network, or with none."""
    labels = view.labels.copy()
    if worn:
        labels[seen] = FacePart.GLASSES.label
    return replace(view, labels=labels, glasses=float(worn))


def _painted(skin: Mask, rules: LabelMap, mean: Float32[np.ndarray, "parts h w"]) -> LabelMap:
    """Lay what lies over the skin on it, and between both the small parts of the landmarks."""
    labels = np.where(skin, FacePart.FACE_SKIN.label, 0).astype(np.uint8)
    for part in _SMALL:
        labels[rules == part.label] = part.label
    for part in _OVER:
        labels[(mean[part.label] > 0.5) & ~skin] = part.label
    return labels


def _answer(
    view: FaceView, eyes: Eyes, oval: Mask, margin: float, *, mirrored: bool
) -> Float32[np.ndarray, "parts h w"] | None:
    """Return the probability of every part, skin less what lies over it, from one look."""
    x0, y0, x1, y1 = _shown(view, margin)
    rgb, inside = view.rgb[y0:y1, x0:x1], oval[y0:y1, x0:x1]
    if mirrored:
        rgb, inside = mirror_image(rgb), mirror_image(inside)
    sight = eyes.look(np.ascontiguousarray(rgb), np.ascontiguousarray(inside))
    if sight is None:
        return None
    seen = np.zeros((len(FacePart) + 1, *inside.shape), np.float32)
    for instance in sight.instances:
        mask = instance.on(sight.input_shape) * np.float32(instance.score)
        label = instance.part.label
        seen[label] = np.maximum(seen[label], unfit(mask, sight.fitted, inside.shape))
    seen[FacePart.FACE_SKIN.label] = unfit(sight.rough, sight.fitted, inside.shape)
    whole = np.zeros((len(seen), *view.shape), np.float32)
    whole[:, y0:y1, x0:x1] = seen[:, :, ::-1] if mirrored else seen
    return whole


def _shown(view: FaceView, margin: float) -> tuple[int, int, int, int]:
    """Return the face's box with a margin around it, within the view."""
    low, high = face_box(view.points)
    around = margin * float((high - low).max())
    rows, columns = view.shape
    x0, y0 = (max(0, round(float(v) - around)) for v in low)
    x1, y1 = (round(float(v) + around) for v in high)
    return x0, y0, min(columns, x1), min(rows, y1)
