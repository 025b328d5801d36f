"""``cutis schema``: the JSON schema of an assessment."""

from __future__ import annotations

import typer


def schema() -> None:
    """Print the JSON schema of assessment.json."""
    from cutis.reports.json import schema_text

    typer.echo(schema_text(), nl=False)
