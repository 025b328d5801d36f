"""Region features of one face, and the graders that read them."""

from cutis.steps.grading.features import FACE_NAMES, NAMES, RegionFeatures, region_features
from cutis.steps.grading.grades import grade_face
from cutis.steps.grading.predictors import Predictor
from cutis.steps.grading.store import GraderWeights, load_graders, save_graders
from cutis.steps.grading.vector import GRADES, READS, VECTOR_NAMES, columns_of, face_matrix

__all__ = [
    "FACE_NAMES",
    "GRADES",
    "NAMES",
    "READS",
    "VECTOR_NAMES",
    "GraderWeights",
    "Predictor",
    "RegionFeatures",
    "columns_of",
    "face_matrix",
    "grade_face",
    "load_graders",
    "region_features",
    "save_graders",
]
