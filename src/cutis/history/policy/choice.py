"""From a table and a person's feedback to a suggestion in words; the rules' plan stands by default.

An option is preferred to the rules' plan only where the table has seen both often enough and the
difference is larger than chance gives. Feedback of the person counts on top of the table; it orders
what is allowed and allows nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import hypot

from cutis.core.errors import InputError
from cutis.history.policy.options import RULES
from cutis.history.policy.qtable import QTable

FEWEST_TRIES = 30
"""Tries of an option in a situation before its value counts."""
SURE_ERRORS = 1.96
"""Standard errors that a difference must exceed (95 %)."""
FEEDBACK_STEP, MOST_FEEDBACK = 0.1, 0.5
"""What one *helped* or *did not suit* moves an option by, and how far it can go in all."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a person has said of options: plus for what helped, minus for what did not suit."""

    points: Mapping[str, float] = field(default_factory=dict)

    def told(self, option: str, *, helped: bool) -> Preferences:
        """Return the preferences with one more answer."""
        step = FEEDBACK_STEP if helped else -FEEDBACK_STEP
        moved = max(-MOST_FEEDBACK, min(MOST_FEEDBACK, self.points.get(option, 0.0) + step))
        return Preferences({**self.points, option: round(moved, 6)})

    def forgotten(self, option: str | None = None) -> Preferences:
        """Return the preferences without one option, or without any."""
        kept = {o: p for o, p in self.points.items() if option is not None and o != option}
        return Preferences(kept)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The chosen option, why, and what it was held against; ``sure`` where chance is ruled out."""

    option: str
    because: str
    sure: bool
    order: tuple[str, ...]


def suggest(
    situation: object,
    allowed: Iterable[str],
    table: QTable,
    preferences: Preferences | None = None,
) -> Suggestion:
    """Return the option to begin with among those that the rules allow.

    Raises:
        InputError: the rules' own plan is not among the options.
    """
    options = list(dict.fromkeys(allowed))
    if RULES not in options:
        raise InputError(
            "The rules' own plan must be among the options. Take them from routine_options."
        )
    points = (preferences or Preferences()).points
    kept = [o for o in options if o == RULES or _sure(situation, o, table) or points.get(o)]
    worth = {o: _worth(situation, o, table) + points.get(o, 0.0) for o in kept}
    order = tuple(sorted(kept, key=lambda o: (-worth[o], o != RULES)))
    best = order[0]
    sure = best != RULES and _sure(situation, best, table)
    return Suggestion(best, _because(situation, best, table, points.get(best, 0.0)), sure, order)


def _worth(situation: object, option: str, table: QTable) -> float:
    """Return what an option is worth above the rules' plan; nothing unless that is sure."""
    if option == RULES or not _sure(situation, option, table):
        return 0.0
    return table.of(situation, option).value - table.of(situation, RULES).value


def _sure(situation: object, option: str, table: QTable) -> bool:
    own, usual = table.of(situation, option), table.of(situation, RULES)
    tried = min(own.visits, usual.visits) >= FEWEST_TRIES
    return tried and abs(own.value - usual.value) > SURE_ERRORS * hypot(own.error, usual.error)


def _because(situation: object, option: str, table: QTable, points: float) -> str:
    """Return in words why an option was chosen, on how many tries, and how sure that is."""
    own, usual = table.of(situation, option), table.of(situation, RULES)
    said = {1: " You said that it helped.", -1: " You said that it did not suit you."}
    feedback = said[1 if points > 0 else -1] if points else ""
    if option == RULES:
        return f"The rules' own plan: nothing else is surely better here.{feedback}"
    if not _sure(situation, option, table):
        return f"Chosen by what you said, not by what was learned.{feedback}"
    return (
        f"In this situation it was worth {own.value - usual.value:+.2f} more than the rules' own "
        f"plan, give or take {SURE_ERRORS * hypot(own.error, usual.error):.2f}, over {own.visits} "
        f"and {usual.visits} tries. Learned from: {table.origin}.{feedback}"
    )
