"""How much a session's device is trusted: from 1 down, never up.

Each sign of doubt multiplies what is left by its weight, so that no sign and no order of signs can
raise a right (NIST SP 800-207, tenet 6: access is decided anew, by what is seen now). What is
lowered comes back only by signing in again or by confirming, which the policy asks for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Signs:
    """What is seen of a session now, compared with its beginning."""

    same_address: bool = True
    same_agent: bool = True
    encrypted: bool = True
    strong: bool = True
    age: timedelta = timedelta(0)
    refused_lately: int = 0


_WEIGHTS = {
    "address": 0.7,  # phones roam between networks
    "agent": 0.4,  # a program does not change its name within a session
    "plain": 0.3,  # whoever sits between can copy the token
    "password": 0.9,
    "old": 0.8,
    "refused": 0.6,
}
_OLD = timedelta(hours=4)
_MANY_REFUSALS = 10


def doubts(signs: Signs) -> Iterable[str]:
    """Yield the doubts that the signs give, by name."""
    seen = {
        "address": not signs.same_address,
        "agent": not signs.same_agent,
        "plain": not signs.encrypted,
        "password": not signs.strong,
        "old": signs.age > _OLD,
        "refused": signs.refused_lately >= _MANY_REFUSALS,
    }
    return (name for name, doubt in seen.items() if doubt)


def trust_of(signs: Signs) -> float:
    """Return the trust in a session, 0–1: the product of the weights of its doubts."""
    score = 1.0
    for doubt in doubts(signs):
        score *= _WEIGHTS[doubt]
    return score


def is_recent(at: str | None, now: datetime, within_s: float) -> bool:
    """Tell whether the time ``at`` (ISO 8601, UTC) is at most ``within_s`` seconds ago."""
    if at is None:
        return False
    age = now - datetime.fromisoformat(at)
    return timedelta(0) <= age <= timedelta(seconds=within_s)
