"""Retention clocks: what is due to go, as a pure function of rules, times and what is held."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from cutis.store.times import later


@dataclass(frozen=True, slots=True)
class RetentionRules:
    """How long things are kept, in days; 0 keeps them until somebody erases them."""

    photo_days: int = 0
    """Days after which a photo's pixels are removed; its assessment stays."""

    person_days: int = 0
    """Days without a new record after which a person is erased."""

    withdrawn_days: int = 30
    """Days after consent to assessment was withdrawn, or ran out, until the person is erased."""

    idempotency_days: int = 2
    """Days for which an idempotency key is remembered."""


class Reason(StrEnum):
    """Why something is due."""

    PHOTO_OLD = "photo_old"
    PERSON_IDLE = "person_idle"
    CONSENT_WITHDRAWN = "consent_withdrawn"


@dataclass(frozen=True, slots=True)
class HeldPerson:
    """What the clocks must know of a person.

    ``photos`` are ids and times of photos that have their pixels; ``consent_ended_at`` is when the
    consent to assessment ended, None where it stands or was never given.
    """

    tenant_id: str
    person_id: str
    active_at: str
    consent_ended_at: str | None = None
    photos: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Due:
    """One thing that is due: a photo's pixels, or a whole person where ``photo_id`` is None."""

    tenant_id: str
    person_id: str
    photo_id: str | None
    reason: Reason


def due(rules: RetentionRules, held: Iterable[HeldPerson], now: str) -> tuple[Due, ...]:
    """Return what is due at ``now``; a person who goes takes the photos along."""
    return tuple(one for person in held for one in _due_of(rules, person, now))


def _due_of(rules: RetentionRules, person: HeldPerson, now: str) -> Iterator[Due]:
    ended = person.consent_ended_at
    if ended is not None and rules.withdrawn_days and _over(ended, rules.withdrawn_days, now):
        yield Due(person.tenant_id, person.person_id, None, Reason.CONSENT_WITHDRAWN)
    elif rules.person_days and _over(person.active_at, rules.person_days, now):
        yield Due(person.tenant_id, person.person_id, None, Reason.PERSON_IDLE)
    elif rules.photo_days:
        for photo_id, created_at in person.photos:
            if _over(created_at, rules.photo_days, now):
                yield Due(person.tenant_id, person.person_id, photo_id, Reason.PHOTO_OLD)


def _over(since: str, days: int, now: str) -> bool:
    """Whether so many days have passed; at the very moment they have."""
    return later(since, days=days) <= now
