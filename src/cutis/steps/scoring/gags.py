"""The Global Acne Grading System, as far as a face shows it (Doshi et al. 1997).

Each location's factor is multiplied by the grade of its worst lesion; the products are added.
Chest and back, factor 3, are not in a photo of a face, so the sum reaches 32 of 44, and the
published severities, which rest on the whole, are not given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cutis.core.assessment import Finding
from cutis.core.face import FaceCrop
from cutis.core.masks import ConditionMap
from cutis.core.scores import Grade, NotMeasured, NotMeasuredCode, Quantity, Score
from cutis.core.vocabulary import Condition, LesionType, Region

SOURCE = "Doshi et al. 1997, Int J Dermatol 36:416–418, doi:10.1046/j.1365-4362.1997.00099.x"
SURE = 0.5
"""A lesion counts if it is there, and of its type, with at least this probability."""
SEEN_MM2 = 100.0
"""Skin of a location that must be looked at."""
WITHOUT_TYPES = (
    "The Global Acne Grading System needs lesion types; comedones, papules and pustules "
    "cannot be told apart by the classical method."
)

UNSURE_TYPES = (
    "The Global Acne Grading System needs lesion types; of {every} acne spots only {sure} could "
    "be named surely."
)

LESION_GRADES: Mapping[LesionType, int] = {
    LesionType.COMEDONE: 1,
    LesionType.OPEN_COMEDONE: 1,
    LesionType.CLOSED_COMEDONE: 1,
    LesionType.PAPULE: 2,
    LesionType.PUSTULE: 3,
    LesionType.NODULE: 4,
}


@dataclass(frozen=True, slots=True)
class Location:
    """A location of the scale: its factor, and the regions that are counted to it."""

    name: str
    factor: int
    regions: tuple[Region, ...]


LOCATIONS = (
    Location("forehead", 2, (Region.FOREHEAD, Region.GLABELLA)),
    Location(
        "right cheek",
        2,
        (
            Region.SUBJECT_RIGHT_CHEEK,
            Region.SUBJECT_RIGHT_JAW,
            Region.SUBJECT_RIGHT_PERIORBITAL,
        ),
    ),
    Location(
        "left cheek",
        2,
        (
            Region.SUBJECT_LEFT_CHEEK,
            Region.SUBJECT_LEFT_JAW,
            Region.SUBJECT_LEFT_PERIORBITAL,
        ),
    ),
    Location("nose", 1, (Region.NOSE,)),
    Location("chin", 1, (Region.CHIN, Region.PERIORAL)),
)


def grade_gags(
    score: Score | NotMeasured,
    findings: Sequence[Finding],
    crop: FaceCrop,
    acne: ConditionMap | None,
) -> Grade | NotMeasured:
    """Return the sum over the face, 0–32, or why it is not given.

    It is not where fewer than half of the spots have a sure type: a face of spots that nobody can
    name would seem clear.

    Args:
        score: the acne score of the face; where it has none, there is no grade.
        findings: typed findings.
        crop: the face that they were found on.
        acne: where acne was looked for.
    """
    if isinstance(score, NotMeasured):
        return score
    hidden = [place.name for place in LOCATIONS if acne is None or not _is_seen(place, crop, acne)]
    if hidden:
        return NotMeasured(
            NotMeasuredCode.TOO_LITTLE_SKIN,
            f"Too little is seen of: {', '.join(hidden)}. The scale needs every part of the face.",
        )
    spots = [f for f in findings if f.condition is Condition.ACNE and f.probability >= SURE]
    named = sum(_is_named(f) for f in spots)
    if 2 * named < len(spots):
        reason = UNSURE_TYPES.format(every=len(spots), sure=named)
        return NotMeasured(NotMeasuredCode.NO_METHOD, reason)
    total = sum(place.factor * _worst(place, findings) for place in LOCATIONS)
    basis = Quantity("sum of factor times worst lesion over five parts of the face", total, "1")
    return Grade("GAGS", total, "of 32 on the face; chest and back not seen", basis, SOURCE)


def _is_seen(place: Location, crop: FaceCrop, acne: ConditionMap) -> bool:
    seen = np.count_nonzero(crop.regions.mask(*place.regions) & acne.looked_at)
    return float(seen) * crop.mm_per_px**2 >= SEEN_MM2


def _is_named(finding: Finding) -> bool:
    """Tell whether a spot is there, and of a type that the scale knows, surely."""
    sure = min(finding.probability, finding.type_probability or 0.0) >= SURE
    return sure and finding.type in LESION_GRADES


def _worst(place: Location, findings: Sequence[Finding]) -> int:
    """Return the grade of the worst lesion of a location, 0 to 4."""
    grades = (
        LESION_GRADES[f.type]
        for f in findings
        if f.region in place.regions and f.condition is Condition.ACNE and _is_named(f)
    )
    return max(grades, default=0)
