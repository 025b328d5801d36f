"""S3: tokens, passwords, passkeys, sessions that end; over a real database of accounts."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from software_authenticator import SoftwareAuthenticator

from cutis.core.accounts import AccountStore, User
from cutis.core.errors import RecordConflictError, TamperedError
from cutis.core.record_words import Role
from cutis.service.errors import RefusedRequestError
from cutis.service.passkeys import Challenges, PasskeyDesk, RelyingParty
from cutis.service.passwords import hash_password, needs_new_hash, password_fits
from cutis.service.sign_in import SIGN_IN, Seen, SignIn, Times, confirm_use
from cutis.service.tokens import bearer, new_token, token_hash
from cutis.store.account_seal import AccountSeal
from cutis.store.accounts import DatabaseAccounts
from cutis.store.database import Database
from cutis.store.engines import sqlite_address

ORIGIN, HERE = "https://skin.example.org", Seen("192.0.2.7", "browser", encrypted=True)
WORDS = "four plain words together"


class MovedClock:
    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 26, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def move(self, **by: float) -> None:
        self.moment += timedelta(**by)


class Desk:
    """Everything that signing in stands on, with a clock to move."""

    def __init__(self, folder: Path) -> None:
        self.clock = MovedClock()
        self.database = Database(sqlite_address(folder / "records.sqlite"))
        self.seal = AccountSeal(bytes(32))
        self.accounts = DatabaseAccounts(self.database, self.seal)
        party = RelyingParty("skin.example.org", ORIGIN)
        self.passkeys = PasskeyDesk(
            party, Challenges(os.urandom, lambda: self.clock.now().timestamp())
        )
        self.sign_in = SignIn(
            self.accounts,
            self.passkeys,
            times=Times(idle_s=1800, most_s=43_200, step_up_s=300),
            clock=self.clock,
            keyed_hash=self.seal.keyed_hash,
        )

    def user(self, login: str = "reception", *roles: Role) -> User:
        user = User(
            id=hashlib.sha256(login.encode()).hexdigest()[:32],
            tenant_id="t",
            login=login,
            roles=frozenset(roles or {Role.ASSISTANT}),
            password_hash=hash_password(WORDS),
            disabled=False,
            version=1,
            created_at="2026-11-26T12:00:00Z",
        )
        self.accounts.add_user(user)
        return user

    def with_passkey(self, user: User) -> SoftwareAuthenticator:
        device = SoftwareAuthenticator(ORIGIN, "skin.example.org")
        options = self.passkeys.registration_options(user, ())
        self.accounts.add_passkey(
            self.passkeys.register(user, device.register(options), label="phone", created_at="")
        )
        return device


@pytest.fixture
def desk(folder: Path) -> Iterator[Desk]:
    for path in folder.iterdir():
        path.unlink()
    made = Desk(folder)
    yield made
    made.database.close()


def test_accounts_keep_what_the_port_promises(desk: Desk):
    assert isinstance(desk.accounts, AccountStore)


def test_a_password_opens_a_session_and_its_token_finds_it(desk: Desk):
    user = desk.user()
    token, signed_in = desk.sign_in.by_password("reception", WORDS, HERE)
    assert signed_in.user == user
    found = desk.sign_in.find(token, HERE)
    assert found is not None
    assert found.caller.roles == {Role.ASSISTANT}
    assert found.caller.trust == pytest.approx(0.9)  # a password, no passkey
    assert desk.sign_in.find(new_token(os.urandom), HERE) is None


def test_nothing_of_a_token_or_a_login_is_kept(desk: Desk, folder: Path):
    desk.user("anna.example")
    token, _ = desk.sign_in.by_password("Anna.Example", WORDS, HERE)
    desk.database.close()
    kept = b"".join(path.read_bytes() for path in folder.iterdir())
    for canary in (token.encode(), b"anna.example", b"192.0.2.7", b"browser", WORDS.encode()):
        assert canary not in kept


@pytest.mark.parametrize(("login", "password"), [("nobody", WORDS), ("reception", "wrong words")])
def test_wrong_credentials_are_answered_alike(desk: Desk, login: str, password: str):
    desk.user()
    with pytest.raises(RefusedRequestError) as caught:
        desk.sign_in.by_password(login, password, HERE)
    assert caught.value.code == "access.credentials"


def test_a_disabled_account_is_shut_out_at_once(desk: Desk):
    user = desk.user()
    token, _ = desk.sign_in.by_password("reception", WORDS, HERE)
    desk.accounts.replace_user(replace(user, disabled=True, version=2))
    assert desk.sign_in.find(token, HERE) is None
    with pytest.raises(RefusedRequestError):
        desk.sign_in.by_password("reception", WORDS, HERE)


def test_an_ended_session_is_refused_from_the_next_look_on(desk: Desk):
    user = desk.user()
    token, signed_in = desk.sign_in.by_password("reception", WORDS, HERE)
    assert desk.accounts.end_sessions(user.id, session_id=signed_in.session.id) == 1
    assert desk.sign_in.find(token, HERE) is None


def test_a_session_ends_unused_and_at_last(desk: Desk):
    desk.user()
    token, _ = desk.sign_in.by_password("reception", WORDS, HERE)
    for _ in range(23):
        desk.clock.move(minutes=29)
        assert desk.sign_in.find(token, HERE) is not None
    desk.clock.move(minutes=31)
    assert desk.sign_in.find(token, HERE) is None
    token, _ = desk.sign_in.by_password("reception", WORDS, HERE)
    for _ in range(26):
        desk.clock.move(minutes=28)
        found = desk.sign_in.find(token, HERE)
    assert found is None


def test_a_token_elsewhere_is_trusted_less(desk: Desk):
    desk.user()
    token, _ = desk.sign_in.by_password("reception", WORDS, HERE)
    moved = desk.sign_in.find(token, Seen("198.51.100.9", "script", encrypted=False))
    assert moved is not None
    assert moved.caller.trust < 0.2


def test_a_session_that_tries_what_is_not_its_own_is_trusted_less(desk: Desk):
    desk.user()
    token, signed_in = desk.sign_in.by_password("reception", WORDS, HERE)
    for _ in range(9):
        desk.sign_in.refused(signed_in)
    trusted = trust_found(desk, token)
    desk.sign_in.refused(signed_in)
    assert trust_found(desk, token) < trusted
    desk.sign_in.confirm_password(signed_in, WORDS)
    assert trust_found(desk, token) == trusted


def trust_found(desk: Desk, token: str) -> float:
    found = desk.sign_in.find(token, HERE)
    assert found is not None
    return found.caller.trust


def test_a_passkey_opens_a_strong_session(desk: Desk):
    device = desk.with_passkey(desk.user("doctor", Role.CLINICIAN))
    options = desk.passkeys.sign_in_options(use=SIGN_IN)
    _, signed_in = desk.sign_in.by_passkey(device.sign(options), HERE)
    assert signed_in.caller.strong
    assert signed_in.caller.trust == 1


def refused(desk: Desk, credential: dict[str, object]) -> bool:
    with pytest.raises(RefusedRequestError) as caught:
        desk.sign_in.by_passkey(credential, HERE)
    return caught.value.code == "access.credentials"


def test_a_challenge_is_good_once_and_for_its_use(desk: Desk):
    device = desk.with_passkey(desk.user())
    signed = device.sign(desk.passkeys.sign_in_options(use=SIGN_IN))
    desk.sign_in.by_passkey(signed, HERE)
    assert refused(desk, signed)
    assert refused(desk, device.sign(desk.passkeys.sign_in_options(use="confirm/other")))
    late = device.sign(desk.passkeys.sign_in_options(use=SIGN_IN))
    desk.clock.move(minutes=6)
    assert refused(desk, late)


def test_what_a_passkey_must_not_do(desk: Desk):
    device = desk.with_passkey(desk.user())
    for change in (
        {"origin": "https://evil.example"},
        {"domain": "evil.example"},
        {"verified": False},
    ):
        twin = SoftwareAuthenticator(ORIGIN, "skin.example.org")
        twin.key, twin.id, twin.count = device.key, device.id, device.count
        for name, value in change.items():
            setattr(twin, name, value)
        assert refused(desk, twin.sign(desk.passkeys.sign_in_options(use=SIGN_IN)))
    stranger = SoftwareAuthenticator(ORIGIN, "skin.example.org")
    stranger.id = device.id
    assert refused(desk, stranger.sign(desk.passkeys.sign_in_options(use=SIGN_IN)))
    assert refused(desk, {"id": "unknown", "response": {}})
    assert refused(desk, {})


def test_a_cloned_passkey_is_noticed(desk: Desk):
    """A signature count that goes back is that of a copy."""
    device = desk.with_passkey(desk.user())
    for _ in range(3):
        desk.sign_in.by_passkey(device.sign(desk.passkeys.sign_in_options(use=SIGN_IN)), HERE)
    device.count = 0
    assert refused(desk, device.sign(desk.passkeys.sign_in_options(use=SIGN_IN)))


def test_a_confirmation_counts_for_some_minutes(desk: Desk):
    user = desk.user("doctor", Role.CLINICIAN)
    device = desk.with_passkey(user)
    options = desk.passkeys.sign_in_options(use=SIGN_IN)
    token, _ = desk.sign_in.by_passkey(device.sign(options), HERE)
    desk.clock.move(minutes=6)
    signed_in = desk.sign_in.find(token, HERE)
    assert signed_in is not None
    assert not signed_in.caller.stepped_up
    with pytest.raises(RefusedRequestError):
        desk.sign_in.confirm_password(signed_in, WORDS)
    options = desk.passkeys.sign_in_options(use=confirm_use(signed_in))
    desk.sign_in.confirm_passkey(signed_in, device.sign(options))
    again = desk.sign_in.find(token, HERE)
    assert again is not None
    assert again.caller.stepped_up


def test_a_login_is_taken_once(desk: Desk):
    user = desk.user()
    with pytest.raises(RecordConflictError):
        desk.accounts.add_user(replace(user, id="other", login="RECEPTION"))


def test_what_is_sealed_opens_only_where_it_belongs():
    seal = AccountSeal(bytes(32))
    sealed = seal.seal(b"anna", "user/1")
    assert seal.open(sealed, "user/1") == b"anna"
    for bad, about in ((sealed, "user/2"), (sealed[:-1], "user/1"), (b"", "user/1")):
        with pytest.raises(TamperedError):
            seal.open(bad, about)


@pytest.mark.parametrize("password", ["short", "passwordpassword", "aaaaaaaaaaaaaa", "x" * 300])
def test_a_weak_password_is_refused(password: str):
    with pytest.raises(RefusedRequestError):
        hash_password(password)


def test_passwords_are_kept_by_argon2id():
    hashed = hash_password(WORDS, about=("reception",))
    assert hashed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert password_fits(WORDS, hashed)
    assert not password_fits("another password", hashed)
    assert not password_fits(WORDS, None)
    assert not needs_new_hash(hashed)
    assert needs_new_hash("$argon2id$v=19$m=1024,t=1,p=1$c2FsdHNhbHQ$" + "A" * 43)


@given(st.binary(min_size=32, max_size=32))
def test_tokens_hold_256_bits(seed: bytes):
    token = new_token(lambda _: seed)
    assert len(token) == 43
    assert token_hash(token) != token_hash(new_token(lambda _: bytes(32))) or seed == bytes(32)
    assert bearer(f"Bearer {token}") == token


@pytest.mark.parametrize("text", ["", "x", "Basic abc", "Bearer ", "Bearer"])
def test_what_is_no_token(text: str):
    assert bearer(text) is None
    assert token_hash(text) is None
