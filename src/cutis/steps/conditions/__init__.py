"""A probability map for every condition, by classical measures."""

from cutis.steps.conditions.classical import ClassicalConditionSegmenter, classical_map
from cutis.steps.conditions.limits import ConditionLimits, Edge
from cutis.steps.conditions.maps import SkinMaps
from cutis.steps.conditions.places import shiny_spot_skin, sought_on
from cutis.steps.conditions.reduce import reduce_crop, work_maps

__all__ = [
    "ClassicalConditionSegmenter",
    "ConditionLimits",
    "Edge",
    "SkinMaps",
    "classical_map",
    "reduce_crop",
    "shiny_spot_skin",
    "sought_on",
    "work_maps",
]
