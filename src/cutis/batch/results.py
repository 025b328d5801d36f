"""Results on disk: files by key, and tables in Parquet, part by part."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from cutis.batch.journal import Journal
from cutis.batch.plan import Shard, part_file
from cutis.core.errors import MissingExtraError
from cutis.reports.table import FINDING_COLUMNS, photo_columns, safe_text

PHOTOS, FINDINGS = "photos", "findings"
_ROWS_AT_ONCE = 50
"""Photos whose rows are in memory at a time; a whole part of them makes the driver grow."""

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
        number, written = journal.next_part(), []
        tables = ParquetTable(photo_kinds()), ParquetTable(finding_kinds())
        rows = journal.unwritten(size)
        while some := list(islice(rows, _ROWS_AT_ONCE)):
            tables[0].add([photo for _, (photo, _) in some])
            tables[1].add([finding for _, (_, listed) in some for finding in listed])
            written += [row for row, _ in some]
        for name, table in zip((PHOTOS, FINDINGS), tables, strict=True):
            put(folder, {part_file(name, shard, number): table.close()})
        journal.note_part(number, written)
        left -= len(written)


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


class ParquetTable:
    """A Parquet file that grows in memory by groups of rows, each compressed when it is added.

    Every file has the same columns, also where all are empty; ``kinds`` names them.
    """

    def __init__(self, kinds: Mapping[str, type]) -> None:
        pa, pq = _parquet()
        types = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
        self._schema = pa.schema([(name, types[kind]) for name, kind in kinds.items()])
        self._content = io.BytesIO()
        self._writer = pq.ParquetWriter(self._content, self._schema, compression="zstd")
        self._table = pa.Table

    def add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows as one group."""
        self._writer.write_table(self._table.from_pylist(list(rows), self._schema))

    def close(self) -> bytes:
        """Return the file; nothing can be added any longer."""
        self._writer.close()
        return self._content.getvalue()


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
