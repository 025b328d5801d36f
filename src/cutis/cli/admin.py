"""``cutis admin``: make the records ready, look after keys and backups, erase and export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cutis.core.errors import InputError, MissingExtraError, StoreError

if TYPE_CHECKING:
    from cutis.core.records import Call
    from cutis.store.options import StoreOptions
    from cutis.store.repository import Repository

app = typer.Typer(
    help="Make the records ready; look after keys, storage and backups.", no_args_is_help=True
)

OPERATOR = "operator"
"""The actor of what is done on the command line; the log tells it."""

_Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="An empty or missing folder.")]
_Person = Annotated[str, typer.Argument(metavar="PERSON", help="The person's id.")]
_Tenant = Annotated[
    str, typer.Option("--tenant", metavar="ID", help="The tenant; needed where there are several.")
]


@app.command("init")
def init(
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="What the first tenant is called.")
    ] = "Cutis",
) -> None:
    """Make folders, the root key and the first tenant; what is there already stays."""
    from cutis.store.opening import init_store, places_of

    options = _options()
    made = init_store(options)
    store = _open(options)
    tenant = next(iter(store.tenants()), None) or store.create_tenant(name, actor_id=OPERATOR)
    store.close()
    if made:
        typer.echo(f"root key: {places_of(options).root_key}")
        typer.echo("Keep a copy of it apart from the data: without it nothing here opens.")
    typer.echo(f"tenant: {tenant.id} ({tenant.name})")


@app.command("tenants")
def tenants() -> None:
    """List the tenants, oldest first."""
    for tenant in _open(_options()).tenants():
        typer.echo(f"{tenant.id} {tenant.created_at} {tenant.name}")


@app.command("rotate-keys")
def rotate_keys() -> None:
    """Make new root and tenant keys and wrap what is below them anew; records stay as they are.

    Copies of people's keys that were made before open no more. Stop the service before.
    """
    from cutis.store.rotating import rotate

    told = rotate(_options(), actor_id=OPERATOR)
    typer.echo(f"tenant keys: {told.tenants}, keys of people: {told.people}, wrapped anew")


@app.command("verify")
def verify() -> None:
    """Check that every log entry hashes right, every record and file opens, and none is missing.

    The last checkpoint must bear the signatures of the log and of its witnesses.
    """
    from cutis.settings import load_settings

    store = _open(_options())
    told = store.verify()
    typer.echo(f"log: {told.entries} entries, root {told.root}")
    typer.echo(f"records: {told.records}, files: {told.files}")
    if told.problems:
        raise StoreError("The storage is not what was written.\n" + "\n".join(told.problems))
    if store.latest_checkpoint() is not None:
        from cutis.service.opening import open_log

        audited = open_log(load_settings(), store).audit()
        typer.echo(f"signed: {audited.covered} of {audited.entries} entries, by a checkpoint")
    typer.echo("all as written")


@app.command("prune")
def prune() -> None:
    """Remove what the retention settings say is due, and sweep what no record speaks of."""
    options = _options()
    told = _open(options).prune(options.retention)
    typer.echo(f"erased: {told.people} people; photos removed: {told.photos}")
    typer.echo(f"swept: {told.keys} idempotency keys, {told.blobs} files")


@app.command("backup")
def backup(
    folder: _Folder,
    *,
    keys: Annotated[
        bool, typer.Option("--keys", help="Copy the wrapped keys instead; good for 7 days.")
    ] = False,
) -> None:
    """Write rows and sealed files into a folder, without any key."""
    from cutis.store.backup import back_up, copy_keys

    store = _open(_options())
    if keys:
        typer.echo(f"copied: {copy_keys(store.parts, folder)} files of wrapped keys")
    else:
        told = back_up(store.parts, folder)
        typer.echo(f"log: {told['log_size']} entries, root {told['log_root']}")
        typer.echo(f"files: {told['blobs']}")


@app.command("restore")
def restore(
    folder: _Folder,
    *,
    keys: Annotated[
        bool, typer.Option("--keys", help="Put back missing keys from a copy instead.")
    ] = False,
) -> None:
    """Put a backup into empty records; who was erased since stays erased."""
    from cutis.store.backup import restore as put_back
    from cutis.store.backup import restore_keys

    store = _open(_options())
    if keys:
        typer.echo(f"put back: {restore_keys(store.parts, folder)} files of wrapped keys")
        return
    dead = put_back(store, folder, actor_id=OPERATOR)
    typer.echo(f"restored; {dead} people were erased since the backup and stay erased")


@app.command("erase")
def erase(person: _Person, tenant: _Tenant = "") -> None:
    """Destroy a person's key and remove what it sealed; prints the receipt."""
    import json
    from dataclasses import asdict

    store = _open(_options())
    typer.echo(json.dumps(asdict(store.erase(_call(store, tenant), person)), indent=2))


@app.command("export")
def export(
    person: _Person,
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="The zip to write; must not exist.")
    ],
    tenant: _Tenant = "",
) -> None:
    """Write everything held on a person to a zip of JSON and files, readable for you only."""
    from cutis.cli.writing import disk_errors

    store = _open(_options())
    with disk_errors():
        out.touch(mode=0o600, exist_ok=False)
        with out.open("wb") as stream:
            store.export(_call(store, tenant), person, stream)
    typer.echo(f"{out}: {out.stat().st_size} bytes")


def _options() -> StoreOptions:
    from cutis.settings import load_settings

    return load_settings().store


def _open(options: StoreOptions) -> Repository:
    try:
        from cutis.store.opening import open_store
    except ImportError as error:
        raise MissingExtraError("Keeping records", "serve") from error
    return open_store(options)


def _call(store: Repository, tenant_id: str) -> Call:
    from cutis.core.record_words import Role
    from cutis.core.records import Call

    known = [tenant.id for tenant in store.tenants()]
    if not tenant_id and len(known) == 1:
        tenant_id = known[0]
    if tenant_id not in known:
        raise InputError("Name the tenant with --tenant; cutis admin tenants lists them.")
    return Call(tenant_id, OPERATOR, Role.ADMIN)
