"""The table of one face as one row of numbers, for graders that take rows.

Subject left and right are averaged, so that a mirrored photo gives the same row. Each grader reads
few columns, those that speak of what it grades: with some hundred faces to learn from, more columns
are more ways to learn something else, such as the tone of the skin.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float32

from cutis.core.errors import InputError
from cutis.core.vocabulary import Region
from cutis.steps.grading.features import FACE_NAMES, NAMES

GROUPS: Mapping[str, tuple[Region, ...]] = {
    "forehead": (Region.FOREHEAD,),
    "glabella": (Region.GLABELLA,),
    "nose": (Region.NOSE,),
    "cheeks": (Region.SUBJECT_LEFT_CHEEK, Region.SUBJECT_RIGHT_CHEEK),
    "periorbital": (Region.SUBJECT_LEFT_PERIORBITAL, Region.SUBJECT_RIGHT_PERIORBITAL),
    "perioral": (Region.PERIORAL,),
    "chin": (Region.CHIN,),
    "jaw": (Region.SUBJECT_LEFT_JAW, Region.SUBJECT_RIGHT_JAW),
}
"""The parts of the face that a row speaks of, and the regions that each is the mean of."""

VECTOR_NAMES = (*(f"{group} {name}" for group in GROUPS for name in NAMES), *FACE_NAMES)
"""The columns of a row."""

READS: Mapping[str, tuple[str, ...]] = {
    "acne": (
        "acne_share",
        "acne_peak",
        "acne_spots_per_cm2",
        "haemoglobin_spread",
        "redness_share",
        "roughness_fine",
        "pigmentation_share",
    ),
    "redness": (
        "redness_share",
        "haemoglobin_over_face",
        "haemoglobin_spread",
        "a_star_over_face",
        "acne_share",
    ),
    "pigmentation": (
        "pigmentation_share",
        "pigmentation_peak",
        "dark_spots_per_cm2",
        "dark_spot_area_mm2",
        "dark_spot_contrast",
        "melanin_over_face",
        "melanin_spread",
        "acne_spots_per_cm2",
    ),
    "wrinkles": (
        "wrinkles_share",
        "wrinkles_peak",
        "wrinkle_mm_per_cm2",
        "wrinkle_contrast",
        "roughness_fine",
        "roughness_coarse",
    ),
    "pores": ("pores_share", "pores_per_cm2", "roughness_fine", "roughness_coarse"),
}
"""What each grader reads of every part; the first must be measured for there to be a grade."""

GRADES: Mapping[str, tuple[str, ...]] = {
    "acne": ("none", "mild", "moderate", "severe"),
    "redness": ("none", "mild", "moderate", "severe"),
    "pigmentation": ("none", "freckles", "sun_spots", "melasma", "post_inflammatory"),
    "wrinkles": ("none", "fine", "moderate", "deep"),
    "pores": ("none", "some", "many"),
}
"""The classes of each grader, in order."""


def face_matrix(
    regions: Float32[np.ndarray, "faces regions features"],
    face: Float32[np.ndarray, "faces face_features"],
) -> Float32[np.ndarray, "faces columns"]:
    """Return one row of `VECTOR_NAMES` per face; NaN where nothing was measured.

    Raises:
        InputError: the tables have other shapes than `Region` × `NAMES` and `FACE_NAMES`.
    """
    if regions.shape[1:] != (len(Region), len(NAMES)) or face.shape[1:] != (len(FACE_NAMES),):
        raise InputError(
            f"Tables of {len(Region)} regions × {len(NAMES)} features and {len(FACE_NAMES)} of "
            f"the face were expected; {regions.shape[1:]} and {face.shape[1:]} came."
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a mean of nothing is NaN, as it should be
        parts = [
            np.nanmean(regions[:, [r.label - 1 for r in own]], axis=1) for own in GROUPS.values()
        ]
    return np.concatenate([*parts, face], axis=1).astype(np.float32)


def columns_of(grader: str) -> Sequence[int]:
    """Return the columns of a row that a grader reads."""
    names = {f"{group} {name}" for group in GROUPS for name in READS[grader]} | set(FACE_NAMES)
    return [i for i, name in enumerate(VECTOR_NAMES) if name in names]


def main_columns(grader: str) -> Sequence[int]:
    """Return the columns without which there is no grade."""
    names = {f"{group} {READS[grader][0]}" for group in GROUPS}
    return [i for i, name in enumerate(VECTOR_NAMES) if name in names]
