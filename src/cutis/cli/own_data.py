"""``cutis train pack``: one's own photos and masks, or a licensed research set, into a pack."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cutis.core.errors import InputError

if TYPE_CHECKING:
    from cutis.datasets.own import OwnPhoto, PackSummary

_OWN = "own"


def pack_own(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="PHOTOS_FOLDER",
            help="A folder with photos/ and masks/, or an unpacked research set.",
        ),
    ],
    *,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The pack (.npz).")],
    kind: Annotated[
        str, typer.Option("--set", metavar="NAME", help="own, acne04 or ffhq-wrinkle.")
    ] = _OWN,
    accept_licence: Annotated[
        bool,
        typer.Option(
            "--accept-licence", help="You hold the research set and may train on it as you mean to."
        ),
    ] = False,
) -> None:
    """Cut photos with masks into the windows that training reads, split by person."""
    from cutis.cli.progress import Count
    from cutis.datasets.own import pack_photos
    from cutis.settings import load_settings
    from cutis.wiring import build_tools

    photos = _photos(folder, kind, accept_licence=accept_licence)
    tools = build_tools(load_settings())
    with Count("cutting windows") as bar:
        summary = pack_photos(photos, tools, out, progress=bar.advance)
    _tell(summary, out)


def _photos(folder: Path, kind: str, *, accept_licence: bool) -> list[OwnPhoto]:
    """Find the photos; warn where nothing tells which ones show the same person."""
    from cutis.cli.errors import warn
    from cutis.datasets.licensed import research_set
    from cutis.datasets.own import PERSONS, read_own

    if kind == _OWN:
        photos, told = read_own(folder), (folder / PERSONS).is_file()
    else:
        chosen = research_set(kind)
        photos, told = list(chosen.read(folder, accept_licence=accept_licence)), False
        if not chosen.conditions:
            raise InputError(f"{chosen.title} marks skin, no condition; nothing can be packed.")
        warn(chosen.title, chosen.licence)
    if not told:
        warn(
            "persons",
            "nothing tells which photos show the same person, so EACH PHOTO COUNTS AS A PERSON. "
            "If two show the same one, validation is too good to be true"
            + (f"; name them in {PERSONS}." if kind == _OWN else "."),
        )
    return photos


def _tell(summary: PackSummary, out: Path) -> None:
    persons = summary.persons
    typer.echo(
        f"{summary.windows} windows of {persons['train']} persons to train on and "
        f"{persons['val']} to validate with, in {out}"
    )
    for condition, count in summary.showing.items():
        typer.echo(f"{condition.value}: in {count} windows")
    for reason, count in summary.left_out.items():
        typer.echo(f"left out, {reason}: {count} photos")
