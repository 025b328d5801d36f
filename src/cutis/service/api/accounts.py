"""Signing in and out, passkeys, users, webhooks."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Annotated

from fastapi import Query, Request, Response

from cutis.core.accounts import User, Webhook
from cutis.core.errors import InputError
from cutis.core.record_words import Role
from cutis.service.access import Access, Allowed
from cutis.service.api.base import (
    IF_MATCH_HEADER,
    RecordId,
    new_id,
    not_found,
    router,
    tagged,
)
from cutis.service.errors import RefusedRequestError
from cutis.service.etags import expected_version
from cutis.service.passwords import hash_password, password_fits
from cutis.service.policy import STRONG_ROLES, effective_roles
from cutis.service.sign_in import SIGN_IN, SignedIn, confirm_use, stamp
from cutis.service.webhooks.outbox import EVENTS
from cutis.service.webhooks.sending import check_url, public_addresses
from cutis.service.webhooks.signing import shown_secret
from cutis.service.wire.accounts import (
    CredentialIn,
    MeOut,
    NewWebhookOut,
    OptionsOut,
    PasskeyIn,
    PasskeyOut,
    PasskeysOut,
    PasswordIn,
    SessionOut,
    SessionsOut,
    SignedInOut,
    SignInIn,
    StepUpIn,
    UserChange,
    UserIn,
    UserOut,
    UsersOut,
    WebhookIn,
    WebhookOut,
    WebhooksOut,
)

routes = router("accounts")
_MOST_PASSKEYS, _MOST_WEBHOOKS = 16, 16
_SECRET_BYTES = 32


@routes.post("/sessions", operation_id="sessions.create", status_code=201)
def sign_in(access: Allowed, body: SignInIn) -> SignedInOut:
    """Sign in with a password."""
    _slow_down(access, body.login)
    token, signed_in = access.parts.sign_in.by_password(body.login, body.password, access.seen)
    return _signed_in(access, token, signed_in)


@routes.post("/sessions/passkey/options", operation_id="sessions.passkey_options")
def passkey_options(access: Allowed) -> OptionsOut:
    """Ask for a challenge to sign in with a passkey."""
    return OptionsOut(options=access.parts.sign_in.desk.sign_in_options(use=SIGN_IN))


@routes.post("/sessions/passkey", operation_id="sessions.passkey_create", status_code=201)
def sign_in_by_passkey(access: Allowed, body: CredentialIn) -> SignedInOut:
    """Sign in with a passkey."""
    _slow_down(access, "")
    token, signed_in = access.parts.sign_in.by_passkey(body.credential, access.seen)
    return _signed_in(access, token, signed_in)


@routes.get("/sessions", operation_id="sessions.list")
def sessions(access: Allowed) -> SessionsOut:
    """List the user's sessions."""
    user = access.user()
    found = access.parts.sign_in.accounts.sessions(user.user.id)
    return SessionsOut(
        items=[SessionOut.of(one, current=one.id == user.session.id) for one in found]
    )


@routes.get("/sessions/current", operation_id="sessions.read")
def me(access: Allowed) -> MeOut:
    """Tell who asks, and what counts of their roles now."""
    caller = access.user().caller
    return MeOut(
        user_id=caller.user_id,
        tenant_id=caller.tenant_id,
        roles=sorted(effective_roles(caller)),
        strong=caller.strong,
        stepped_up=caller.stepped_up,
        trust=caller.trust,
    )


@routes.post("/sessions/current/step-up/options", operation_id="sessions.step_up_options")
def step_up_options(access: Allowed) -> OptionsOut:
    """Ask for a challenge to confirm with a passkey."""
    user, desk = access.user(), access.parts.sign_in
    known = desk.accounts.passkeys(user.user.id)
    return OptionsOut(options=desk.desk.sign_in_options(known, use=confirm_use(user)))


@routes.post("/sessions/current/step-up", operation_id="sessions.step_up", status_code=204)
def step_up(access: Allowed, body: StepUpIn) -> None:
    """Confirm who one is; it counts for some minutes."""
    user = access.user()
    _slow_down(access, user.user.id)
    if body.credential is not None:
        access.parts.sign_in.confirm_passkey(user, body.credential)
    else:
        access.parts.sign_in.confirm_password(user, body.password or "")
    access.note(user.user.id)


@routes.delete("/sessions/current", operation_id="sessions.end", status_code=204)
def sign_out(access: Allowed) -> None:
    """Sign out."""
    user = access.user()
    access.note(user.user.id)
    access.parts.sign_in.accounts.end_sessions(user.user.id, session_id=user.session.id)


