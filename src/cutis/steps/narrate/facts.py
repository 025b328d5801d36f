"""What an assessment says, fact by fact, each in whole sentences of one language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from cutis.core.assessment import Assessment
from cutis.core.facts import Fact
from cutis.core.scores import Grade, NotMeasured, Score
from cutis.core.vocabulary import Condition, Region, Verdict
from cutis.steps.narrate import voice
from cutis.steps.narrate.catalogue import Catalogue

SCALES = {"hayashi": "Hayashi", "gags": "GAGS", "iga": "IGA", "cea": "CEA", "mmasi": "mMASI"}
"""Proper names of the clinical scales, the same in every language."""

UNITS = {
    "%": "percent",
    "mm per cm²": "length_density",
    "per cm²": "count_density",
    "per 100 cm² of visible skin": "spot_density",
}
"""Units that can be said in words; a raw value in another unit is left unsaid."""

_MOST_ITEMS = 3


def tell_facts(assessment: Assessment, words: Catalogue) -> tuple[Fact, ...]:
    """Return every fact of an assessment that can be said in words; each id names its place."""
    told = (_scores, _regions, _overall, _marks, _photo, _tone, _grades, _making)
    return tuple(fact for tell in told for fact in tell(assessment, words))


def _scores(assessment: Assessment, words: Catalogue) -> Iterator[Fact]:
    for condition, answer in assessment.scores.items():
        if isinstance(answer, NotMeasured):
            yield _no_score(condition, answer, words)
        else:
            yield _score(condition, answer, words)
            yield _where(condition, assessment, words)


def _score(condition: Condition, score: Score, words: Catalogue) -> Fact:
    said = [voice.say_score(words, condition, score), voice.say_interval(words, score)]
    if score.raw.unit in UNITS:
        unit = words.say("units", UNITS[score.raw.unit])
        value = words.numbers.number(score.raw.value, 1)
        said.append(words.say("sentences", "raw", value=value, unit=unit))
    return Fact(
        f"assessment.scores.{condition.value}",
        words.flow(*said),
        words.asks(condition.value),
        words.asks("value", "sure"),
        lead=2,
    )


def _no_score(condition: Condition, answer: NotMeasured, words: Catalogue) -> Fact:
    text = words.say(
        "sentences",
        "unmeasured",
        conditions=voice.name(words, condition),
        reason=voice.say_reason(words, answer),
    )
    return Fact(
        f"assessment.scores.{condition.value}",
        text,
        words.asks(condition.value),
        words.asks("unmeasured", "value", "sure", "where"),
        lead=2,
    )


def _where(condition: Condition, assessment: Assessment, words: Catalogue) -> Fact:
    if found := voice.strongest_places(assessment, condition):
        text = voice.say_places(words, condition, found)
    else:
        name = voice.name(words, condition)
        text = voice.sentence_case(words.say("sentences", "nowhere", condition=name))
    return Fact(
        f"assessment.regions.{condition.value}",
        text,
        words.asks(condition.value),
        words.asks("where"),
        lead=1,
    )


def _regions(assessment: Assessment, words: Catalogue) -> Iterator[Fact]:
    for region, seen in assessment.regions.items():
        found = [(c, s.value) for c, s in seen.scores.items() if isinstance(s, Score)]
        if found:
            conditions = (condition.value for condition, _ in found)
            yield Fact(
                f"assessment.regions.{region.value}",
                _in_place(region, found, words),
                words.asks(region.value),
                words.asks("value", "where", "strongest", "finding", *conditions),
                lead=1,
            )


def _in_place(region: Region, found: list[tuple[Condition, float]], words: Catalogue) -> str:
    place = voice.sentence_case(words.say("places", region.value))
    ranked = sorted(found, key=lambda pair: -pair[1])
    return words.say("sentences", "in_place", place=place, items=_items(ranked, words))


def _items(ranked: list[tuple[Condition, float]], words: Catalogue) -> str:
    return words.join(
        words.say(
            "sentences",
            "condition_value",
            condition=voice.name(words, condition),
            value=words.numbers.number(value),
        )
        for condition, value in ranked
    )


def _overall(assessment: Assessment, words: Catalogue) -> Iterator[Fact]:
    overall, found = assessment.overall, voice.measured(assessment)
    if isinstance(overall, Score):
        value = words.numbers.number(overall.value)
        first = words.say("sentences", "overall", value=value)
        text = words.flow(first, voice.say_interval(words, overall))
    else:
        text = words.say("sentences", "no_overall", reason=voice.say_reason(words, overall))
    asked = words.asks("value", "sure", "unmeasured")
    yield Fact("assessment.overall", text, words.asks("overall"), asked, lead=2)
    if not found:
        nothing = words.say("sentences", "nothing")
        subject = words.asks("strongest", "counted")
        yield Fact("assessment.scores", nothing, subject, words.asks("finding", "measured"))
        return
    top = [(c, s.value) for c, s in found[:_MOST_ITEMS]]
    text = words.say("sentences", "strongest", items=_items(top, words))
    yield Fact("assessment.scores", text, words.asks("strongest"), words.asks("finding"), lead=1)
    asked = words.asks("measured", "finding")
    text = words.count("measured", len(found), conditions=voice.names(words, [c for c, _ in found]))
    yield Fact("assessment.scores.count", text, words.asks("counted"), asked, lead=2)


def _marks(assessment: Assessment, words: Catalogue) -> Iterator[Fact]:
    counts = Counter(finding.type.value for finding in assessment.findings)
    nothing = words.say("sentences", "no_marks")
    text = voice.say_marked(words, counts.most_common()) if counts else nothing
    asked = words.asks("finding", "acne", "pigmentation", "where")
    yield Fact("assessment.findings", text, words.asks("marked"), asked, lead=2)


def _photo(assessment: Assessment, words: Catalogue) -> Iterator[Fact]:
    quality = assessment.quality
    fixes = [
        words.say("fixes", m.name.value) for m in quality.measures if m.verdict is not Verdict.GOOD
    ]
    text = words.flow(words.say("verdicts", quality.verdict.value), *fixes)
    asked = words.asks("photo_quality")
    yield Fact("assessment.quality", text, words.asks("photo"), asked, lead=2)
    if assessment.faces:
        text = words.count("faces", len(assessment.faces))
        asked = words.asks("photo")
        yield Fact("assessment.faces", text, words.asks("faces"), asked, lead=1)
    if assessment.face is not None:
        text = voice.say_scale(words, assessment.face.scale.relative_error)
        asked = words.asks("scale_more")
        yield Fact("assessment.face.scale", text, words.asks("scale"), asked)


def _tone(assessment: Assessment, words: Catalogue) -> Iterator[Fact]:
    tone = assessment.tone
    if isinstance(tone, NotMeasured):
        text = words.say("sentences", "no_tone", reason=voice.say_reason(words, tone))
    else:
        text = words.say("sentences", "tone", shade=words.numbers.number(tone.monk))
    asked = words.asks("value", "sure", "photo")
    yield Fact("assessment.tone", text, words.asks("tone"), asked, lead=2)


def _grades(assessment: Assessment, words: Catalogue) -> Iterator[Fact]:
    for key, answer in assessment.grades.items():
        if key not in SCALES:
            continue
        if isinstance(answer, Grade):
            grade = words.numbers.number(answer.grade)
            text = words.say("sentences", "grade", scale=SCALES[key], grade=grade)
        else:
            text = words.say("sentences", "no_grade", scale=SCALES[key])
        own = words.asks("grade") if key == "hayashi" else ()
        subject = (SCALES[key].casefold(), *own)
        asked = words.asks("grade", "value", "acne", "unmeasured")
        yield Fact(f"assessment.grades.{key}", text, subject, asked, lead=2)


def _making(assessment: Assessment, words: Catalogue) -> Iterator[Fact]:
    try:
        made = datetime.fromisoformat(assessment.provenance.assessed_at or "")
    except ValueError:
        return
    text = words.say("sentences", "date", date=made.date().isoformat())
    yield Fact("assessment.provenance", text, words.asks("date"), words.asks("date_more"), lead=1)
