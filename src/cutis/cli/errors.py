"""One table from errors to exit codes, and one way to say an error."""

from __future__ import annotations

import typer

from cutis.core.errors import (
    CutisError,
    InputError,
    MissingExtraError,
    ModelError,
    PhotoError,
    SettingsError,
    StoreError,
)

EXIT_CODES: dict[type[CutisError], int] = {
    CutisError: 1,
    PhotoError: 1,
    InputError: 2,
    SettingsError: 3,
    ModelError: 4,
    StoreError: 5,
    MissingExtraError: 6,
}
"""Exit code by kind of error; 2 is also what a wrong option gives, 130 what Ctrl-C gives."""


def exit_code(error: CutisError) -> int:
    """Return the exit code of ``error``: that of its nearest kind in the table."""
    return next(EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES)


def report(error: CutisError, about: str = "cutis") -> None:
    """Write ``error`` to standard error, on its own line, with its stable code."""
    typer.echo(f"{about}: error [{error.code}]: {error}", err=True)


def warn(about: str, sentence: str) -> None:
    """Write a warning to standard error, on its own line."""
    typer.echo(f"{about}: warning: {sentence}", err=True)
