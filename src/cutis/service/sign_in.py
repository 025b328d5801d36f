"""Signing in: from a password or a passkey to a session, and from a token to a caller.

A token is 256 random bits and means nothing by itself. Each request looks its session up, so that
an ended session is refused from the next request on. Nothing is kept of a token but a hash.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cutis.core.accounts import AccountStore, Passkey, Session, User
from cutis.core.ports import Clock
from cutis.service.errors import RefusedRequestError
from cutis.service.passkeys import PasskeyDesk
from cutis.service.passwords import hash_password, needs_new_hash, password_fits
from cutis.service.policy import Caller
from cutis.service.rates import Tally
from cutis.service.tokens import new_token, token_hash
from cutis.service.trust import Signs, is_recent, trust_of

_TOUCH_EVERY = timedelta(minutes=1)
SIGN_IN = "sign-in"


@dataclass(frozen=True, slots=True)
class Seen:
    """What is seen of a request: whence, by which program, and whether on an encrypted way."""

    address: str
    agent: str
    encrypted: bool


@dataclass(frozen=True, slots=True)
class Times:
    """How long a session lasts, in seconds: unused, at most, and after a confirmation."""

    idle_s: float = 1800.0
    most_s: float = 43_200.0
    step_up_s: float = 300.0


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A caller with the session and the user behind it."""

    caller: Caller
    session: Session
    user: User


class SignIn:
    """Makes sessions, finds them again and ends them."""

    def __init__(
        self,
        accounts: AccountStore,
        desk: PasskeyDesk,
        *,
        times: Times,
        clock: Clock,
        keyed_hash: Callable[[str, str], str],
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        """Take what it stands on; ``keyed_hash`` makes addresses and agents unreadable at rest."""
        self.accounts, self.desk = accounts, desk
        self._times, self._clock = times, clock
        self._keyed_hash, self._random_bytes = keyed_hash, random_bytes
        self._refusals = Tally()

    def by_password(self, login: str, password: str, seen: Seen) -> tuple[str, SignedIn]:
        """Return a token and who signed in.

        Raises:
            RefusedRequestError: login and password do not fit, or the account is disabled; which
                of them is not told.
        """
        user = self.accounts.user_by_login(login)
        if not password_fits(password, user.password_hash if user else None):
            raise RefusedRequestError("access.credentials")
        if user is None or user.disabled:
            raise RefusedRequestError("access.credentials")
        if user.password_hash and needs_new_hash(user.password_hash):
            user = replace(user, password_hash=hash_password(password), version=user.version + 1)
            self.accounts.replace_user(user)
        return self._begin(user, seen, strong=False)

    def by_passkey(self, credential: dict[str, Any], seen: Seen) -> tuple[str, SignedIn]:
        """Return a token and who signed in with a passkey.

        Raises:
            RefusedRequestError: the passkey is unknown or does not answer a challenge of ours.
        """
        user = self._user_of(self._checked(credential, SIGN_IN))
        if user is None or user.disabled:
            raise RefusedRequestError("access.credentials")
        return self._begin(user, seen, strong=True)

    def find(self, token: str, seen: Seen) -> SignedIn | None:
        """Return who holds a token; None where it is unknown, over or of a disabled account."""
        hashed = token_hash(token)
        session = self.accounts.session(hashed) if hashed else None
        if session is None:
            return None
        now = self._clock.now()
        user = self.accounts.user(session.user_id)
        if user is None or user.disabled or self._is_over(session, now):
            return None
        if now - datetime.fromisoformat(session.seen_at) > _TOUCH_EVERY:
            self.accounts.touch_session(session.id, seen_at=stamp(now))
        return SignedIn(self._caller(session, user, seen), session, user)

    def confirm_password(self, signed_in: SignedIn, password: str) -> None:
        """Confirm with the password who one is; of no use where passkeys are there.

        Raises:
            RefusedRequestError: it does not fit, or the session must be confirmed by passkey.
        """
        if signed_in.session.strong or self.accounts.passkeys(signed_in.user.id):
            raise RefusedRequestError("access.passkey", "Confirm with your passkey.")
        if not password_fits(password, signed_in.user.password_hash):
            raise RefusedRequestError("access.credentials")
        self._confirmed(signed_in.session)

    def confirm_passkey(self, signed_in: SignedIn, credential: dict[str, Any]) -> None:
        """Confirm with a passkey who one is.

        Raises:
            RefusedRequestError: it is another user's, or does not answer the challenge.
        """
        passkey = self._checked(credential, confirm_use(signed_in))
        if passkey.user_id != signed_in.user.id:
            raise RefusedRequestError("access.credentials")
        self._confirmed(signed_in.session)

    def refused(self, signed_in: SignedIn) -> None:
        """Count that a session asked for what is not its user's; many lower its trust."""
        self._refusals.add(signed_in.session.id, time.monotonic())

    def _checked(self, credential: dict[str, Any], use: str) -> Passkey:
        passkey = self.accounts.passkey(str(credential.get("id", "")))
        if passkey is None:
            raise RefusedRequestError("access.credentials")
        count = self.desk.check(passkey, credential, use=use)
        self.accounts.count_passkey(passkey.id, count)
        return passkey

    def _user_of(self, passkey: Passkey) -> User | None:
        return self.accounts.user(passkey.user_id)

    def _confirmed(self, session: Session) -> None:
        now = stamp(self._clock.now())
        self.accounts.touch_session(session.id, seen_at=now, stepped_up_at=now)
        self._refusals.forget(session.id)

    def _begin(self, user: User, seen: Seen, *, strong: bool) -> tuple[str, SignedIn]:
        now = self._clock.now()
        token = new_token(self._random_bytes)
        session = Session(
            id=self._random_bytes(16).hex(),
            user_id=user.id,
            tenant_id=user.tenant_id,
            token_sha256=token_hash(token) or "",
            strong=strong,
            created_at=stamp(now),
            seen_at=stamp(now),
            expires_at=stamp(now + timedelta(seconds=self._times.most_s)),
            stepped_up_at=stamp(now),
            address=self._keyed_hash(seen.address, "address"),
            agent=self._keyed_hash(seen.agent, "agent"),
        )
        self.accounts.add_session(session)
        return token, SignedIn(self._caller(session, user, seen), session, user)

    def _is_over(self, session: Session, now: datetime) -> bool:
        idle = now - datetime.fromisoformat(session.seen_at)
        over = now >= datetime.fromisoformat(session.expires_at)
        return over or idle > timedelta(seconds=self._times.idle_s)

    def _caller(self, session: Session, user: User, seen: Seen) -> Caller:
        now = self._clock.now()
        signs = Signs(
            same_address=session.address == self._keyed_hash(seen.address, "address"),
            same_agent=session.agent == self._keyed_hash(seen.agent, "agent"),
            encrypted=seen.encrypted,
            strong=session.strong,
            age=now - datetime.fromisoformat(session.created_at),
            refused_lately=self._refusals.count(session.id, time.monotonic()),
        )
        return Caller(
            user_id=user.id,
            tenant_id=user.tenant_id,
            roles=user.roles,
            strong=session.strong,
            stepped_up=is_recent(session.stepped_up_at, now, self._times.step_up_s),
            trust=trust_of(signs),
        )


def confirm_use(signed_in: SignedIn) -> str:
    """Return what a challenge is for when a session is to be confirmed."""
    return f"confirm/{signed_in.session.id}"


def stamp(moment: datetime) -> str:
    """Return a time as records tell it: UTC, ISO 8601, with a `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
