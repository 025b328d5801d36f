"""The first page in words: what we see, what we are not sure of, what you can do next.

What comes first is what matters most for care: severity × texture risk × diagnostic criticality
(`cutis.core.advice.Priority`), not the highest number, since scores of different conditions cannot
be held against each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cutis.core.advice import Plan, Priority, ReferralLevel
from cutis.core.assessment import Assessment
from cutis.core.scores import NotMeasured, NotMeasuredCode, Score
from cutis.core.vocabulary import Condition, Region, Verdict
from cutis.reports import wording

NOTICEABLE = frozenset({"noticeable", "pronounced"})
"""The words of a score that give its condition a sentence of its own."""

IMPORTANT = 1.0
"""A priority, of 9, that gives a slighter condition one too: acne from 17, redness from 25 on.

A choice of ours, like the ranks that priorities are made of.
"""

WIDE = 30.0
"""An interval at least this wide is named as uncertain."""

AT_MOST = 5
"""Sentences of their own for conditions; the others share one."""


@dataclass(frozen=True, slots=True)
class Point:
    """One statement: what it is about, and what is said; ``about`` may be empty."""

    about: str
    text: str


@dataclass(frozen=True, slots=True)
class Summary:
    """Three short lists of statements."""

    seen: tuple[Point, ...]
    unsure: tuple[Point, ...]
    next_steps: tuple[Point, ...]


def summarise(assessment: Assessment, plan: Plan | None = None) -> Summary:
    """Return the summary of a usable photo's assessment, the most important of ``plan`` first."""
    priorities = plan.priorities if plan is not None else ()
    return Summary(
        seen=tuple(_seen(assessment, priorities)),
        unsure=tuple(_unsure(assessment)),
        next_steps=(*_clinician(plan), *_next_steps(assessment)),
    )


def standing_out(
    assessment: Assessment, priorities: Sequence[Priority] = ()
) -> tuple[Condition, ...]:
    """Return the measured conditions that are noticeable or important, the most important first.

    Without priorities the strongest comes first.
    """
    important = {p.condition for p in priorities if p.value >= IMPORTANT}
    return tuple(
        c
        for c, score in _in_order(assessment, priorities)
        if c in important or wording.level(score.value, c) in NOTICEABLE
    )


def strongest_regions(assessment: Assessment, condition: Condition) -> tuple[Region, ...]:
    """Return up to two regions where the condition scores highest, and above the whole face.

    Empty where no region stands out: nothing slight is said to be *most* anywhere.
    """
    whole = assessment.scores.get(condition)
    floor = max(wording.LEVELS[-2][0], whole.value if isinstance(whole, Score) else 0.0)
    values = {
        region: found.value
        for region, seen in assessment.regions.items()
        if isinstance(found := seen.scores.get(condition), Score) and found.value > floor
    }
    return tuple(sorted(values, key=lambda region: -values[region])[:2])


def _measured(assessment: Assessment) -> list[tuple[Condition, Score]]:
    """Return what was measured, the strongest first."""
    found = [(c, s) for c, s in assessment.scores.items() if isinstance(s, Score)]
    return sorted(found, key=lambda pair: -pair[1].value)


def _in_order(
    assessment: Assessment, priorities: Sequence[Priority]
) -> list[tuple[Condition, Score]]:
    """Return what was measured by its priority, then by its score."""
    value = {priority.condition: priority.value for priority in priorities}
    return sorted(_measured(assessment), key=lambda pair: -value.get(pair[0], 0.0))


def _seen(assessment: Assessment, priorities: Sequence[Priority]) -> Iterator[Point]:
    measured = _in_order(assessment, priorities)
    own = standing_out(assessment, priorities)[:AT_MOST]
    for condition in own:
        where = wording.places(strongest_regions(assessment, condition))
        most = f", most {where}" if where else ""
        text = f"{_level_of(assessment, condition)}{most}"
        yield Point(wording.CONDITIONS[condition][0], text)
    rest: dict[str, list[Condition]] = {}
    for condition, score in sorted(measured, key=lambda pair: -pair[1].value):
        if condition not in own:
            rest.setdefault(wording.level(score.value, condition), []).append(condition)
    for word, conditions in rest.items():
        yield Point(wording.sentence_case(word), _names(conditions))
    if assessment.findings:
        yield _marked(assessment)


