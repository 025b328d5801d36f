"""A lesion classifier behind the `LesionClassifier` port, run by OpenVINO.

Each lesion is seen in a square of skin around it, scaled to the network's input. Logits become
calibrated probabilities by the temperature on the card (Guo et al. 2017, arXiv:1706.04599).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from jaxtyping import Float32

from cutis.core.arrays import RGB, Box
from cutis.core.assessment import ModelUse
from cutis.core.errors import ModelError
from cutis.core.face import FaceCrop
from cutis.core.vocabulary import LesionType
from cutis.models.descriptor import Descriptor, LesionCrops
from cutis.models.runtime import NetworkFiles, Runtime

_BATCH = 64


class LesionNetwork:
    """A network that tells lesion types apart; safe to call from one thread at a time."""

    def __init__(self, model: Descriptor, files: NetworkFiles, runtime: Runtime) -> None:
        self.types = _types(model)
        if model.lesions is None:
            raise ModelError(
                f"The card of {model.name} does not say how lesions are cut out. Correct the card."
            )
        self.crops = model.lesions
        self._network = runtime.compile_ir(files, model.name)
        precision = runtime.options.precision
        self._use = ModelUse(model.name, model.version, model.sha256, runtime.name, precision)

    def uses(self) -> Sequence[ModelUse]:
        """Tell name, version and digest of the model, and how it ran."""
        return (self._use,)

    def classify(
        self, crop: FaceCrop, boxes: Sequence[Box]
    ) -> Sequence[Mapping[LesionType, float]]:
        """Return for each box, in crop pixels, the probability of each type on the card."""
        rows: list[Mapping[LesionType, float]] = []
        for start in range(0, len(boxes), _BATCH):
            batch = boxes[start : start + _BATCH]
            patches = [patch_around(crop.rgb, box, crop.mm_per_px, self.crops) for box in batch]
            sides = [side_mm(box, crop.mm_per_px, self.crops) for box in batch]
            shown = network_inputs(np.stack(patches), np.array(sides, np.float32), self.crops)
            answer = self._network(shown)[0]
            rows += [self._row(p) for p in _softmax(answer / np.float32(self.crops.temperature))]
        return rows

    def _row(self, probabilities: Float32[np.ndarray, "types"]) -> Mapping[LesionType, float]:
        return {t: float(p) for t, p in zip(self.types, probabilities, strict=True)}


def patch_around(
    rgb: RGB, box: Box, mm_per_px: float, crops: LesionCrops
) -> Float32[np.ndarray, "side side 3"]:
    """Return the square around a lesion as the classifier sees it, 0–1.

    Its side is ``times_lesion`` the longer side of ``box``, at least ``smallest_mm``. What lies
    outside the picture is reflected. Training cuts its patches by this function too.
    """
    x0, y0, x1, y1 = box
    side = max(2, round(side_mm(box, mm_per_px, crops) / mm_per_px))
    left, top = ((low + high - side) // 2 for low, high in ((x0, x1), (y0, y1)))
    height, width = rgb.shape[:2]
    out = (max(0, -top), max(0, top + side - height), max(0, -left), max(0, left + side - width))
    inside = rgb[max(0, top) : top + side, max(0, left) : left + side]
    patch = cv2.copyMakeBorder(inside, *out, cv2.BORDER_REFLECT)
    method = cv2.INTER_AREA if side > crops.side_px else cv2.INTER_LINEAR
    scaled = cv2.resize(patch, (crops.side_px, crops.side_px), interpolation=method)
    return scaled.astype(np.float32) / np.float32(255)


def side_mm(box: Box, mm_per_px: float, crops: LesionCrops) -> float:
    """Return the side of the square that is cut around ``box``, in millimetres."""
    longer = max(box[2] - box[0], box[3] - box[1])
    return max(crops.smallest_mm, crops.times_lesion * longer * mm_per_px)


def network_inputs(
    patches: Float32[np.ndarray, "n side side 3"],
    sides_mm: Float32[np.ndarray, "n"],
    crops: LesionCrops,
) -> Float32[np.ndarray, "n channels side side"]:
    """Return patches channels first, as a classifier is given them; training does so too.

    A ``sized`` one has a fourth channel, the same everywhere: how often the side of the square is
    the smallest one, as a logarithm to base 2. A patch is scaled to its lesion, so nothing else
    tells a nodule from a papule.
    """
    shown = patches.transpose(0, 3, 1, 2)
    if not crops.sized:
        return shown
    told = np.log2(sides_mm / np.float32(crops.smallest_mm))[:, None, None, None]
    plane = np.broadcast_to(told, (len(shown), 1, *shown.shape[2:]))
    return np.concatenate([shown, plane], axis=1, dtype=np.float32)


def _types(model: Descriptor) -> tuple[LesionType, ...]:
    """Read the types in the order of the logits; *other* must be among them."""
    try:
        types = tuple(LesionType(name) for name in model.classes)
    except ValueError as error:
        raise ModelError(
            f"The card of {model.name} names a class that is no lesion type: {error}. "
            "Correct the card."
        ) from error
    if LesionType.OTHER not in types:
        raise ModelError(
            f"The card of {model.name} lacks the class 'other', which skin without a lesion needs. "
            "Correct the card."
        )
    return types


def _softmax(logits: Float32[np.ndarray, "n types"]) -> Float32[np.ndarray, "n types"]:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)
