"""Parts of sentences that the summary and the facts share; nothing here repeats a file's own text.

An assessment may come from anyone. So only its numbers, and words of its vocabulary, are spoken:
its free texts (reasons, explanations, names of models) are left unsaid.
"""

from __future__ import annotations

from collections.abc import Iterable

from cutis.core.assessment import Assessment
from cutis.core.scores import NotMeasured, Score
from cutis.core.vocabulary import Condition, Region
from cutis.steps.narrate.catalogue import Catalogue

LEVELS: tuple[tuple[float, str], ...] = (
    (60.0, "pronounced"),
    (30.0, "noticeable"),
    (10.0, "slight"),
    (0.0, "barely"),
)
"""Lower bounds of the words for a score, as a report uses them: reading help, no clinical grade."""

_MOST_PLACES = 2


def level_of(value: float) -> str:
    """Return the key of the word for a score."""
    return next((key for low, key in LEVELS if round(value) >= low), LEVELS[-1][1])


def sentence_case(text: str) -> str:
    """Return ``text`` with a capital first letter, where its script has capitals."""
    return text[:1].upper() + text[1:]


def measured(assessment: Assessment) -> list[tuple[Condition, Score]]:
    """Return what was measured, the strongest first."""
    found = [(c, s) for c, s in assessment.scores.items() if isinstance(s, Score)]
    return sorted(found, key=lambda pair: -pair[1].value)


def strongest_places(assessment: Assessment, condition: Condition) -> tuple[Region, ...]:
    """Return up to two regions where a condition scores highest, above the face and above slight.

    Empty where no region stands out.
    """
    whole = assessment.scores.get(condition)
    floor = max(LEVELS[2][0], whole.value if isinstance(whole, Score) else 0.0)
    values = {
        region: found.value
        for region, seen in assessment.regions.items()
        if isinstance(found := seen.scores.get(condition), Score) and found.value > floor
    }
    return tuple(sorted(values, key=lambda region: -values[region])[:_MOST_PLACES])


def name(words: Catalogue, condition: Condition) -> str:
    """Return the name of a condition, as it stands inside a sentence."""
    return words.say("conditions", condition.value)


def names(words: Catalogue, conditions: Iterable[Condition]) -> str:
    """Return the names of conditions as a list."""
    return words.join(name(words, condition) for condition in conditions)


def places(words: Catalogue, regions: Iterable[Region]) -> str:
    """Return regions as a list of places: *on the nose and on the chin*."""
    return words.join(words.say("places", region.value) for region in regions)


def say_score(words: Catalogue, condition: Condition, score: Score) -> str:
    """Return the sentence with the score and its word."""
    return sentence_case(
        words.say(
            "sentences",
            "score",
            condition=name(words, condition),
            value=words.numbers.number(score.value),
            level=words.say("levels", level_of(score.value)),
        )
    )


def say_interval(words: Catalogue, score: Score) -> str:
    """Return the sentence that tells where a repeated photo is expected."""
    low, high = (words.numbers.number(v) for v in (score.interval.low, score.interval.high))
    return words.say("sentences", "interval", low=low, high=high)


def say_places(words: Catalogue, condition: Condition, found: Iterable[Region]) -> str:
    """Return the sentence that tells where a condition is strongest."""
    said = {"condition": name(words, condition), "places": places(words, found)}
    return sentence_case(words.say("sentences", "where", **said))


def say_reason(words: Catalogue, answer: NotMeasured) -> str:
    """Return why something was not measured, by the kind of reason."""
    return words.say("reasons", answer.code.value)


def say_marked(words: Catalogue, counts: Iterable[tuple[str, int]]) -> str:
    """Return how many places are marked, by type; ``counts`` are pairs of type and number."""
    pairs = list(counts)
    kinds = words.join(
        words.say(
            "sentences",
            "type_count",
            type=words.say("types", kind),
            n=words.numbers.number(n),
        )
        for kind, n in pairs
    )
    return words.count("marked", sum(n for _, n in pairs), types=kinds)


def say_scale(words: Catalogue, relative_error: float) -> str:
    """Return how far lengths and areas may be off; an area's error is twice a length's."""
    length, area = (words.numbers.percent(e) for e in (relative_error, 2 * relative_error))
    return words.say("sentences", "scale", length=length, area=area)
