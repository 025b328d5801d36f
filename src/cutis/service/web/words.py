"""The words of results in the seven languages, for the app: those that summaries are made of."""

from __future__ import annotations

from typing import Any

from cutis.core.language import Language
from cutis.steps.narrate import read_catalogue
from cutis.steps.narrate.voice import LEVELS

_TABLES = ("levels", "conditions", "places", "types", "units", "verdicts", "reasons", "fixes")


def words_of(language: Language) -> dict[str, Any]:
    """Return the tables of words, the note on English explanations, and where levels begin."""
    tables = read_catalogue(language).tables
    note = "" if language is Language.ENGLISH else tables["answers"]["english_note"]
    return {
        **{name: dict(tables[name]) for name in _TABLES},
        "english_note": note,
        "level_limits": LEVELS,
    }
