"""Assessments with given scores, for tests of what compares them; the numbers are made up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hypothesis import strategies as st

from cutis.core.assessment import Assessment, QualityMeasure
from cutis.core.scores import Interval, NotMeasured, NotMeasuredCode, Quantity, Score
from cutis.core.vocabulary import Condition, MeasureName, Verdict
from cutis.testing import sample_assessment

SAMPLE = sample_assessment()
HIDDEN = NotMeasured(NotMeasuredCode.TOO_COARSE, "The photo is too soft for it.")


def score(value: float, method: str = "classical") -> Score:
    return Score(value, Interval(value, value), Quantity("raw", value, "1"), "formula-1", method)


def assessment_of(
    values: Mapping[Condition, float], *, method: str = "classical", regions: bool = False
) -> Assessment:
    """Return an assessment whose face has these scores and no others, and its regions too."""
    scores = {c: score(values[c], method) if c in values else HIDDEN for c in Condition}
    places = {r: replace(part, scores=scores) for r, part in SAMPLE.regions.items()}
    return replace(SAMPLE, scores=scores, regions=places if regions else {})


def with_quality(assessment: Assessment, name: MeasureName, points: float) -> Assessment:
    """Return the assessment with one capture measure set to ``points``."""
    others = [m for m in assessment.quality.measures if m.name is not name]
    own = QualityMeasure(name, points, None, Verdict.USABLE, "")
    quality = replace(assessment.quality, measures=(*others, own))
    return replace(assessment, quality=quality)


values = st.dictionaries(
    st.sampled_from(list(Condition)), st.floats(0, 100, allow_nan=False), min_size=1
)
"""Scores of one condition or more."""
