"""Scores of the face and of its regions, each with an interval or the reason for having none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from cutis.core.arrays import Mask
from cutis.core.assessment import (
    Contribution,
    Finding,
    Quality,
    RegionAssessment,
    SkinTone,
)
from cutis.core.face import FaceCrop
from cutis.core.masks import LEARNED, ConditionMap, SkinMask
from cutis.core.scores import Grade, NotMeasured, NotMeasuredCode, Quantity, Score
from cutis.core.vocabulary import Condition, MeasureName, Region
from cutis.steps.scoring.colour import (
    NO_COLOUR,
    ColourSample,
    colour_measures,
    describe_colour,
    is_colourless,
    sample_colour,
    tone_of,
)
from cutis.steps.scoring.contributions import contributions
from cutis.steps.scoring.formulas import FORMULAS
from cutis.steps.scoring.grades import COMEDONES, grade_all
from cutis.steps.scoring.repeatability import (
    Z95,
    Repeatability,
    interval_around,
    load_repeatability,
)
from cutis.steps.scoring.tally import Part, Tally, tally

COLOUR_CONDITIONS = frozenset(
    {
        Condition.ACNE,
        Condition.REDNESS,
        Condition.PIGMENTATION,
        Condition.DARK_CIRCLES,
        Condition.OILINESS,
        Condition.DRYNESS,
    }
)
METRIC_POWER = {Condition.ACNE: 2, Condition.PORES: 2, Condition.WRINKLES: 1}
"""Power of the scale in the raw value; the scale's error enters the interval by it."""


def _softest() -> dict[Condition, float]:
    return {
        Condition.PORES: 0.4,
        Condition.DRYNESS: 0.5,
        Condition.TEXTURE: 0.6,
        Condition.WRINKLES: 1.2,
        Condition.SCARRING: 0.9,
        Condition.ACNE: 1.2,
        Condition.PIGMENTATION: 1.4,
    }


@dataclass(frozen=True, slots=True)
class PresenceFit:
    """Probability that a person shows a condition: ``sigmoid(slope · score + offset)``.

    Fitted to the scores (0–100) of a learned map on people of whom it is known.
    """

    slope: float
    offset: float


