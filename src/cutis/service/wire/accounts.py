"""Signing in, users, passkeys, webhooks."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field

from cutis.core.accounts import Passkey, Session, User, Webhook
from cutis.core.record_words import Role
from cutis.service.passwords import MAX_LENGTH
from cutis.service.wire.base import Id, Time, Wire

_WORDS = "four plain words together"


class SignInIn(Wire):
    """Login and password."""

    login: str = Field(min_length=1, max_length=128, examples=["reception"])
    password: str = Field(min_length=1, max_length=MAX_LENGTH, examples=[_WORDS])


class CredentialIn(Wire):
    """What the browser answered: ``PublicKeyCredential.toJSON()``."""

    credential: dict[str, Any] = Field(examples=[{"id": "…", "response": {}}])


class StepUpIn(Wire):
    """A password, or a passkey's answer to a challenge."""

    password: str | None = Field(default=None, max_length=MAX_LENGTH, examples=[None])
    credential: dict[str, Any] | None = Field(default=None, examples=[None])


class OptionsOut(Wire):
    """What the browser is asked: ``navigator.credentials`` takes it as JSON."""

    options: dict[str, Any] = Field(examples=[{"challenge": "…"}])


class SessionOut(Wire):
    """A session."""

    id: Id
    strong: bool = Field(description="Whether a passkey was used.", examples=[True])
    created_at: Time
    seen_at: Time
    expires_at: Time
    current: bool = Field(examples=[True])

    @classmethod
    def of(cls, session: Session, *, current: bool) -> Self:
        """Return a session as JSON, without its token."""
        return cls(
            id=session.id,
            strong=session.strong,
            created_at=session.created_at,
            seen_at=session.seen_at,
            expires_at=session.expires_at,
            current=current,
        )


class SessionsOut(Wire):
    """All sessions of the user."""

    items: list[SessionOut]


class SignedInOut(Wire):
    """A new session; the token is shown this once."""

    token: str = Field(examples=["5mZ3Xn9cG0r7oJm1yqkz1y3s0z6f8n0v9h1kq2w4e5R"])
    session: SessionOut
    user_id: Id
    roles: list[Role] = Field(examples=[[Role.ASSISTANT]])
    passkey_needed: bool = Field(
        description="Whether some of the roles count only after a sign-in with a passkey.",
        examples=[False],
    )


class MeOut(Wire):
    """Who asks."""

    user_id: Id
    tenant_id: Id
    roles: list[Role] = Field(description="That count now.", examples=[[Role.ASSISTANT]])
    strong: bool = Field(examples=[True])
    stepped_up: bool = Field(examples=[False])
    trust: float = Field(ge=0, le=1, examples=[1.0])


class PasswordIn(Wire):
    """The password as it is, and the new one."""

    current: str = Field(max_length=MAX_LENGTH, examples=[_WORDS])
    new: str = Field(max_length=MAX_LENGTH, examples=["five other plain words here"])


class PasskeyIn(CredentialIn):
    """A new passkey."""

    label: str = Field(default="", max_length=64, examples=["phone"])


class PasskeyOut(Wire):
    """A passkey that is kept."""

    id: str = Field(examples=["AbCd"])
    label: str = Field(examples=["phone"])
    created_at: Time

    @classmethod
    def of(cls, passkey: Passkey) -> Self:
        """Return a passkey as JSON."""
        return cls(id=passkey.id, label=passkey.label, created_at=passkey.created_at)


class PasskeysOut(Wire):
    """All passkeys of the user."""

    items: list[PasskeyOut]


class UserIn(Wire):
    """A new user."""

    login: str = Field(min_length=1, max_length=128, examples=["reception"])
    password: str = Field(max_length=MAX_LENGTH, examples=[_WORDS])
    roles: list[Role] = Field(min_length=1, max_length=7, examples=[[Role.ASSISTANT]])


class UserChange(Wire):
    """What is put in place: all roles, and whether the user is shut out."""

    roles: list[Role] = Field(max_length=7, examples=[[Role.ASSISTANT]])
    disabled: bool = Field(default=False, examples=[False])


class UserOut(Wire):
    """A user."""

    id: Id
    login: str = Field(examples=["reception"])
    roles: list[Role] = Field(examples=[[Role.ASSISTANT]])
    disabled: bool = Field(examples=[False])
    version: int = Field(examples=[1])
    created_at: Time

    @classmethod
    def of(cls, user: User) -> Self:
        """Return a user as JSON."""
        return cls(
            id=user.id,
            login=user.login,
            roles=sorted(user.roles),
            disabled=user.disabled,
            version=user.version,
            created_at=user.created_at,
        )


class UsersOut(Wire):
    """A page of users."""

    items: list[UserOut]
    next_cursor: str | None


class WebhookIn(Wire):
    """Where to tell what."""

    url: str = Field(min_length=1, max_length=2000, examples=["https://clinic.example/hook"])
    events: list[str] = Field(min_length=1, max_length=16, examples=[["job.done"]])


class WebhookOut(Wire):
    """A webhook, without its secret."""

    id: Id
    url: str = Field(examples=["https://clinic.example/hook"])
    events: list[str] = Field(examples=[["job.done"]])
    created_at: Time

    @classmethod
    def of(cls, webhook: Webhook) -> Self:
        """Return a webhook as JSON."""
        return cls(
            id=webhook.id,
            url=webhook.url,
            events=list(webhook.events),
            created_at=webhook.created_at,
        )


class NewWebhookOut(Wire):
    """A new webhook; the secret is shown this once."""

    webhook: WebhookOut
    secret: str = Field(examples=["whsec_…"])


class WebhooksOut(Wire):
    """All webhooks of the tenant."""

    items: list[WebhookOut]
