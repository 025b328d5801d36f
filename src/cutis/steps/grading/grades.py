"""Learned grades as they stand in an assessment: the likeliest class, and how likely it is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cutis.core.scores import LEARNED_GRADE, Grade, NotMeasured, NotMeasuredCode, Quantity
from cutis.steps.grading.features import RegionFeatures
from cutis.steps.grading.store import GraderWeights
from cutis.steps.grading.vector import READS, face_matrix

SOURCE = "Cutis graders, learned from painted faces; no published clinical scale"


def grade_face(
    features: RegionFeatures, graders: Mapping[str, GraderWeights]
) -> Mapping[str, Grade | NotMeasured]:
    """Return a grade per grader, named ``learned acne`` and so on.

    The basis is the calibrated probability of the class that is told, 0–1. Where the measure that a
    grader rests on is missing in every region, there is no grade.
    """
    rows = face_matrix(features.values[None], features.face[None])
    return {LEARNED_GRADE + name: _grade(name, g, rows) for name, g in graders.items()}


def _grade(name: str, grader: GraderWeights, rows: np.ndarray) -> Grade | NotMeasured:
    probability = grader.grade(rows)[0]
    if np.isnan(probability).any():
        return NotMeasured(
            NotMeasuredCode.TOO_COARSE,
            f"This grade rests on {READS[name][0].replace('_', ' ')}, which was measured nowhere.",
        )
    likeliest = int(probability.argmax())
    basis = Quantity("probability of this grade", float(probability[likeliest]), "1")
    return Grade(LEARNED_GRADE + name, likeliest, grader.classes[likeliest], basis, SOURCE)
