"""Who may do what: one table, deny by default.

Each operation of the API has one row. A row says which roles may do it, what tie to the person each
of them needs, which consent of the person, whether the user must just have confirmed who they are,
and how much the session must be trusted. What is not in the table cannot be done, and the
application refuses to start with a route that has no row.

`decide` is pure. A person of another tenant, one whom the user has no tie to and one who is not
there are answered alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from cutis.core.record_words import Purpose, Relation, Role
from cutis.core.records import Standing


class Scope(StrEnum):
    """What an operation is about."""

    PUBLIC = "public"
    """Nobody's in particular; no sign-in."""
    ACCOUNT = "account"
    """The user's own account; every role."""
    TENANT = "tenant"
    """The tenant as a whole, of the roles that are named."""
    PERSON = "person"
    """One person and what is kept about them."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a role needs: a tie to the person (any of them), and a consent of the person."""

    ties: frozenset[Relation] = frozenset()
    consent: Purpose | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the table; ``min_trust`` (0–1) is what `cutis.service.trust` must at least say."""

    scope: Scope
    grants: Mapping[Role, Grant] = field(default_factory=dict)
    step_up: bool = False
    min_trust: float = 0.2


class Verdict(StrEnum):
    """The answer of the policy; all but the first are refusals."""

    ALLOWED = "allowed"
    LOGIN = "access.login"
    PASSKEY = "access.passkey"
    FORBIDDEN = "access.forbidden"
    NOT_FOUND = "access.not_found"
    NO_CONSENT = "access.consent"
    TRUST = "access.trust"
    STEP_UP = "access.step_up"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, as far as the policy cares.

    ``strong`` says that a passkey was used to sign in; `STRONG_ROLES` count only then.
    ``stepped_up`` says that the user confirmed within the last minutes who they are.
    ``trust`` (0–1) is what the session is trusted; it can only take rights away.
    """

    user_id: str
    tenant_id: str
    roles: frozenset[Role]
    strong: bool = False
    stepped_up: bool = False
    trust: float = 1.0


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict, and the role that it was allowed for."""

    verdict: Verdict
    role: Role | None = None


STRONG_ROLES = frozenset({Role.CLINICIAN, Role.ADMIN})
"""Roles that count only after a sign-in with a passkey."""

_ANYONE = Grant()
_SELF = Grant(frozenset({Relation.SELF}))
_WARD = Grant(frozenset({Relation.GUARDIAN}))
_CARED = Grant(frozenset({Relation.CARE}))


def _with(grant: Grant, consent: Purpose) -> Grant:
    return Grant(grant.ties, consent)


def _theirs(**others: Grant) -> Mapping[Role, Grant]:
    """Grant to the person and the guardian what is theirs, and to other roles as given."""
    own = {Role.PERSON: _SELF, Role.GUARDIAN: _WARD}
    return MappingProxyType(own | {Role(name): grant for name, grant in others.items()})


def _consented(purpose: Purpose, **others: Grant) -> Mapping[Role, Grant]:
    """Grant as `_theirs` does, to each only with the person's consent to ``purpose``."""
    granted = _theirs(**others)
    return MappingProxyType({role: _with(grant, purpose) for role, grant in granted.items()})


def _roles(*roles: Role) -> Mapping[Role, Grant]:
    return MappingProxyType(dict.fromkeys(roles, _ANYONE))


_A, _C = Role.ADMIN, Role.CLINICIAN
_TREATED = _with(_CARED, Purpose.ASSESSMENT)
_STUDIED = Grant(frozenset(), Purpose.RESEARCH)
_READ, _WRITE, _GRAVE = 0.2, 0.4, 0.6

_PUBLIC = Rule(Scope.PUBLIC, min_trust=0.0)
_ACCOUNT = Rule(Scope.ACCOUNT)
_ADMIN = Rule(Scope.TENANT, _roles(_A), min_trust=_WRITE)
_GRAVE_ADMIN = Rule(Scope.TENANT, _roles(_A), step_up=True, min_trust=_GRAVE)
_RESULT = Rule(Scope.PERSON, _theirs(clinician=_TREATED, researcher=_STUDIED), min_trust=_READ)
_HERS = Rule(Scope.PERSON, _theirs(clinician=_CARED, assistant=_ANYONE))
_HERS_WRITE = Rule(Scope.PERSON, _HERS.grants, min_trust=_WRITE)
_ANALYSIS = Rule(
    Scope.PERSON,
    _consented(Purpose.ASSESSMENT, clinician=_CARED, assistant=_ANYONE),
    min_trust=_WRITE,
)
_GRAVE_PERSON = Rule(Scope.PERSON, _theirs(admin=_ANYONE), step_up=True, min_trust=_GRAVE)

