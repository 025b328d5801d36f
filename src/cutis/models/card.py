"""Cards: TOML to descriptors; a card that says too much or too little is refused."""

from __future__ import annotations

import tomllib
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from importlib import resources
from typing import Any, get_args, get_origin, get_type_hints

from cutis.core.errors import ModelError
from cutis.models.descriptor import Descriptor


def read_card(text: str) -> Descriptor:
    """Read a card.

    Args:
        text: the card as TOML.

    Returns:
        The descriptor that the card spells out.

    Raises:
        ModelError: the card is no TOML, or a field is missing, unknown or of the wrong type.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ModelError(f"A model card must be TOML: {error}. Correct the card.") from error
    descriptor: Descriptor = _build(Descriptor, table, "card")
    return descriptor


def shipped_card(name: str) -> Descriptor:
    """Read the card called ``name`` that ships with the package."""
    card = resources.files("cutis.models").joinpath("cards", f"{name}.toml")
    return read_card(card.read_text(encoding="utf-8"))


def _build(kind: Any, value: object, where: str) -> Any:
    """Build ``kind`` out of TOML ``value``; ``where`` names the place in messages."""
    if isinstance(kind, types.UnionType):
        kind = next(option for option in get_args(kind) if option is not type(None))
    if is_dataclass(kind):
        return _build_dataclass(kind, value, where)
    if get_origin(kind) is tuple:
        return _build_tuple(get_args(kind)[0], value, where)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind):
        raise _wrong(where, f"must be {kind.__name__}, not {type(value).__name__}")
    return value


def _build_tuple(kind: Any, value: object, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise _wrong(where, f"must be a list, not {type(value).__name__}")
    return tuple(_build(kind, item, f"{where}[{i}]") for i, item in enumerate(value))


def _build_dataclass(kind: Any, value: object, where: str) -> Any:
    if not isinstance(value, Mapping):
        raise _wrong(where, f"must be a table, not {type(value).__name__}")
    hints = get_type_hints(kind)
    if unknown := sorted(set(value) - set(hints)):
        raise _wrong(where, f"holds unknown fields: {', '.join(unknown)}")
    required = {f.name for f in fields(kind) if f.default is MISSING}
    if missing := sorted(required - set(value)):
        raise _wrong(where, f"lacks: {', '.join(missing)}")
    return kind(**{key: _build(hints[key], value[key], f"{where}.{key}") for key in value})


def _wrong(where: str, what: str) -> ModelError:
    return ModelError(f"The model {where} {what}. Correct the card.")
