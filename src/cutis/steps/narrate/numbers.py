"""Numbers as a language writes them: decimal sign, digits and per cent.

Source: Unicode CLDR 46, ``numbers`` of each language. Hindi and Arabic are written with Latin
digits unless native ones are asked for; both are in use, and a clinic's forms mostly have Latin.
Values here stay below 10 000, so thousands are not grouped.
"""

from __future__ import annotations

from dataclasses import dataclass

from cutis.core.language import Digits, Language

_COMMA = {Language.SPANISH, Language.FRENCH, Language.PORTUGUESE}
_ZEROS = {Language.HINDI: 0x0966, Language.ARABIC: 0x0660}
_NO_BREAK, _NARROW_NO_BREAK = "\u00a0", "\u202f"
_LEFT_TO_RIGHT, _ARABIC_LETTER = "\u200e", "\u061c"


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """How numbers are written: the language's own signs, and the digits that were asked for."""

    language: Language
    digits: Digits = Digits.LATIN

    def number(self, value: float, decimals: int = 0) -> str:
        """Return ``value`` rounded to ``decimals``."""
        text = f"{value:.{decimals}f}"
        if float(text) == 0:
            text = text.removeprefix("-")
        return self.own_digits(text.replace(".", self._decimal_sign()))

    def percent(self, share: float) -> str:
        """Return a share of 0–1 as per cent, without decimals."""
        return f"{self.number(100 * share)}{self._percent_sign()}"

    def own_digits(self, text: str) -> str:
        """Return ``text`` with its Latin digits turned into those that were asked for."""
        if not self._is_native():
            return text
        zero = _ZEROS[self.language]
        return text.translate({ord("0") + n: zero + n for n in range(10)})

    def _is_native(self) -> bool:
        return self.digits is Digits.NATIVE and self.language in _ZEROS

    def _decimal_sign(self) -> str:
        if self._is_native() and self.language is Language.ARABIC:
            return "٫"
        return "," if self.language in _COMMA else "."

    def _percent_sign(self) -> str:
        if self.language is Language.ARABIC:
            latin = f"{_LEFT_TO_RIGHT}%{_LEFT_TO_RIGHT}"
            return f"٪{_ARABIC_LETTER}" if self._is_native() else latin
        space = {Language.SPANISH: _NO_BREAK, Language.FRENCH: _NARROW_NO_BREAK}
        return f"{space.get(self.language, '')}%"
