"""Raw values, scores with intervals, skin colour and grades of one face."""

from cutis.steps.scoring.formulas import FORMULAS, Formula
from cutis.steps.scoring.scores import (
    PresenceFit,
    Scoring,
    ScoringLimits,
    renumber_findings,
    score_face,
)

__all__ = [
    "FORMULAS",
    "Formula",
    "PresenceFit",
    "Scoring",
    "ScoringLimits",
    "renumber_findings",
    "score_face",
]
