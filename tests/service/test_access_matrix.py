"""S1: every operation, asked by every role in every state, answers as the table says.

The expected answer is worked out here, from the rows of the table alone, by rules written a second
time and in another way than in `cutis.service.policy.decide`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from served import Caller, Clinic

from cutis.core.record_words import Judgement, Purpose, Relation, Role
from cutis.core.records import AssessmentDraft, File, JobDraft, PhotoDraft, ReviewDraft
from cutis.service.access import GuardedRoute
from cutis.service.app import ROUTERS
from cutis.service.policy import POLICY, Scope

ROLES = [role for role in Role if role is not Role.WORKER]
TIE_OF = {
    Role.PERSON: Relation.SELF,
    Role.GUARDIAN: Relation.GUARDIAN,
    Role.CLINICIAN: Relation.CARE,
}
PLAIN_BODY = b"{}"
REFUSALS = {
    "access.login",
    "access.passkey",
    "access.forbidden",
    "access.consent",
    "access.step_up",
    "access.trust",
}


@dataclass(frozen=True)
class Records:
    """One person with one record of each kind."""

    person_id: str
    ids: dict[str, str]


def records(clinic: Clinic, *consents: Purpose) -> Records:
    """Keep a person with a photo, a job, an assessment and a review."""
    store, call = clinic.parts.store, clinic.call()
    person_id = clinic.person(*consents, birth_year=2020)
    photo = store.add_photo(call, PhotoDraft(person_id, File("image/png", b"png"))).photo
    job = store.enqueue(call, photo.id, JobDraft(task="none"))
    store.cancel_job(call, job.id)
    assessment = store.add_assessment(call, AssessmentDraft(photo.id, "{}"))
    review = store.add_review(call, ReviewDraft(assessment.id, Judgement.VALIDATED, "seen"))
    ids = {
        "person_id": person_id,
        "photo_id": photo.id,
        "job_id": job.id,
        "assessment_id": assessment.id,
        "review_id": review.id,
    }
    return Records(person_id, ids)


def operations(app: Any) -> Iterator[tuple[str, str, str]]:
    """Yield name, method and path of every operation of the OpenAPI document."""
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            yield operation["operationId"], method, path


def expected(  # noqa: PLR0911 - one answer for each rule
    name: str, role: Role | None, *, tied: bool, agreed: bool, strong: bool
) -> set[str]:
    """Return the codes of the refusals that the row of an operation gives; none where it allows."""
    row = POLICY[name]
    if row.scope is Scope.PUBLIC:
        return set()
    if role is None:
        return {"access.login"}
    if row.scope is Scope.ACCOUNT:
        return set()
    if role not in row.grants:
        return {"access.forbidden"}
    if role in {Role.CLINICIAN, Role.ADMIN} and not strong:
        return {"access.passkey"}
    grant = row.grants[role]
    if row.scope is Scope.PERSON and grant.ties and not tied:
        return {"access.not_found"}
    if row.scope is Scope.PERSON and grant.consent is not None and not agreed:
        return {"access.consent"}
    return set()


def ask(client: Caller, method: str, path: str, ids: dict[str, str]) -> tuple[int, str]:
    """Ask without a useful body; what passes the guard is refused later, for other reasons."""
    filled = path
    for name in ("user_id", "session_id", "passkey_id", "webhook_id", "receipt_id", "name"):
        filled = filled.replace("{" + name + "}", "nothing").replace("{name:path}", "nothing")
    filled = filled.replace("{relation}", "care").format(**ids)
    answer = client.request(method, filled, content=PLAIN_BODY if method != "get" else None)
    try:
        code = answer.json().get("code", "")
    except (ValueError, AttributeError):
        code = ""
    return answer.status_code, code


ASKED_APART = {"people.erase"}
"""Operations that would take the person away; they are asked on people of their own."""


def check(
    clinic: Clinic, subject: Records, role: Role | None, *, tied: bool, agreed: bool, strong: bool
) -> list[str]:
    """Return where the service answers otherwise than the table.

    What is about no person is asked in one state of the person only.
    """
    client, wrong = clinic.client(), []
    if role is not None:
        user = clinic.user(role)
        client = clinic.client(clinic.token(user, strong=strong))
        if tied and role in TIE_OF:
            clinic.tie(user, subject.person_id, TIE_OF[role])
    for name, method, path in operations(clinic.api):
        about_person = POLICY[name].scope is Scope.PERSON
        if name in ASKED_APART or not (about_person or (tied and agreed)):
            continue
        status, code = ask(client, method, path, subject.ids)
        wanted = expected(name, role, tied=tied, agreed=agreed, strong=strong)
        got = {code} & (REFUSALS | ({"access.not_found"} if wanted else set()))
        broken = status >= 500 and name != "health.ready"  # which says so while workers start
        if broken or got != wanted:
            wrong.append(f"{name}: {status} {code}, expected {wanted or 'allowed'}")
        if name == "sessions.end" and role is not None:
            client = clinic.client(clinic.token(user, strong=strong))
    return wrong


@pytest.mark.parametrize("role", [None, *ROLES], ids=str)
@pytest.mark.parametrize("agreed", [True, False], ids=["agreed", "not agreed"])
def test_the_service_answers_as_the_table_says(clinic: Clinic, role: Role | None, *, agreed: bool):
    purposes = tuple(Purpose) if agreed else ()
    for tied in (True, False) if role in TIE_OF else (True,):
        subject = records(clinic, *purposes)
        assert check(clinic, subject, role, tied=tied, agreed=agreed, strong=True) == []


@pytest.mark.parametrize("role", [Role.CLINICIAN, Role.ADMIN], ids=str)
def test_a_password_alone_is_not_enough_for_some(clinic: Clinic, role: Role):
    subject = records(clinic, *Purpose)
    assert check(clinic, subject, role, tied=True, agreed=True, strong=False) == []


@pytest.mark.parametrize("role", ROLES, ids=str)
def test_foreign_and_absent_are_answered_alike(clinic: Clinic, role: Role):
    """Records of another tenant, and ids that were never given."""
    foreign = records(clinic.neighbour(), *Purpose)
    absent = Records("f" * 32, dict.fromkeys(foreign.ids, "f" * 32))
    client = clinic.client(clinic.token(clinic.user(role)))
    for name, method, path in operations(clinic.api):
        if POLICY[name].scope is Scope.PERSON:
            answers = [ask(client, method, path, subject.ids) for subject in (foreign, absent)]
            assert answers[0] == answers[1], name
            assert answers[0][1] in {"access.not_found", "access.forbidden"}, name


@pytest.mark.parametrize("role", [Role.PERSON, Role.GUARDIAN, Role.ADMIN], ids=str)
def test_erasure_asks_for_a_confirmation(clinic: Clinic, role: Role):
    subject = records(clinic)
    user = clinic.user(role)
    if role in TIE_OF:
        clinic.tie(user, subject.person_id, TIE_OF[role])
    path = f"/v1/people/{subject.person_id}"
    weak = clinic.client(clinic.token(user, stepped_up=False))
    assert weak.delete(path).json()["code"] == "access.step_up"
    assert clinic.client(clinic.token(user)).delete(path).status_code == 200
    gone = "access.login" if role is Role.PERSON else "access.not_found"
    assert weak.delete(path).json()["code"] == gone, "a person's own login goes, too"


def test_every_route_has_a_row_and_every_row_a_route(clinic: Clinic):
    names = {name for name, _, _ in operations(clinic.api)}
    assert names == set(POLICY)


def test_every_route_is_guarded(clinic: Clinic):
    routes = [route for router in ROUTERS for route in router.routes]
    assert len(routes) == len(POLICY)
    assert all(isinstance(route, GuardedRoute) for route in routes)


def test_a_route_without_a_row_does_not_start():
    with pytest.raises(KeyError, match="no row in the policy"):
        GuardedRoute("/v1/back-door", lambda: None, operation_id="back.door")


def test_the_matrix_is_not_empty(clinic: Clinic):
    """Of all questions some are allowed and some refused, by every role."""
    for role in ROLES:
        answers = {
            bool(expected(name, role, tied=tied, agreed=True, strong=True))
            for name, tied in itertools.product(POLICY, (True, False))
        }
        assert answers == {True, False}
