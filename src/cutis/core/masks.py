"""Masks and maps over a face crop."""

from __future__ import annotations

from dataclasses import dataclass

from cutis.core.arrays import Mask, Probabilities
from cutis.core.vocabulary import Condition


@dataclass(frozen=True, slots=True, eq=False)
class SkinMask:
    """Facial skin in a crop.

    ``skin`` is skin that is seen; ``measurable`` leaves out ``deep_shadow`` and ``glare``
    (clipped highlights), which are skin that cannot be measured.
    """

    skin: Mask
    deep_shadow: Mask
    glare: Mask
    method: str
    confidence: float

    @property
    def measurable(self) -> Mask:
        """Skin whose colour and texture can be trusted."""
        measurable: Mask = self.skin & ~self.deep_shadow & ~self.glare
        return measurable


LEARNED = "learned:"
"""How the method of a learned map starts; the model's name and version follow."""


@dataclass(frozen=True, slots=True, eq=False)
class ConditionMap:
    """Where a condition is seen: one probability per crop pixel, and where it was looked for."""

    condition: Condition
    probability: Probabilities
    looked_at: Mask
    method: str

    @property
    def is_learned(self) -> bool:
        """Whether a learned model made this map."""
        return self.method.startswith(LEARNED)
