"""``cutis doctor``: shows what is installed, what is missing and what to do."""

from __future__ import annotations

import typer

_STYLES = {"ok": "green", "optional": "yellow", "missing": "bold red"}


def doctor() -> None:
    """Show what is installed, what is missing and what to do.

    The exit code is 0 when photos can be assessed, 1 when something they need is missing.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from cutis.cli.checkup import State, check_up

    checks = list(check_up())
    table = Table("what", "state", "seen", "what to do")
    for check in checks:
        state = Text(check.state.value, _STYLES[check.state])
        table.add_row(Text(check.subject), state, Text(check.seen), Text(check.advice))
    Console().print(table)
    missing = [check.subject for check in checks if check.state is State.MISSING]
    if missing:
        typer.echo(f"Photos cannot be assessed yet; missing: {', '.join(missing)}.")
        raise typer.Exit(1)
    typer.echo("Photos can be assessed.")
