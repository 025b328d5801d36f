"""A served clinic in one process, for tests: users, people, sessions, and a client to ask with."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
from software_authenticator import SoftwareAuthenticator
from starlette.testclient import TestClient

from cutis.core.accounts import Session, User
from cutis.core.record_words import Purpose, Relation, Role
from cutis.core.records import Call, ConsentDraft, Link, PersonDraft
from cutis.service.app import make_app
from cutis.service.logs import make_log
from cutis.service.opening import opened
from cutis.service.parts import Parts
from cutis.service.sign_in import Seen, stamp
from cutis.service.signing_files import WITNESS_FILE
from cutis.service.tokens import token_hash
from cutis.settings import Settings, override
from cutis.store.key_files import KeyFile, KeyKind
from cutis.testing import draw_face

ORIGIN = "http://localhost:8321"
DRAWN = ("drawn_worker", "cutis.service.workers.intake_worker")


def settings_in(
    folder: Path, *, store: Mapping[str, str] | None = None, **service: Any
) -> Settings:
    """Return settings with everything below ``folder``, but what ``store`` says."""
    free = {"requests_per_minute": 1e6, "sign_ins_per_minute": 1e6}
    chosen = {"login": True, "witnesses": witnesses_in(folder), **free, **service}
    places = {
        "dir": str(folder / "data"),
        "root_key_file": str(folder / "root.key"),
        "min_free_mib": 1,
    }
    return override(Settings(), {"store": {**places, **(store or {})}, "service": chosen})


def witnesses_in(folder: Path) -> list[str]:
    """Make two witnesses of the log and return their folders."""
    folders = [folder / f"witness-{name}" for name in "ab"]
    for one in folders:
        one.mkdir(exist_ok=True)
        if not (one / WITNESS_FILE).exists():
            made = KeyFile.generate(KeyKind.WITNESS, f"{one.name}.example/w")
            (one / WITNESS_FILE).write_text(made.text(), encoding="utf-8")
    return [str(one) for one in folders]


@dataclass
class Caller:
    """Somebody who asks over a line that all share; headers are sent with each request."""

    line: TestClient
    token: str | None = None

    def request(self, method: str, path: str, **options: Any) -> Any:
        """Ask, and return the answer."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= options.pop("headers", {})
        return self.line.request(method, path, headers=headers, **options)

    def get(self, path: str, **options: Any) -> Any:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> Any:
        return self.request("POST", path, **options)

    def put(self, path: str, **options: Any) -> Any:
        return self.request("PUT", path, **options)

    def delete(self, path: str, **options: Any) -> Any:
        return self.request("DELETE", path, **options)


@dataclass
class Clinic:
    """A tenant of a served house, with what tests need to ask for."""

    parts: Parts
    app: Any
    api: Any
    line: TestClient
    tenant_id: str
    log: io.StringIO
    users: dict[str, User] = field(default_factory=dict)
    made: int = 0

    def client(self, token: str | None = None) -> Caller:
        """Return somebody who asks, signed in with ``token``."""
        return Caller(self.line, token)

    def user(self, *roles: Role, password_hash: str | None = None) -> User:
        """Keep a user with these roles."""
        self.made += 1
        user = User(
            id=f"{self.made:032x}",
            tenant_id=self.tenant_id,
            login=f"user-{self.tenant_id[:8]}-{self.made}",
            roles=frozenset(roles),
            password_hash=password_hash,
            disabled=False,
            version=1,
            created_at=stamp(self.parts.clock.now()),
        )
        user = self._with_free_id(user)
        self.parts.sign_in.accounts.add_user(user)
        return user

    def _with_free_id(self, user: User) -> User:
        return replace(user, id=hashlib.sha256(user.login.encode()).hexdigest()[:32])

    def token(self, user: User, *, strong: bool = True, stepped_up: bool = True) -> str:
        """Return the token of a session of a user, made without a password."""
        seen = Seen("127.0.0.1", "testclient", encrypted=True)
        sign_in = self.parts.sign_in
        token, signed_in = sign_in._begin(user, seen, strong=strong)
        if not stepped_up:
            old = "2020-01-01T00:00:00Z"
            session: Session = signed_in.session
            sign_in.accounts.touch_session(session.id, seen_at=session.seen_at, stepped_up_at=old)
        assert token_hash(token)
        return token

    def neighbour(self) -> Clinic:
        """Return another clinic in the same house."""
        tenant = self.parts.store.create_tenant("Neighbour", actor_id="test")
        return replace(self, tenant_id=tenant.id, users={})

    def as_role(self, role: Role, *, strong: bool = True) -> Caller:
        """Return a client of a new user with one role."""
        return self.client(self.token(self.user(role), strong=strong))

    def call(self, user_id: str = "test", role: Role = Role.ASSISTANT) -> Call:
        return Call(self.tenant_id, user_id, role)

    def person(self, *consents: Purpose, birth_year: int | None = 1990) -> str:
        """Keep a person with consents; return the pseudonym."""
        store = self.parts.store
        person = store.add_person(self.call(), PersonDraft(birth_year=birth_year))
        for purpose in consents:
            draft = ConsentDraft(purpose, granted=True, text_version="1", given_by="test")
            store.record_consent(self.call(), person.id, draft)
        return person.id

    def tie(self, user: User, person_id: str, relation: Relation) -> None:
        self.parts.store.link(self.call(), Link(user.id, person_id, relation))


@contextmanager
def served(folder: Path, *, modules: tuple[str, str] = DRAWN, **service: Any) -> Iterator[Clinic]:
    """Yield a clinic in a house of its own."""
    stream = io.StringIO()
    log = make_log(stream)
    with opened(settings_in(folder, **service), log=log, modules=modules) as parts:
        tenant = parts.store.create_tenant("Clinic", actor_id="test")
        app: Any = make_app(parts, log=log)
        line = TestClient(
            app,
            base_url=ORIGIN,
            client=("127.0.0.1", 50_000),
            raise_server_exceptions=False,
        )
        with line:
            yield Clinic(parts, app, _innermost(app), line, tenant.id, stream)


def _innermost(app: Any) -> Any:
    """Return the routes behind all layers."""
    while hasattr(app, "_app"):
        app = app._app
    return app


def drawn_photo() -> bytes:
    """Return the drawn face as PNG."""
    done, data = cv2.imencode(".png", cv2.cvtColor(draw_face(), cv2.COLOR_RGB2BGR))
    assert done
    return bytes(data)


def digest_header(data: bytes) -> dict[str, str]:
    digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
    return {"Repr-Digest": f"sha-256=:{digest}:"}


def enrol(client: Caller) -> SoftwareAuthenticator:
    """Register a passkey for the user of ``client``."""
    device = SoftwareAuthenticator(ORIGIN)
    options = client.post("/v1/passkeys/options").json()["options"]
    made = client.post("/v1/passkeys", json={"credential": device.register(options)})
    assert made.status_code == 201, made.text
    return device
