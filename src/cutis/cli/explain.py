"""``cutis explain-score``: how a score is made, in plain words and in numbers."""

from __future__ import annotations

from typing import Annotated

import typer

from cutis.core.vocabulary import Condition


def explain_score(
    condition: Annotated[
        Condition, typer.Argument(metavar="CONDITION", help="What to explain, such as redness.")
    ],
) -> None:
    """Tell how the score of a condition is made: method, raw value, formula and limits."""
    from cutis.steps.explain import LIMITS, METHODS
    from cutis.steps.scoring.formulas import FORMULAS

    formula = FORMULAS[condition]
    unit = "" if formula.unit == "1" else f", in {formula.unit}"
    rows = (f"  {raw:>8g}  gives {score:>3.0f}" for raw, score in formula.anchors)
    typer.echo(f"{condition.value}: 0 (none seen) to 100 (strongest on the scale)\n")
    typer.echo(f"Method: {METHODS[condition]}\n")
    typer.echo(f"Raw value: {formula.raw_name}{unit}\n")
    typer.echo(f"Formula {formula.name}, straight lines between these points:")
    typer.echo("\n".join(rows))
    typer.echo(f"\nWhy these points: {formula.why}\n")
    typer.echo(f"Limits: {LIMITS[condition]}")