def _level_of(assessment: Assessment, condition: Condition) -> str:
    score = assessment.scores[condition]
    return wording.level(score.value, condition) if isinstance(score, Score) else ""


def _marked(assessment: Assessment) -> Point:
    counts = Counter(finding.type for finding in assessment.findings)
    kinds = wording.joined(wording.counted(kind, n) for kind, n in counts.most_common())
    return Point("Marked places", kinds)


def _unsure(assessment: Assessment) -> Iterator[Point]:
    yield from _about_the_photo(assessment)
    wide = [pair for pair in _measured(assessment) if _width(pair[1]) >= WIDE]
    if wide:
        spans = wording.joined(_span(condition, score) for condition, score in wide)
        text = f"{wording.sentence_case(spans)} could not be told more closely."
        yield Point("Wide ranges", text)
    yield from _not_measured(assessment)
    yield from _about_the_scale(assessment)


def _width(score: Score) -> float:
    return score.interval.high - score.interval.low


def _span(condition: Condition, score: Score) -> str:
    name = wording.CONDITIONS[condition][0].lower()
    return f"{name} ({score.interval.low:.0f}–{score.interval.high:.0f})"


def _not_measured(assessment: Assessment) -> Iterator[Point]:
    """Tell what was not measured, together where the kind of reason is the same."""
    groups: dict[NotMeasuredCode, dict[Condition, str]] = {}
    for condition, answer in assessment.scores.items():
        if isinstance(answer, NotMeasured):
            groups.setdefault(answer.code, {})[condition] = answer.reason
    for code, reasons in groups.items():
        same = len(set(reasons.values())) == 1
        why = next(iter(reasons.values())) if same else wording.NOT_MEASURED[code]
        fix = "" if same else wording.FIXES.get(code, "")
        text = f"Not measured. {wording.sentence(why)} {fix}".rstrip()
        yield Point(wording.sentence_case(_names(list(reasons))), text)


def _names(conditions: list[Condition]) -> str:
    return wording.joined(wording.CONDITIONS[c][0].lower() for c in conditions)


def _about_the_photo(assessment: Assessment) -> Iterator[Point]:
    if len(assessment.faces) > 1:
        text = f"{len(assessment.faces)} are in the photo; this report is about the one shown here."
        yield Point("Faces", text)
    if assessment.capture.damaged:
        yield Point("File", "It is damaged; parts of the picture may be wrong.")
    if assessment.enhancement is not None:
        yield Point("Small face", wording.enlarged(assessment))
    if any(isinstance(s, Score) and s.enhanced for s in assessment.scores.values()):
        text = "Some scores rest on pixels sharpened by software; they are marked."
        yield Point("Sharpening", text)


def _about_the_scale(assessment: Assessment) -> Iterator[Point]:
    if assessment.face is not None:
        error = assessment.face.scale.relative_error
        length, area = wording.percent(error), wording.percent(2 * error)
        text = f"Lengths may be off by about {length}, areas by about {area}."
        yield Point("Scale", text)


def _clinician(plan: Plan | None) -> Iterator[Point]:
    if plan is not None and plan.referral.level is not ReferralLevel.NONE:
        yield Point("Clinician", plan.referral.sentence)


def _next_steps(assessment: Assessment) -> Iterator[Point]:
    fixes = [m.sentence for m in assessment.quality.measures if m.verdict is not Verdict.GOOD]
    if fixes:
        whole = " ".join(wording.sentence(fix) for fix in dict.fromkeys(fixes))
        yield Point("For a surer answer", whole)
    yield Point("To follow a change", wording.COMPARE)
    yield Point("If it troubles you", wording.SEEK_HELP)
    yield Point("See a doctor soon", wording.RED_FLAG)
