"""Backup and restore: rows and sealed blobs in one folder, without any key.

    manifest.json             format, time, size and root of the log, rows and SHA-256 per table
    tables/<name>.jsonl       one row a line, bytes in base64; the same for both engines
    blobs/<aa>/<bb>/<id>      sealed, as they are

A backup never opens without the keys, and a key that was destroyed is in no backup of ours: so an
erased person stays erased. A restore applies every tombstone that lies beside the keys, in their
mirror or in the backup. Keys have copies of their own, which are refused once they are old.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, LargeBinary, Table, func, insert, select, update

from cutis.core.errors import StoreError, TamperedError
from cutis.core.record_words import Role
from cutis.core.records import Call, ErasureReceipt
from cutis.store import tables
from cutis.store.account_tables import PASSING
from cutis.store.blobs import DiskBlobs
from cutis.store.disk import SystemFiles, disk_errors, put_file
from cutis.store.erasing import kept_tombstones, remove_own_logins, subject_digest
from cutis.store.foundation import Parts
from cutis.store.key_folder import KeyFolder
from cutis.store.log_table import log_size, read_entries
from cutis.store.merkle import Frontier
from cutis.store.repository import Repository
from cutis.store.tables import metadata
from cutis.store.tenancy import all_tenants
from cutis.store.times import from_text, to_text

FORMAT = "cutis-backup/1"
KEY_COPY_DAYS = 7
"""A copy of the keys older than this is refused: people may have been erased since."""

_CHUNK = 500


def back_up(parts: Parts, folder: Path) -> dict[str, Any]:
    """Write a backup into an empty or missing folder and return its manifest.

    Raises:
        StoreError: there is something in the folder, or the disk refused.
    """
    _refuse_full_folder(folder)
    files = SystemFiles()
    with parts.database.reading() as connection:
        told = {table.name: _write_table(connection, table, folder) for table in _ordered()}
        size = log_size(connection)
        leaves = (row[4] for row in read_entries(connection, 0, size))
        root = Frontier.of(leaves).root().hex()
        known = connection.execute(all_tenants(select(tables.files.c.blob_id))).scalars().all()
    copied = _copy_blobs(parts, DiskBlobs(folder / "blobs"), known)
    manifest = {
        "format": FORMAT,
        "made_at": to_text(parts.clock.now()),
        "log_size": size,
        "log_root": root,
        "tables": told,
        "blobs": copied,
    }
    put_file(files, folder / "manifest.json", json.dumps(manifest, indent=1).encode())
    return manifest


def restore(store: Repository, folder: Path, *, actor_id: str) -> int:
    """Put a backup into an empty database and return how many people stay erased.

    The log, which knows nothing yet of what came after the backup, is told of the restore and of
    each person who stays erased.

    Raises:
        StoreError: this is no backup, or there are records here already.
        TamperedError: a table is not the one that was written.
    """
    parts, manifest = store.parts, _read_manifest(folder)
    graves = {receipt.id: receipt for receipt in kept_tombstones(parts.keys)}
    with parts.database.writing() as connection:
        if connection.execute(select(func.count()).select_from(tables.tenants)).scalar():
            raise StoreError("There are records here already. Restore into an empty data folder.")
        connection.execute(tables.log_head.delete())
        for table in _ordered():
            _read_table(connection, table, folder, manifest["tables"][table.name])
        dead = _apply_tombstones(connection, graves)
    source = DiskBlobs(folder / "blobs")
    for blob_id, _ in source.ids():
        parts.blobs.put(blob_id, source.get(blob_id))
    store.finish_erasures()
    for tenant in store.tenants():
        store.note(Call(tenant.id, actor_id, Role.ADMIN), "store.restore")
    for tenant_id, person_id in dead:
        store.note(Call(tenant_id, actor_id, Role.ADMIN), "person.erase", subject_id=person_id)
    return len(dead)


def copy_keys(parts: Parts, folder: Path) -> int:
    """Copy the wrapped keys and the tombstones into an empty or missing folder; return how many."""
    _refuse_full_folder(folder)
    files, count = SystemFiles(), 0
    for path in _key_files(parts.keys.folder):
        with disk_errors():
            put_file(files, folder / path.relative_to(parts.keys.folder), path.read_bytes())
        count += 1
    put_file(files, folder / "made_at", to_text(parts.clock.now()).encode("ascii"))
    return count


def restore_keys(parts: Parts, folder: Path) -> int:
    """Put back keys that are missing here, but none that was destroyed; return how many.

    Raises:
        StoreError: the copy is older than `KEY_COPY_DAYS`, or no copy.
    """
    _refuse_old_copy(parts, folder)
    dead = {receipt.key_id for receipt in kept_tombstones(parts.keys)}
    dead |= {receipt.key_id for receipt in _tombstones_in(folder)}
    with parts.database.reading() as connection:
        statement = select(tables.tombstones.c.key_id)
        dead |= set(connection.execute(all_tenants(statement)).scalars())
    return sum(_put_key_back(parts.keys, folder, path, dead) for path in _key_files(folder))


def _put_key_back(keys: KeyFolder, folder: Path, path: Path, dead: set[str]) -> bool:
    target = keys.folder / path.relative_to(folder)
    if target.exists() or path.stem in dead:
        return False
    with disk_errors():
        put_file(keys.files, target, path.read_bytes())
    return True


def _tombstones_in(folder: Path) -> Iterator[ErasureReceipt]:
    for path in sorted((folder / "tombstones").glob("*.json")):
        yield ErasureReceipt(**json.loads(path.read_bytes()))


def _key_files(folder: Path) -> list[Path]:
    patterns = ("*/current", "*/tenant-*.key", "*/??/*.key", "tombstones/*.json")
    return sorted(path for pattern in patterns for path in folder.glob(pattern))


def _refuse_old_copy(parts: Parts, folder: Path) -> None:
    try:
        made_at = from_text((folder / "made_at").read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        raise StoreError("This folder is no copy of keys; name one that was made here.") from error
    if parts.clock.now() - made_at > timedelta(days=KEY_COPY_DAYS):
        raise StoreError(
            f"This copy of the keys is older than {KEY_COPY_DAYS} days; people may have been "
            "erased since. Take a newer one, or the mirror of the keys."
        )


def _refuse_full_folder(folder: Path) -> None:
    with disk_errors():
        if folder.exists() and any(folder.iterdir()):
            raise StoreError("There is something in that folder already. Name an empty one.")
        SystemFiles().make_folder(folder.absolute())


def _ordered() -> list[Table]:
    """Return all tables that are kept, each after those that it points to."""
    return [table for table in metadata.sorted_tables if table not in PASSING]


def _write_table(connection: Connection, table: Table, folder: Path) -> dict[str, Any]:
    """Write the rows of a table, one at a time; return how many, and the digest of the file."""
    order = list(table.primary_key.columns)
    statement = all_tenants(select(table).order_by(*order))
    rows = connection.execute(statement.execution_options(yield_per=_CHUNK)).mappings()
    path = folder / "tables" / f"{table.name}.jsonl"
    digest, count = hashlib.sha256(), 0
    SystemFiles().make_folder(path.parent)
    with disk_errors(), path.open("xb") as stream:
        for row in rows:
            line = _line(table, dict(row))
            digest.update(line)
            count += stream.write(line) > 0
        stream.flush()
        os.fsync(stream.fileno())
    return {"rows": count, "sha256": digest.hexdigest()}


def _line(table: Table, row: dict[str, Any]) -> bytes:
    told = {
        name: base64.b64encode(value).decode() if _is_bytes(table, name) and value else value
        for name, value in row.items()
    }
    return json.dumps(told, sort_keys=True).encode() + b"\n"


def _read_table(connection: Connection, table: Table, folder: Path, told: dict[str, Any]) -> None:
    with disk_errors():
        content = (folder / "tables" / f"{table.name}.jsonl").read_bytes()
    if hashlib.sha256(content).hexdigest() != told["sha256"]:
        raise TamperedError(f"The table {table.name} of this backup is not the one written.")
    rows = [_row(table, json.loads(line)) for line in content.splitlines()]
    for start in range(0, len(rows), _CHUNK):
        connection.execute(insert(table), rows[start : start + _CHUNK])


def _row(table: Table, told: dict[str, Any]) -> dict[str, Any]:
    return {
        name: base64.b64decode(value) if _is_bytes(table, name) and value else value
        for name, value in told.items()
    }


def _is_bytes(table: Table, name: str) -> bool:
    return isinstance(table.c[name].type, LargeBinary)


def _copy_blobs(parts: Parts, target: DiskBlobs, known: Any) -> int:
    """Copy blobs; one that is gone was erased since the rows were read."""
    count = 0
    for blob_id in known:
        try:
            target.put(blob_id, parts.blobs.get(blob_id))
        except TamperedError:
            continue
        count += 1
    return count


def _read_manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / "manifest.json").read_bytes())
        known = manifest["format"] == FORMAT and {t.name for t in _ordered()} <= set(
            manifest["tables"]
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError("This folder is no backup; name one that was made here.") from error
    if not known:
        raise StoreError("This backup was made by another version. Restore it with that version.")
    return dict(manifest)


def _apply_tombstones(
    connection: Connection, graves: dict[str, ErasureReceipt]
) -> list[tuple[str, str]]:
    """Mark people as erased who were erased after the backup; return tenant and id of each."""
    known = set(connection.execute(all_tenants(select(tables.tombstones.c.id))).scalars())
    new = [grave for grave in graves.values() if grave.id not in known]
    if new:
        rows = [{name: getattr(grave, name) for name in grave.__slots__} for grave in new]
        connection.execute(insert(tables.tombstones), rows)
    dead = {grave.subject_sha256: grave for grave in new}
    people, found = tables.people, []
    for row in connection.execute(all_tenants(select(people))).all():
        grave = dead.get(subject_digest(row.tenant_id, row.id))
        if grave is not None:
            chosen = (people.c.tenant_id == row.tenant_id, people.c.id == row.id)
            connection.execute(update(people).where(*chosen).values(erased_at=grave.requested_at))
            remove_own_logins(connection, row.tenant_id, row.id)
            found.append((row.tenant_id, row.id))
    return found
