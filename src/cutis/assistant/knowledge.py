"""What Cutis says of itself as facts: how scores are made, their limits, privacy."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

from cutis.core.assessment import Assessment
from cutis.core.facts import Fact
from cutis.core.scores import NotMeasured, Score
from cutis.core.vocabulary import Condition
from cutis.steps.explain import LIMITS, METHODS, explain_scores
from cutis.steps.narrate import Catalogue
from cutis.steps.scoring.formulas import FORMULAS

PREFIX = "cutis."
"""Ids of facts about Cutis start so; their texts are in English in every language."""


def known_passages(words: Catalogue) -> tuple[Fact, ...]:
    """Return the passages that ship with the package, asked for in the words of a language."""
    return tuple(
        Fact(
            row["id"],
            row["text"],
            words.asks(*row["subject"]),
            words.asks(*row["intent"]),
            row.get("lead", 0),
        )
        for row in passages()
    )


@cache
def passages() -> tuple[Mapping[str, Any], ...]:
    """Return the rows of the shipped knowledge: id, text, and the page of docs/ it stands on."""
    file = resources.files("cutis.assistant").joinpath("knowledge.toml")
    return tuple(tomllib.loads(file.read_text(encoding="utf-8"))["passage"])


def explained_scores(
    scores: Mapping[Condition, Score | NotMeasured], words: Catalogue
) -> Iterator[Fact]:
    """Yield how each score is made and what misleads it, by our own texts, not those of a file."""
    for explanation in explain_scores(scores):
        condition, formula = explanation.condition, FORMULAS[explanation.condition]
        subject = words.asks(condition.value)
        yield Fact(
            f"{PREFIX}method.{condition.value}",
            f"{explanation.method} Raw value: {formula.raw_name}. {formula.why}",
            subject,
            words.asks("how", "meaning_more"),
        )
        yield Fact(
            f"{PREFIX}limits.{condition.value}",
            explanation.limits,
            subject,
            words.asks("limits", "meaning_more"),
        )


def known_texts() -> Mapping[str, str]:
    """Return the package's own texts by id, for a check of what was pasted from them."""
    own = {row["id"]: row["text"] for row in passages()}
    for condition in Condition:
        own[f"{PREFIX}method.{condition.value}"] = METHODS[condition]
        own[f"{PREFIX}limits.{condition.value}"] = LIMITS[condition]
    return own


def knowledge(assessment: Assessment, words: Catalogue) -> tuple[Fact, ...]:
    """Return everything that Cutis says of itself and of the scores of an assessment."""
    return (*known_passages(words), *explained_scores(assessment.scores, words))
