"""Is it more than noise? Two visits compared, condition by condition and region by region.

A difference is called a change only if it exceeds what the same face gives when it is photographed
again, with allowance for how many things are looked at together; see `cutis.history.noise`.
A region shows less skin than the face, so its noise is taken larger; by how much was measured.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import hypot
from typing import TypeVar

from cutis.core.assessment import Assessment
from cutis.core.scores import NotMeasured, Score
from cutis.core.vocabulary import Condition, Region
from cutis.history.burst import Visit, as_visit
from cutis.history.comparable import (
    ComparisonLimits,
    Hindrance,
    comparable_scores,
    hindrance_of_condition,
    hindrance_of_pair,
)
from cutis.history.noise import (
    FAMILY_LEVEL,
    needed_ratios,
    smallest_detectable_change,
    within_face_deviation,
    within_region_deviation,
)

K = TypeVar("K", bound=Hashable)


class ChangeVerdict(StrEnum):
    """What can be said of a difference; ``mixed`` only of several conditions together."""

    BETTER = "better"
    WORSE = "worse"
    MIXED = "mixed"
    NO_CHANGE_YOU_CAN_TRUST = "no_change_you_can_trust"
    CANNOT_COMPARE = "cannot_compare"

    @property
    def reversed(self) -> ChangeVerdict:
        """The verdict when before and after are swapped."""
        swap = {
            ChangeVerdict.BETTER: ChangeVerdict.WORSE,
            ChangeVerdict.WORSE: ChangeVerdict.BETTER,
        }
        return swap.get(self, self)


@dataclass(frozen=True, slots=True)
class Change:
    """One condition at one place: two scores (0–100), their difference, and what noise alone gives.

    ``difference`` is after minus before; a higher score is more of the condition.
    ``detectable`` is the smallest detectable change of this score looked at alone, ``needed`` the
    difference it must exceed as one of all that were looked at together. All are None where
    ``hindrance`` tells why nothing can be compared.
    """

    verdict: ChangeVerdict
    sentence: str
    before: float | None = None
    after: float | None = None
    difference: float | None = None
    detectable: float | None = None
    needed: float | None = None
    hindrance: Hindrance | None = None


@dataclass(frozen=True, slots=True)
class OverallChange:
    """All conditions together: which changed, and one sentence. No mean is taken."""

    verdict: ChangeVerdict
    sentence: str
    better: tuple[Condition, ...] = ()
    worse: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two visits compared; ``note`` tells how many things were looked at together."""

    overall: OverallChange
    conditions: Mapping[Condition, Change]
    regions: Mapping[Region, Mapping[Condition, Change]]
    note: str


@dataclass(frozen=True, slots=True)
class _Difference:
    """Two scores that may be compared, with the standard deviation of each."""

    before: float
    after: float
    deviations: tuple[float, float]

    @property
    def ratio(self) -> float:
        return abs(self.after - self.before) / hypot(*self.deviations)


def compare(
    before: Visit | Assessment, after: Visit | Assessment, limits: ComparisonLimits | None = None
) -> Comparison:
    """Compare two visits of one person; who it is, is never guessed.

    Conditions of the whole face are one family, those of regions another: in each the chance of a
    false change anywhere is at most `FAMILY_LEVEL`, as far as noise is what was measured.
    """
    pair, limits = (as_visit(before), as_visit(after)), limits or ComparisonLimits()
    one, other = (visit.assessment for visit in pair)
    whole = hindrance_of_pair(one, other, limits)
    stops = {c: whole or hindrance_of_condition(c, one, other, limits) for c in Condition}
    found = {c: stops[c] or _on_face(c, pair) for c in Condition}
    conditions = _judge(found)
    places = {
        (region, c): stops[c] or _in_region(region, c, pair)
        for region in Region
        if region in one.regions and region in other.regions
        for c in Condition
    }
    judged = _judge(places)
    regions = {r: {c: judged[r, c] for c in Condition if (r, c) in judged} for r, _ in places}
    return Comparison(overall_change(conditions, whole), conditions, regions, _note(found, places))


def overall_change(
    conditions: Mapping[Condition, Change], whole: Hindrance | None = None
) -> OverallChange:
    """Return what all conditions say together; never a mean, which one condition would drown in."""
    better = tuple(c for c, v in conditions.items() if v.verdict is ChangeVerdict.BETTER)
    worse = tuple(c for c, v in conditions.items() if v.verdict is ChangeVerdict.WORSE)
    compared = [c for c, v in conditions.items() if v.hindrance is None]
    if not compared:
        reason = whole.reason if whole else "No condition was measured in both photos."
        return OverallChange(ChangeVerdict.CANNOT_COMPARE, f"These cannot be compared. {reason}")
    if better or worse:
        parts = [("less than before", better), ("more than before", worse)]
        told = "; ".join(f"{_listed(group)}: {word}" for word, group in parts if group)
        verdict = ChangeVerdict.MIXED if better and worse else ChangeVerdict.WORSE
        verdict = ChangeVerdict.BETTER if not worse else verdict
        return OverallChange(verdict, f"{told[0].upper()}{told[1:]}.", better, worse)
    return OverallChange(
        ChangeVerdict.NO_CHANGE_YOU_CAN_TRUST,
        f"No change you can trust in any of the {len(compared)} conditions compared.",
    )


