"""``cutis demo``: the whole way on a real photo."""

from __future__ import annotations

import importlib.util
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cutis.cli.writing import FILE_NAMES, Format, render, write
from cutis.core.errors import MissingExtraError

if TYPE_CHECKING:
    from cutis.core.assessment import Assessment

CREDIT = "Photo: NASA (Eileen Collins, 1999), public domain, as shipped with scikit-image."


def demo(
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="The folder for the results.")
    ] = Path("cutis-demo"),
    *,
    open_report: Annotated[
        bool, typer.Option("--open", help="Open the report in a browser.")
    ] = False,
) -> None:
    """Assess a real photo of an astronaut and print where the report is."""
    from cutis.wiring import examine

    photo = _astronaut()
    typer.echo(CREDIT)
    examination = examine(photo)
    folder = out / "astronaut"
    forms = (Format.JSON, Format.HTML, Format.CSV)
    write(render(examination, folder.name, forms, maps=True), folder)
    _show(examination.assessment)
    report = (folder / FILE_NAMES[Format.HTML][0]).resolve()
    typer.echo(f"Report: {report}")
    if open_report:
        webbrowser.open(report.as_uri())


def _astronaut() -> Path:
    """Find the photo in scikit-image without importing it."""
    package = importlib.util.find_spec("skimage")
    for folder in (package.submodule_search_locations if package else None) or ():
        photo = Path(folder) / "data" / "astronaut.png"
        if photo.is_file():
            return photo
    raise MissingExtraError("The demo photo", "demo")


def _show(assessment: Assessment) -> None:
    """Print the verdict and a table of scores."""
    from rich.console import Console
    from rich.table import Table

    typer.echo(f"Quality: {assessment.quality.verdict.value}. {assessment.quality.sentence}")
    table = Table("condition", "score 0–100", "95 % interval", "or why not")
    for condition, score in assessment.scores.items():
        if score.value is None:
            table.add_row(condition.value, "", "", score.reason)
        else:
            interval = f"{score.interval.low:.0f}–{score.interval.high:.0f}"
            table.add_row(condition.value, f"{score.value:.0f}", interval, "")
    Console().print(table)
