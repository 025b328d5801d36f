"""The policy: deny by default, and laws that hold for every row, caller and person."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutis.core.record_words import Purpose, Relation, Role
from cutis.core.records import Standing
from cutis.service.policy import (
    POLICY,
    STRONG_ROLES,
    Caller,
    Scope,
    Verdict,
    decide,
    effective_roles,
)

USERS = [role for role in Role if role is not Role.WORKER]
callers = st.builds(
    Caller,
    user_id=st.just("u"),
    tenant_id=st.just("t"),
    roles=st.frozensets(st.sampled_from(USERS), max_size=3),
    strong=st.booleans(),
    stepped_up=st.booleans(),
    trust=st.floats(0, 1),
)
standings = st.none() | st.builds(
    Standing,
    person_id=st.just("p"),
    relation=st.none() | st.sampled_from(list(Relation)),
    consents=st.frozensets(st.sampled_from(list(Purpose))),
    adult=st.none() | st.booleans(),
)
operations = st.sampled_from(sorted(POLICY))


def allowed(operation: str, caller: Caller | None, standing: Standing | None) -> bool:
    return decide(operation, caller, standing).verdict is Verdict.ALLOWED


def test_what_is_not_in_the_table_is_forbidden():
    everything = Caller("u", "t", frozenset(USERS), strong=True, stepped_up=True)
    assert decide("people.teleport", everything, None).verdict is Verdict.FORBIDDEN


@given(operations, standings)
def test_without_sign_in_only_what_is_public(operation: str, standing: Standing | None):
    """S2: nobody in particular gets what is public, and nothing else."""
    public = POLICY[operation].scope is Scope.PUBLIC
    assert allowed(operation, None, standing) is public


@given(operations, callers, standings, st.floats(0, 1))
def test_less_trust_never_allows_more(
    operation: str, caller: Caller, standing: Standing | None, factor: float
):
    less = replace(caller, trust=caller.trust * factor)
    if allowed(operation, less, standing):
        assert allowed(operation, caller, standing)


@given(operations, callers, standings)
def test_a_weaker_sign_in_never_allows_more(
    operation: str, caller: Caller, standing: Standing | None
):
    weaker = replace(caller, strong=False, stepped_up=False)
    if allowed(operation, weaker, standing):
        assert allowed(operation, replace(caller, strong=True, stepped_up=True), standing)


@given(operations, callers)
def test_absent_and_foreign_people_are_answered_alike(operation: str, caller: Caller):
    """A person whom nobody is tied to answers as one who is not there, where ties count."""
    stranger = Standing("p", None, frozenset(Purpose), adult=True)
    rule = POLICY[operation]
    roles = effective_roles(caller) & rule.grants.keys()
    if rule.scope is Scope.PERSON and all(rule.grants[role].ties for role in roles):
        assert decide(operation, caller, stranger) == decide(operation, caller, None)


@given(callers, st.frozensets(st.sampled_from(list(Purpose))))
def test_without_its_consent_nothing_is_analysed(caller: Caller, consents: frozenset[Purpose]):
    without = consents - {Purpose.ASSESSMENT}
    for relation in (None, *Relation):
        standing = Standing("p", relation, without, adult=None)
        assert not allowed("photos.upload", caller, standing)
        assert not allowed("jobs.create", caller, standing)


@pytest.mark.parametrize("operation", ["people.export", "people.erase", "users.change"])
def test_grave_operations_ask_for_a_confirmation(operation: str):
    assert POLICY[operation].step_up


def test_passkeys_are_asked_of_reviewers_and_admins():
    assert {Role.CLINICIAN, Role.ADMIN} == STRONG_ROLES
    weak = Caller("u", "t", frozenset({Role.ADMIN}))
    assert decide("users.list", weak).verdict is Verdict.PASSKEY


def test_a_guardian_of_an_adult_is_a_stranger():
    guardian = Caller("u", "t", frozenset({Role.GUARDIAN}))
    ward = Standing("p", Relation.GUARDIAN, frozenset(), adult=False)
    assert allowed("people.read", guardian, ward)
    grown = replace(ward, adult=True)
    assert decide("people.read", guardian, grown).verdict is Verdict.NOT_FOUND


def test_nobody_has_the_role_of_a_worker():
    assert not any(Role.WORKER in rule.grants for rule in POLICY.values())
