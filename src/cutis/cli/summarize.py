"""``cutis summarize`` and ``cutis ask``: an assessment in words, and questions about it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cutis.core.errors import InputError
from cutis.core.language import Digits, Language

if TYPE_CHECKING:
    from cutis.core.assessment import Assessment
    from cutis.core.facts import Answer
    from cutis.steps.narrate import Catalogue

MOST_BYTES = 16 << 20
"""A longer file is no assessment."""

_LANGUAGE = typer.Option("--language", help="The language of the words.", case_sensitive=False)
_DIGITS = typer.Option("--digits", help="Digits of the numbers, where a language has its own.")


def summarize(
    assessment: Annotated[
        Path, typer.Argument(metavar="ASSESSMENT", help="An assessment.json of cutis analyze.")
    ],
    *,
    language: Annotated[Language, _LANGUAGE] = Language.ENGLISH,
    digits: Annotated[Digits, _DIGITS] = Digits.LATIN,
) -> None:
    """Tell an assessment in words: what is seen, what is not sure, what helps the photo."""
    from cutis.steps.narrate import as_text, narrate, read_catalogue

    words = read_catalogue(language, digits)
    typer.echo(as_text(narrate(_read(assessment), words), words), nl=False)


def ask(
    question: Annotated[
        str, typer.Argument(metavar="QUESTION", help="A question about the assessment.")
    ],
    *,
    assessment: Annotated[
        Path, typer.Option("--assessment", metavar="FILE", help="An assessment.json.")
    ],
    language: Annotated[Language, _LANGUAGE] = Language.ENGLISH,
    digits: Annotated[Digits, _DIGITS] = Digits.LATIN,
) -> None:
    """Answer a question from an assessment and from what Cutis says of itself, with sources.

    Nothing else is known here, and nothing is done but answering.
    """
    from cutis.settings import load_settings
    from cutis.steps.narrate import read_catalogue
    from cutis.wiring import answer_question

    words = read_catalogue(language, digits)
    answer = answer_question(question, _read(assessment), words, settings=load_settings())
    _show(answer, words)


def _read(path: Path) -> Assessment:
    from cutis.reports.json import from_json

    try:
        with path.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
        text = content.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise InputError(
            f"An assessment.json was expected; the file cannot be read ({reason}). "
            "Name a file that 'cutis analyze' wrote."
        ) from error
    if len(content) > MOST_BYTES:
        raise InputError(
            f"An assessment.json of at most {MOST_BYTES >> 20} MiB was expected; this file is "
            "larger. Name a file that 'cutis analyze' wrote."
        )
    return from_json(text)


def _show(answer: Answer, words: Catalogue) -> None:
    for statement in answer.statements:
        typer.echo(words.as_line(f"{statement.text} [{', '.join(statement.cites)}]"))
    if answer.note:
        typer.echo(words.as_line(answer.note))
