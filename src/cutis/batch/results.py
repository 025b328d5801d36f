"""Results on disk: files by key, and tables in Parquet, part by part."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from cutis.batch.journal import Journal
from cutis.batch.plan import Shard, part_file
from cutis.core.errors import MissingExtraError
from cutis.reports.table import FINDING_COLUMNS, photo_columns, safe_text

PHOTOS, FINDINGS = "photos", "findings"
_FINDING_TEXTS = frozenset({"photo", "condition", "type", "region"})
_FINDING_NUMBERS = frozenset({"x0_px", "y0_px", "x1_px", "y1_px"})


def put(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put files below a folder, each in one move; one that is there is replaced."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.part")
        part.write_bytes(content)
        part.replace(path)


def write_parts(journal: Journal, folder: Path, shard: Shard, *, size: int, last: bool) -> None:
    """Write what the journal holds as parts of ``size`` rows; with ``last``, the rest too.

    A part is in place before the journal lets go of its rows. If the driver is killed in between,
    the same part is written again, with the same rows and perhaps more.
    """
    left = journal.count_unwritten()
    while left >= size or (last and left):
        rows, number = journal.unwritten(size), journal.next_part()
        photos = [photo for _, (photo, _) in rows]
        findings = [finding for _, (_, listed) in rows for finding in listed]
        tables = ((PHOTOS, photos, photo_kinds()), (FINDINGS, findings, finding_kinds()))
        for table, listed, kinds in tables:
            put(folder, {part_file(table, shard, number): to_parquet(listed, kinds)})
        journal.note_part(number, (row for row, _ in rows))
        left -= len(rows)


def photo_kinds() -> dict[str, type]:
    """Return the columns of the table of photos with the kind of each."""
    return {"key": str, **photo_columns()}


def finding_kinds() -> dict[str, type]:
    """Return the columns of the table of findings with the kind of each."""
    kinds: dict[str, type] = {"key": str, **dict.fromkeys(FINDING_COLUMNS, float)}
    return {
        **kinds,
        **dict.fromkeys(sorted(_FINDING_TEXTS), str),
        **dict.fromkeys(sorted(_FINDING_NUMBERS), int),
    }


def to_parquet(rows: Sequence[Mapping[str, Any]], kinds: Mapping[str, type]) -> bytes:
    """Return rows as a Parquet file; every part has the same columns, also where all are empty."""
    pa, pq = _parquet()
    types = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
    schema = pa.schema([(name, types[kind]) for name, kind in kinds.items()])
    content = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows), schema), content, compression="zstd")
    return content.getvalue()


def quarantine_csv(journal: Journal) -> bytes:
    """Return the items in quarantine with their reasons."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("key", "photo", "code", "reason"))
    writer.writerows(_quarantine_rows(journal))
    return text.getvalue().encode()


def require_parquet() -> None:
    """See that results can be written, before any photo is assessed.

    Raises:
        MissingExtraError: pyarrow is not installed.
    """
    _parquet()


def _quarantine_rows(journal: Journal) -> Iterator[Iterable[str]]:
    for item, code, reason in journal.quarantine():
        yield item.key, safe_text(item.address), code, reason


def _parquet() -> tuple[Any, Any]:
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra
        import pyarrow.parquet as pq  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError("A batch", "scale") from error
    return pa, pq
