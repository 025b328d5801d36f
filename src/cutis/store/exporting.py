"""Everything held on a person, as one zip: ``export.json`` and the files it names.

The log tells of the export before the first byte goes out. Names in the zip come from ids and from
names of our own, never from what a user wrote.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, BinaryIO

from sqlalchemy import select

from cutis.core.record_words import Kind
from cutis.core.records import Call
from cutis.store import tables
from cutis.store.bodies import person_of
from cutis.store.entries import decode_entry
from cutis.store.foundation import Foundation
from cutis.store.operation import Opened, Operation, Subject
from cutis.store.people import read_person

FORMAT = "cutis-export/1"
_STAMP = (1980, 1, 1, 0, 0, 0)  # a zip has no earlier time, and the entry in the log tells the real
_ENDINGS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/heic": "heic",
    "image/avif": "avif",
    "image/tiff": "tif",
    "application/dicom": "dcm",
    "application/pdf": "pdf",
    "application/json": "json",
    "text/html": "html",
}


@dataclass(frozen=True, slots=True)
class _Gathered:
    """What a transaction found; files are read after it."""

    subject: Subject
    document: dict[str, Any]
    files: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


class Exporting(Foundation):
    """Gives a person what is held on them."""

    def export(self, call: Call, person_id: str, stream: BinaryIO) -> None:
        """Write everything held on a person to ``stream``: a zip of JSON and files."""
        found = self._run(call, "person.export", lambda op: _gather(op, person_id))
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            text = json.dumps(found.document, indent=2, ensure_ascii=False, sort_keys=True)
            _put(archive, "export.json", text.encode("utf-8"))
            for name, entry in found.files:
                _put(archive, name, self._open_file(found.subject, entry).content)


def _put(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, _STAMP)
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)


def _gather(operation: Operation, person_id: str) -> _Gathered:
    person = read_person(operation, person_id)
    table = tables.records
    statement = (
        select(table)
        .where(table.c.tenant_id == operation.tenant_id, table.c.person_id == person_id)
        .order_by(table.c.created_at, table.c.id)
    )
    rows = operation.connection.execute(statement).all()
    opened = operation.open(rows, person.subject)
    operation.record_id = person_id
    document: dict[str, Any] = {"format": FORMAT, "exported_at": operation.now}
    document["person"] = asdict(person_of(person))
    for kind in (Kind.CONSENT, Kind.VISIT, Kind.PHOTO, Kind.ASSESSMENT, Kind.REVIEW):
        document[f"{kind.value}s"] = [_told(one) for one in opened if one.kind is kind]
    document["links"] = _rows(operation, tables.links, person_id)
    document["jobs"] = _rows(operation, tables.jobs, person_id)
    document["log"] = _log_of(operation, person_id)
    return _Gathered(person.subject, document, _named_files(opened))


def _told(opened: Opened) -> dict[str, Any]:
    """Return a record in words of its own: columns, body, and its files by their names here."""
    body = {key: value for key, value in opened.body.items() if key != "files"}
    for key in ("document", "facts", "changes"):
        if key in body:
            body[key] = _parsed(body[key])
    told = {
        "id": opened.id,
        "parent_id": opened.parent_id,
        "version": opened.version,
        "created_at": opened.created_at,
        **body,
    }
    entries = opened.body.get("files", ())
    return {**told, "files": [_file_name(opened, index, e) for index, e in enumerate(entries)]}


def _parsed(text: str) -> Any:
    """Return JSON as what it says, and other text as it is."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _named_files(opened: Sequence[Opened]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (_file_name(one, index, entry), entry)
        for one in opened
        for index, entry in enumerate(one.body.get("files", ()))
    ]


def _file_name(opened: Opened, index: int, entry: dict[str, Any]) -> str:
    """Return a name that is safe anywhere: kind, id, the file's number, and its plain name."""
    word = "".join(c if c.isascii() and c.isalnum() else "-" for c in entry["name"])[:40]
    ending = _ENDINGS.get(entry["media_type"], "bin")
    return f"{opened.kind.value}s/{opened.id}/{index}-{word}.{ending}"


def _rows(operation: Operation, table: Any, person_id: str) -> list[dict[str, Any]]:
    statement = select(table).where(
        table.c.tenant_id == operation.tenant_id, table.c.person_id == person_id
    )
    rows = operation.connection.execute(statement).mappings()
    return [{k: v for k, v in row.items() if not k.startswith("lease")} for row in rows]


def _log_of(operation: Operation, person_id: str) -> list[dict[str, Any]]:
    table = tables.log_entries
    statement = (
        select(table.c.entry)
        .where(table.c.tenant_id == operation.tenant_id, table.c.subject_id == person_id)
        .order_by(table.c.idx)
    )
    contents = operation.connection.execute(statement).scalars()
    return [asdict(decode_entry(content)[0]) for content in contents]
