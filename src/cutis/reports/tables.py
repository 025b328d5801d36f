"""The tables of a report, as captioned rows of text."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cutis.core.assessment import Assessment, Finding, QualityMeasure, SkinColour, SkinTone
from cutis.core.enhancement import Enhancement
from cutis.core.scores import LEARNED_GRADE, Grade, NotMeasured, NotMeasuredCode, Score
from cutis.core.vocabulary import Condition, LesionType, Region, Verdict
from cutis.reports import wording

LISTED_FINDINGS = 16
"""Places that a report lists and numbers; the JSON and CSV hold all of them."""

_WORST_FIRST = (Verdict.RETAKE, Verdict.USABLE, Verdict.GOOD)


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its text, the text for a screen reader where it differs, and a shade 0–4."""

    text: str
    spoken: str | None = None
    shade: int | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A captioned table; the first cell of each row is its heading."""

    key: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()


def score_table(assessment: Assessment) -> Table:
    """Return every score with its interval, raw value, formula, method and label probability."""
    rows = []
    for condition, score in assessment.scores.items():
        name = wording.CONDITIONS[condition][0]
        chance = assessment.labels.get(condition)
        present = "–" if chance is None else wording.percent(chance)
        if isinstance(score, NotMeasured):
            rows.append(_row(name, "not measured", "–", "–", "–", "–", present))
            continue
        span = f"{score.interval.low:.0f}–{score.interval.high:.0f}"
        raw = f"{wording.spoken(score.raw.name)}: {wording.quantity(score.raw)}"
        method = score.method + (", enhanced pixels" if score.enhanced else "")
        rows.append(_row(name, f"{score.value:.1f}", span, raw, score.formula, method, present))
    columns = ("Condition", "Score", "Interval", "Raw value", "Formula", "Method", "Present")
    note = (
        "Score and interval 0–100. Present: the probability that the condition is in the photo "
        "at all; a rough guide where the method is classical. The formulas are written out in the "
        "documentation under their names."
    )
    return Table("numbers", "Every score in numbers", columns, tuple(rows), (note,))


def detail_tables(assessment: Assessment) -> tuple[Table, ...]:
    """Return the other tables that this assessment has something for."""
    tables = [_provenance(assessment)]
    if assessment.quality.measures:
        tables.append(_quality(assessment))
    if assessment.regions:
        tables.append(_colours(assessment))
    if any(isinstance(score, Score) for score in assessment.scores.values()):
        tables.append(_regions(assessment))
    if assessment.findings:
        tables.append(_finding_kinds(assessment))
    if listed_findings(assessment):
        tables.append(_findings(assessment))
    learned = {n: g for n, g in assessment.grades.items() if n.startswith(LEARNED_GRADE)}
    published = {n: g for n, g in assessment.grades.items() if n not in learned}
    if published:
        tables.append(_grades(published, "grades", "Published clinical scales"))
    if learned:
        tables.append(_grades(learned, "learned-grades", "Grades learned from painted faces"))
    if assessment.enhancement is not None:
        tables.append(_enhancement(assessment.enhancement))
    if assessment.measures:
        rows = tuple(
            _row(wording.sentence_case(wording.spoken(m.name)), wording.quantity(m))
            for m in assessment.measures
        )
        tables.append(Table("measures", "Measures of the whole face", ("Measure", "Value"), rows))
    return tuple(tables)


def _enhancement(found: Enhancement) -> Table:
    """Return what each score would have been on the enlarged pixels, and whether it counts."""
    rows = [
        _row(
            wording.CONDITIONS[row.condition][0],
            *("–" if value is None else f"{value:.1f}" for value in (row.original, row.enhanced)),
            "–" if row.allowed is None else f"{row.allowed:.1f}",
            wording.RULINGS[row.ruling],
        )
        for row in found.audit
    ]
    note = (
        "Scores 0–100. Allowed: how far another photo of the same face would move the score. Only "
        "scores of the photo's own pixels stand elsewhere in this report."
    )
    columns = ("Condition", "Photo", "Enlarged", "Allowed", "On enlarged pixels")
    return Table("enhancement", "Scores on enlarged pixels", columns, tuple(rows), (note,))


def listed_findings(assessment: Assessment) -> tuple[Finding, ...]:
    """Return the findings that a report numbers: the largest first, at most `LISTED_FINDINGS`.

    Patches are left to the maps, and so is what is less likely than not.
    """
    single = [f for f in assessment.findings if f.type is not LesionType.PATCH]
    likely = [f for f in single if f.probability >= 0.5]
    return tuple(sorted(likely, key=lambda finding: -finding.area_mm2)[:LISTED_FINDINGS])


def region_numbers(assessment: Assessment) -> dict[Region, int]:
    """Return the number of each assessed region on the region picture and in the tables."""
    return {region: i for i, region in enumerate(assessment.regions, start=1)}


def _row(*texts: str) -> tuple[Cell, ...]:
    return tuple(Cell(text) for text in texts)


def _region_name(region: Region, assessment: Assessment) -> Cell:
    return Cell(f"{region_numbers(assessment)[region]} {wording.REGIONS[region]}")


def _regions(assessment: Assessment) -> Table:
    """Return scores by region; why something has no score is told by a letter and a note."""
    letters: dict[NotMeasuredCode, str] = {}
    rows = []
    for region, seen in assessment.regions.items():
        cells = [_region_cell(seen.scores.get(c), letters) for c in Condition]
        rows.append((_region_name(region, assessment), *cells))
    columns = ("Region", *(wording.CONDITIONS[c][0] for c in Condition))
    notes = tuple(f"{mark}: {wording.NOT_MEASURED[code]}." for code, mark in letters.items())
    return Table(
        "regions", "Scores by region, 0 none to 100 strongest", columns, tuple(rows), notes
    )


def _region_cell(score: Score | NotMeasured | None, letters: dict[NotMeasuredCode, str]) -> Cell:
    if isinstance(score, Score):
        return Cell(f"{score.value:.0f}", shade=min(4, max(0, int(score.value // 20))))
    code = NotMeasuredCode.NOT_APPLICABLE if score is None else score.code
    mark = letters.setdefault(code, chr(ord("a") + len(letters)))
    return Cell(mark, spoken=f"not measured: {wording.NOT_MEASURED[code]}")


def _colours(assessment: Assessment) -> Table:
    rows = []
    for region, seen in assessment.regions.items():
        head = (_region_name(region, assessment), Cell(f"{seen.area_mm2 / 100:.1f}"))
        share = Cell(wording.percent(seen.visible_share))
        rows.append((*head, share, *_colour_cells(seen.colour)))
    columns = ("Region", "Area, cm²", "Visible", "L*", "a*", "b*", "ITA°", "Group")
    notes = tuple(_tone_notes(assessment.tone))
    return Table("colours", "Size and skin colour by region", columns, tuple(rows), notes)


def _colour_cells(colour: SkinColour | NotMeasured) -> tuple[Cell, ...]:
    if isinstance(colour, NotMeasured):
        spoken = f"not measured: {wording.NOT_MEASURED[colour.code]}"
        return (*(Cell("–", spoken=spoken),) * 4, Cell("not measured"))
    values = (colour.lightness, colour.a_star, colour.b_star, colour.ita_deg)
    group = wording.ITA_GROUPS[colour.ita_group]
    return (*(Cell(f"{value:.1f}".replace("-", "\u2212")) for value in values), Cell(group))


def _tone_notes(tone: SkinTone | NotMeasured) -> Iterator[str]:
    if isinstance(tone, NotMeasured):
        yield f"Skin tone: not measured. {wording.sentence(tone.reason)}"
        return
    group = wording.ITA_GROUPS[tone.colour.ita_group]
    yield (
        f"Skin tone as it appears in this photo and this light: {group} "
        f"(ITA {tone.colour.ita_deg:.0f}°), nearest to Monk shade {tone.monk} of 10 "
        f"(colour difference {tone.monk_delta_e:.1f} ΔE)."
    )
    yield f"Fitzpatrick type: not measured. {wording.sentence(tone.fitzpatrick.reason)}"


def _finding_kinds(assessment: Assessment) -> Table:
    groups: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in assessment.findings:
        name = wording.CONDITIONS[finding.condition][0]
        groups[wording.sentence_case(wording.TYPES[finding.type][1]), name].append(finding)
    rows = tuple(
        _row(kind, name, str(len(found)), f"{sum(f.area_mm2 for f in found):.1f}", _spread(found))
        for (kind, name), found in sorted(groups.items(), key=lambda item: -len(item[1]))
    )
    columns = ("Kind", "Condition", "Count", "Area, mm²", "Where")
    return Table("kinds", "Marked places by kind", columns, rows)


def _spread(findings: list[Finding]) -> str:
    counts = Counter(f.region for f in findings if f.region is not None)
    parts = [f"{wording.REGIONS[region].lower()} {n}" for region, n in counts.most_common(4)]
    rest = len(findings) - sum(n for _, n in counts.most_common(4))
    return ", ".join([*parts, *([f"elsewhere {rest}"] if rest else [])])


def _findings(assessment: Assessment) -> Table:
    listed, total = listed_findings(assessment), len(assessment.findings)
    rows = tuple(_finding_row(i, finding) for i, finding in enumerate(listed, start=1))
    columns = ("No.", "Kind", "Where", "Probability", "Area, mm²", "Length, mm")
    caption = "Single places, the largest first"
    if total > len(listed):
        caption += f": {len(listed)} of {total}"
        return Table("findings", caption, columns, rows, ("The JSON and CSV files list all.",))
    return Table("findings", caption, columns, rows)


def _finding_row(number: int, finding: Finding) -> tuple[Cell, ...]:
    where = "–" if finding.region is None else wording.REGIONS[finding.region]
    length = "–" if finding.length_mm is None else f"{finding.length_mm:.1f}"
    return _row(
        str(number),
        wording.sentence_case(wording.TYPES[finding.type][0]),
        where,
        wording.percent(finding.probability),
        f"{finding.area_mm2:.1f}",
        length,
    )


def _grades(grades: Mapping[str, Grade | NotMeasured], key: str, title: str) -> Table:
    rows = []
    for name, grade in grades.items():
        if isinstance(grade, NotMeasured):
            reason = wording.sentence(grade.reason)
            label = wording.SCALES.get(name, wording.spoken(name))
            rows.append(_row(label, "not measured", reason, "–"))
            continue
        basis = f"{wording.spoken(grade.basis.name)}: {wording.quantity(grade.basis)}"
        rows.append(_row(grade.scale, f"{grade.grade}, {grade.label}", basis, grade.source))
    columns = ("Scale", "Grade", "Read from", "Source")
    note = "A grade read off a photo supports a clinician's own grade and does not replace it."
    return Table(key, title, columns, tuple(rows), (note,))


def _quality(assessment: Assessment) -> Table:
    ranked = sorted(assessment.quality.measures, key=lambda m: _WORST_FIRST.index(m.verdict))
    rows = tuple(_quality_row(measure) for measure in ranked)
    columns = ("Measure", "Verdict", "Score", "Value", "In words")
    strictness = wording.STRICTNESS[assessment.quality.strictness]
    notes = (f"0 is useless, 100 ideal. Strictness: {strictness}.",)
    return Table("quality", "Quality of the photo", columns, rows, notes)


def _quality_row(measure: QualityMeasure) -> tuple[Cell, ...]:
    name = wording.MEASURES[measure.name]
    if measure.score is None:
        reason = measure.sentence if measure.not_measured is None else measure.not_measured.reason
        return _row(name, "not measured", "–", "–", wording.sentence(reason))
    raw = "–" if measure.raw is None else wording.quantity(measure.raw)
    verdict = wording.VERDICTS[measure.verdict]
    return _row(name, verdict, f"{measure.score:.0f}", raw, wording.sentence(measure.sentence))


def _provenance(assessment: Assessment) -> Table:
    made, capture = assessment.provenance, assessment.capture
    size = f"{capture.width_px} × {capture.height_px} px, {capture.bit_depth} bit"
    rows = [
        _row("Software", f"{made.software} {made.software_version}"),
        _row("Assessed at", made.assessed_at or "not recorded"),
        _row("Schema", assessment.schema_version),
        _row("Photo", f"{capture.source_format}, {size}, {capture.colour_profile}"),
        _row("Photo SHA-256", capture.sha256),
    ]
    if capture.scaled_by != 1:
        rows.append(
            _row("Reduced on reading", f"to {wording.percent(capture.scaled_by)} of its width")
        )
    if assessment.face is not None:
        scale = assessment.face.scale
        text = f"{scale.mm_per_px:.3f} mm per pixel ± {wording.percent(scale.relative_error)}"
        rows.append(_row("Scale", f"{text}, from the {wording.spoken(scale.method)}"))
    rows += [_row("On reading", wording.sentence(warning)) for warning in capture.warnings]
    for model in made.models:
        text = f"{model.name} {model.version}, {model.runtime}, {model.precision}"
        rows.append(_row("Model", f"{text}, SHA-256 {model.sha256}"))
    return Table("provenance", "What made this report", ("Fact", "Value"), tuple(rows))
