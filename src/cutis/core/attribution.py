"""Attribution: which pixels made an amount, and how it was found out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cutis.core.arrays import Gray, Mask
from cutis.core.vocabulary import Condition


class AttributionMethod(StrEnum):
    """How pixels are told apart that made an amount from those that did not."""

    OCCLUSION = "occlusion"
    LIME = "lime"
    GRAD_CAM = "grad_cam"
    INTEGRATED_GRADIENTS = "integrated_gradients"


@dataclass(frozen=True, slots=True, eq=False)
class AttributionTarget:
    """What is to be explained: the probability of ``condition`` added up over ``where``.

    ``where`` is in crop pixels: the area of one finding, of a region, or of all skin.
    ``name`` says it in words, such as "the spot on the chin".
    """

    condition: Condition
    where: Mask
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Attribution:
    """Which pixels made the amount of ``target``.

    Attributes:
        target: what is explained.
        method: how.
        values: one number per crop pixel, positive where it adds to the amount, negative where it
            lowers it. Of occlusion it is the share of the amount that is lost when a patch
            around the pixel is hidden; of other methods its size has no unit.
        amount: the probability added up over the target, in pixels.
        baseline: what a hidden pixel is replaced by, in words.
        elapsed_s: seconds that it took.
    """

    target: AttributionTarget
    method: AttributionMethod
    values: Gray
    amount: float
    baseline: str
    elapsed_s: float
