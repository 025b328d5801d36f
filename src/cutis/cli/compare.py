"""``cutis compare``: two moments of one person, and whether the difference is more than noise."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cutis.cli.errors import exit_code, report
from cutis.cli.visits import read_shots
from cutis.cli.writing import write_beside
from cutis.core.errors import InputError, MissingExtraError, PhotoError

if TYPE_CHECKING:
    from cutis.core.assessment import Examination
    from cutis.history import Visit

COMPARISON_FILE, PICTURE_FILE = "comparison.json", "comparison.png"


def compare(
    before: Annotated[
        Path,
        typer.Argument(
            metavar="BEFORE", help="A photo, an assessment (JSON), or a folder of one moment's."
        ),
    ],
    after: Annotated[
        Path, typer.Argument(metavar="AFTER", help="The same of a later moment, same person.")
    ],
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help="Write comparison.json there and, of photos, comparison.png with the differences.",
        ),
    ] = None,
    regions: Annotated[
        bool, typer.Option("--regions", help="Also tell the regions that changed.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON instead of plain words.")
    ] = False,
) -> None:
    """Compare two moments of one person: what changed by more than noise, and what cannot be told.

    A folder is a burst: its shots are taken together, by their median.
    """
    from cutis import history
    from cutis.reports.changes import comparison_json, comparison_lines

    first, second = (_read(path) for path in (before, after))
    found = history.compare(first[0], second[0])
    text = comparison_json(found)
    if as_json:
        typer.echo(text, nl=False)
    else:
        typer.echo("\n".join(comparison_lines(found, regions=regions)))
    if out is not None:
        files = {COMPARISON_FILE: text.encode("utf-8")} | _picture(first[1], second[1])
        write_beside(files, out)
        typer.echo(f"Written to {out}: {', '.join(files)}", err=True)


def _read(path: Path) -> tuple[Visit, Examination | None]:
    """Read one moment; an error is told on its own line with the name that was given."""
    try:
        return read_shots(path)
    except (PhotoError, InputError, MissingExtraError) as error:
        report(error, str(path))
        raise typer.Exit(exit_code(error)) from error


def _picture(before: Examination | None, after: Examination | None) -> dict[str, bytes]:
    """Return the picture of two measured photos; nothing where there is none to make."""
    from cutis.history.alignment import align_pair
    from cutis.history.panel import draw_panel, encode_png

    if before is None or after is None or before.crop is None or after.crop is None:
        return {}
    return {PICTURE_FILE: encode_png(draw_panel(align_pair(before, after)))}
