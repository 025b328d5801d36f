"""A short summary of an assessment: what we see, what we are not sure of, what helps the photo."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from cutis.core.assessment import Assessment
from cutis.core.language import Language
from cutis.core.scores import NotMeasured, NotMeasuredCode, Score
from cutis.core.vocabulary import Condition, Verdict
from cutis.steps.narrate import voice
from cutis.steps.narrate.catalogue import Catalogue

NOTICEABLE = 30.0
"""From here a condition gets a sentence of its own."""

WIDE = 30.0
"""An interval at least this wide is named as uncertain."""

AT_MOST = 5
"""Sentences of their own for conditions; the others share one."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its sentences."""

    heading: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Narrative:
    """The summary in one language; ``direction`` is ``ltr`` or ``rtl``, as HTML writes it."""

    language: Language
    direction: str
    sections: tuple[Section, ...]
    closing: str


def narrate(assessment: Assessment, words: Catalogue) -> Narrative:
    """Return the summary of an assessment, or of the refusal of a photo."""
    parts = {"seen": _seen, "unsure": _unsure, "advice": _advice}
    sections = (
        Section(words.say("headings", key), tuple(tell(assessment, words)))
        for key, tell in parts.items()
    )
    return Narrative(
        language=words.language,
        direction="rtl" if words.language.right_to_left else "ltr",
        sections=tuple(section for section in sections if section.sentences),
        closing=words.say("sentences", "aid"),
    )


def as_text(narrative: Narrative, words: Catalogue) -> str:
    """Return the summary as plain text; lines of a right-to-left language start with its mark."""
    lines = []
    for section in narrative.sections:
        lines += [words.as_line(section.heading)]
        lines += [words.as_line(f"• {sentence}") for sentence in section.sentences]
        lines += [""]
    return "\n".join([*lines, words.as_line(narrative.closing)]) + "\n"


def _seen(assessment: Assessment, words: Catalogue) -> Iterator[str]:
    found = voice.measured(assessment)
    if not found:
        yield words.say("sentences", "nothing")
        return
    if isinstance(assessment.overall, Score):
        value = words.numbers.number(assessment.overall.value)
        yield words.say("sentences", "overall", value=value)
    clear = [pair for pair in found if round(pair[1].value) >= NOTICEABLE][:AT_MOST]
    for condition, score in clear:
        where = _where(assessment, condition, words)
        yield words.flow(voice.say_score(words, condition, score), *where)
    yield from _rest(found[len(clear) :], words)
    if assessment.findings:
        counts = Counter(finding.type.value for finding in assessment.findings)
        yield voice.say_marked(words, counts.most_common())


def _where(assessment: Assessment, condition: Condition, words: Catalogue) -> Iterator[str]:
    if found := voice.strongest_places(assessment, condition):
        yield words.say("sentences", "where_too", places=voice.places(words, found))


def _rest(found: list[tuple[Condition, Score]], words: Catalogue) -> Iterator[str]:
    groups: dict[str, list[Condition]] = {}
    for condition, score in found:
        groups.setdefault(voice.level_of(score.value), []).append(condition)
    for level, conditions in groups.items():
        said = words.say("levels", level)
        names = voice.names(words, conditions)
        yield voice.sentence_case(words.say("sentences", "rest", level=said, conditions=names))


def _unsure(assessment: Assessment, words: Catalogue) -> Iterator[str]:
    if len(assessment.faces) > 1:
        yield words.count("faces", len(assessment.faces))
    if assessment.capture.damaged:
        yield words.say("sentences", "damaged")
    if assessment.enhancement is not None:
        scale = words.numbers.number(assessment.enhancement.scale)
        yield words.say("sentences", "small_face", scale=scale)
    if any(isinstance(s, Score) and s.enhanced for s in assessment.scores.values()):
        yield words.say("sentences", "enhanced")
    for condition, score in voice.measured(assessment):
        if score.interval.high - score.interval.low >= WIDE:
            yield _wide(condition, score, words)
    yield from _unmeasured(assessment, words)
    if assessment.usable and assessment.face is not None:
        yield voice.say_scale(words, assessment.face.scale.relative_error)


def _wide(condition: Condition, score: Score, words: Catalogue) -> str:
    low, high = (words.numbers.number(v) for v in (score.interval.low, score.interval.high))
    name = voice.name(words, condition)
    return voice.sentence_case(words.say("sentences", "wide", condition=name, low=low, high=high))


def _unmeasured(assessment: Assessment, words: Catalogue) -> Iterator[str]:
    """Tell what was not measured, together where the kind of reason is the same."""
    groups: dict[NotMeasuredCode, list[Condition]] = {}
    for condition, answer in assessment.scores.items():
        if isinstance(answer, NotMeasured):
            groups.setdefault(answer.code, []).append(condition)
    for code, conditions in groups.items():
        names, reason = voice.names(words, conditions), words.say("reasons", code.value)
        yield words.say("sentences", "unmeasured", conditions=names, reason=reason)


def _advice(assessment: Assessment, words: Catalogue) -> Iterator[str]:
    fixes = [
        words.say("fixes", measure.name.value)
        for measure in assessment.quality.measures
        if measure.verdict is not Verdict.GOOD
    ]
    yield from fixes or [words.say("sentences", "good_photo")]
    for key in ("compare", "help", "red_flag"):
        yield words.say("sentences", key)
