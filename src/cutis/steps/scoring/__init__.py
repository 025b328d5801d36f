"""Raw values, scores with intervals, skin colour and grades of one face."""

from cutis.steps.scoring.formulas import FORMULAS, Formula
from cutis.steps.scoring.scores import Scoring, ScoringLimits, score_face

__all__ = ["FORMULAS", "Formula", "Scoring", "ScoringLimits", "score_face"]
