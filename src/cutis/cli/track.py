"""``cutis track``: one person's assessments over time, with verdicts and a forecast."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cutis.cli.errors import report, warn
from cutis.cli.visits import (
    find_assessments,
    gather_visits,
    read_assessment,
    time_of_assessment,
    time_of_name,
)
from cutis.cli.writing import write_beside
from cutis.core.errors import InputError

if TYPE_CHECKING:
    from cutis.core.assessment import Assessment
    from cutis.history import Timeline

_SUSPICIOUS_S = 3600.0


def track(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder of one person's assessments (JSON).")
    ],
    *,
    times: Annotated[
        bool,
        typer.Option(
            "--times", help="Take the times from dates in file or folder names, not from the files."
        ),
    ] = False,
    burst: Annotated[
        float,
        typer.Option(
            "--burst",
            metavar="MINUTES",
            min=0,
            help="Take assessments within this span together as one visit.",
        ),
    ] = 0.0,
    horizon: Annotated[
        float | None,
        typer.Option(
            "--horizon", metavar="DAYS", min=0.01, help="Forecast so far; else to the next visit."
        ),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Write a picture (.svg).")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON instead of plain words.")
    ] = False,
    forecasts: Annotated[
        Path | None,
        typer.Option(
            "--forecasts",
            metavar="FILE",
            help="Keep today's forecasts in FILE, and tell how those kept before have fared.",
        ),
    ] = None,
) -> None:
    """Follow one person over time: each visit against the first, the noise, and a forecast.

    Without --times a visit's time is when its photo was assessed, which is not when it was taken.
    """
    from cutis.history import build_timeline
    from cutis.reports.changes import timeline_json, timeline_lines
    from cutis.reports.timeline_svg import timeline_svg

    if plot is not None and plot.suffix.lower() != ".svg":
        raise InputError("--plot writes SVG pictures. Give a file name that ends in .svg.")
    dated, failed = _read_all(folder, by_name=times)
    if not dated:
        raise InputError("No assessment was found. Name a folder that holds assessment.json files.")
    visits = gather_visits(dated, burst)
    if not times:
        _warn_of_batch([visit.at for visit in visits if visit.at])
    timeline = build_timeline(visits, horizon_days=horizon)
    if as_json:
        typer.echo(timeline_json(timeline), nl=False)
    else:
        typer.echo("\n".join(timeline_lines(timeline)))
    if forecasts is not None:
        _keep(timeline, forecasts, quiet=as_json)
    if plot is not None:
        write_beside({plot.name: timeline_svg(timeline).encode("utf-8")}, plot.parent)
    if failed:
        raise typer.Exit(1)


def _keep(timeline: Timeline, path: Path, *, quiet: bool) -> None:
    """Hold the kept forecasts against what came, then add today's, each once."""
    from cutis.history.kept_forecasts import forecasts_of, hold_against, read_kept
    from cutis.reports.changes import kept_lines

    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("--forecasts takes a text file that cutis track wrote.") from error
    kept = read_kept(text)
    if not quiet:
        typer.echo("\n".join(kept_lines(hold_against(kept, timeline))))
    known = {forecast.id for forecast in kept}
    new = [forecast for forecast in forecasts_of(timeline) if forecast.id not in known]
    lines = [forecast.to_line() for forecast in (*kept, *new)]
    write_beside({path.name: "".join(f"{line}\n" for line in lines).encode("utf-8")}, path.parent)


def _read_all(folder: Path, *, by_name: bool) -> tuple[list[tuple[datetime, Assessment]], int]:
    """Read every assessment with its time; what cannot be read is told, and the others go on."""
    if not folder.is_dir():
        raise InputError("A folder of assessments was expected. Name the folder that holds them.")
    dated, failed = [], 0
    for path in find_assessments(folder):
        try:
            assessment = read_assessment(path)
            at = time_of_name(path, folder) if by_name else time_of_assessment(assessment)
        except InputError as error:
            report(error, str(path))
            failed += 1
        else:
            dated.append((at, assessment))
    return dated, failed


def _warn_of_batch(times: list[datetime]) -> None:
    """Warn where photos of different days may have been assessed in one go."""
    if any((b - a).total_seconds() < _SUSPICIOUS_S for a, b in pairwise(times)):
        warn(
            "times",
            "Some photos were assessed within an hour. If they are of different days, name files "
            "by date and give --times; if they are shots of one moment, give --burst MINUTES.",
        )