POLICY: Mapping[str, Rule] = MappingProxyType(
    {
        # the service itself
        "health.live": _PUBLIC,
        "health.ready": _PUBLIC,
        "system.metrics": Rule(Scope.TENANT, _roles(_A, Role.AUDITOR)),
        "system.status": Rule(Scope.TENANT, _roles(_A, Role.AUDITOR)),
        "keys.read": _PUBLIC,
        "reports.verify": _PUBLIC,
        # signing in
        "sessions.create": _PUBLIC,
        "sessions.passkey_options": _PUBLIC,
        "sessions.passkey_create": _PUBLIC,
        "sessions.list": _ACCOUNT,
        "sessions.read": _ACCOUNT,
        "sessions.step_up_options": _ACCOUNT,
        "sessions.step_up": _ACCOUNT,
        "sessions.end": _ACCOUNT,
        "sessions.revoke": _ACCOUNT,
        "account.password": _ACCOUNT,
        "account.person": _ACCOUNT,
        "account.assess": _ACCOUNT,
        "passkeys.options": _ACCOUNT,
        "passkeys.register": _ACCOUNT,
        "passkeys.list": _ACCOUNT,
        "passkeys.remove": _ACCOUNT,
        # users and ties: who may do what is itself a right
        "users.create": _GRAVE_ADMIN,
        "users.list": Rule(Scope.TENANT, _roles(_A, Role.AUDITOR)),
        "users.read": Rule(Scope.TENANT, _roles(_A, Role.AUDITOR)),
        "users.change": _GRAVE_ADMIN,
        "users.remove": _GRAVE_ADMIN,
        "ties.list": Rule(
            Scope.PERSON, _theirs(clinician=_CARED, assistant=_ANYONE, admin=_ANYONE)
        ),
        "ties.add": Rule(
            Scope.PERSON,
            MappingProxyType({Role.ASSISTANT: _ANYONE, _A: _ANYONE}),
            step_up=True,
            min_trust=_GRAVE,
        ),
        "ties.remove": Rule(
            Scope.PERSON,
            _theirs(assistant=_ANYONE, admin=_ANYONE),
            step_up=True,
            min_trust=_GRAVE,
        ),
        # people, consents, visits
        "people.create": Rule(Scope.TENANT, _roles(Role.ASSISTANT, _C), min_trust=_WRITE),
        "people.list": Rule(
            Scope.TENANT, _roles(Role.ASSISTANT, _C, Role.PERSON, Role.GUARDIAN, Role.RESEARCHER)
        ),
        "people.read": _HERS,
        "people.change": _HERS_WRITE,
        "consents.list": _HERS,
        "consents.record": Rule(Scope.PERSON, _theirs(assistant=_ANYONE), min_trust=_WRITE),
        "visits.create": _HERS_WRITE,
        "visits.list": _HERS,
        # photos and jobs
        "photos.upload": _ANALYSIS,
        "photos.list": _HERS,
        "photos.read": _HERS,
        "photos.pixels": Rule(Scope.PERSON, _theirs(clinician=_TREATED)),
        "jobs.create": _ANALYSIS,
        "jobs.list": Rule(Scope.TENANT, _roles(Role.ASSISTANT, _C, _A)),
        "jobs.read": _HERS,
        "jobs.cancel": _HERS_WRITE,
        # results
        "assessments.list": _RESULT,
        "assessments.read": _RESULT,
        "assessments.file": _RESULT,
        "assessments.summary": _RESULT,
        "comparisons.read": Rule(Scope.PERSON, _consented(Purpose.HISTORY, clinician=_CARED)),
        "reviews.list": Rule(Scope.PERSON, _theirs(clinician=_TREATED)),
        "reviews.file": Rule(Scope.PERSON, _theirs(clinician=_TREATED)),
        "reviews.create": Rule(Scope.PERSON, MappingProxyType({_C: _TREATED}), min_trust=_WRITE),
        "reports.sign": Rule(Scope.PERSON, MappingProxyType({_C: _TREATED}), min_trust=_WRITE),
        # a person's rights
        "people.export": _GRAVE_PERSON,
        "people.erase": _GRAVE_PERSON,
        "erasures.read": _ACCOUNT,
        # the log
        "audit.entries": Rule(Scope.TENANT, _roles(Role.AUDITOR, _A)),
        "audit.checkpoint": _PUBLIC,
        "audit.inclusion": _ACCOUNT,
        "audit.consistency": _ACCOUNT,
        # telling others
        "webhooks.create": _GRAVE_ADMIN,
        "webhooks.list": _ADMIN,
        "webhooks.remove": _ADMIN,
    }
)
"""The table, by the ``operationId`` of the API."""

