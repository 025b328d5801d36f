"""People, ties, consents, visits, and a person's rights: export and erasure."""

from __future__ import annotations

from fastapi import Request, Response
from starlette.responses import StreamingResponse

from cutis.core.record_words import Relation, Role
from cutis.core.records import ConsentDraft, Link, Person
from cutis.service.access import Allowed
from cutis.service.api.base import (
    IF_MATCH_HEADER,
    ONCE_HEADER,
    Once,
    PageOf,
    PersonId,
    RecordId,
    router,
    tagged,
)
from cutis.service.errors import RefusedRequestError
from cutis.service.etags import expected_version
from cutis.service.streaming import streamed
from cutis.service.wire.people import (
    ConsentIn,
    ConsentOut,
    ConsentsOut,
    PeopleOut,
    PersonIn,
    PersonOut,
    TieIn,
    TieOut,
    TiesOut,
    VisitIn,
    VisitOut,
    VisitsOut,
)
from cutis.service.wire.system import ReceiptOut

routes = router("people")


@routes.post("/people", operation_id="people.create", status_code=201, openapi_extra=ONCE_HEADER)
def create(access: Allowed, body: PersonIn, key: Once) -> PersonOut:
    """Keep a person under a new pseudonym."""
    _known_user(access, body.user_id)
    return PersonOut.of(access.parts.store.add_person(access.call(key), body.draft()))


@routes.get("/people", operation_id="people.list")
def listing(access: Allowed, page: PageOf) -> PeopleOut:
    """List people: reception sees all of the clinic, others those they are tied to."""
    of_user = None if access.role is Role.ASSISTANT else access.user().user.id
    return PeopleOut.of(access.parts.store.people(access.call(), page, of_user=of_user))


@routes.get(
    "/people/{person_id}",
    operation_id="people.read",
    response_model=PersonOut,
    responses={304: {"description": "The caller has this version."}},
)
def read(access: Allowed, person_id: PersonId, request: Request, response: Response) -> object:
    """Read what is kept of a person."""
    person = access.parts.store.person(access.call(), person_id)
    return tagged(request, response, person.id, person.version) or PersonOut.of(person)


@routes.put("/people/{person_id}", operation_id="people.change", openapi_extra=IF_MATCH_HEADER)
def change(
    access: Allowed, person_id: PersonId, *, body: PersonIn, request: Request, response: Response
) -> PersonOut:
    """Put something else in place of what is kept of a person."""
    _known_user(access, body.user_id)
    version = expected_version(request.headers.get("if-match"), person_id)
    person: Person = access.parts.store.change_person(
        access.call(), person_id, body.draft(), expected_version=version
    )
    tagged(request, response, person.id, person.version)
    return PersonOut.of(person)


@routes.get("/people/{person_id}/ties", operation_id="ties.list")
def ties(access: Allowed, person_id: PersonId) -> TiesOut:
    """List who is tied to a person, and how."""
    links = access.parts.store.links(access.call(), person_id)
    return TiesOut(items=[TieOut.of(link) for link in links])


@routes.post("/people/{person_id}/ties", operation_id="ties.add", status_code=201)
def tie(access: Allowed, person_id: PersonId, body: TieIn) -> TieOut:
    """Tie a user to a person; the same tie twice is one."""
    _known_user(access, body.user_id)
    link = Link(body.user_id, person_id, body.relation)
    access.parts.store.link(access.call(), link)
    return TieOut.of(link)


@routes.delete(
    "/people/{person_id}/ties/{user_id}/{relation}", operation_id="ties.remove", status_code=204
)
def untie(access: Allowed, person_id: PersonId, user_id: RecordId, relation: Relation) -> None:
    """Undo a tie."""
    access.parts.store.unlink(access.call(), Link(user_id, person_id, relation))


@routes.get("/people/{person_id}/consents", operation_id="consents.list")
def consents(access: Allowed, person_id: PersonId) -> ConsentsOut:
    """List all receipts of a person."""
    receipts = access.parts.store.consents(access.call(), person_id)
    return ConsentsOut(items=[ConsentOut.of(receipt) for receipt in receipts])


@routes.post(
    "/people/{person_id}/consents",
    operation_id="consents.record",
    status_code=201,
    openapi_extra=ONCE_HEADER,
)
def consent(access: Allowed, person_id: PersonId, body: ConsentIn, key: Once) -> ConsentOut:
    """Record that a person agrees to a purpose, or no longer does; for a minor, a guardian does."""
    _refuse_minor(access, body)
    draft = ConsentDraft(
        purpose=body.purpose,
        granted=body.granted,
        text_version=body.text_version,
        given_by=access.user().user.id,
        language=body.language,
        evidence=body.evidence,
        expires_at=body.expires_at,
    )
    receipt = access.parts.store.record_consent(access.call(key), person_id, draft)
    access.parts.outbox.post(
        access.call().tenant_id, "consent.recorded", person_id=person_id, consent_id=receipt.id
    )
    return ConsentOut.of(receipt)


@routes.post(
    "/people/{person_id}/visits",
    operation_id="visits.create",
    status_code=201,
    openapi_extra=ONCE_HEADER,
)
def add_visit(access: Allowed, person_id: PersonId, body: VisitIn, key: Once) -> VisitOut:
    """Keep a visit."""
    visit = access.parts.store.add_visit(
        access.call(key), person_id, visited_at=body.visited_at, note=body.note
    )
    return VisitOut.of(visit)


@routes.get("/people/{person_id}/visits", operation_id="visits.list")
def visits(access: Allowed, person_id: PersonId, page: PageOf) -> VisitsOut:
    """List visits, the latest first."""
    return VisitsOut.of(access.parts.store.visits(access.call(), person_id, page))


@routes.post(
    "/people/{person_id}/export",
    operation_id="people.export",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Everything held on the person.",
            "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
def export(access: Allowed, person_id: PersonId) -> StreamingResponse:
    """Return everything held on a person: JSON and files, in a zip."""
    store, call = access.parts.store, access.call()
    chunks = streamed(lambda stream: store.export(call, person_id, stream))
    headers = {"Content-Disposition": 'attachment; filename="export.zip"'}
    return StreamingResponse(chunks, media_type="application/zip", headers=headers)


@routes.delete("/people/{person_id}", operation_id="people.erase")
def erase(access: Allowed, person_id: PersonId) -> ReceiptOut:
    """Erase a person: their key is destroyed, and with it everything that it sealed."""
    receipt = access.parts.store.erase(access.call(), person_id)
    access.parts.outbox.post(access.call().tenant_id, "person.erased", receipt_id=receipt.id)
    return ReceiptOut.of(receipt)


def _refuse_minor(access: Allowed, body: ConsentIn) -> None:
    """Refuse that somebody under age agrees (GDPR 8); to withdraw is anybody's right.

    Reception records what a guardian signed, and says in ``evidence`` where that is kept.
    """
    by_guardian = access.role is Role.GUARDIAN or (
        access.role is Role.ASSISTANT and body.evidence.strip()
    )
    if body.granted and access.minor and not by_guardian:
        raise RefusedRequestError("access.guardian")


def _known_user(access: Allowed, user_id: str | None) -> None:
    """Refuse to tie a user who is not of this tenant."""
    if user_id is None:
        return
    user = access.parts.sign_in.accounts.user(user_id)
    if user is None or user.tenant_id != access.call().tenant_id:
        raise RefusedRequestError("request.invalid", "There is no user of this id. Check it.")
