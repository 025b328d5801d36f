"""The field's words as enums; codes are from ICD-10 (WHO) where a single code fits."""

from __future__ import annotations

from enum import StrEnum


class Region(StrEnum):
    """An anatomical region of the face; left and right are the subject's."""

    FOREHEAD = "forehead"
    GLABELLA = "glabella"
    NOSE = "nose"
    SUBJECT_LEFT_CHEEK = "subject_left_cheek"
    SUBJECT_RIGHT_CHEEK = "subject_right_cheek"
    SUBJECT_LEFT_PERIORBITAL = "subject_left_periorbital"
    SUBJECT_RIGHT_PERIORBITAL = "subject_right_periorbital"
    PERIORAL = "perioral"
    CHIN = "chin"
    SUBJECT_LEFT_JAW = "subject_left_jaw"
    SUBJECT_RIGHT_JAW = "subject_right_jaw"

    @property
    def label(self) -> int:
        """The value of this region in a label map, 1 or more."""
        return list(Region).index(self) + 1

    @property
    def mirrored(self) -> Region:
        """The region that a mirror shows in this one's place."""
        name = self.value
        if "left" in name:
            return Region(name.replace("left", "right"))
        return Region(name.replace("right", "left"))


class Condition(StrEnum):
    """A visible skin condition that Cutis measures."""

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

    @property
    def icd10(self) -> str | None:
        """The ICD-10 code of the nearest single concept, or None where none fits."""
        return _ICD10.get(self)


_ICD10 = {
    Condition.ACNE: "L70.9",
    Condition.REDNESS: "L53.9",
    Condition.PIGMENTATION: "L81.9",
    Condition.TEXTURE: "R23.4",
    Condition.DRYNESS: "L85.3",
    Condition.SCARRING: "L90.5",
}


class LesionType(StrEnum):
    """What a single finding looks like.

    ``inflamed_spot``, ``dark_spot`` and ``unspecified`` are those of maps alone; the others are
    told apart by a lesion classifier. ``other`` is its word for skin without a lesion.
    """

    COMEDONE = "comedone"
    OPEN_COMEDONE = "open_comedone"
    CLOSED_COMEDONE = "closed_comedone"
    PAPULE = "papule"
    PUSTULE = "pustule"
    NODULE = "nodule"
    POST_INFLAMMATORY_ERYTHEMA = "post_inflammatory_erythema"
    POST_INFLAMMATORY_PIGMENTATION = "post_inflammatory_pigmentation"
    FRECKLE = "freckle"
    LENTIGO = "lentigo"
    MOLE = "mole"
    ICE_PICK_SCAR = "ice_pick_scar"
    BOXCAR_SCAR = "boxcar_scar"
    ROLLING_SCAR = "rolling_scar"
    INFLAMED_SPOT = "inflamed_spot"
    DARK_SPOT = "dark_spot"
    WRINKLE = "wrinkle"
    PATCH = "patch"
    UNSPECIFIED = "unspecified"
    OTHER = "other"

    @property
    def condition(self) -> Condition | None:
        """The condition that a lesion of this type belongs to, None where it tells of none."""
        return _CONDITION_OF.get(self)


_CONDITION_OF = {
    LesionType.COMEDONE: Condition.ACNE,
    LesionType.OPEN_COMEDONE: Condition.ACNE,
    LesionType.CLOSED_COMEDONE: Condition.ACNE,
    LesionType.PAPULE: Condition.ACNE,
    LesionType.PUSTULE: Condition.ACNE,
    LesionType.NODULE: Condition.ACNE,
    LesionType.INFLAMED_SPOT: Condition.ACNE,
    LesionType.POST_INFLAMMATORY_ERYTHEMA: Condition.REDNESS,
    LesionType.POST_INFLAMMATORY_PIGMENTATION: Condition.PIGMENTATION,
    LesionType.FRECKLE: Condition.PIGMENTATION,
    LesionType.LENTIGO: Condition.PIGMENTATION,
    LesionType.MOLE: Condition.PIGMENTATION,
    LesionType.DARK_SPOT: Condition.PIGMENTATION,
    LesionType.ICE_PICK_SCAR: Condition.SCARRING,
    LesionType.BOXCAR_SCAR: Condition.SCARRING,
    LesionType.ROLLING_SCAR: Condition.SCARRING,
    LesionType.WRINKLE: Condition.WRINKLES,
}


class ItaGroup(StrEnum):
    """Skin colour groups by individual typology angle (Chardon 1991, Del Bino 2013)."""

    VERY_LIGHT = "very_light"
    LIGHT = "light"
    INTERMEDIATE = "intermediate"
    TAN = "tan"
    BROWN = "brown"
    DARK = "dark"


class MeasureName(StrEnum):
    """A capture-quality measure in the terms of ISO/IEC 29794-5."""

    SHARPNESS = "sharpness"
    UNDER_EXPOSURE = "under_exposure"
    OVER_EXPOSURE = "over_exposure"
    DYNAMIC_RANGE = "dynamic_range"
    ILLUMINATION_UNIFORMITY = "illumination_uniformity"
    NATURAL_COLOUR = "natural_colour"
    COMPRESSION = "compression"
    NOISE = "noise"
    INTER_EYE_DISTANCE = "inter_eye_distance"
    POSE = "pose"
    EXPRESSION_NEUTRALITY = "expression_neutrality"
    EYES_OPEN = "eyes_open"
    MOUTH_CLOSED = "mouth_closed"
    FACE_OCCLUSION = "face_occlusion"
    HEAD_COVERING = "head_covering"
    RETOUCHING = "retouching"
    RECAPTURE = "recapture"
    FACE_MARGIN = "face_margin"


class Verdict(StrEnum):
    """What the photo is good for."""

    GOOD = "good"
    USABLE = "usable"
    RETAKE = "retake"


class Strictness(StrEnum):
    """How strictly the capture quality is judged."""

    STRICT = "strict"
    NORMAL = "normal"
    LENIENT = "lenient"
    OFF = "off"
