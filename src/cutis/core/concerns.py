"""What a person may be concerned about, in the words of the vocabulary and a few more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from cutis.core.vocabulary import Condition


class Concern(StrEnum):
    """A stated concern: a condition, or something that a photo does not measure."""

    ACNE = "acne"
    REDNESS = "redness"
    PIGMENTATION = "pigmentation"
    WRINKLES = "wrinkles"
    PORES = "pores"
    TEXTURE = "texture"
    DRYNESS = "dryness"
    SCARRING = "scarring"
    OILINESS = "oiliness"
    DARK_CIRCLES = "dark_circles"
    IRRITATION = "irritation"
    MOLE = "mole"
    EYE_AREA = "eye_area"
    DISTRESS = "distress"
    NONE = "none"

    @property
    def condition(self) -> Condition | None:
        """The condition that Cutis measures for it, None where there is none."""
        return Condition(self.value) if self.value in set(Condition) else None


@dataclass(frozen=True, slots=True)
class StatedConcern:
    """How probable each concern is in a text, 0–1 and each for itself, and which words moved it.

    ``words`` are the words of the text with the change of the leading concern's probability that
    each makes: positive where the word speaks for it.
    """

    probabilities: Mapping[Concern, float]
    leading: Concern
    words: tuple[tuple[str, float], ...]
