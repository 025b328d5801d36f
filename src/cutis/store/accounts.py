"""Accounts in a database: SQLite or PostgreSQL, through SQLAlchemy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping, delete, insert, select, update

from cutis.core.accounts import Passkey, Session, User
from cutis.core.errors import RecordConflictError
from cutis.core.record_words import Role
from cutis.store.account_tables import PASSKEYS, SESSIONS, USERS
from cutis.store.tenancy import all_tenants
from cutis.store.webhook_table import WebhookTable

_SESSION_FIELDS = tuple(Session.__dataclass_fields__)


class DatabaseAccounts(WebhookTable):
    """The account store; see `cutis.core.accounts.AccountStore`."""

    def add_user(self, user: User) -> None:
        """Keep a new user."""
        with self._write() as connection:
            connection.execute(insert(USERS).values(**self._row(user)))

    def user(self, user_id: str) -> User | None:
        """Return a user, None where there is none."""
        return self._one_user(USERS.c.id == user_id)

    def user_by_login(self, login: str) -> User | None:
        """Return the user who signs in by a name, None where there is none."""
        return self._one_user(USERS.c.login_hash == self._login_hash(login))

    def users(self, tenant_id: str, *, after: str = "", limit: int = 50) -> Sequence[User]:
        """Return users of a tenant in the order of their ids."""
        query = (
            select(USERS)
            .where(USERS.c.tenant_id == tenant_id, USERS.c.id > after)
            .order_by(USERS.c.id)
            .limit(limit)
        )
        return [self._user(row) for row in self._rows(query)]

    def replace_user(self, user: User) -> None:
        """Put a user in place of version ``user.version - 1``."""
        here = (USERS.c.id == user.id, USERS.c.version == user.version - 1)
        with self._write() as connection:
            changed = connection.execute(
                all_tenants(update(USERS).where(*here).values(**self._row(user)))
            )
            if changed.rowcount != 1:
                raise RecordConflictError(
                    "The account has changed since it was read. Read it again, then decide."
                )

    def remove_user(self, user_id: str) -> None:
        """Remove a user with passkeys and sessions."""
        with self._write() as connection:
            connection.execute(delete(PASSKEYS).where(PASSKEYS.c.user_id == user_id))
            for table, column in ((SESSIONS, SESSIONS.c.user_id), (USERS, USERS.c.id)):
                connection.execute(all_tenants(delete(table).where(column == user_id)))

    def any_user(self) -> bool:
        """Tell whether there is any user at all."""
        return bool(self._rows(select(USERS.c.id).limit(1)))

    def add_passkey(self, passkey: Passkey) -> None:
        """Keep a new passkey."""
        values = {
            "id": passkey.id,
            "user_id": passkey.user_id,
            "public_key": passkey.public_key,
            "sign_count": passkey.sign_count,
            "label_sealed": self._seal.seal(passkey.label.encode(), f"passkey/{passkey.id}"),
            "created_at": passkey.created_at,
        }
        with self._write() as connection:
            connection.execute(insert(PASSKEYS).values(**values))

    def passkeys(self, user_id: str) -> Sequence[Passkey]:
        """Return the passkeys of a user."""
        query = select(PASSKEYS).where(PASSKEYS.c.user_id == user_id)
        return [self._passkey(row) for row in self._rows(query)]

    def passkey(self, passkey_id: str) -> Passkey | None:
        """Return a passkey by its credential id."""
        found = self._rows(select(PASSKEYS).where(PASSKEYS.c.id == passkey_id))
        return self._passkey(found[0]) if found else None

    def count_passkey(self, passkey_id: str, sign_count: int) -> None:
        """Keep the signature count that came last."""
        here = update(PASSKEYS).where(PASSKEYS.c.id == passkey_id)
        with self._write() as connection:
            connection.execute(here.values(sign_count=sign_count))

    def remove_passkey(self, user_id: str, passkey_id: str) -> bool:
        """Remove a passkey of a user; False where there is none."""
        here = (PASSKEYS.c.user_id == user_id, PASSKEYS.c.id == passkey_id)
        with self._write() as connection:
            return connection.execute(delete(PASSKEYS).where(*here)).rowcount > 0

    def add_session(self, session: Session) -> None:
        """Keep a new session; those that are over are forgotten."""
        over = all_tenants(delete(SESSIONS).where(SESSIONS.c.expires_at < session.created_at))
        values = {name: getattr(session, name) for name in _SESSION_FIELDS}
        with self._write() as connection:
            connection.execute(over)
            connection.execute(insert(SESSIONS).values(**values))

    def session(self, token_sha256: str) -> Session | None:
        """Return the session of a token, None where there is none."""
        found = self._rows(select(SESSIONS).where(SESSIONS.c.token_sha256 == token_sha256))
        return Session(**found[0]) if found else None

    def sessions(self, user_id: str) -> Sequence[Session]:
        """Return the sessions of a user."""
        query = select(SESSIONS).where(SESSIONS.c.user_id == user_id)
        return [Session(**row) for row in self._rows(query.order_by(SESSIONS.c.created_at))]

    def touch_session(
        self, session_id: str, *, seen_at: str, stepped_up_at: str | None = None
    ) -> None:
        """Keep when a session was seen, and when its user confirmed who they are."""
        values = {"seen_at": seen_at}
        if stepped_up_at is not None:
            values["stepped_up_at"] = stepped_up_at
        with self._write() as connection:
            here = update(SESSIONS).where(SESSIONS.c.id == session_id)
            connection.execute(all_tenants(here.values(**values)))

    def end_sessions(self, user_id: str, *, session_id: str | None = None) -> int:
        """End one session of a user, or all; return how many there were."""
        here = [SESSIONS.c.user_id == user_id]
        if session_id is not None:
            here.append(SESSIONS.c.id == session_id)
        with self._write() as connection:
            return connection.execute(all_tenants(delete(SESSIONS).where(*here))).rowcount

    def _login_hash(self, login: str) -> str:
        return self._seal.keyed_hash(login.casefold(), "login")

    def _row(self, user: User) -> dict[str, Any]:
        return {
            "id": user.id,
            "tenant_id": user.tenant_id,
            "login_hash": self._login_hash(user.login),
            "login_sealed": self._seal.seal(user.login.encode(), f"user/{user.id}"),
            "roles": " ".join(sorted(user.roles)),
            "password_hash": user.password_hash,
            "disabled": user.disabled,
            "version": user.version,
            "created_at": user.created_at,
        }

    def _one_user(self, here: Any) -> User | None:
        found = self._rows(select(USERS).where(here))
        return self._user(found[0]) if found else None

    def _user(self, row: RowMapping) -> User:
        return User(
            id=row["id"],
            tenant_id=row["tenant_id"],
            login=self._seal.open(row["login_sealed"], f"user/{row['id']}").decode(),
            roles=frozenset(Role(word) for word in row["roles"].split()),
            password_hash=row["password_hash"],
            disabled=row["disabled"],
            version=row["version"],
            created_at=row["created_at"],
        )

    def _passkey(self, row: RowMapping) -> Passkey:
        label = self._seal.open(row["label_sealed"], f"passkey/{row['id']}")
        return Passkey(
            id=row["id"],
            user_id=row["user_id"],
            public_key=row["public_key"],
            sign_count=row["sign_count"],
            label=label.decode(),
            created_at=row["created_at"],
        )
