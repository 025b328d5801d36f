"""Clinical grades, only where a published scale can be read off what was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cutis.core.assessment import Finding
from cutis.core.face import FaceCrop
from cutis.core.masks import ConditionMap
from cutis.core.scores import Grade, NotMeasured, NotMeasuredCode, Quantity, Score
from cutis.core.vocabulary import Condition, LesionType
from cutis.steps.scoring.gags import WITHOUT_TYPES, grade_gags

HAYASHI_SOURCE = "Hayashi et al. 2008, J Dermatol 35:255–260, doi:10.1111/j.1346-8138.2008.00462.x"
HAYASHI_LIMITS = ((5, "mild"), (20, "moderate"), (50, "severe"))
HALF_FACE_MM2 = 6000.0
"""Skin that must be looked at before a half-face count is given."""

COMEDONES = frozenset({LesionType.COMEDONE, LesionType.OPEN_COMEDONE, LesionType.CLOSED_COMEDONE})
"""Acne lesions that are not inflamed."""

_NO_INPUT = {
    "IGA": "The Investigator's Global Assessment is a clinician's judgement of the whole face.",
    "CEA": "The Clinician's Erythema Assessment is a visual judgement; no published rule turns "
    "a measured area into it.",
    "mMASI": "The modified MASI needs the darkness of melasma judged against a chart; only the "
    "area could be measured.",
    "wrinkle atlas": "Atlas grades compare with reference photographs; only length was measured.",
}


def grade_all(
    scores: Mapping[Condition, Score | NotMeasured],
    findings: Sequence[Finding],
    crop: FaceCrop,
    acne: ConditionMap | None,
    *,
    typed: bool = False,
) -> Mapping[str, Grade | NotMeasured]:
    """Return every grade that mission and literature name, or why it is not given.

    ``typed`` tells that a classifier told the lesions apart.
    """
    grades: dict[str, Grade | NotMeasured] = {
        "Hayashi": _hayashi(scores, findings, crop, acne),
        "GAGS": grade_gags(scores[Condition.ACNE], findings, crop, acne)
        if typed
        else NotMeasured(NotMeasuredCode.NO_METHOD, WITHOUT_TYPES),
    }
    for scale, reason in _NO_INPUT.items():
        grades[scale] = NotMeasured(NotMeasuredCode.NO_METHOD, reason)
    return grades


def _hayashi(
    scores: Mapping[Condition, Score | NotMeasured],
    findings: Sequence[Finding],
    crop: FaceCrop,
    acne: ConditionMap | None,
) -> Grade | NotMeasured:
    """Grade by inflammatory lesions of half a face: up to 5 mild, 20 moderate, 50 severe.

    The whole visible face is counted and halved, which is steadier than either half.
    """
    score = scores[Condition.ACNE]
    if isinstance(score, NotMeasured) or acne is None:
        return score if isinstance(score, NotMeasured) else _too_little()
    if float(np.count_nonzero(acne.looked_at)) * crop.mm_per_px**2 < HALF_FACE_MM2:
        return _too_little()
    count = sum(is_inflamed(f) for f in findings) / 2
    grade, label = next(
        ((i + 1, name) for i, (limit, name) in enumerate(HAYASHI_LIMITS) if count <= limit),
        (4, "very severe"),
    )
    basis = Quantity("inflamed spots on half the face", count, "count")
    return Grade("Hayashi", grade, label, basis, HAYASHI_SOURCE)


def is_inflamed(finding: Finding) -> bool:
    """Tell whether a finding is an acne lesion other than a comedone."""
    return finding.condition is Condition.ACNE and finding.type not in COMEDONES


def _too_little() -> NotMeasured:
    return NotMeasured(
        NotMeasuredCode.TOO_LITTLE_SKIN,
        "Less than half a face could be looked at, so none is counted.",
    )
