"""The one person of a service without sign-in: this machine's own, with their own consent."""

from __future__ import annotations

from cutis.core.accounts import Session, User
from cutis.core.record_ports import RecordStore
from cutis.core.record_words import Purpose, Role
from cutis.core.records import Call, ConsentDraft, Page, Person, PersonDraft
from cutis.service.policy import Caller
from cutis.service.sign_in import SignedIn

ALONE, OWN_TENANT = "alone", "This machine"
_ROLES = frozenset({Role.PERSON, Role.AUDITOR})


def one_person(store: RecordStore, now: str) -> SignedIn:
    """Return who asks on this machine; the person is made, with consents, at the first start.

    Args:
        store: the records.
        now: the time, as records tell it.
    """
    tenants = store.tenants()
    tenant = tenants[0] if tenants else store.create_tenant(OWN_TENANT, actor_id=ALONE)
    _begin(store, Call(tenant.id, ALONE, Role.PERSON))
    user = User(
        id=ALONE,
        tenant_id=tenant.id,
        login=ALONE,
        roles=_ROLES,
        password_hash=None,
        disabled=False,
        version=1,
        created_at=now,
    )
    caller = Caller(ALONE, tenant.id, _ROLES, strong=True, stepped_up=True)
    return SignedIn(caller, _session(user, now), user)


def ensure_person(store: RecordStore, call: Call) -> Person | None:
    """Make the one person where there is none, and return it; it has consented to nothing yet."""
    if store.people(call, Page(1), of_user=ALONE).items:
        return None
    return store.add_person(call, PersonDraft(user_id=ALONE))


def _begin(store: RecordStore, call: Call) -> None:
    person = ensure_person(store, call)
    if person is None:
        return
    for purpose in (Purpose.ASSESSMENT, Purpose.HISTORY):
        draft = ConsentDraft(purpose, granted=True, text_version="own-machine-1", given_by=ALONE)
        store.record_consent(call, person.id, draft)


def _session(user: User, now: str) -> Session:
    """Return a session that is nowhere kept: there is no token to it."""
    return Session(
        id=ALONE,
        user_id=user.id,
        tenant_id=user.tenant_id,
        token_sha256="",
        strong=True,
        created_at=now,
        seen_at=now,
        expires_at=now,
        stepped_up_at=now,
        address="",
        agent="",
    )
