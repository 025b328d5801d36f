"""An examination as a document: sections, tables and figures as plain data, of no format.

`compose` decides what a report says; `html` decides how it looks, and `pdf` prints that. What comes
first follows the priority of guidance; who states a profile or gives earlier visits (`Background`)
gets a fuller plan, and what changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from cutis.core.advice import Plan, Profile
from cutis.core.assessment import Assessment, Examination
from cutis.core.scores import NotMeasured, Score
from cutis.core.vocabulary import Condition, Verdict
from cutis.history.timeline import Timeline
from cutis.reports import wording
from cutis.reports.guidance import Guidance, guide
from cutis.reports.summary import Summary, standing_out, strongest_regions, summarise
from cutis.reports.tables import Table, detail_tables, score_table
from cutis.reports.visits import Past, look_at
from cutis.steps.recommend import recommend


@dataclass(frozen=True, slots=True)
class Background:
    """What is known beside the photo: what the person states, and their visits with this one."""

    profile: Profile | None = None
    timeline: Timeline | None = None


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """One score as a reader meets it; ``value`` is None where nothing was measured.

    ``low`` and ``high`` are the ends of the interval, 0–100; ``raw`` the value with its unit.
    ``note`` is the reason where nothing was measured, else what the condition means.
    """

    condition: Condition | None
    name: str
    value: int | None
    low: float
    high: float
    level: str
    raw: str
    note: str
    enhanced: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture to be shown: the photo, or with ``condition`` its map over the face."""

    key: str
    name: str
    alt: str
    caption: str
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """How one score is made, in plain words."""

    name: str
    summary: str
    method: str
    limits: str


@dataclass(frozen=True, slots=True)
class Document:
    """A report as data. ``refusal`` holds the reasons of a photo that was not measured."""

    title: str
    date: str | None
    usable: bool
    verdict: str
    headline: str
    lead: str
    refusal: tuple[str, ...]
    tips: tuple[str, ...]
    summary: Summary | None
    guidance: Guidance | None
    past: Past | None
    overall: ScoreLine | None
    scores: tuple[ScoreLine, ...]
    figures: tuple[Figure, ...]
    region_alt: str
    finding_alt: str
    enlarged: str
    enlarged_alt: str
    score_table: Table | None
    tables: tuple[Table, ...]
    made: tuple[Made, ...]
    limits: tuple[str, ...]
    disclaimer: str

    def table(self, key: str) -> Table | None:
        """Return the table called ``key``, or None where the report has none."""
        return next((table for table in self.tables if table.key == key), None)


def compose(examination: Examination, background: Background | None = None) -> Document:
    """Return the document of an examination; of a refused photo, why and how to do better.

    Without a background the guidance is what the rules give to a person who states nothing.
    """
    assessment, background = examination.assessment, background or Background()
    usable = assessment.usable
    plan = recommend(assessment, background.profile)
    timeline = background.timeline
    return Document(
        title="Skin report",
        date=_date(assessment),
        usable=usable,
        verdict=_verdict(assessment),
        headline=_headline(assessment, plan),
        lead=_lead(assessment),
        refusal=() if usable else _reasons(assessment),
        tips=() if usable else wording.REFUSED_TIPS,
        summary=summarise(assessment, plan) if usable else None,
        guidance=guide(plan) if usable else None,
        past=look_at(timeline) if timeline is not None and len(timeline.visits) > 1 else None,
        overall=_overall(assessment) if usable else None,
        scores=_score_lines(assessment) if usable else (),
        figures=_figures(examination),
        region_alt="The face with the outlines of the numbered regions listed in the table.",
        finding_alt="The face with a numbered frame around each place listed in the table.",
        enlarged=wording.enlarged(assessment),
        enlarged_alt="Left the face as it came, enlarged plainly; right as a network drew it.",
        score_table=score_table(assessment) if usable else None,
        tables=detail_tables(assessment),
        made=_made(assessment),
        limits=wording.LIMITS,
        disclaimer=assessment.disclaimer,
    )


