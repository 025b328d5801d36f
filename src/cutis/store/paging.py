"""Pages of a listing, newest first; a cursor tells where the last page ended."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, and_, or_

from cutis.core.errors import InputError
from cutis.core.records import Page

MAX_LIMIT = 500


def page_of(
    connection: Connection, table: Table, statement: Select[Any], page: Page
) -> tuple[Sequence[Row[Any]], str | None]:
    """Return the rows of a page, ordered by ``created_at`` and ``id``, and the next cursor.

    Raises:
        InputError: limit or cursor are none.
    """
    refuse_limit(page)
    if page.cursor is not None:
        created_at, record_id = _read_cursor(page.cursor)
        statement = statement.where(
            or_(
                table.c.created_at < created_at,
                and_(table.c.created_at == created_at, table.c.id < record_id),
            )
        )
    ordered = statement.order_by(table.c.created_at.desc(), table.c.id.desc())
    rows = connection.execute(ordered.limit(page.limit + 1)).all()
    if len(rows) <= page.limit:
        return rows, None
    last = rows[page.limit - 1]
    return rows[: page.limit], encode_cursor(f"{last.created_at} {last.id}")


def refuse_limit(page: Page) -> None:
    """Raise unless the limit is 1–500.

    Raises:
        InputError: it is not.
    """
    if not 1 <= page.limit <= MAX_LIMIT:
        raise InputError(f"A page holds 1 to {MAX_LIMIT} items, not {page.limit}.")


def encode_cursor(text: str) -> str:
    """Return text as an opaque cursor."""
    return base64.urlsafe_b64encode(text.encode("utf-8")).decode("ascii").rstrip("=")


def decode_cursor(cursor: str) -> str:
    """Read what `encode_cursor` wrote.

    Raises:
        InputError: it is no cursor.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True).decode("utf-8")
    except (ValueError, binascii.Error) as error:
        raise InputError("This is no cursor. Take the one of the last page, unchanged.") from error


def _read_cursor(cursor: str) -> tuple[str, str]:
    created_at, separator, record_id = decode_cursor(cursor).partition(" ")
    if not separator or "\0" in created_at + record_id:
        raise InputError("This is no cursor. Take the one of the last page, unchanged.")
    return created_at, record_id
