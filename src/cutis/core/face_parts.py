"""What the pixels of a face can be: skin, or a part that is left out of it."""

from __future__ import annotations

from enum import StrEnum


class FacePart(StrEnum):
    """A part of a face as it is seen; a pixel belongs to at most one.

    ``GLASSES`` are frame and lenses together, ``COVERING`` is whatever lies on the face without
    growing there: hands, hats, scarves, masks. Beard stubble through which skin is seen is skin.
    """

    FACE_SKIN = "face_skin"
    HAIR = "hair"
    BROW = "brow"
    EYE = "eye"
    LIPS = "lips"
    NOSE_OPENING = "nose_opening"
    GLASSES = "glasses"
    FACIAL_HAIR = "facial_hair"
    COVERING = "covering"

    @property
    def label(self) -> int:
        """The number of this part in a label map, from 1; 0 is none of them."""
        return list(FacePart).index(self) + 1
