"""The knowledge files: read, checked word by word, and compiled into rules.

Every edge of the graph is a rule: an ingredient *helps* a condition or is *avoided* in a state, a
condition has *triggers*, a habit *eases* a trigger, a *red flag* refers. What fits no edge stands
in ``rules.toml``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Any

from cutis.core.advice import FactKind, Medicine, Source
from cutis.core.errors import SettingsError
from cutis.core.vocabulary import Condition
from cutis.steps.recommend.engine import Rule
from cutis.steps.recommend.knowledge import (
    ConditionCard,
    Habit,
    Ingredient,
    Interaction,
    Knowledge,
    MedicineCard,
    RedFlag,
    RuleCard,
    Trigger,
)
from cutis.steps.recommend.tables import build, parse_table
from cutis.steps.recommend.words import (
    BASE,
    PROFILE_FIELDS,
    Vocabulary,
    did_you_mean,
    read_fact,
    split_fact,
    vocabulary,
)

FILES: Mapping[str, type] = {
    "sources": Source,
    "conditions": ConditionCard,
    "ingredients": Ingredient,
    "triggers": Trigger,
    "habits": Habit,
    "medicines": MedicineCard,
    "interactions": Interaction,
    "red_flags": RedFlag,
    "rules": RuleCard,
}
"""The knowledge files by name, and what each of their tables holds."""

CONCLUDED = (
    FactKind.STATE,
    FactKind.TRIGGER,
    FactKind.SUGGEST,
    FactKind.FORBID,
    FactKind.REFER,
    FactKind.LIMIT,
    FactKind.HABIT,
)
"""What a rule may conclude; the other kinds are given."""

RED_FLAG = "state:red_flag"
"""What every red flag concludes."""


@cache
def shipped_knowledge() -> Knowledge:
    """Return the knowledge that ships with the package."""
    return compile_knowledge(shipped_texts())


def shipped_texts() -> dict[str, str]:
    """Return the text of every shipped knowledge file, by its name without ending."""
    folder = resources.files("cutis.steps.recommend").joinpath("data")
    return {name: folder.joinpath(f"{name}.toml").read_text(encoding="utf-8") for name in FILES}


def compile_knowledge(texts: Mapping[str, str]) -> Knowledge:
    """Read, check and compile the knowledge files.

    Raises:
        SettingsError: a file is missing or no TOML; a field, id or word is unknown, with the
            nearest known one; a statement has no source; a state leads nowhere.
    """
    tables = {name: _read(name, texts) for name in FILES}
    _check_sources(tables)
    _check_ids(tables)
    cards = list(_rule_cards(tables))
    words = vocabulary(tables["ingredients"], tables["triggers"], tables["habits"], _states(cards))
    return Knowledge(
        sources=tables["sources"],
        conditions={Condition(name): card for name, card in tables["conditions"].items()},
        ingredients=tables["ingredients"],
        triggers=tables["triggers"],
        habits=tables["habits"],
        medicines={Medicine(name): card for name, card in tables["medicines"].items()},
        interactions=tables["interactions"],
        red_flags=tables["red_flags"],
        rules=tuple(_rule(name, card, words) for name, card in cards),
    )


def _read(name: str, texts: Mapping[str, str]) -> dict[str, Any]:
    if name not in texts:
        raise SettingsError(f"The knowledge file {name}.toml is missing. Put it back.")
    file = f"{name}.toml"
    table = parse_table(texts[name], file)
    extra = {"id": True} if name == "sources" else {}
    return {
        key: build(
            FILES[name],
            {**value, "id": key} if extra and isinstance(value, dict) else value,
            f"{file} [{key}]",
        )
        for key, value in table.items()
    }


def _check_sources(tables: Mapping[str, Mapping[str, Any]]) -> None:
    """Every statement names at least one source, and only known ones."""
    known = tables["sources"]
    for name, table in tables.items():
        for key, card in table.items():
            for where, sources in _sources_of(card, f"{name}.toml [{key}]"):
                if not sources:
                    raise SettingsError(f"{where} names no source. Add the id of one.")
                for source in sources:
                    if source not in known:
                        hint = did_you_mean(source, known)
                        raise SettingsError(f"{where}: there is no source {source!r}. {hint}")


def _sources_of(card: Any, where: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    if isinstance(card, Source):
        return
    yield where, card.sources
    if isinstance(card, Ingredient):
        for edge in (*card.helps, *card.avoid):
            yield where, edge.sources


def _check_ids(tables: Mapping[str, Mapping[str, Any]]) -> None:
    """Check the ids that are no facts, and that every condition and medicine has its card."""
    ingredients, triggers = tables["ingredients"], tables["triggers"]
    for name, members in (("conditions", Condition), ("medicines", Medicine)):
        _known(f"{name}.toml", tables[name], members)
        for missing in sorted({str(member.value) for member in members} - set(tables[name])):
            raise SettingsError(f"{name}.toml lacks [{missing}]. Add it.")
    for key, card in tables["conditions"].items():
        _known(f"conditions.toml [{key}]", card.triggers, triggers)
        _check_bands(key, card)
    for key, card in tables["habits"].items():
        _known(f"habits.toml [{key}]", card.eases, triggers)
    for key, card in tables["interactions"].items():
        _known(f"interactions.toml [{key}]", card.between, ingredients)
    for key, card in tables["medicines"].items():
        named = filter(None, [card.acts_as, *card.keeps_out])
        _known(f"medicines.toml [{key}]", named, ingredients)
    for key, card in ingredients.items():
        _known(f"ingredients.toml [{key}]", card.must_know, PROFILE_FIELDS)


def _known(where: str, names: Iterable[str], known: Iterable[str]) -> None:
    known = [str(getattr(name, "value", name)) for name in known]
    for name in names:
        if name not in known:
            raise SettingsError(f"{where}: there is no {name!r}. {did_you_mean(name, known)}")


def _check_bands(key: str, card: ConditionCard) -> None:
    edges = (0.0, card.mild_from, card.moderate_from, card.severe_from, 100.0)
    if any(low >= high for low, high in pairwise(edges)):
        raise SettingsError(f"conditions.toml [{key}]: the bands must rise within 0 and 100.")
    if not {card.texture_risk, card.criticality} <= {1, 2, 3}:
        raise SettingsError(f"conditions.toml [{key}]: the ranks are 1, 2 or 3.")


def _rule_cards(tables: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, RuleCard]]:
    """Yield every rule with its id, those of the edges and those written as rules."""
    for key, ingredient in tables["ingredients"].items():
        yield from _ingredient_rules(key, ingredient)
    for key, condition in tables["conditions"].items():
        for trigger in condition.triggers:
            card = tables["triggers"].get(trigger)
            if card is not None:
                then = (f"trigger:{trigger}",)
                seen = (f"seen:{key}=mild",)
                yield f"trigger.{key}.{trigger}", RuleCard(seen, then, card.because, card.sources)
    for key, habit in tables["habits"].items():
        for trigger in habit.eases:
            card = tables["triggers"][trigger]
            then = (f"habit:{key}",)
            when = (f"trigger:{trigger}",)
            yield f"habit.{key}.{trigger}", RuleCard(when, then, card.because, habit.sources)
    for key, flag in tables["red_flags"].items():
        told = (f"refer:{flag.level}", f"limit:{flag.care}", RED_FLAG)
        yield f"red_flag.{key}", RuleCard(flag.when, told, flag.because, flag.sources)
    for key, card in tables["rules"].items():
        yield f"rule.{key}", card


def _ingredient_rules(key: str, ingredient: Ingredient) -> Iterator[tuple[str, RuleCard]]:
    forbid = (f"forbid:{key}",)
    for i, edge in enumerate(ingredient.helps):
        seen = [text for text in edge.when if text.startswith(FactKind.SEEN.value)]
        helped = split_fact(seen[0], f"ingredients.toml [{key}]").subject if seen else BASE
        name = f"help.{key}.{helped}.{i + 1}"
        yield name, RuleCard(edge.when, (f"suggest:{key}={helped}",), edge.because, edge.sources)
    for i, edge in enumerate(ingredient.avoid):
        yield f"avoid.{key}.{i + 1}", RuleCard(edge.when, forbid, edge.because, edge.sources)
    for allergen in ingredient.allergens:
        because = "You state that your skin reacts to it."
        card = RuleCard((f"stated:allergy={allergen}",), forbid, because, ingredient.sources)
        yield f"avoid.{key}.allergy_{allergen}", card
    because = "You would rather not use it."
    card = RuleCard((f"stated:unwanted={key}",), forbid, because, ingredient.sources)
    yield f"avoid.{key}.unwanted", card


def _states(cards: Iterable[tuple[str, RuleCard]]) -> frozenset[str]:
    """Return the states; each is concluded by some rule and leads to another.

    Raises:
        SettingsError: a state is only asked for, or only concluded.
    """
    cards = list(cards)
    asked, told = (
        {
            fact.subject: where
            for where, card in cards
            for fact in (split_fact(text, where) for text in getattr(card, part))
            if fact.kind is FactKind.STATE
        }
        for part in ("when", "then")
    )
    for name in sorted(set(asked) - set(told)):
        hint = did_you_mean(name, told)
        raise SettingsError(f"{asked[name]}: no rule concludes state:{name}. {hint}")
    for name in sorted(set(told) - set(asked)):
        hint = did_you_mean(name, asked)
        raise SettingsError(f"{told[name]}: no rule asks for state:{name}. {hint}")
    return frozenset(told)


def _rule(name: str, card: RuleCard, words: Vocabulary) -> Rule:
    when = tuple(sorted(read_fact(text, words, name) for text in card.when))
    then = tuple(sorted(read_fact(text, words, name) for text in card.then))
    for fact in then:
        if fact.kind not in CONCLUDED:
            known = ", ".join(kind.value for kind in CONCLUDED)
            raise SettingsError(f"{name} concludes {fact}; a rule concludes one of: {known}.")
    return Rule(name, when, then, card.because, card.sources)
