"""The second stage: what a classifier says of each spot decides its type, or drops it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import pi, sqrt

import numpy as np

from cutis.core.arrays import Box
from cutis.core.assessment import Finding
from cutis.core.face import FaceCrop
from cutis.core.vocabulary import Condition, LesionType
from cutis.steps.lesions.findings import SPOT_TYPES


@dataclass(frozen=True, slots=True)
class TypingLimits:
    """When a spot is dropped, and when two are the same.

    A spot is dropped where the classifier gives ``other`` more than ``other_at_most``. It is named
    where the surest type has at least ``sure_of_type``, given that there is a lesion; where only
    the types of one condition together have it, by the plain word for spots of that condition;
    else it keeps the word of its map. A name may move a spot to another condition; of spots there
    that share more than ``overlap`` of their common box area, the surest stays.

    A nodule is at least ``nodule_mm`` wide; of a smaller spot that probability goes to *papule*.
    Definitions lie between 4 mm and 1 cm (Shalita 2004, doi:10.1016/j.clindermatol.2004.03.012).

    Where ``names_only`` names conditions, spots of these are looked at and no others, and none is
    dropped, moved or becomes less probable: one that would be keeps the word of its map.
    """

    other_at_most: float = 0.5
    sure_of_type: float = 0.5
    overlap: float = 0.3
    nodule_mm: float = 5.0
    names_only: frozenset[Condition] = frozenset()

    @property
    def looked_at(self) -> frozenset[Condition]:
        """The conditions whose spots a classifier is asked about."""
        return self.names_only or frozenset(SPOT_TYPES)


def spots_of(
    findings: Iterable[Finding], limits: TypingLimits | None = None
) -> tuple[Finding, ...]:
    """Return the findings that a lesion classifier looks at: spots, no lines, no patches."""
    conditions = (limits or TypingLimits()).looked_at
    return tuple(f for f in findings if f.condition in conditions)


def crop_boxes(findings: Iterable[Finding], crop: FaceCrop) -> tuple[Box, ...]:
    """Return the boxes of findings in crop pixels, at least one pixel wide and high."""
    x0, y0, x1, y1 = crop.box
    height, width = crop.shape
    across, down = width / (x1 - x0), height / (y1 - y0)
    boxes = []
    for left, top, right, bottom in (f.bbox_xyxy for f in findings):
        xs = sorted(int(np.clip(round((x - x0) * across), 0, width)) for x in (left, right))
        ys = sorted(int(np.clip(round((y - y0) * down), 0, height)) for y in (top, bottom))
        xs[0], ys[0] = min(xs[0], width - 1), min(ys[0], height - 1)
        boxes.append((xs[0], ys[0], max(xs[1], xs[0] + 1), max(ys[1], ys[0] + 1)))
    return tuple(boxes)


def type_spots(
    findings: Sequence[Finding],
    answers: Sequence[Mapping[LesionType, float]],
    limits: TypingLimits | None = None,
) -> tuple[Finding, ...]:
    """Return the findings with their spots typed, in the order of the findings.

    Args:
        findings: all findings of a face.
        answers: a classifier's probabilities for each of `spots_of` the findings with these
            limits, in order.
        limits: what is looked at, named and dropped.

    Returns:
        Lines and patches as they were. A spot takes the surest type that is not *other*, if it is
        sure enough, and the condition of that type; its probability is that of the less sure of
        the two stages.
    """
    limits = limits or TypingLimits()
    told = iter(answers)
    kept: list[Finding] = []
    for finding in findings:
        if finding.condition not in limits.looked_at:
            kept.append(finding)
            continue
        answer = _by_size(next(told), finding, limits.nodule_mm)
        typed = _typed(finding, answer, limits.sure_of_type)
        dropped = answer.get(LesionType.OTHER, 0.0) > limits.other_at_most
        if limits.names_only:
            gone = dropped or typed.condition is not finding.condition
            kept.append(finding if gone else replace(typed, probability=finding.probability))
        elif not dropped:
            kept.append(typed)
    return tuple(kept) if limits.names_only else _without_doubles(kept, limits.overlap)


def _by_size(
    answer: Mapping[LesionType, float], finding: Finding, nodule_mm: float
) -> Mapping[LesionType, float]:
    """Call a nodule that is too small for one a papule; by the circle of the finding's area."""
    nodule = answer.get(LesionType.NODULE, 0.0)
    if not nodule or 2 * sqrt(finding.area_mm2 / pi) >= nodule_mm:
        return answer
    papule = answer.get(LesionType.PAPULE, 0.0)
    return {**answer, LesionType.NODULE: 0.0, LesionType.PAPULE: papule + nodule}


def _typed(finding: Finding, answer: Mapping[LesionType, float], sure: float) -> Finding:
    """Name a spot by its type, else by the plain word of a condition, else leave its word."""
    lesion: dict[LesionType, float] = dict(answer)
    lesion.pop(LesionType.OTHER, None)
    whole = sum(lesion.values())
    if not whole > 0:  # float32 gave all to *other*
        return replace(finding, probability=0.0)
    spot = replace(finding, probability=min(finding.probability, whole))
    kind: LesionType = max(lesion, key=lambda t: lesion[t])
    condition = kind.condition or finding.condition
    share = lesion[kind] / whole
    if share < sure:
        condition, share = _surest_condition(lesion)
        kind = SPOT_TYPES.get(condition, kind)
    if share < sure:
        return spot
    return replace(spot, type=kind, condition=condition, type_probability=share)


def _surest_condition(lesion: Mapping[LesionType, float]) -> tuple[Condition, float]:
    sums: dict[Condition, float] = defaultdict(float)
    for kind, probability in lesion.items():
        if kind.condition is not None:
            sums[kind.condition] += probability
    surest = max(sums, key=lambda c: sums[c])
    return surest, sums[surest] / sum(lesion.values())


def _without_doubles(findings: Sequence[Finding], overlap: float) -> tuple[Finding, ...]:
    """Drop typed spots that lie on a surer one of the same condition."""
    kept: list[Finding] = []
    for finding in sorted(findings, key=lambda f: -f.probability):
        if finding.type_probability is None or not any(
            other.type_probability is not None
            and other.condition is finding.condition
            and _iou(other.bbox_xyxy, finding.bbox_xyxy) > overlap
            for other in kept
        ):
            kept.append(finding)
    chosen = {id(finding) for finding in kept}
    return tuple(finding for finding in findings if id(finding) in chosen)


def _iou(a: Box, b: Box) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    shared = max(width, 0) * max(height, 0)
    areas = sum((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in (a, b))
    return shared / (areas - shared)
