"""Assessments as CSV: one row a photo, and one row a finding.

Lines end in CRLF (RFC 4180). Text that a spreadsheet would run as a formula is made plain by an
apostrophe in front (OWASP, *CSV injection*); numbers stay numbers. An empty cell is *not measured*.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping

from cutis.core.assessment import Assessment, Finding, SkinTone
from cutis.core.scores import NotMeasured, Score
from cutis.core.vocabulary import Condition, MeasureName
from cutis.reports.rounding import rounded

Cell = str | int | float | bool | None
Row = Mapping[str, Cell]

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

FINDING_COLUMNS = (
    "photo",
    "condition",
    "type",
    "region",
    "probability",
    "area_mm2",
    "length_mm",
    "x0_px",
    "y0_px",
    "x1_px",
    "y1_px",
)


def assessments_csv(assessments: Iterable[tuple[str, Assessment]]) -> str:
    """Return one row for each ``(name of the photo, assessment)``.

    Columns: verdict and capture; then per condition ``<condition>``, ``_low``, ``_high`` (0–100),
    ``_raw``, ``_unit``, ``_probability`` and ``_not_measured`` (why not); then overall and tone.
    """
    rows = [photo_row(name, assessment) for name, assessment in assessments]
    return _write(tuple(photo_columns()), rows)


def findings_csv(assessments: Iterable[tuple[str, Assessment]]) -> str:
    """Return one row for each finding of each ``(name of the photo, assessment)``.

    Boxes are in pixels of the upright photo, half open; left and right are the subject's.
    """
    rows = [
        finding_row(name, finding)
        for name, assessment in assessments
        for finding in assessment.findings
    ]
    return _write(FINDING_COLUMNS, rows)


def safe_text(text: str) -> str:
    """Return ``text`` so that no spreadsheet runs it as a formula.

    >>> safe_text("=1+1"), safe_text("nose")
    ("'=1+1", 'nose')
    """
    cleaned = text.replace("\x00", "")
    if cleaned.lstrip(" ").startswith(_FORMULA_STARTS):
        return "'" + cleaned
    return cleaned


def photo_columns() -> dict[str, type[str | float | int | bool]]:
    """Return the columns of a photo's row, in order, each with the kind of its cells."""
    kinds: dict[str, type[str | float | int | bool]] = dict.fromkeys(_photo_column_names(), float)
    kinds |= dict.fromkeys(("width_px", "height_px", "faces", "findings", "monk"), int)
    texts = "photo reasons quality_verdict quality_strictness ita_group schema_version".split()
    texts += [name for name in kinds if name.endswith(("_unit", "_not_measured"))]
    return {
        **kinds,
        **dict.fromkeys((*texts, "software_version", "photo_sha256"), str),
        "usable": bool,
    }


def _photo_column_names() -> list[str]:
    columns = ["photo", "usable", "reasons", "quality_verdict", "quality_strictness"]
    columns += ["width_px", "height_px", "faces", "inter_eye_px", "mm_per_px"]
    columns += [f"quality_{name.value}" for name in MeasureName]
    for name in ("overall", *(condition.value for condition in Condition)):
        columns += [name, f"{name}_low", f"{name}_high", f"{name}_raw", f"{name}_unit"]
        columns += [f"{name}_not_measured"]
        columns += [] if name == "overall" else [f"{name}_probability"]
    columns += ["monk", "ita_deg", "ita_group", "findings"]
    columns += ["schema_version", "software_version", "photo_sha256"]
    return columns


def photo_row(name: str, assessment: Assessment) -> Row:
    """Return the cells of an assessed photo called ``name``, by column; absent: not measured."""
    face, capture = assessment.face, assessment.capture
    row: dict[str, Cell] = {
        "photo": name,
        "usable": assessment.usable,
        "reasons": " ".join(assessment.reasons),
        "quality_verdict": assessment.quality.verdict.value,
        "quality_strictness": assessment.quality.strictness.value,
        "width_px": capture.width_px,
        "height_px": capture.height_px,
        "faces": len(assessment.faces),
        "inter_eye_px": face.inter_eye_px if face else None,
        "mm_per_px": face.scale.mm_per_px if face else None,
        "findings": len(assessment.findings),
        "schema_version": assessment.schema_version,
        "software_version": assessment.provenance.software_version,
        "photo_sha256": capture.sha256,
    }
    row |= {f"quality_{m.name.value}": m.score for m in assessment.quality.measures}
    row |= _score_cells("overall", assessment.overall)
    for condition, score in assessment.scores.items():
        row |= _score_cells(condition.value, score)
        row[f"{condition.value}_probability"] = assessment.labels.get(condition)
    return row | _tone_cells(assessment.tone)


def _score_cells(name: str, score: Score | NotMeasured) -> dict[str, Cell]:
    if isinstance(score, NotMeasured):
        return {f"{name}_not_measured": score.code.value}
    return {
        name: score.value,
        f"{name}_low": score.interval.low,
        f"{name}_high": score.interval.high,
        f"{name}_raw": score.raw.value,
        f"{name}_unit": score.raw.unit,
    }


def _tone_cells(tone: SkinTone | NotMeasured) -> dict[str, Cell]:
    if isinstance(tone, NotMeasured):
        return {}
    return {
        "monk": tone.monk,
        "ita_deg": tone.colour.ita_deg,
        "ita_group": tone.colour.ita_group.value,
    }


def finding_row(name: str, finding: Finding) -> Row:
    """Return the cells of one finding of the photo called ``name``, by column."""
    x0, y0, x1, y1 = finding.bbox_xyxy
    return {
        "photo": name,
        "condition": finding.condition.value,
        "type": finding.type.value,
        "region": finding.region.value if finding.region else None,
        "probability": finding.probability,
        "area_mm2": finding.area_mm2,
        "length_mm": finding.length_mm,
        "x0_px": x0,
        "y0_px": y0,
        "x1_px": x1,
        "y1_px": y1,
    }


def _write(columns: tuple[str, ...], rows: Iterable[Row]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_cell(row.get(column)) for column in columns] for row in rows)
    return text.getvalue()


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return safe_text(value)
    return str(value) if isinstance(value, int) else repr(rounded(value))
