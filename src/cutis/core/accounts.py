"""Accounts as plain data, and the door to where they are kept: users, passkeys, sessions, webhooks.

Apart from the records: an account is who signs in, a person is whom the records are about.
Login names and the secrets of webhooks are sealed at rest; of tokens only a hash is kept.
Times are UTC in ISO 8601 with a `Z`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from cutis.core.record_words import Role


@dataclass(frozen=True, slots=True)
class User:
    """Who may sign in; ``password_hash`` is an Argon2id string, None where there is none."""

    id: str
    tenant_id: str
    login: str
    roles: frozenset[Role]
    password_hash: str | None = field(repr=False)
    disabled: bool
    version: int
    created_at: str


@dataclass(frozen=True, slots=True)
class Passkey:
    """A WebAuthn credential: its id and public key (COSE), and the last signature count."""

    id: str
    user_id: str
    public_key: bytes = field(repr=False)
    sign_count: int
    label: str
    created_at: str


@dataclass(frozen=True, slots=True)
class Session:
    """A sign-in. ``address`` and ``agent`` are keyed hashes of what was seen at its beginning."""

    id: str
    user_id: str
    tenant_id: str
    token_sha256: str = field(repr=False)
    strong: bool
    created_at: str
    seen_at: str
    expires_at: str
    stepped_up_at: str | None
    address: str
    agent: str


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where a tenant wants to be told of what happens; ``secret`` signs the messages."""

    id: str
    tenant_id: str
    url: str
    events: tuple[str, ...]
    secret: bytes = field(repr=False)
    created_at: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message to a webhook that is not delivered yet; ``due_at`` is when to try next."""

    id: str
    webhook_id: str
    event: str
    body: str
    attempts: int
    due_at: str


@runtime_checkable
class AccountStore(Protocol):
    """Where accounts are kept; blocking, and safe to call from any thread.

    Raises:
        RecordNotFoundError: there is no such account, session or webhook.
        RecordConflictError: another version stands, or the login is taken.
        StoreError: the disk or the database refused.
    """

    def add_user(self, user: User) -> None:
        """Keep a new user."""
        ...

    def user(self, user_id: str) -> User | None:
        """Return a user, None where there is none."""
        ...

    def user_by_login(self, login: str) -> User | None:
        """Return the user who signs in by a name, None where there is none."""
        ...

    def users(self, tenant_id: str, *, after: str = "", limit: int = 50) -> Sequence[User]:
        """Return users of a tenant in the order of their ids."""
        ...

    def replace_user(self, user: User) -> None:
        """Put a user in place of version ``user.version - 1``."""
        ...

    def remove_user(self, user_id: str) -> None:
        """Remove a user with passkeys and sessions."""
        ...

    def any_user(self) -> bool:
        """Tell whether there is any user at all."""
        ...

    def add_passkey(self, passkey: Passkey) -> None:
        """Keep a new passkey."""
        ...

    def passkeys(self, user_id: str) -> Sequence[Passkey]:
        """Return the passkeys of a user."""
        ...

    def passkey(self, passkey_id: str) -> Passkey | None:
        """Return a passkey by its credential id."""
        ...

    def count_passkey(self, passkey_id: str, sign_count: int) -> None:
        """Keep the signature count that came last."""
        ...

    def remove_passkey(self, user_id: str, passkey_id: str) -> bool:
        """Remove a passkey of a user; False where there is none."""
        ...

    def add_session(self, session: Session) -> None:
        """Keep a new session."""
        ...

    def session(self, token_sha256: str) -> Session | None:
        """Return the session of a token, None where there is none."""
        ...

    def sessions(self, user_id: str) -> Sequence[Session]:
        """Return the sessions of a user."""
        ...

    def touch_session(
        self, session_id: str, *, seen_at: str, stepped_up_at: str | None = None
    ) -> None:
        """Keep when a session was seen, and when its user confirmed who they are."""
        ...

    def end_sessions(self, user_id: str, *, session_id: str | None = None) -> int:
        """End one session of a user, or all; return how many there were."""
        ...

    def add_webhook(self, webhook: Webhook) -> None:
        """Keep a new webhook."""
        ...

    def webhooks(self, tenant_id: str) -> Sequence[Webhook]:
        """Return the webhooks of a tenant."""
        ...

    def remove_webhook(self, tenant_id: str, webhook_id: str) -> bool:
        """Remove a webhook with its deliveries; False where there is none."""
        ...

    def add_delivery(self, delivery: Delivery) -> None:
        """Keep a message that is to be delivered."""
        ...

    def due_deliveries(self, now: str, *, limit: int = 20) -> Sequence[tuple[Delivery, Webhook]]:
        """Return messages that are due, oldest first."""
        ...

    def postpone_delivery(self, delivery: Delivery) -> None:
        """Keep attempts and time of a message that could not be delivered."""
        ...

    def remove_delivery(self, delivery_id: str) -> None:
        """Forget a message that was delivered or given up."""
        ...
