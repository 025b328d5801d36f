"""Assessments made of scores that a test names; everything else of the sample is clear."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache

from cutis.core.assessment import Assessment, SkinTone
from cutis.core.scores import Interval, NotMeasured, NotMeasuredCode, Quantity, Score
from cutis.core.vocabulary import Condition, ItaGroup, LesionType
from cutis.testing import sample_assessment

NOT_MEASURED = NotMeasured(NotMeasuredCode.TOO_COARSE, "This photo is too coarse to show it.")
CLEAR = (1.0, 0.0, 4.0)
Numbers = tuple[float, float, float]


def score(numbers: Numbers) -> Score:
    """Return a score of value, low and high."""
    value, low, high = numbers
    raw = Quantity("made for a test", value, "1")
    return Score(value, Interval(low, high), raw, "made-1", "classical")


def made(
    scores: Mapping[Condition, Numbers | None] | None = None,
    *,
    tone: ItaGroup | None = ItaGroup.LIGHT,
    found: Iterable[LesionType] = (),
    unsure: Iterable[LesionType] = (),
) -> Assessment:
    """Return an assessment.

    Args:
        scores: value, low and high by condition, None for not measured; the others are clear.
        tone: the skin's colour group; None where it was not measured.
        found: lesion types that the classifier is sure of, one finding each.
        unsure: lesion types that it is not sure of.
    """
    sample = _sample()
    given: dict[Condition, Numbers | None] = {**dict.fromkeys(Condition, CLEAR), **(scores or {})}
    first = sample.findings[0]
    findings = [replace(first, type=t, probability=0.9, type_probability=0.8) for t in found]
    findings += [replace(first, type=t, probability=0.9, type_probability=0.4) for t in unsure]
    return replace(
        sample,
        scores={c: NOT_MEASURED if n is None else score(n) for c, n in given.items()},
        tone=NOT_MEASURED if tone is None else _tone(sample.tone, tone),
        findings=tuple(findings),
    )


@cache
def _sample() -> Assessment:
    return sample_assessment()


def _tone(sample: SkinTone | NotMeasured, group: ItaGroup) -> SkinTone:
    assert isinstance(sample, SkinTone)
    return replace(sample, colour=replace(sample.colour, ita_group=group))