def _date(assessment: Assessment) -> str | None:
    at = assessment.provenance.assessed_at
    if at is None:
        return None
    try:
        return datetime.fromisoformat(at).astimezone(UTC).strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return None


def _verdict(assessment: Assessment) -> str:
    if not assessment.usable:
        return "Not measured"
    return f"Photo: {wording.VERDICTS[assessment.quality.verdict]}"


def _headline(assessment: Assessment, plan: Plan) -> str:
    if not assessment.usable:
        return "This photo cannot be measured yet"
    if _measured_count(assessment) == 0:
        return "Nothing could be measured in this photo"
    names = [
        wording.CONDITIONS[c][0].lower() for c in standing_out(assessment, plan.priorities)[:2]
    ]
    if not names:
        return "Nothing stands out in this photo"
    return f"{wording.FIRST}: {wording.joined(names)}"


def _measured_count(assessment: Assessment) -> int:
    return sum(isinstance(score, Score) for score in assessment.scores.values())


def _lead(assessment: Assessment) -> str:
    if not assessment.usable:
        return wording.REFUSED_LEAD
    if _measured_count(assessment) == 0:
        return wording.EMPTY_LEAD
    fit = {
        Verdict.GOOD: "The photo is well suited.",
        Verdict.USABLE: "The photo is usable; a better one would make the answer surer.",
        Verdict.RETAKE: "The photo is hardly suited; take these numbers with much caution.",
    }[assessment.quality.verdict]
    count = f"{_measured_count(assessment)} of {len(assessment.scores)} conditions were measured."
    return f"{fit} {count} This is a decision aid, not a diagnosis."


def _reasons(assessment: Assessment) -> tuple[str, ...]:
    return assessment.reasons or (assessment.quality.sentence,)


def _overall(assessment: Assessment) -> ScoreLine:
    meaning = "All measured conditions taken together."
    return _line(None, ("Overall", meaning), assessment.overall)


def _score_lines(assessment: Assessment) -> tuple[ScoreLine, ...]:
    """Measured first and strongest first, then what was not measured."""
    lines = [
        _line(condition, wording.CONDITIONS[condition], score)
        for condition, score in assessment.scores.items()
    ]
    return tuple(sorted(lines, key=lambda line: -1 if line.value is None else -line.value))


def _line(
    condition: Condition | None, words: tuple[str, str], score: Score | NotMeasured
) -> ScoreLine:
    name, meaning = words
    if isinstance(score, NotMeasured):
        reason = wording.sentence(score.reason)
        return ScoreLine(condition, name, None, 0, 0, "not measured", "", reason)
    raw = f"{wording.spoken(score.raw.name)}: {wording.quantity(score.raw)}"
    return ScoreLine(
        condition=condition,
        name=name,
        value=round(score.value),
        low=score.interval.low,
        high=score.interval.high,
        level=wording.level(score.value, condition),
        raw=raw,
        note=meaning,
        enhanced=score.enhanced,
    )


def _figures(examination: Examination) -> tuple[Figure, ...]:
    if examination.crop is None:
        alt = "The photo that was sent, upright."
        return (Figure("photo", "Photo", alt, "The photo as it was read."),)
    figures = [Figure("photo", "Photo", "The face that was assessed.", "The face as it was read.")]
    figures += [_map_figure(examination.assessment, c) for c in Condition if c in examination.maps]
    return tuple(figures)


def _map_figure(assessment: Assessment, condition: Condition) -> Figure:
    name, meaning = wording.CONDITIONS[condition]
    score = assessment.scores.get(condition)
    known = "" if not isinstance(score, Score) else f" {round(score.value)} of 100."
    where = wording.places(strongest_regions(assessment, condition))
    most = f" Most {where}." if where else ""
    alt = f"Map of {name.lower()} over the face.{known}{most}"
    return Figure(condition.value, name, alt, f"{meaning}{known}{most}", condition)


def _made(assessment: Assessment) -> tuple[Made, ...]:
    return tuple(
        Made(wording.CONDITIONS[e.condition][0], e.summary, e.method, e.limits)
        for e in assessment.explanations
    )
