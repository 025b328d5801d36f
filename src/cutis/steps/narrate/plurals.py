"""Plural categories of seven languages.

Source: Unicode CLDR 46, supplemental data ``plurals.xml``, cardinal rules. Operands are those of
Unicode Technical Standard 35: n the absolute value, i its whole part, v the number of visible
decimals. Compact exponents (operand e) do not occur here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from cutis.core.language import Language


class Plural(StrEnum):
    """A plural category of CLDR."""

    ZERO = "zero"
    ONE = "one"
    TWO = "two"
    FEW = "few"
    MANY = "many"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class _Operands:
    n: Decimal
    i: int
    v: int


_Rule = Callable[[_Operands], bool]
_Rules = tuple[tuple[Plural, _Rule], ...]


def _millions(o: _Operands) -> bool:
    return o.i != 0 and o.i % 1_000_000 == 0 and o.v == 0


def _between(o: _Operands, low: int, high: int) -> bool:
    """Tell whether n % 100 is a whole number of ``low`` to ``high``."""
    rest = o.n % 100
    return rest == int(rest) and low <= rest <= high


_RULES: dict[Language, _Rules] = {
    Language.ENGLISH: ((Plural.ONE, lambda o: o.i == 1 and o.v == 0),),
    Language.SPANISH: ((Plural.ONE, lambda o: o.n == 1), (Plural.MANY, _millions)),
    Language.FRENCH: ((Plural.ONE, lambda o: o.i in {0, 1}), (Plural.MANY, _millions)),
    Language.PORTUGUESE: ((Plural.ONE, lambda o: o.i in {0, 1}), (Plural.MANY, _millions)),
    Language.HINDI: ((Plural.ONE, lambda o: o.i == 0 or o.n == 1),),
    Language.CHINESE: (),
    Language.ARABIC: (
        (Plural.ZERO, lambda o: o.n == 0),
        (Plural.ONE, lambda o: o.n == 1),
        (Plural.TWO, lambda o: o.n == 2),
        (Plural.FEW, lambda o: _between(o, 3, 10)),
        (Plural.MANY, lambda o: _between(o, 11, 99)),
    ),
}


def plural_category(language: Language, value: int | Decimal) -> Plural:
    """Return the category of ``value``; a Decimal counts its visible decimals, as in ``1.0``."""
    number = abs(Decimal(value))
    exponent = number.as_tuple().exponent
    decimals = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    operands = _Operands(number, int(number), decimals)
    fitting = (category for category, rule in _RULES[language] if rule(operands))
    return next(fitting, Plural.OTHER)


def categories(language: Language) -> tuple[Plural, ...]:
    """Return every category that the language tells apart, in the order of CLDR."""
    used = {category for category, _ in _RULES[language]} | {Plural.OTHER}
    return tuple(category for category in Plural if category in used)
