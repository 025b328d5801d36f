"""Several shots of one moment, taken together as one visit.

The median over the shots is steadier than one of them, and their spread tells the noise of this
camera and light on the spot. The spread is the median absolute deviation, scaled to a standard
deviation (Rousseeuw & Croux 1993, doi:10.1080/01621459.1993.10476408). It says nothing of another
day's light, so it never makes the shipped noise smaller, only larger.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from statistics import median

import numpy as np

from cutis.core.assessment import Assessment, RegionAssessment
from cutis.core.errors import InputError
from cutis.core.scores import NotMeasured, Score
from cutis.core.vocabulary import Condition, Region
from cutis.imaging.filters import robust_deviation
from cutis.steps.scoring.repeatability import Z95, interval_around

Place = tuple[Region | None, Condition]
"""A condition in a region; of the whole face where the region is None."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One moment of one person: what was measured, from how many shots, and how far they spread.

    ``assessment`` holds the medians. ``spread`` is the standard deviation in points between the
    shots; it is empty for a single shot. ``at`` is in UTC, None where the time does not matter.
    """

    assessment: Assessment
    at: datetime | None = None
    shots: int = 1
    spread: Mapping[Place, float] = field(default_factory=dict)


def combine_shots(shots: Sequence[Assessment], at: datetime | None = None) -> Visit:
    """Return several assessments of the same person and moment as one visit.

    Refused shots are left out unless all are refused. A score is the median of the shots that have
    it by the same method, if more than half of them do. The shot nearest to the medians lends
    everything else. A single shot is returned as it is.

    Raises:
        InputError: there is no shot.
    """
    if not shots:
        raise InputError("A visit needs at least one assessment; none came. Assess a photo first.")
    usable = [shot for shot in shots if shot.usable] or list(shots[:1])
    if len(usable) == 1:
        return Visit(usable[0], at)
    scores, spread = _medians([shot.scores for shot in usable])
    middle = min(usable, key=lambda shot: _distance(shot, scores))
    spreads: dict[Place, float] = {(None, c): s for c, s in spread.items()}
    regions: dict[Region, RegionAssessment] = {}
    for region, own in middle.regions.items():
        parts = [shot.regions[region].scores for shot in usable if region in shot.regions]
        medians, spread = _medians(parts)
        regions[region] = replace(own, scores=medians)
        spreads |= {(region, c): s for c, s in spread.items()}
    overall, _ = _median_of([shot.overall for shot in usable])
    summary = replace(middle, scores=scores, regions=regions, overall=overall)
    return Visit(summary, at, len(usable), spreads)


def as_visit(given: Visit | Assessment) -> Visit:
    """Return an assessment as a visit of one shot; a visit as it is."""
    return given if isinstance(given, Visit) else Visit(given)


def _medians(
    shots: Sequence[Mapping[Condition, Score | NotMeasured]],
) -> tuple[dict[Condition, Score | NotMeasured], dict[Condition, float]]:
    """Return the median score of each condition and the spread of those that have one."""
    medians: dict[Condition, Score | NotMeasured] = {}
    spreads: dict[Condition, float] = {}
    for condition in shots[0]:
        medians[condition], spread = _median_of([shot[condition] for shot in shots])
        if spread is not None:
            spreads[condition] = spread
    return medians, spreads


def _median_of(shots: Sequence[Score | NotMeasured]) -> tuple[Score | NotMeasured, float | None]:
    """Return the median of one score over the shots, or why there is none."""
    scores = [shot for shot in shots if isinstance(shot, Score)]
    if scores:
        usual = Counter((s.formula, s.method) for s in scores).most_common(1)[0][0]
        scores = [s for s in scores if (s.formula, s.method) == usual]
    if 2 * len(scores) <= len(shots):
        missing = [shot for shot in shots if isinstance(shot, NotMeasured)]
        return (missing or shots)[0], None
    value = float(median(s.value for s in scores))
    spread = robust_deviation(np.array([s.value for s in scores], np.float32))
    nearest = min(scores, key=lambda s: abs(s.value - value))
    half = max(Z95 * spread, (nearest.interval.high - nearest.interval.low) / 2)
    raw = replace(nearest.raw, value=float(median(s.raw.value for s in scores)))
    return replace(nearest, value=value, interval=interval_around(value, half), raw=raw), spread


def _distance(shot: Assessment, medians: Mapping[Condition, Score | NotMeasured]) -> float:
    """Return how far a shot's scores lie from the medians; 100 for each that it lacks."""
    apart = 0.0
    for condition, middle in medians.items():
        own = shot.scores[condition]
        if isinstance(middle, Score):
            apart += abs(own.value - middle.value) if isinstance(own, Score) else 100.0
    return apart
