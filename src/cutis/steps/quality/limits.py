"""From which value on a measure is ideal, and below which score a photo must be retaken."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Ramp:
    """A measure's scale: 0 at ``worst``, 100 at ``ideal``, straight in between.

    ``retake_below`` is the score under which the photo is refused at normal strictness
    (0: never for this measure alone); ``essential`` measures refuse even when lenient.
    """

    worst: float
    ideal: float
    retake_below: float = 0.0
    essential: bool = False

    def score(self, raw: float) -> float:
        """Return the score 0–100 of a raw value."""
        share = (raw - self.worst) / (self.ideal - self.worst)
        return float(np.clip(share, 0.0, 1.0) * 100)


@dataclass(frozen=True, slots=True)
class QualityLimits:
    """The scales of all measures, each with its source.

    * ``inter_eye_px``: ISO/IEC 19794-5 asks for 90 px between the eyes and ICAO for 90 to 120;
      below 40 px a lesion of 3 mm is narrower than two pixels.
    * ``edge_blur_mm``: a papule is 1–5 mm wide; edges softer than 1 mm lose it.
    * ``brightest_level``, ``clipped_share``, ``entropy_bits``, ``light_overlap``: exposure,
      dynamic range and illumination uniformity of ISO/IEC 29794-5:2025, with light read off
      the brightest parts of the face instead of its mean, so that dark skin is not refused.
    * ``colour_distance``: CIE a*, b* outside the range of human skin (a* 5–25, b* 5–35, the
      natural-colour range of ISO/IEC 29794-5).
    * ``jpeg_quality``, ``blockiness``: compression; below quality 40 blocks pass for spots.
    * ``noise_levels``: 8-bit steps; texture of skin is about 2.
    * ``turn_deg``: ISO/IEC 19794-5 allows ±5° for passports; skin can be measured to 45°
      and, on the near side, to 65°.
    * ``expression``, ``eye_closing``, ``mouth_opening``: blendshapes, 0–1.
    * ``covered_share``, ``forehead_covered_share``: share of expected skin that is not seen.
    * ``fine_texture``: fine relief of skin in density; below 0.002 it has been smoothed away.
    * ``periodic_peak``: decades above the spectrum around; natural photos stay below 1.
    * ``inside_share``: share of the face box inside the frame.
    * ``good_from``: score from which a measure counts as good.
    * ``strict_from``: with strictness *strict*, score below which a measure that may refuse does.
    * ``lenient_share``: with *lenient*, what is left of ``retake_below`` of essential measures.
    """

    inter_eye_px: Ramp = Ramp(20.0, 180.0, retake_below=12.0, essential=True)
    edge_blur_mm: Ramp = Ramp(1.6, 0.25, retake_below=12.0)
    brightest_level: Ramp = Ramp(35.0, 150.0, retake_below=12.0)
    clipped_share: Ramp = Ramp(0.25, 0.0, retake_below=25.0)
    entropy_bits: Ramp = Ramp(3.0, 6.8, retake_below=5.0)
    light_overlap: Ramp = Ramp(0.0, 0.75, retake_below=2.0)
    colour_distance: Ramp = Ramp(12.0, 0.0)
    jpeg_quality: Ramp = Ramp(15.0, 90.0, retake_below=10.0)
    blockiness: Ramp = Ramp(1.0, 0.05)
    noise_levels: Ramp = Ramp(14.0, 2.0, retake_below=10.0)
    turn_deg: Ramp = Ramp(75.0, 5.0, retake_below=12.0)
    expression: Ramp = Ramp(1.0, 0.1)
    eye_closing: Ramp = Ramp(0.9, 0.25)
    mouth_opening: Ramp = Ramp(0.6, 0.05)
    covered_share: Ramp = Ramp(0.75, 0.05, retake_below=10.0, essential=True)
    forehead_covered_share: Ramp = Ramp(1.0, 0.1)
    fine_texture: Ramp = Ramp(0.001, 0.006)
    periodic_peak: Ramp = Ramp(2.0, 1.0)
    inside_share: Ramp = Ramp(0.6, 1.0, retake_below=10.0)
    good_from: float = 50.0
    strict_from: float = 40.0
    lenient_share: float = 0.4
