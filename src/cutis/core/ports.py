"""The doors: what a step needs from a model, as protocols. Adapters live at the rim.

The door to the records has a page of its own, `cutis.core.record_ports`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from cutis.core.arrays import RGB, Box, Points3, Vectors
from cutis.core.assessment import ModelUse
from cutis.core.attribution import Attribution, AttributionMethod, AttributionTarget
from cutis.core.enhancement import Enlarged
from cutis.core.face import Detection, FaceCrop, FaceSquare, Trace
from cutis.core.masks import ConditionMap, SkinMask
from cutis.core.vocabulary import Condition, LesionType


@runtime_checkable
class Landmarker(Protocol):
    """Finds faces and traces their landmarks."""

    @property
    def canonical(self) -> Points3:
        """The 468 mesh points of an average face in millimetres, y up, z towards the camera."""
        ...

    def detect(self, rgb: RGB) -> Sequence[Detection]:
        """Find faces in a picture looked at as a whole; small faces may be missed."""
        ...

    def trace(self, rgb: RGB, square: FaceSquare, *, mirror: bool = False) -> Trace:
        """Trace the face in ``square``; with ``mirror``, trace its mirror image.

        The points come in photo pixels either way; mirrored ones in the order of the mirrored face.
        """
        ...

    def express(self, points: Points3) -> Mapping[str, float]:
        """Return the expression signs (blendshapes) of 478 traced points, 0–1 by name."""
        ...

    def uses(self) -> Sequence[ModelUse]:
        """Tell which models took part."""
        ...


@runtime_checkable
class SkinSegmenter(Protocol):
    """Finds facial skin in a crop."""

    def segment(self, crop: FaceCrop) -> SkinMask:
        """Return the skin of the crop's face."""
        ...

    def uses(self) -> Sequence[ModelUse]:
        """Tell which models took part; none for a classical method."""
        ...


@runtime_checkable
class ConditionSegmenter(Protocol):
    """Gives a probability map for each condition that it knows and can see."""

    @property
    def conditions(self) -> frozenset[Condition]:
        """The conditions that this segmenter knows."""
        ...

    def segment(self, crop: FaceCrop, skin: SkinMask) -> Mapping[Condition, ConditionMap]:
        """Return the maps of what can be seen; a condition left out was not measured."""
        ...

    def uses(self) -> Sequence[ModelUse]:
        """Tell which models took part; none for a classical method."""
        ...


@runtime_checkable
class LesionClassifier(Protocol):
    """Tells what single lesions look like."""

    def classify(
        self, crop: FaceCrop, boxes: Sequence[Box]
    ) -> Sequence[Mapping[LesionType, float]]:
        """Return for each box the probabilities of the types that are told apart; they sum to 1.

        ``boxes`` are in crop pixels. `LesionType.OTHER` stands for skin without a lesion.
        """
        ...

    def uses(self) -> Sequence[ModelUse]:
        """Tell which models took part."""
        ...


@runtime_checkable
class Upscaler(Protocol):
    """Draws a picture larger than it came."""

    @property
    def scale(self) -> int:
        """How many times larger."""
        ...

    @property
    def texture(self) -> float:
        """The share of invented texture: 0 for none, 1 for a generator trained against a critic."""
        ...

    def enlarge(self, rgb: RGB) -> Enlarged:
        """Return a picture ``scale`` times as large; it is small enough to be read at once."""
        ...

    def uses(self) -> Sequence[ModelUse]:
        """Tell which models took part."""
        ...


@runtime_checkable
class Attributor(Protocol):
    """Tells which pixels made an amount of a condition."""

    @property
    def method(self) -> AttributionMethod:
        """How it finds out."""
        ...

    def attribute(self, crop: FaceCrop, skin: SkinMask, target: AttributionTarget) -> Attribution:
        """Return what each pixel of the crop contributed to ``target``."""
        ...


@runtime_checkable
class SentenceEmbedder(Protocol):
    """Puts sentences into a space where nearness is nearness of meaning."""

    def embed(self, sentences: Sequence[str]) -> Vectors:
        """Return one vector of length 1 per sentence."""
        ...

    def uses(self) -> Sequence[ModelUse]:
        """Tell which models took part."""
        ...


@runtime_checkable
class Clock(Protocol):
    """Tells the time; an argument, so that tests can move it."""

    def now(self) -> datetime:
        """Return the time now, in UTC and aware of it."""
        ...
