"""``cutis synth skin-labels``: labels of facial skin, made without hand labelling."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cutis.core.errors import InputError

if TYPE_CHECKING:
    from cutis.pipeline import Tools


def make_skin_labels(
    photos: Annotated[
        list[Path], typer.Argument(metavar="PHOTOS...", help="Photos of faces, or folders of them.")
    ],
    *,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="The folder for the labelled faces.")
    ],
    faces: Annotated[
        Path | None,
        typer.Option(
            "--faces", metavar="DIR", help="Prepared faces, so that none is looked for again."
        ),
    ] = None,
    teach: Annotated[
        bool,
        typer.Option(
            "--teach",
            help="Where the rules disagree, take what the installed skin network is sure of.",
        ),
    ] = False,
    pack: Annotated[
        Path | None,
        typer.Option("--pack", metavar="FILE", help="Put the accepted ones into a pack (.npz)."),
    ] = None,
    sheet: Annotated[
        Path | None,
        typer.Option("--sheet", metavar="FILE", help="Write a contact sheet to review (.png)."),
    ] = None,
    count: Annotated[
        int, typer.Option("--count", metavar="N", min=1, help="At most how many faces in the pack.")
    ] = 1400,
) -> None:
    """Label skin and what hides it on clean photos; stop it at any time and call it again."""
    from cutis.cli.photos import find_photos
    from cutis.cli.progress import Count
    from cutis.datasets.skin_labels.store import label_photos
    from cutis.settings import load_settings
    from cutis.wiring import build_tools

    files = find_photos(photos, leave_out=out)
    if not files:
        raise InputError("No photo was found. Name photo files, or a folder that holds some.")
    tools = build_tools(load_settings())
    with Count("labelling") as bar:
        done = iter(range(1, len(files) + 1))
        gained = label_photos(
            files,
            tools,
            out,
            faces=faces,
            progress=lambda _path, _outcome: bar.advance(next(done), len(files)),
        )
    typer.echo(f"{gained} faces labelled, in {out}")
    if teach:
        _teach(out, tools)
    if pack is not None:
        _pack(out, pack, count)
    if sheet is not None:
        _sheet(out, sheet)


def _teach(folder: Path, tools: Tools) -> None:
    from cutis.cli.progress import Count
    from cutis.datasets.skin_labels.taught import Eyes, teach_views
    from cutis.steps.landmarks import full_mirror_order

    if not isinstance(tools.skin, Eyes):
        raise InputError("--teach needs the skin network. Install it with `cutis models pull`.")
    order = full_mirror_order(tools.landmarker.canonical)
    with Count("asking the network") as bar:
        taught = teach_views(folder, tools.skin, order, progress=bar.advance)
    typer.echo(f"{taught} faces labelled by the network")


def _pack(folder: Path, pack: Path, count: int) -> None:
    from cutis.datasets.skin_labels.accept import accept_views
    from cutis.datasets.skin_labels.skin_pack import write_skin_pack

    accepted = accept_views(folder, most=count)
    write_skin_pack(accepted.chosen, pack)
    typer.echo(f"{len(accepted.chosen)} of {accepted.seen} faces in {pack}")
    for reason, number in sorted(accepted.left_out.items()):
        typer.echo(f"  {number:>5} left out: {reason}")


def _sheet(folder: Path, sheet: Path) -> None:
    from cutis.datasets.skin_labels.sheet import write_label_sheet

    typer.echo(f"{write_label_sheet(folder, sheet)} faces, the least sure first, in {sheet}")
