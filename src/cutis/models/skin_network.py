"""A skin network behind the `SkinSegmenter` port: Mask R-CNN in three graphs, run by OpenVINO.

Skin is the face's own skin less every part that lies over it, drawn to the edges of the picture;
landmarks say which of several faces is meant and where its skin can be. Where the network sees no
face skin, the colour of the face decides, and the method says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32

from cutis.core.arrays import RGB, Mask, Probabilities
from cutis.core.assessment import ModelUse
from cutis.core.errors import ModelError
from cutis.core.face import FaceCrop
from cutis.core.face_parts import FacePart
from cutis.core.masks import LEARNED, SkinMask
from cutis.imaging.filters import clean
from cutis.imaging.guided import guided_filter
from cutis.imaging.instances import Geometry
from cutis.models.descriptor import Descriptor, ServedSkin
from cutis.models.instances import (
    Cut,
    Fitted,
    Instance,
    Levels,
    Stages,
    find_instances,
    fit_picture,
    skin_of,
    unfit,
)
from cutis.models.runtime import NetworkFiles, Runtime
from cutis.steps.skin import ColourSkinSegmenter, SkinLimits, unmeasurable

GRAPHS = ("trunk", "boxes", "masks")
EDGE_MM, WORK_MM_PER_PX, SPECK_MM = 2.0, 0.35, 0.9
LEAST_OVERLAP = 0.2
"""A face skin that covers less of the oval is another face's, or none."""


