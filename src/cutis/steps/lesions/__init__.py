"""From maps to findings: single spots, lines and patches with place, size and type."""

from cutis.steps.lesions.findings import find_lesions, region_at
from cutis.steps.lesions.limits import LesionLimits, SizeRange, SplitLimits
from cutis.steps.lesions.lines import line_length_px
from cutis.steps.lesions.pores import pore_peaks
from cutis.steps.lesions.typing import TypingLimits, crop_boxes, spots_of, type_spots
from cutis.steps.lesions.watershed import adaptive_threshold, split_spots

__all__ = [
    "LesionLimits",
    "SizeRange",
    "SplitLimits",
    "TypingLimits",
    "adaptive_threshold",
    "crop_boxes",
    "find_lesions",
    "line_length_px",
    "pore_peaks",
    "region_at",
    "split_spots",
    "spots_of",
    "type_spots",
]