def _on_face(condition: Condition, pair: tuple[Visit, Visit]) -> Hindrance | _Difference:
    scores = [visit.assessment.scores[condition] for visit in pair]
    return _difference(condition, pair, scores, region=None)


def _in_region(
    region: Region, condition: Condition, pair: tuple[Visit, Visit]
) -> Hindrance | _Difference:
    scores = [visit.assessment.regions[region].scores[condition] for visit in pair]
    return _difference(condition, pair, scores, region=region)


def _difference(
    condition: Condition,
    pair: tuple[Visit, Visit],
    scores: list[Score | NotMeasured],
    *,
    region: Region | None,
) -> Hindrance | _Difference:
    """Return the difference of two scores with their noise, or what stands in its way.

    Noise grows with the score; that of the larger of the two is taken for both.
    """
    both = comparable_scores(scores[0], scores[1])
    if isinstance(both, Hindrance):
        return both
    before, after = (score.value for score in both)
    shipped = max(_shipped(condition, max(before, after), visit, region) for visit in pair)
    first, second = (max(shipped, visit.spread.get((region, condition), 0.0)) for visit in pair)
    return _Difference(before, after, (first, second))


def _shipped(condition: Condition, value: float, visit: Visit, region: Region | None) -> float:
    """Return the shipped deviation, larger for a region."""
    face, regions = visit.assessment.face, visit.assessment.regions
    mm_per_px = face.scale.mm_per_px if face else float("inf")
    if region is None:
        return within_face_deviation(condition, value, mm_per_px)
    places = [r for r in regions.values() if isinstance(r.scores.get(condition), Score)]
    whole, part = sum(r.area_mm2 for r in places), regions[region].area_mm2
    ratio = whole / part if part > 0 else 1.0
    return within_region_deviation(condition, value, mm_per_px, area_ratio=ratio)


def _judge(found: Mapping[K, Hindrance | _Difference]) -> dict[K, Change]:
    """Turn differences into verdicts, all of them as one family."""
    differences = {key: d for key, d in found.items() if isinstance(d, _Difference)}
    limits = needed_ratios([d.ratio for d in differences.values()])
    needed = dict(zip(differences, limits, strict=True))
    return {
        key: _refused(d) if isinstance(d, Hindrance) else _judged(d, needed[key])
        for key, d in found.items()
    }


def _refused(hindrance: Hindrance) -> Change:
    return Change(ChangeVerdict.CANNOT_COMPARE, hindrance.reason, hindrance=hindrance)


def _judged(found: _Difference, limit: float) -> Change:
    difference = found.after - found.before
    detectable = smallest_detectable_change(*found.deviations)
    needed = max(detectable, limit * hypot(*found.deviations))
    shown = f"{found.before:.0f} → {found.after:.0f}"
    if abs(difference) <= needed:
        verdict = ChangeVerdict.NO_CHANGE_YOU_CAN_TRUST
        sentence = (
            f"No change you can trust: {shown}, a difference below {needed:.1f} points is noise"
        )
    else:
        less = difference < 0
        verdict = ChangeVerdict.BETTER if less else ChangeVerdict.WORSE
        sentence = (
            f"{'Less' if less else 'More'} than before: {shown}, "
            f"{abs(difference):.1f} points; up to {needed:.1f} would be noise"
        )
    return Change(verdict, sentence, found.before, found.after, difference, detectable, needed)


def _listed(conditions: tuple[Condition, ...]) -> str:
    return ", ".join(c.value.replace("_", " ") for c in conditions)


def _note(
    conditions: Mapping[Condition, Hindrance | _Difference],
    places: Mapping[tuple[Region, Condition], Hindrance | _Difference],
) -> str:
    """Return one sentence on how many comparisons were made together."""
    face, parts = (
        sum(isinstance(d, _Difference) for d in found.values()) for found in (conditions, places)
    )
    return (
        f"Compared: {face} of the whole face, {parts} of single regions. In each of these two "
        f"groups the chance of calling noise a change, anywhere, is held at "
        f"{100 * FAMILY_LEVEL:.0f} % (Holm 1979)."
    )