_ORDER = (
    Role.PERSON,
    Role.GUARDIAN,
    Role.CLINICIAN,
    Role.ASSISTANT,
    Role.RESEARCHER,
    Role.ADMIN,
    Role.AUDITOR,
)


def decide(operation: str, caller: Caller | None, standing: Standing | None = None) -> Decision:
    """Tell whether ``caller`` may do ``operation``.

    Args:
        operation: a key of `POLICY`; one that is not there is forbidden.
        caller: who asks; None without sign-in.
        standing: of the person that it is about, seen by the caller's user and tenant; None where
            there is no such person, or where it is about none.

    Returns:
        Allowed, with the role that counted, or the first refusal in this order: sign-in, role,
        person, consent, trust, confirmation.
    """
    rule = POLICY.get(operation)
    if rule is None:
        return Decision(Verdict.FORBIDDEN)
    if rule.scope is Scope.PUBLIC:
        return Decision(Verdict.ALLOWED)
    if caller is None:
        return Decision(Verdict.LOGIN)
    if rule.scope is Scope.ACCOUNT:
        return _trusted(rule, caller, next(iter(_in_order(caller.roles)), None))
    return _by_role(rule, caller, standing)


def _by_role(rule: Rule, caller: Caller, standing: Standing | None) -> Decision:
    counted = effective_roles(caller) & rule.grants.keys()
    if not counted:
        weak = bool(rule.grants.keys() & caller.roles)
        return Decision(Verdict.PASSKEY if weak else Verdict.FORBIDDEN)
    if rule.scope is Scope.TENANT:
        return _trusted(rule, caller, _in_order(counted)[0])
    return _about_person(rule, caller, standing, counted)


def effective_roles(caller: Caller) -> frozenset[Role]:
    """Return the roles that count: those that ask for a passkey only where one was used."""
    return caller.roles if caller.strong else caller.roles - STRONG_ROLES


def _about_person(
    rule: Rule, caller: Caller, standing: Standing | None, counted: frozenset[Role]
) -> Decision:
    tied = [role for role in _in_order(counted) if _is_tied(rule.grants[role], standing)]
    if standing is None or not tied:
        return Decision(Verdict.NOT_FOUND)
    agreed = [r for r in tied if rule.grants[r].consent in (None, *standing.consents)]
    if not agreed:
        return Decision(Verdict.NO_CONSENT)
    return _trusted(rule, caller, agreed[0])


def _is_tied(grant: Grant, standing: Standing | None) -> bool:
    """Tell whether a grant's tie is there; a guardian's ends when the person is of age."""
    if standing is None:
        return False
    if standing.relation is Relation.GUARDIAN and standing.adult:
        return not grant.ties
    return not grant.ties or standing.relation in grant.ties


def _trusted(rule: Rule, caller: Caller, role: Role | None) -> Decision:
    if caller.trust < rule.min_trust:
        return Decision(Verdict.TRUST)
    if rule.step_up and not caller.stepped_up:
        return Decision(Verdict.STEP_UP)
    return Decision(Verdict.ALLOWED, role)


def _in_order(roles: frozenset[Role]) -> list[Role]:
    return [role for role in _ORDER if role in roles]
