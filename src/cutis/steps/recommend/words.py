"""Facts as words: ``kind:subject=value`` read and checked against everything that can be said."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import fields

from cutis.core.advice import (
    AgeGroup,
    Allergen,
    CareLevel,
    Diagnosis,
    Fact,
    FactKind,
    Medicine,
    Preference,
    Pregnancy,
    Profile,
    ReferralLevel,
    Severity,
    Sign,
    SunReaction,
)
from cutis.core.errors import SettingsError
from cutis.core.vocabulary import Condition, LesionType

PROFILE_FIELDS = (
    "age",
    *(entry.name for entry in fields(Profile) if not entry.name.startswith("age_")),
)
MINOR, BASE, NONE = "minor", "base", "none"
"""Values of facts that stand for an age under 18, for everyday care, and for an empty list."""

Vocabulary = Mapping[FactKind, Mapping[str, frozenset[str]]]
"""The subjects of each kind and the values of each subject; no values: none is written."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a sentence that names the nearest known word, or all of them where none is near."""
    known = sorted(known)
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"Did you mean {near[0]}?" if near else f"Known: {', '.join(known) or 'none'}."


def vocabulary(
    ingredients: Iterable[str],
    triggers: Iterable[str],
    habits: Iterable[str],
    states: Iterable[str],
) -> Vocabulary:
    """Return all that can be said, with the ids of the knowledge files."""
    nothing: frozenset[str] = frozenset()
    bands = frozenset(band.value for band in Severity if band is not Severity.CLEAR)
    ingredients = tuple(ingredients)
    conditions = [condition.value for condition in Condition]
    helped = frozenset({*conditions, BASE})
    return {
        FactKind.SEEN: dict.fromkeys(conditions, bands),
        FactKind.LIKELY: dict.fromkeys(conditions, bands),
        FactKind.CLEAR: dict.fromkeys(conditions, nothing),
        FactKind.NOT_JUDGED: dict.fromkeys(conditions, nothing),
        FactKind.FOUND: {kind.value: nothing for kind in LesionType},
        FactKind.STATED: _stated(ingredients),
        FactKind.UNKNOWN: dict.fromkeys(PROFILE_FIELDS, nothing),
        FactKind.TONE: {"marks_stay": frozenset({"raised", "usual", "unknown"})},
        FactKind.STATE: dict.fromkeys(states, nothing),
        FactKind.TRIGGER: dict.fromkeys(triggers, nothing),
        FactKind.SUGGEST: dict.fromkeys(ingredients, helped),
        FactKind.FORBID: dict.fromkeys(ingredients, nothing),
        FactKind.LEFT_OUT: dict.fromkeys(ingredients, nothing),
        FactKind.REFER: {level.value: nothing for level in ReferralLevel},
        FactKind.LIMIT: {level.value: nothing for level in CareLevel},
        FactKind.HABIT: dict.fromkeys(habits, nothing),
    }


def _stated(ingredients: tuple[str, ...]) -> dict[str, frozenset[str]]:
    """Return what a person can state: the profile's fields, single where they are lists."""
    return {
        "age": frozenset({MINOR, *AgeGroup}),
        "pregnancy": frozenset(Pregnancy),
        "sensitive": frozenset({"yes", "no"}),
        "allergy": frozenset({NONE, *Allergen}),
        "medicine": frozenset({NONE, *Medicine}),
        "diagnosis": frozenset({NONE, *Diagnosis}),
        "sign": frozenset({NONE, *Sign}),
        "sun_reaction": frozenset(SunReaction),
        "preference": frozenset({NONE, *Preference}),
        "unwanted": frozenset({NONE, *ingredients}),
    }


def split_fact(text: str, where: str) -> Fact:
    """Split ``kind:subject=value``; only the kind is checked.

    Raises:
        SettingsError: the text has another form or an unknown kind.
    """
    kind, colon, rest = text.partition(":")
    subject, _, value = rest.partition("=")
    if not colon or not subject:
        raise SettingsError(
            f"A fact is written kind:subject or kind:subject=value; {where} has {text!r}. "
            "Correct the knowledge file."
        )
    if kind not in set(FactKind):
        raise SettingsError(
            f"{where}: there is no kind of fact {kind!r}. {did_you_mean(kind, FactKind)}"
        )
    return Fact(FactKind(kind), subject, value)


def read_fact(text: str, words: Vocabulary, where: str) -> Fact:
    """Read a fact and check each of its words.

    Raises:
        SettingsError: a word is unknown; the message names the nearest known one.
    """
    fact = split_fact(text, where)
    subjects = words[fact.kind]
    if fact.subject not in subjects:
        raise SettingsError(
            f"{where}: {fact.kind.value} knows no {fact.subject!r}. "
            f"{did_you_mean(fact.subject, subjects)}"
        )
    values = subjects[fact.subject]
    if fact.value not in (values or {""}):
        hint = did_you_mean(fact.value, values) if values else "It takes no value."
        raise SettingsError(
            f"{where}: {fact.kind.value}:{fact.subject} knows no value {fact.value!r}. {hint}"
        )
    return fact
