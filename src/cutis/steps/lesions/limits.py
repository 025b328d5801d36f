"""What counts as one finding."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SizeRange:
    """Area of a finding in mm², and the lowest peak probability that counts."""

    smallest_mm2: float
    largest_mm2: float
    peak: float = 0.6


@dataclass(frozen=True, slots=True)
class SplitLimits:
    """How a learned map is cut into single spots.

    A spot reaches as far as the probability exceeds the face's threshold: the quantile
    ``background`` of the probabilities below ``at_most`` on the skin that was looked at, but
    never below ``floor`` nor above ``at_most``. On calm skin faint spots count, and a face on
    which the model is unsure everywhere must show stronger ones.

    The map is smoothed by ``smooth_mm``. Two peaks are two spots if the valley between them lies
    lower than the lower peak by the share ``depth``. ``peak`` is the lowest peak that counts.
    """

    floor: float = 0.3
    at_most: float = 0.5
    background: float = 0.98
    smooth_mm: float = 0.25
    depth: float = 0.15
    peak: float = 0.5


@dataclass(frozen=True, slots=True)
class LesionLimits:
    """What counts as one finding.

    Acne lesions run from 1 mm papules (0.8 mm²) to nodules of about 15 mm; dark spots from
    freckles of 0.8 mm to lentigines of 20 mm. A wrinkle is a line of at least
    ``shortest_line_mm`` that is ``slenderness`` times longer than wide. ``split`` is for the spots
    of learned maps, whose peak it tells.
    """

    acne: SizeRange = SizeRange(0.8, 180.0)
    pigmentation: SizeRange = SizeRange(0.5, 320.0)
    scarring: SizeRange = SizeRange(0.8, 80.0, peak=0.7)
    patch: SizeRange = SizeRange(60.0, 1e5)
    wrinkle_peak: float = 0.75
    shortest_line_mm: float = 5.0
    slenderness: float = 3.0
    most: int = 400
    split: SplitLimits = field(default_factory=SplitLimits)