class OpenVinoStages:
    """The three graphs behind the `Stages` protocol."""

    def __init__(self, files: Sequence[NetworkFiles], runtime: Runtime) -> None:
        """Compile the graphs, in the order of `GRAPHS`; raises ModelError if one cannot be read."""
        named = zip(GRAPHS, files, strict=True)
        compiled = [runtime.compile_ir(pair, f"skin {name}") for name, pair in named]
        self._trunk, self._boxes, self._masks = compiled

    def trunk(self, picture: Float32[np.ndarray, "3 h w"]) -> tuple[Levels, Levels, Levels]:
        """Return features, objectness logits and deltas of every level of one picture."""
        answer = self._trunk(picture[None])
        rows = [answer[number][0] for number in range(len(self._trunk.outputs))]
        count = len(rows) // 3
        return rows[:count], rows[count : 2 * count], rows[2 * count :]

    def boxes(self, cut: Cut) -> tuple[np.ndarray, np.ndarray]:
        """Return class logits and deltas of cut-out features."""
        answer = self._boxes(cut)
        return answer[0], answer[1]

    def masks(self, cut: Cut) -> Float32[np.ndarray, "n classes m m"]:
        """Return mask logits of cut-out features."""
        return np.asarray(self._masks(cut)[0], np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class FaceParts:
    """What a network found on one face.

    Attributes:
        instances: the face's own skin first, then everything that is left out of it; in pixels of
            the network's input.
        probability: that a pixel of the crop is skin, 0–1, drawn to the picture's edges.
        fitted: how the crop was fitted to the input.
        input_shape: rows and columns of the input.
    """

    instances: tuple[Instance, ...]
    probability: Probabilities
    fitted: Fitted
    input_shape: tuple[int, int]

    def masks(self) -> Iterator[tuple[FacePart, float, Mask]]:
        """Yield part, score and mask in the crop of every instance."""
        for instance in self.instances:
            values = unfit(instance.on(self.input_shape), self.fitted, self.probability.shape)
            yield instance.part, instance.score, values >= 0.5


class LearnedSkinSegmenter:
    """Facial skin by the network of a card; safe to call from one thread at a time."""

    def __init__(
        self,
        model: Descriptor,
        stages: Stages,
        use: ModelUse,
        *,
        limits: SkinLimits | None = None,
    ) -> None:
        """Put the graphs of a card behind the port; ``use`` tells what runs them.

        Raises:
            ModelError: the card is not one of a skin network.
        """
        self.served, self.parts = _served(model)
        self.limits = limits or SkinLimits()
        self.geometry = Geometry()
        self.method = f"{LEARNED}{model.name} {model.version}"
        self._stages = stages
        self._fallback = ColourSkinSegmenter(self.limits)
        self._use = use

    def uses(self) -> Sequence[ModelUse]:
        """Tell name, version and digest of the model, and how it ran."""
        return (self._use,)

    def segment(self, crop: FaceCrop) -> SkinMask:
        """Return the skin of the crop's face."""
        seen = self._seen(crop)
        if seen is None:
            return self._fallback.segment(crop)
        score, probability = seen
        within = crop.oval & ~crop.excluded
        skin = (probability >= self.served.least) & within
        skin = clean(skin, SPECK_MM / crop.mm_per_px) & within
        shadow, glare = unmeasurable(crop, skin, self.limits)
        confidence = score * _decided(probability, within)
        return SkinMask(skin, shadow, glare, self.method, confidence)

    def see_skin(self, crop: FaceCrop) -> Mask:
        """Return where the network sees skin in the oval, up to brows, eyes and lips.

        `segment` keeps the crop's margins around them, since skin beside a brow is not measured.
        """
        seen = self._seen(crop)
        if seen is None:
            return np.zeros(crop.shape, bool)
        skin: Mask = (seen[1] >= self.served.least) & crop.oval
        return skin

    def find_parts(self, crop: FaceCrop) -> FaceParts | None:
        """Return what is seen of the face that the landmarks mean; None where no skin is seen."""
        seen = self.look(crop.rgb, crop.oval)
        if seen is None:
            return None
        fine = _drawn(seen.rough, seen.fitted, crop)
        return FaceParts(seen.instances, fine, seen.fitted, seen.input_shape)

    def look(self, rgb: RGB, oval: Mask) -> Sight | None:
        """Return what one look at a picture gives of the face in the oval; None if no skin is."""
        picture, fitted = fit_picture(rgb, self.served.side_px)
        instances = find_instances(self._stages, picture, self.parts, self.geometry)
        shape = int(picture.shape[1]), int(picture.shape[2])
        own = _own_face(instances, _reduced(oval, fitted.rows, fitted.columns, shape))
        if own is None:
            return None
        others = tuple(i for i in instances if i.part is not FacePart.FACE_SKIN)
        kept = (own, *others)
        rough = skin_of(kept, shape)[: fitted.rows, : fitted.columns]
        return Sight(kept, rough, fitted, shape)

    def _seen(self, crop: FaceCrop) -> tuple[float, Probabilities] | None:
        """Return the face's score, and the mean probability over the face and its mirror image.

        So a mirrored photo has the mirrored skin, whatever the network thinks of sides. The mean
        is taken where the network answers, and drawn to the picture's edges once.
        """
        found = self.look(crop.rgb, crop.oval)
        other = self.look(mirror_image(crop.rgb), mirror_image(crop.oval))
        if found is None or other is None:
            return None
        rough = (found.rough + other.rough[:, ::-1]) / np.float32(2)
        return found.instances[0].score, _drawn(rough, found.fitted, crop)


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What one look at a picture gave.

    Attributes:
        instances: the face's own skin first, then every other part.
        rough: that a pixel is skin, 0–1, at the network's input without its padding.
        fitted: how the picture was fitted to the input.
        input_shape: rows and columns of the input.
    """

    instances: tuple[Instance, ...]
    rough: Probabilities
    fitted: Fitted
    input_shape: tuple[int, int]


def _drawn(
    rough: Float32[np.ndarray, "rows columns"], fitted: Fitted, crop: FaceCrop
) -> Probabilities:
    """Bring the skin of a network's input to the crop, and to the edges of its picture."""
    return drawn_to_edges(unfit(rough, fitted, crop.shape), crop.rgb, crop.mm_per_px)


def mirror_image(picture: np.ndarray) -> np.ndarray:
    """Return rows that run the other way."""
    return np.ascontiguousarray(picture[:, ::-1])


def drawn_to_edges(rough: Probabilities, rgb: RGB, mm_per_px: float) -> Probabilities:
    """Draw a probability to the edges of its picture, at `WORK_MM_PER_PX` at the finest."""
    factor = min(1.0, mm_per_px / WORK_MM_PER_PX)
    size = max(8, round(rough.shape[1] * factor)), max(8, round(rough.shape[0] * factor))
    radius = max(2, round(EDGE_MM / (mm_per_px / factor)))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    values = cv2.resize(rough, size, interpolation=cv2.INTER_AREA)
    fine = guided_filter(np.asarray(values, np.float32), small, radius)
    bigger = cv2.resize(fine, rough.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(bigger, np.float32)


def _own_face(instances: Sequence[Instance], oval: Float32[np.ndarray, "h w"]) -> Instance | None:
    """Return the face skin that covers most of the oval; None where none covers enough."""
    faces = [i for i in instances if i.part is FacePart.FACE_SKIN]
    area = max(float(oval.sum()), 1.0)
    covered = [float((face.on(oval.shape) * oval).sum()) / area for face in faces]
    if not covered or max(covered) < LEAST_OVERLAP:
        return None
    return faces[int(np.argmax(covered))]


def _reduced(
    mask: Mask, rows: int, columns: int, shape: tuple[int, int]
) -> Float32[np.ndarray, "input_h input_w"]:
    canvas = np.zeros(shape, np.float32)
    small = cv2.resize(mask.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
    canvas[:rows, :columns] = small
    return canvas


def _decided(probability: Probabilities, within: Mask) -> float:
    """Return how clear the answer is, 0–1: the mean distance of a probability from one half."""
    values = probability[::2, ::2][within[::2, ::2]]
    return float(np.abs(2 * values - 1).mean()) if values.size else 0.0


def _served(model: Descriptor) -> tuple[ServedSkin, tuple[FacePart, ...]]:
    try:
        parts = tuple(FacePart(name) for name in model.classes)
    except ValueError as error:
        raise ModelError(
            f"The card of {model.name} names a class that is no part of a face: {error}. "
            "Correct the card."
        ) from error
    if model.skin is None or FacePart.FACE_SKIN not in parts:
        raise ModelError(f"The card of {model.name} does not say how skin is found. Correct it.")
    return model.skin, parts