@routes.delete("/sessions/{session_id}", operation_id="sessions.revoke", status_code=204)
def revoke(access: Allowed, session_id: RecordId) -> None:
    """End one of the user's sessions, from the next request on."""
    user_id = access.user().user.id
    access.note(user_id)
    if not access.parts.sign_in.accounts.end_sessions(user_id, session_id=session_id):
        raise not_found()


@routes.put("/account/password", operation_id="account.password", status_code=204)
def change_password(access: Allowed, body: PasswordIn) -> None:
    """Change one's password; all other sessions end."""
    signed_in = access.user()
    user = signed_in.user
    _slow_down(access, user.id)
    if not password_fits(body.current, user.password_hash):
        raise RefusedRequestError("access.credentials")
    hashed = hash_password(body.new, about=(user.login,))
    access.note(user.id)
    accounts = access.parts.sign_in.accounts
    accounts.replace_user(replace(user, password_hash=hashed, version=user.version + 1))
    for session in accounts.sessions(user.id):
        if session.id != signed_in.session.id:
            accounts.end_sessions(user.id, session_id=session.id)


@routes.post("/passkeys/options", operation_id="passkeys.options")
def new_passkey_options(access: Allowed) -> OptionsOut:
    """Ask for a challenge to register a passkey."""
    user, sign_in_desk = _may_register(access), access.parts.sign_in
    known = sign_in_desk.accounts.passkeys(user.user.id)
    return OptionsOut(options=sign_in_desk.desk.registration_options(user.user, known))


@routes.post("/passkeys", operation_id="passkeys.register", status_code=201)
def register_passkey(access: Allowed, body: PasskeyIn) -> PasskeyOut:
    """Register a passkey; the first with the password alone, further ones with a passkey."""
    user, sign_in_desk = _may_register(access), access.parts.sign_in
    made = sign_in_desk.desk.register(
        user.user,
        body.credential,
        label=body.label,
        created_at=stamp(access.parts.clock.now()),
    )
    access.note(user.user.id)
    sign_in_desk.accounts.add_passkey(made)
    return PasskeyOut.of(made)


@routes.get("/passkeys", operation_id="passkeys.list")
def passkeys(access: Allowed) -> PasskeysOut:
    """List the user's passkeys."""
    found = access.parts.sign_in.accounts.passkeys(access.user().user.id)
    return PasskeysOut(items=[PasskeyOut.of(passkey) for passkey in found])


@routes.delete("/passkeys/{passkey_id}", operation_id="passkeys.remove", status_code=204)
def remove_passkey(access: Allowed, passkey_id: RecordId) -> None:
    """Remove one of the user's passkeys."""
    user = _may_register(access)
    access.note(user.user.id)
    if not access.parts.sign_in.accounts.remove_passkey(user.user.id, passkey_id):
        raise not_found()


@routes.post("/users", operation_id="users.create", status_code=201)
def add_user(access: Allowed, body: UserIn) -> UserOut:
    """Add a user of this clinic."""
    roles = _roles(body.roles)
    user = User(
        id=new_id(),
        tenant_id=access.call().tenant_id,
        login=body.login,
        roles=roles,
        password_hash=hash_password(body.password, about=(body.login,)),
        disabled=False,
        version=1,
        created_at=stamp(access.parts.clock.now()),
    )
    access.note(user.id)
    access.parts.sign_in.accounts.add_user(user)
    return UserOut.of(user)


@routes.get("/users", operation_id="users.list")
def users(
    access: Allowed,
    limit: Annotated[int, Query(ge=1, le=200, description="At most so many items.")] = 50,
    cursor: Annotated[
        str, Query(max_length=128, description="`next_cursor` of the page before.")
    ] = "",
) -> UsersOut:
    """List users of this clinic."""
    access.note()
    accounts = access.parts.sign_in.accounts
    found = accounts.users(access.call().tenant_id, after=cursor, limit=limit)
    following = found[-1].id if len(found) == limit else None
    return UsersOut(items=[UserOut.of(user) for user in found], next_cursor=following)


@routes.get(
    "/users/{user_id}",
    operation_id="users.read",
    response_model=UserOut,
    responses={304: {"description": "The caller has this version."}},
)
def read_user(access: Allowed, user_id: RecordId, request: Request, response: Response) -> object:
    """Read a user of this clinic."""
    access.note(user_id)
    user = _user(access, user_id)
    return tagged(request, response, user.id, user.version) or UserOut.of(user)


