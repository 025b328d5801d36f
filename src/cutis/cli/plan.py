"""``cutis plan``: an assessment and a profile in, guidance with reasons out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cutis.core.errors import InputError

if TYPE_CHECKING:
    from cutis.core.advice import Profile


def plan(
    assessment: Annotated[
        Path,
        typer.Argument(metavar="ASSESSMENT.json", help="An assessment that cutis analyze wrote."),
    ],
    *,
    profile: Annotated[
        Path | None,
        typer.Option(
            "--profile",
            metavar="FILE.toml",
            help="What the person states about themselves; what is left out is unknown.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
    why: Annotated[
        bool, typer.Option("--why", help="Also print every rule that fired, and the sources.")
    ] = False,
) -> None:
    """Print guidance for an assessment: a morning, an evening, habits, and when to see a clinician.

    Ingredient classes, never brands; every line has its reason and its source.
    Without a profile the plan holds gentle care only.
    """
    from cutis.reports.json import from_json
    from cutis.reports.plan import plan_to_json, plan_to_text
    from cutis.steps.recommend import recommend
    from cutis.steps.recommend.sentences import missing

    made = recommend(from_json(_text(assessment, "assessment")), read_stated(profile))
    text = plan_to_json(made) if as_json else plan_to_text(made, missing(made), why=why)
    typer.echo(text, nl=False)


def read_stated(path: Path | None) -> Profile | None:
    """Read what a person states; None where no file is named.

    Raises:
        InputError: the file cannot be read, or says what nobody knows.
    """
    from cutis.steps.recommend import read_profile

    return None if path is None else read_profile(_text(path, "profile"))


def _text(path: Path, what: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise InputError(
            f"The {what} cannot be read ({reason}). Name a readable text file."
        ) from error
