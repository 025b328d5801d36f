"""The commands, put together: the one list of what the command line knows."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from cutis import __version__
from cutis.cli import (
    admin,
    analyze,
    batch,
    compare,
    concern,
    demo,
    doctor,
    enhance,
    explain,
    keys,
    models,
    plan,
    schema,
    serve,
    sign,
    summarize,
    synth,
    track,
    train,
    users,
)
from cutis.cli.errors import exit_code, report
from cutis.core.errors import CutisError


class _CutisGroup(TyperGroup):
    """Turns the errors of Cutis into a line on standard error and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except CutisError as error:
            report(error)
            raise typer.Exit(exit_code(error)) from error


app = typer.Typer(
    name="cutis",
    cls=_CutisGroup,
    help="Assess facial skin from ordinary photographs, on this machine.",
    epilog="A decision aid, not a diagnosis. Nothing leaves this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("analyze")(analyze.analyze)
app.command("batch")(batch.batch)
app.command("compare")(compare.compare)
app.command("track")(track.track)
app.command("summarize")(summarize.summarize)
app.command("ask")(summarize.ask)
app.command("concern")(concern.concern)
app.command("enhance")(enhance.enhance)
app.command("explain")(explain.explain)
app.command("explain-score")(explain.explain_score)
app.command("plan")(plan.plan)
app.command("sign")(sign.sign)
app.command("verify")(sign.verify)
app.command("disclose")(sign.disclose)
app.command("schema")(schema.schema)
app.command("serve")(serve.serve)
app.command("doctor")(doctor.doctor)
app.command("demo")(demo.demo)
app.add_typer(admin.app, name="admin")
app.add_typer(keys.app, name="keys")
app.add_typer(models.app, name="models")
app.add_typer(synth.app, name="synth")
app.add_typer(train.app, name="train")
app.add_typer(users.app, name="users")


def _show_version(*, wanted: bool) -> bool:
    if wanted:
        typer.echo(f"cutis {__version__}")
        raise typer.Exit
    return wanted


@app.callback()
def _options(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Show the version and leave.",
            callback=lambda wanted: _show_version(wanted=wanted),
            is_eager=True,
        ),
    ] = False,
) -> None:
    """Assess facial skin from ordinary photographs, on this machine."""


def run() -> None:
    """Run the command line; Ctrl-C ends it with 130, as shells expect."""
    try:
        app()
    except KeyboardInterrupt:
        typer.echo("\nStopped.", err=True)
        sys.exit(130)