@dataclass(frozen=True, slots=True)
class ScoringLimits:
    """What is enough to give a score.

    ``softest_mm`` is the edge blur beyond which a condition of fine structure is not scored.
    A region is scored if at least ``visible_share`` of it and ``region_mm2`` are seen.
    A finding counts fully from the upper end of ``sure`` (probability), ``large_mm2`` (spots)
    and ``long_mm`` (lines) on, and not at all at the lower end.
    A label's probability is one half at the score ``label_middle``: a rough guide for classical
    maps. Learned ones have the fits of ``presence``, and no label without one.
    """

    face_mm2: float = 800.0
    under_eye_mm2: float = 40.0
    region_mm2: float = 100.0
    visible_share: float = 0.3
    fewest_conditions: int = 5
    label_middle: float = 25.0
    label_width: float = 8.0
    sure: tuple[float, float] = (0.56, 0.8)
    large_mm2: tuple[float, float] = (0.8, 1.6)
    long_mm: tuple[float, float] = (5.0, 10.0)
    softest_mm: Mapping[Condition, float] = field(default_factory=_softest)
    presence: Mapping[Condition, PresenceFit] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Scoring:
    """Everything that scoring finds out about one face."""

    tone: SkinTone | NotMeasured
    overall: Score | NotMeasured
    scores: Mapping[Condition, Score | NotMeasured]
    regions: Mapping[Region, RegionAssessment]
    measures: tuple[Quantity, ...]
    grades: Mapping[str, Grade | NotMeasured]
    labels: Mapping[Condition, float | None]
    contributions: Mapping[Condition, tuple[Contribution, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class _Case:
    """One face with all that its scores need."""

    crop: FaceCrop
    skin: SkinMask
    maps: Mapping[Condition, ConditionMap]
    tallies: Mapping[Condition, Tally]
    sample: ColourSample
    findings: Sequence[Finding]
    blur_mm: float | None
    colourless: bool
    limits: ScoringLimits
    repeatability: Repeatability


def score_face(
    crop: FaceCrop,
    skin: SkinMask,
    maps: Mapping[Condition, ConditionMap],
    findings: Sequence[Finding],
    *,
    pore_peaks: Mask | None = None,
    quality: Quality | None = None,
    typed: bool = False,
    limits: ScoringLimits | None = None,
) -> Scoring:
    """Score every condition over the face and in each region.

    ``pore_peaks`` marks one pixel per pore. ``quality`` tells how sharp the photo is.
    ``typed`` tells that a classifier told the lesions of ``findings`` apart.
    """
    limits = limits or ScoringLimits()
    sharpness = quality.measure(MeasureName.SHARPNESS) if quality else None
    sample = sample_colour(crop, skin)
    case = _Case(
        crop=crop,
        skin=skin,
        maps=maps,
        tallies={
            c: tally(m, crop, _weighed(c, findings, limits), pore_peaks) for c, m in maps.items()
        },
        sample=sample,
        findings=findings,
        blur_mm=sharpness.raw.value if sharpness and sharpness.raw else None,
        colourless=is_colourless(sample.lab),
        limits=limits,
        repeatability=load_repeatability(),
    )
    scores = {c: _score(c, case, None) for c in Condition}
    return Scoring(
        tone=tone_of(sample),
        overall=_overall(scores, case),
        scores=scores,
        regions=_regions(case),
        measures=(*colour_measures(sample), *_counts(scores, case, typed=typed)),
        grades=grade_all(scores, findings, crop, maps.get(Condition.ACNE), typed=typed),
        labels={c: _label(s, limits, limits.presence.get(c)) for c, s in scores.items()},
        contributions={
            c: _contributions(c, s, case) for c, s in scores.items() if isinstance(s, Score)
        },
    )


def renumber_findings(scoring: Scoring, kept: Sequence[int]) -> Scoring:
    """Return the scoring with findings counted among those that are kept, by their old numbers."""
    now = {old: new for new, old in enumerate(kept)}
    told = {
        condition: tuple(
            replace(part, finding=None if part.finding is None else now[part.finding])
            for part in parts
        )
        for condition, parts in scoring.contributions.items()
    }
    return replace(scoring, contributions=told)


def _weighed(
    condition: Condition, findings: Sequence[Finding], limits: ScoringLimits
) -> list[tuple[Finding, float]]:
    return [(f, weigh(f, limits)) for f in findings if f.condition is condition]


def _contributions(condition: Condition, score: Score, case: _Case) -> tuple[Contribution, ...]:
    """Return what gave most of a score; findings are counted among all that came."""
    weighed = [
        (number, finding, weigh(finding, case.limits))
        for number, finding in enumerate(case.findings)
        if finding.condition is condition
    ]
    return contributions(
        score, case.maps[condition], case.tallies[condition], weighed=weighed, crop=case.crop
    )


def _score(condition: Condition, case: _Case, region: Region | None) -> Score | NotMeasured:
    """Return the score of a condition on the face, or in one region."""
    missing = _why_not(condition, case)
    if missing is not None:
        return missing
    part = case.tallies[condition].of(region)
    area_mm2 = part.looked_at_px * case.crop.mm_per_px**2
    if area_mm2 < _needed_mm2(condition, region, case.limits):
        return NotMeasured(
            NotMeasuredCode.TOO_LITTLE_SKIN,
            f"Too little skin could be looked at for {_words(condition)} here.",
        )
    return _scored(condition, _raw(condition, part, area_mm2), case)


def _why_not(condition: Condition, case: _Case) -> NotMeasured | None:
    if case.colourless and condition in COLOUR_CONDITIONS:
        return NO_COLOUR
    if condition not in case.maps:
        return NotMeasured(
            NotMeasuredCode.TOO_COARSE,
            f"{_words(condition).capitalize()} cannot be seen at this photo's scale "
            f"({case.crop.mm_per_px:.2f} mm per pixel). Move closer or use the rear camera.",
        )
    softest = case.limits.softest_mm.get(condition)
    if softest is not None and case.blur_mm is not None and case.blur_mm > softest:
        return NotMeasured(
            NotMeasuredCode.TOO_COARSE,
            f"The photo is too soft for {_words(condition)} (edges {case.blur_mm:.1f} mm wide, "
            f"at most {softest:.1f} mm are needed). Hold still and focus on the face.",
        )
    return None


def _needed_mm2(condition: Condition, region: Region | None, limits: ScoringLimits) -> float:
    if condition is Condition.DARK_CIRCLES:
        return limits.under_eye_mm2
    return limits.face_mm2 if region is None else limits.region_mm2


def _raw(condition: Condition, part: Part, area_mm2: float) -> float:
    """Return the raw value in the unit of the condition's formula."""
    if condition is Condition.ACNE:
        return part.weight / area_mm2 * 1e4
    if condition is Condition.WRINKLES:
        return part.length_mm / area_mm2 * 100
    if condition is Condition.PORES:
        return part.pores / area_mm2 * 100
    return part.probability_sum / part.looked_at_px * 100


def weigh(finding: Finding, limits: ScoringLimits) -> float:
    """Return how much a finding counts, 0–1.

    A finding that is barely sure, small or short counts in part, so that a sum does not jump
    when another shot moves it across a threshold.
    """
    sure = np.interp(finding.probability, limits.sure, (0.0, 1.0))
    if finding.length_mm is None:
        large = np.interp(finding.area_mm2, limits.large_mm2, (0.0, 1.0))
    else:
        large = np.interp(finding.length_mm, limits.long_mm, (0.0, 1.0))
    return float(sure * large)


def _scored(condition: Condition, raw: float, case: _Case) -> Score:
    formula = FORMULAS[condition]
    value = formula.score(raw)
    deviation = case.repeatability.deviation_of(condition, value, case.crop.mm_per_px)
    scale_error = case.crop.landmarks.scale.relative_error * METRIC_POWER.get(condition, 0)
    half = Z95 * float(np.hypot(deviation, scale_error * formula.slope(raw) * raw))
    return Score(
        value=value,
        interval=interval_around(value, half),
        raw=Quantity(formula.raw_name, raw, formula.unit),
        formula=formula.name,
        method=case.maps[condition].method,
    )


def _overall(scores: Mapping[Condition, Score | NotMeasured], case: _Case) -> Score | NotMeasured:
    """Return the plain mean of the measured conditions; its error is that of a mean."""
    measured = [s for s in scores.values() if isinstance(s, Score)]
    if len(measured) < case.limits.fewest_conditions:
        return NotMeasured(
            NotMeasuredCode.TOO_COARSE,
            f"Only {len(measured)} of {len(scores)} conditions could be measured; "
            f"{case.limits.fewest_conditions} are needed for an overall score.",
        )
    value = float(np.mean([s.value for s in measured]))
    halves = [(s.interval.high - s.interval.low) / 2 for s in measured]
    half = float(np.sqrt(np.sum(np.square(halves)))) / len(measured)
    return Score(
        value=value,
        interval=interval_around(value, half),
        raw=Quantity("mean of the measured conditions", value, "points"),
        formula="overall-mean-v1",
        method=f"{len(measured)} of {len(scores)} conditions",
    )


def _regions(case: _Case) -> Mapping[Region, RegionAssessment]:
    """Assess every region."""
    labels = case.crop.regions.labels.ravel()
    length = len(Region) + 1
    expected = np.bincount(labels, ~case.crop.excluded.ravel(), length)
    seen = np.bincount(labels, case.skin.measurable.ravel(), length)
    return {
        region: _region(region, case, float(seen[i]), float(expected[i]))
        for i, region in enumerate(Region, start=1)
    }


def _region(region: Region, case: _Case, seen_px: float, expected_px: float) -> RegionAssessment:
    share = min(seen_px / expected_px, 1.0) if expected_px else 0.0
    area_mm2 = seen_px * case.crop.mm_per_px**2
    if share < case.limits.visible_share or area_mm2 < case.limits.region_mm2:
        hidden = NotMeasured(NotMeasuredCode.NOT_VISIBLE, "Too little of this region is seen.")
        return RegionAssessment(area_mm2, share, hidden, dict.fromkeys(Condition, hidden))
    lab = case.sample.of(region)
    colour = NO_COLOUR if case.colourless or not len(lab) else describe_colour(lab)
    scores = {c: _region_score(c, case, region) for c in Condition}
    return RegionAssessment(area_mm2, share, colour, scores)


def _region_score(condition: Condition, case: _Case, region: Region) -> Score | NotMeasured:
    counted = case.tallies.get(condition)
    if counted is not None and counted.of(region).looked_at_px == 0:
        return NotMeasured(
            NotMeasuredCode.NOT_APPLICABLE,
            f"{_words(condition).capitalize()} is not looked for here.",
        )
    return _score(condition, case, region)


def _counts(
    scores: Mapping[Condition, Score | NotMeasured], case: _Case, *, typed: bool
) -> tuple[Quantity, ...]:
    """Return plain counts and sums of what was found, for the conditions that were measured."""
    rows = []
    names = {Condition.ACNE: "inflamed spots", Condition.PIGMENTATION: "dark spots"}
    for condition, name in names.items():
        if isinstance(scores[condition], Score):
            own = [f for f in case.findings if f.condition is condition and f.type not in COMEDONES]
            rows.append(Quantity(name, float(len(own)), "count"))
            rows.append(Quantity(f"area of {name}", float(sum(f.area_mm2 for f in own)), "mm²"))
    if typed and isinstance(scores[Condition.ACNE], Score):
        comedones = sum(f.type in COMEDONES for f in case.findings)
        rows.append(Quantity("comedones", float(comedones), "count"))
    if isinstance(scores[Condition.WRINKLES], Score):
        lines = [f.length_mm or 0.0 for f in case.findings if f.condition is Condition.WRINKLES]
        rows.append(Quantity("length of wrinkles", float(sum(lines)), "mm"))
    return tuple(rows)


def _label(
    score: Score | NotMeasured, limits: ScoringLimits, fit: PresenceFit | None = None
) -> float | None:
    """Return the probability that the condition is present: logistic in the score.

    Of a learned map it is the one fitted for it, or none; of a classical map a rough guide.
    """
    if isinstance(score, NotMeasured):
        return None
    if score.method.startswith(LEARNED):
        if fit is None:
            return None
        return float(1 / (1 + np.exp(-np.clip(fit.slope * score.value + fit.offset, -30, 30))))
    return float(1 / (1 + np.exp(-(score.value - limits.label_middle) / limits.label_width)))


def _words(condition: Condition) -> str:
    return condition.value.replace("_", " ")
