"""Whether enhancement moved a score: each one on the photo as it came, and on enhanced pixels.

A score counts on enhanced pixels only if it lies within the repeatability of the one on the photo
itself, which is how far another shot of the same face would move it (`cutis.history.noise`).
Measures of texture never count on pixels that hold invented texture.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from cutis.core.assessment import Assessment, ModelUse
from cutis.core.enhancement import TEXTURE_MEASURES, AuditRow, Ruling
from cutis.core.scores import NotMeasured, NotMeasuredCode, Score
from cutis.core.vocabulary import Condition
from cutis.history.noise import smallest_detectable_change, within_face_deviation


def audit_enhancement(
    original: Assessment, enhanced: Assessment, *, texture: float
) -> tuple[AuditRow, ...]:
    """Compare the scores of a photo with those of its enhanced pixels.

    Args:
        original: the assessment of the photo as it came.
        enhanced: that of the enlarged picture.
        texture: share of invented texture of the upscaler, 0-1.
    """
    mm_per_px = original.face.scale.mm_per_px if original.face is not None else float("inf")
    return audit_scores(original.scores, enhanced.scores, texture=texture, mm_per_px=mm_per_px)


def audit_scores(
    original: Mapping[Condition, Score | NotMeasured],
    enhanced: Mapping[Condition, Score | NotMeasured],
    *,
    texture: float,
    mm_per_px: float,
) -> tuple[AuditRow, ...]:
    """Compare scores of the photo's own pixels with those of enhanced ones.

    Args:
        original: the scores of the photo.
        enhanced: those of the enlarged face.
        texture: share of invented texture of the upscaler, 0-1.
        mm_per_px: the photo's scale at the face.
    """
    return tuple(
        _row(c, (_value(original.get(c)), _value(score)), (texture, mm_per_px))
        for c, score in enhanced.items()
    )


def beyond_share(rows: Iterable[AuditRow]) -> float:
    """Return the share of scores measured on both that moved beyond repeatability; 0 of none."""
    both = [row for row in rows if row.shift is not None]
    return sum(row.beyond for row in both) / len(both) if both else 0.0


def hold_back(
    enhanced: Assessment, rows: Iterable[AuditRow], uses: Iterable[ModelUse] = ()
) -> Assessment:
    """Return the enhanced assessment with every score that does not stand taken out.

    Those that stand are marked as made of enhanced pixels. The overall score is held back with any
    of its parts, and grades and findings, which the audit does not compare, are left out.

    Args:
        enhanced: the assessment of the enlarged picture.
        rows: the audit's.
        uses: the models that enlarged it, for the provenance.
    """
    held = {row.condition: row for row in rows}
    scores = {c: _held(score, held[c]) for c, score in enhanced.scores.items()}
    whole = all(
        isinstance(scores[c], Score) for c, s in enhanced.scores.items() if isinstance(s, Score)
    )
    overall = enhanced.overall
    if isinstance(overall, Score):
        overall = (
            replace(overall, enhanced=True)
            if whole
            else NotMeasured(
                NotMeasuredCode.ENHANCED_PIXELS,
                "Not measured on enhanced pixels: some of its parts are not.",
            )
        )
    made = replace(enhanced.provenance, models=(*enhanced.provenance.models, *uses))
    regions = {
        name: replace(
            region,
            scores={c: _held(s, held[c]) if c in held else s for c, s in region.scores.items()},
        )
        for name, region in enhanced.regions.items()
    }
    return replace(
        enhanced,
        overall=overall,
        scores=scores,
        regions=regions,
        grades={},
        findings=(),
        explanations=(),
        labels={
            c: p if isinstance(scores.get(c), Score) else None for c, p in enhanced.labels.items()
        },
        provenance=made,
    )


def _row(
    condition: Condition, values: tuple[float | None, float | None], how: tuple[float, float]
) -> AuditRow:
    texture, mm_per_px = how
    before, after = values
    allowed = None
    if before is not None:
        noise = within_face_deviation(condition, before, mm_per_px)
        allowed = smallest_detectable_change(noise, noise)
    row = AuditRow(condition, before, after, allowed, Ruling.STANDS)
    return replace(row, ruling=_ruling(row, texture))


def _ruling(row: AuditRow, texture: float) -> Ruling:
    if row.enhanced is None:
        return Ruling.NOT_MEASURED
    if texture > 0 and row.condition in TEXTURE_MEASURES:
        return Ruling.INVENTED
    if row.original is None:
        return Ruling.NO_COMPARISON
    return Ruling.MOVED if row.beyond else Ruling.STANDS


def _held(score: Score | NotMeasured, row: AuditRow) -> Score | NotMeasured:
    if isinstance(score, NotMeasured):
        return score
    if row.ruling is Ruling.STANDS:
        return replace(score, enhanced=True)
    return NotMeasured(NotMeasuredCode.ENHANCED_PIXELS, _reason(row))


def _reason(row: AuditRow) -> str:
    if row.ruling is Ruling.INVENTED:
        return "Not measured on enhanced pixels: they hold texture that a network has drawn."
    if row.shift is None or row.allowed is None:
        return (
            "Not measured on enhanced pixels: the photo itself has no such score to hold them "
            "against."
        )
    return (
        f"Not measured on enhanced pixels: the score moved by {abs(row.shift):.1f} points, more "
        f"than another photo of the same face would move it ({row.allowed:.1f})."
    )


def _value(score: Score | NotMeasured | None) -> float | None:
    return score.value if isinstance(score, Score) else None
