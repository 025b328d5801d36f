"""``cutis users``: who may sign in, from the command line; the first administrator is made here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cutis.core.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from cutis.core.record_words import Role
    from cutis.store.accounts import DatabaseAccounts
    from cutis.store.repository import Repository

app = typer.Typer(help="Add and list those who may sign in to the service.", no_args_is_help=True)

_OPERATOR = "operator"
_WORD_BYTES = 15

_Tenant = Annotated[
    str, typer.Option("--tenant", metavar="ID", help="The tenant; needed where there are several.")
]


@app.command("add")
def add(
    login: Annotated[str, typer.Argument(metavar="LOGIN", help="By which the user signs in.")],
    *,
    role: Annotated[
        list[str],
        typer.Option("--role", metavar="ROLE", help="What the user may do; may be repeated."),
    ],
    tenant: _Tenant = "",
    password_file: Annotated[
        Path | None,
        typer.Option(
            "--password-file",
            metavar="FILE",
            help="The password; without it one is made and shown.",
        ),
    ] = None,
) -> None:
    """Add a user. Clinicians and admins register a passkey at their first sign-in."""
    from cutis.core.accounts import User
    from cutis.service.passwords import hash_password
    from cutis.service.sign_in import stamp

    roles, password = _roles(role), _password(password_file)
    with _accounts() as (store, accounts):
        tenant_id = _tenant_of(store, tenant)
        user = User(
            id=_new_id(),
            tenant_id=tenant_id,
            login=login,
            roles=roles,
            password_hash=hash_password(password, about=(login,)),
            disabled=False,
            version=1,
            created_at=stamp(store.parts.clock.now()),
        )
        _note(store, tenant_id, "users.create", user.id)
        accounts.add_user(user)
    typer.echo(f"user: {user.id} ({', '.join(sorted(roles))})")
    if password_file is None:
        typer.echo(f"password: {password}")


@app.command("list")
def list_users(tenant: _Tenant = "") -> None:
    """List the users of a tenant."""
    with _accounts() as (store, accounts):
        tenant_id = _tenant_of(store, tenant)
        _note(store, tenant_id, "users.list", "")
        for user in accounts.users(tenant_id, limit=500):
            state = "shut out" if user.disabled else "may sign in"
            typer.echo(f"{user.id} {user.login} ({', '.join(sorted(user.roles))}): {state}")


@contextmanager
def _accounts() -> Iterator[tuple[Repository, DatabaseAccounts]]:
    from cutis.settings import load_settings

    try:
        from cutis.service.opening import open_accounts
        from cutis.store.opening import open_store
    except ImportError as error:
        raise MissingExtraError("The service", "serve") from error
    store = open_store(load_settings().store)
    try:
        yield store, open_accounts(store)
    finally:
        store.close()


def _tenant_of(store: Repository, tenant_id: str) -> str:
    known = [tenant.id for tenant in store.tenants()]
    if not tenant_id and len(known) == 1:
        return known[0]
    if tenant_id not in known:
        raise InputError(
            f"There are {len(known)} tenants; name one by its id with --tenant. "
            "Without any, run: cutis admin init"
        )
    return tenant_id


def _note(store: Repository, tenant_id: str, action: str, subject_id: str) -> None:
    from cutis.core.record_words import Role
    from cutis.core.records import Call

    store.note(Call(tenant_id, _OPERATOR, Role.ADMIN), action, subject_id=subject_id)


def _roles(words: list[str]) -> frozenset[Role]:
    from cutis.core.record_words import Role

    known = [role.value for role in Role if role is not Role.WORKER]
    if unknown := set(words) - set(known):
        raise InputError(f"Roles are {', '.join(known)}; {len(unknown)} other came.")
    return frozenset(Role(word) for word in words)


def _password(file: Path | None) -> str:
    import secrets

    if file is None:
        return secrets.token_urlsafe(_WORD_BYTES)
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("The password file cannot be read as text. Name another.") from error


def _new_id() -> str:
    import secrets

    return secrets.token_hex(16)
