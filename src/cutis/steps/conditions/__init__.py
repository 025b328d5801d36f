"""A probability map for every condition, by classical measures."""

from cutis.steps.conditions.classical import ClassicalConditionSegmenter
from cutis.steps.conditions.limits import ConditionLimits, Edge
from cutis.steps.conditions.maps import SkinMaps

__all__ = ["ClassicalConditionSegmenter", "ConditionLimits", "Edge", "SkinMaps"]
