"""JSON that can be written in one way only, so that a flipped bit is never overlooked.

A document is refused unless writing it again gives the same bytes: no other order, spacing, escape
or number means the same.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any, NoReturn, TypeVar

from cutis.core.errors import TamperedError

MAX_DOCUMENT_BYTES = 1 << 24
_Kind = TypeVar("_Kind")


def canonical(tree: Any) -> bytes:
    """Return what is signed and hashed: JSON with sorted keys and no spaces, as UTF-8."""
    return json.dumps(
        tree, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def to_document(tree: Any) -> str:
    """Return the form in which a document lies in a file: the same, with line breaks."""
    return json.dumps(tree, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def from_document(text: str, what: str) -> dict[str, Any]:
    """Read what `to_document` wrote.

    Args:
        text: the whole file.
        what: what is expected, for messages: "a signature file".

    Raises:
        TamperedError: it is no such document, or not exactly as it was written.
    """
    if len(text) > MAX_DOCUMENT_BYTES:
        refuse(what)
    try:
        tree = json.loads(text, parse_constant=_no_constant)
        same = isinstance(tree, dict) and to_document(tree) == text
    except (ValueError, RecursionError) as error:
        raise _broken(what) from error
    if not same:
        refuse(what)
    found: dict[str, Any] = tree
    return found


def field(tree: Mapping[str, Any], name: str, kind: type[_Kind]) -> _Kind:
    """Return a member that must be there and of a kind; a truth value is no number.

    Raises:
        ValueError: it is absent or of another kind.
    """
    value = tree.get(name)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ValueError(name)
    return value


def only(tree: Mapping[str, Any], *names: str) -> None:
    """Check that a mapping has exactly these members.

    Raises:
        ValueError: one is missing, or there is another.
    """
    if set(tree) != set(names):
        raise ValueError(sorted(set(tree) ^ set(names)))


def encoded(raw: bytes) -> str:
    """Return bytes as base64 text."""
    return base64.b64encode(raw).decode()


def decoded(text: Any) -> bytes:
    """Read base64 text that is written the one way it can be.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(text, str):
        raise ValueError(type(text).__name__)  # noqa: TRY004 - the caller answers both alike
    raw = base64.b64decode(text, validate=True)
    if encoded(raw) != text:
        raise ValueError("base64")
    return raw


def refuse(what: str, error: Exception | None = None) -> NoReturn:
    """Raise the one answer to a document that is broken.

    Raises:
        TamperedError: always.
    """
    raise _broken(what) from error


def _broken(what: str) -> TamperedError:
    return TamperedError(
        f"The file was expected to be {what}, exactly as Cutis wrote it. "
        "It was cut, edited or damaged on its way, or is something else; ask for it again."
    )


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
