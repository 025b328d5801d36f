"""The languages that Cutis speaks, and how each is written."""

from __future__ import annotations

from enum import StrEnum


class Language(StrEnum):
    """A language by its BCP 47 tag."""

    ENGLISH = "en"
    SPANISH = "es"
    FRENCH = "fr"
    HINDI = "hi"
    ARABIC = "ar"
    CHINESE = "zh"
    PORTUGUESE = "pt"

    @property
    def right_to_left(self) -> bool:
        """Whether its lines run from right to left."""
        return self is Language.ARABIC


class Digits(StrEnum):
    """Which digits numbers are written with.

    ``latin`` is 0–9 in every language; ``native`` is Devanagari in Hindi and Arabic-Indic in
    Arabic, and Latin elsewhere.
    """

    LATIN = "latin"
    NATIVE = "native"
