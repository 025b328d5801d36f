"""``cutis concern``: what a person says troubles them, in the words of the vocabulary."""

from __future__ import annotations

from typing import Annotated

import typer

MOST_SHOWN = 3
"""Concerns shown; the others are less probable."""


def concern(
    text: Annotated[
        str, typer.Argument(metavar="TEXT", help="A concern in English, in a sentence or two.")
    ],
) -> None:
    """Sort a stated concern, and show which words decided. Needs the extra words."""
    from cutis.wiring import read_concern

    stated = read_concern(text)
    ranked = sorted(stated.probabilities.items(), key=lambda pair: -pair[1])
    for kind, probability in ranked[:MOST_SHOWN]:
        typer.echo(f"{kind.value}: {probability:.2f}")
    typer.echo(f"\nWhat each word adds to {stated.leading.value}:")
    for word, change in stated.words:
        typer.echo(f"  {change:+.2f}  {word}")
