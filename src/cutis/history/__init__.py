"""A person over time: is a difference more than noise, where is it, and where may it go?

Pure: assessments and pictures in, verdicts and maps out; no files.
"""

from cutis.history.alignment import AlignedPair, align_pair
from cutis.history.burst import Visit, combine_shots
from cutis.history.change import Change, ChangeVerdict, Comparison, OverallChange, compare
from cutis.history.comparable import ComparisonLimits, Hindrance, Obstacle
from cutis.history.forecast import (
    ForecastRecord,
    ForecastScore,
    forecast_score,
    look_back,
    score_forecasts,
)
from cutis.history.timeline import Gap, Point, Series, Timeline, build_timeline

__all__ = [
    "AlignedPair",
    "Change",
    "ChangeVerdict",
    "Comparison",
    "ComparisonLimits",
    "ForecastRecord",
    "ForecastScore",
    "Gap",
    "Hindrance",
    "Obstacle",
    "OverallChange",
    "Point",
    "Series",
    "Timeline",
    "Visit",
    "align_pair",
    "build_timeline",
    "combine_shots",
    "compare",
    "forecast_score",
    "look_back",
    "score_forecasts",
]
