"""Capture quality in the terms of ISO/IEC 29794-5: is this photo fit to be measured?

Every measure is 0–100 with the value it came from and one sentence with the fix.
The measures are ratios, angles or clipping, never plain brightness, so that no skin tone is
refused more often than another at equal light; `benchmarks/tone_fairness.py` checks it.
"""

from cutis.steps.quality.limits import QualityLimits, Ramp
from cutis.steps.quality.verdict import assess_quality, lifeless_quality, no_face_quality

__all__ = ["QualityLimits", "Ramp", "assess_quality", "lifeless_quality", "no_face_quality"]