@routes.put("/users/{user_id}", operation_id="users.change", openapi_extra=IF_MATCH_HEADER)
def change_user(access: Allowed, user_id: RecordId, body: UserChange, request: Request) -> UserOut:
    """Put other roles in place, or shut a user out; their sessions end."""
    access.note(user_id)
    user = _user(access, user_id)
    version = expected_version(request.headers.get("if-match"), user_id)
    if version != user.version:
        raise RefusedRequestError("precondition.failed")
    changed = replace(
        user, roles=_roles(body.roles), disabled=body.disabled, version=user.version + 1
    )
    access.parts.sign_in.accounts.replace_user(changed)
    access.parts.sign_in.accounts.end_sessions(user_id)
    return UserOut.of(changed)


@routes.delete("/users/{user_id}", operation_id="users.remove", status_code=204)
def remove_user(access: Allowed, user_id: RecordId) -> None:
    """Remove a user with their passkeys and sessions; what they did stays in the log."""
    access.note(user_id)
    access.parts.sign_in.accounts.remove_user(_user(access, user_id).id)


@routes.post("/webhooks", operation_id="webhooks.create", status_code=201)
def add_webhook(access: Allowed, body: WebhookIn) -> NewWebhookOut:
    """Have this clinic told of events; the secret is shown this once."""
    if unknown := set(body.events) - set(EVENTS):
        raise InputError(f"Events are {', '.join(EVENTS)}; {len(unknown)} other came.")
    private = access.parts.outbox.private
    parts = check_url(body.url, private=private)
    public_addresses(parts.hostname or "", parts.port or 443, private=private)
    accounts, tenant_id = access.parts.sign_in.accounts, access.call().tenant_id
    if len(accounts.webhooks(tenant_id)) >= _MOST_WEBHOOKS:
        raise RefusedRequestError("conflict", f"A clinic may have {_MOST_WEBHOOKS} webhooks.")
    webhook = Webhook(
        id=new_id(),
        tenant_id=tenant_id,
        url=body.url,
        events=tuple(dict.fromkeys(body.events)),
        secret=secrets.token_bytes(_SECRET_BYTES),
        created_at=stamp(access.parts.clock.now()),
    )
    access.note(webhook.id)
    accounts.add_webhook(webhook)
    return NewWebhookOut(webhook=WebhookOut.of(webhook), secret=shown_secret(webhook.secret))


@routes.get("/webhooks", operation_id="webhooks.list")
def webhooks(access: Allowed) -> WebhooksOut:
    """List the webhooks of this clinic."""
    found = access.parts.sign_in.accounts.webhooks(access.call().tenant_id)
    return WebhooksOut(items=[WebhookOut.of(webhook) for webhook in found])


@routes.delete("/webhooks/{webhook_id}", operation_id="webhooks.remove", status_code=204)
def remove_webhook(access: Allowed, webhook_id: RecordId) -> None:
    """Remove a webhook."""
    access.note(webhook_id)
    if not access.parts.sign_in.accounts.remove_webhook(access.call().tenant_id, webhook_id):
        raise not_found()


def _slow_down(access: Access, login: str) -> None:
    """Refuse guesses: few tries a minute, by address and by account."""
    for key in (f"address/{access.seen.address}", f"login/{login.casefold()}"):
        wait_s = access.parts.sign_ins.take(key, access.parts.now_s())
        if wait_s:
            raise RefusedRequestError("rate", retry_after_s=wait_s)


def _signed_in(access: Access, token: str, signed_in: SignedIn) -> SignedInOut:
    role = min(signed_in.user.roles, default=Role.PERSON)
    replace(access, signed_in=signed_in, role=role).note(signed_in.user.id)
    weak = not signed_in.session.strong
    return SignedInOut(
        token=token,
        session=SessionOut.of(signed_in.session, current=True),
        user_id=signed_in.user.id,
        roles=sorted(effective_roles(signed_in.caller)),
        passkey_needed=weak and bool(signed_in.user.roles & STRONG_ROLES),
    )


def _may_register(access: Access) -> SignedIn:
    """Return the user, if they may change their passkeys: a password alone only makes the first."""
    signed_in = access.user()
    known = access.parts.sign_in.accounts.passkeys(signed_in.user.id)
    if len(known) >= _MOST_PASSKEYS:
        raise RefusedRequestError("conflict", f"A user may have {_MOST_PASSKEYS} passkeys.")
    if known and not signed_in.session.strong:
        raise RefusedRequestError("access.passkey")
    if not signed_in.caller.stepped_up:
        raise RefusedRequestError("access.step_up")
    return signed_in


def _roles(roles: list[Role]) -> frozenset[Role]:
    if Role.WORKER in roles:
        raise RefusedRequestError("request.invalid", "No user has the role worker.")
    return frozenset(roles)


def _user(access: Access, user_id: str) -> User:
    user = access.parts.sign_in.accounts.user(user_id)
    if user is None or user.tenant_id != access.call().tenant_id:
        raise not_found()
    return user
