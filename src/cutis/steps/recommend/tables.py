"""TOML tables into frozen dataclasses; what is unknown, missing or of a wrong kind is refused."""

from __future__ import annotations

import tomllib
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import Any, NoReturn, get_args, get_origin, get_type_hints

from cutis.core.errors import InputError, SettingsError
from cutis.steps.recommend.words import did_you_mean

_KINDS = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}


def parse_table(text: str, where: str) -> dict[str, Any]:
    """Parse TOML.

    Raises:
        SettingsError: the text is no TOML.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{where} must be TOML: {error}. Correct that line.") from error


def build(kind: Any, value: object, where: str, refusal: type[Exception] = SettingsError) -> Any:
    """Build ``kind`` out of a TOML value.

    Args:
        kind: a dataclass, an enum, a tuple of one kind, text or a number; or one of these or None.
        value: what TOML gives.
        where: names the place in messages.
        refusal: the error to raise.

    Raises:
        SettingsError: or ``refusal``; the value does not fit.
    """
    if isinstance(kind, types.UnionType):
        kind = next(option for option in get_args(kind) if option is not type(None))
    if is_dataclass(kind):
        return _dataclass(kind, value, where, refusal)
    if get_origin(kind) is tuple:
        return _tuple(get_args(kind)[0], value, where, refusal)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _member(kind, value, where, refusal)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        _refuse(f"{where} takes {_KINDS[kind]}; {_shown(value)} came. Correct it.", refusal)
    return value


def _dataclass(kind: Any, value: object, where: str, refusal: type[Exception]) -> Any:
    if not isinstance(value, Mapping):
        _refuse(f"{where} is a table of fields; {_shown(value)} came. Correct it.", refusal)
    hints = get_type_hints(kind)
    for name in value:
        if name not in hints:
            _refuse(f"{where} has no field {name!r}. {did_you_mean(name, hints)}", refusal)
    required = (entry for entry in fields(kind) if entry.default is MISSING)
    if missing := [entry.name for entry in required if entry.name not in value]:
        _refuse(f"{where} lacks {', '.join(missing)}. Add it.", refusal)
    return kind(
        **{name: build(hints[name], value[name], f"{where}.{name}", refusal) for name in value}
    )


def _tuple(kind: Any, value: object, where: str, refusal: type[Exception]) -> tuple[Any, ...]:
    if not isinstance(value, list):
        _refuse(f'{where} takes a list such as ["…"]; {_shown(value)} came. Correct it.', refusal)
    return tuple(build(kind, item, where, refusal) for item in value)


def _member(kind: type[Enum], value: object, where: str, refusal: type[Exception]) -> Enum:
    known = [str(member.value) for member in kind]
    if not isinstance(value, str) or value not in known:
        hint = did_you_mean(str(value), known)
        _refuse(f"{where} knows no {_shown(value)}. {hint}", refusal)
    return kind(value)


def _shown(value: object) -> str:
    text = str(value)
    return repr(text if len(text) <= 40 else text[:39] + "…")


def _refuse(message: str, refusal: type[Exception]) -> NoReturn:
    if refusal is InputError:
        raise InputError(message)
    raise SettingsError(message)
