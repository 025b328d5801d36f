"""``cutis synth``: prepare faces, make synthetic sets, look at them, pack them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cutis.cli.found_spots import cut_found_spots
from cutis.cli.inpaint import inpaint
from cutis.cli.lesion_crops import make_lesion_crops
from cutis.cli.skin_labels import make_skin_labels
from cutis.cli.upscale import make_upscale_patches
from cutis.core.errors import InputError

if TYPE_CHECKING:
    from cutis.synth.make import Sink

app = typer.Typer(
    help="Paint skin conditions onto clean faces: sets to train and to test with.",
    no_args_is_help=True,
)
app.command("inpaint")(inpaint)
app.command("lesions")(make_lesion_crops)
app.command("found-spots")(cut_found_spots)
app.command("skin-labels")(make_skin_labels)
app.command("upscale-patches")(make_upscale_patches)

_Set = Annotated[Path, typer.Argument(metavar="DATASET", help="A folder that `make` has made.")]


@app.command("faces")
def prepare(
    photos: Annotated[
        list[Path],
        typer.Argument(metavar="PHOTOS...", help="Photos of clean faces, or folders of them."),
    ],
    *,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder for the faces.")],
) -> None:
    """Cut the face out of each photo once, with its skin, regions and scale, to paint on later."""
    gained, kept = _prepare(photos, out)
    typer.echo(f"{gained} faces prepared, {kept} in all, in {out}")


@app.command("make")
def make(
    *,
    count: Annotated[int, typer.Option("--count", metavar="N", min=1, help="How many items.")],
    faces: Annotated[
        Path,
        typer.Option(
            "--faces", metavar="DIR", help="Prepared faces, or a folder of photos of clean faces."
        ),
    ],
    seed: Annotated[
        int, typer.Option("--seed", metavar="S", min=0, help="The same seed, the same set.")
    ] = 0,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Make a folder of pictures.")
    ] = None,
    pack: Annotated[
        Path | None,
        typer.Option("--pack", metavar="FILE", help="Make one pack (.npz) to train from instead."),
    ] = None,
    style: Annotated[
        str,
        typer.Option(
            "--style", help="field: every lesion by itself; patches: one affected area a picture."
        ),
    ] = "field",
    size: Annotated[
        int, typer.Option("--size", metavar="PX", min=64, max=1024, help="Side of the pictures.")
    ] = 256,
    workers: Annotated[
        int | None, typer.Option("--workers", metavar="W", min=1, help="Processes; all cores.")
    ] = None,
    crops_per_face: Annotated[
        int,
        typer.Option(
            "--crops-per-face", metavar="K", min=1, help="Items in a row from one face; faster."
        ),
    ] = 1,
) -> None:
    """Make a set of painted faces with their labels; stop it at any time and call it again.

    Rejected pictures are drawn anew, counted by reason and told at the end, with the balance.
    """
    from cutis import __version__
    from cutis.synth.balance import format_balance
    from cutis.synth.item import ItemOrder
    from cutis.synth.make import MakeOrder, make_set
    from cutis.synth.painter import severities_of, standard_painter

    sink = _sink(out, pack)
    bank = _bank(faces, out or (pack or Path()).parent)
    chosen = _style(style)
    items = ItemOrder(
        seed,
        chosen,
        severities=severities_of(chosen),
        size_px=size,
        jpeg_quality=_jpeg_quality(pack),
    )
    order = MakeOrder(count, bank, items, crops_per_face, workers or os.cpu_count() or 1)
    painter, notes = _with_bar("looking at faces", standard_painter, bank)
    notes |= {"software_version": __version__}
    manifest = _with_bar("painting", _run, (make_set, order, painter, sink, notes))
    typer.echo(format_balance(manifest["balance"]))
    _sum_up(manifest)


@app.command("show")
def show(
    dataset: _Set,
    *,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The picture (.png).")],
    count: Annotated[
        int, typer.Option("--count", metavar="N", min=1, help="How many items to show.")
    ] = 24,
) -> None:
    """Write a sheet of items before, after, and with their labels in colour."""
    from cutis.datasets.on_disk import open_set
    from cutis.synth.sheet import write_sheet

    shown = write_sheet(open_set(dataset), out, count=count)
    typer.echo(f"{shown} items in {out}")


@app.command("pack")
def pack_set(
    dataset: Annotated[
        Path, typer.Argument(metavar="DATASET", help="A folder that `make` has made, or a pack.")
    ],
    *,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The pack (.npz).")],
    max_bytes: Annotated[
        int | None,
        typer.Option("--max-bytes", metavar="B", min=1, help="End the pack before this size."),
    ] = None,
    jpeg: Annotated[
        bool, typer.Option("--jpeg", help="Store a folder's pictures as JPEG, a third of the size.")
    ] = False,
) -> None:
    """Put a set into one file that training reads, or a part of a pack into a smaller one."""
    from cutis.datasets.on_disk import open_set
    from cutis.datasets.pack import JPEG_QUALITY, PackedSet, write_pack

    if dataset.is_dir():
        folder = open_set(dataset)
        quality = JPEG_QUALITY if jpeg else None
        entries = (folder.entry(number, jpeg_quality=quality) for number in folder.records)
        count, style = len(folder.records), folder.manifest["style"]
    else:
        pack = PackedSet.load(dataset)
        entries = (pack.entry(number) for number in range(len(pack)))
        count, style = len(pack), pack.style
    packed = write_pack(entries, out, style=style, max_bytes=max_bytes)
    typer.echo(f"{packed} of {count} items in {out}")


def _run(job: tuple[Any, ...], *, progress: Any) -> dict[str, Any]:
    make_set, order, painter, sink, notes = job
    return make_set(order, painter, sink, notes=notes, progress=progress)


def _with_bar(title: str, work: Any, argument: Any) -> Any:
    """Do ``work`` and show on a terminal how far it is."""
    from cutis.cli.progress import Count

    with Count(title) as bar:
        return work(argument, progress=bar.advance)


def _prepare(photos: list[Path], folder: Path) -> tuple[int, int]:
    """Prepare the faces of photos; return how many came and how many are there."""
    from cutis.cli.photos import find_photos
    from cutis.cli.progress import Count
    from cutis.datasets.bank import bank_files
    from cutis.datasets.clean_sets import person_of
    from cutis.datasets.faces import prepare_faces
    from cutis.settings import load_settings
    from cutis.wiring import build_tools

    files = find_photos(photos, leave_out=folder)
    if not files:
        raise InputError("No photo was found. Name photo files, or a folder that holds some.")
    tools = build_tools(load_settings())
    with Count("preparing") as bar:
        done = iter(range(1, len(files) + 1))
        gained = prepare_faces(
            files,
            tools,
            folder,
            person_of=person_of,
            progress=lambda _path, _outcome: bar.advance(next(done), len(files)),
        )
    return gained, len(bank_files(folder))


def _bank(faces: Path, beside: Path) -> Path:
    """Return the folder of prepared faces; of photos, prepare them first beside the set."""
    from cutis.datasets.bank import bank_files

    if not faces.is_dir():
        raise InputError("A folder of prepared faces or of photos was expected for --faces.")
    if bank_files(faces):
        return faces
    _prepare([faces], beside / "faces")
    return beside / "faces"


def _sink(out: Path | None, pack: Path | None) -> Sink:
    from cutis.synth.sinks import FolderSink, PackSink

    if out is not None and pack is None:
        return FolderSink(out)
    if pack is not None and out is None:
        return PackSink(pack)
    raise InputError("Give either --out DIR for a folder, or --pack FILE for a pack.")


def _style(name: str) -> Any:
    from cutis.synth.parameters import Style

    if name not in set(Style):
        raise InputError(f"--style takes {' or '.join(Style)}; {name!r} came.")
    return Style(name)


def _jpeg_quality(pack: Path | None) -> int | None:
    from cutis.datasets.pack import JPEG_QUALITY

    return None if pack is None else JPEG_QUALITY


def _sum_up(manifest: dict[str, Any]) -> None:
    persons = manifest["persons_by_split"]
    typer.echo(
        f"{manifest['count']} items of {persons['train']} persons to train on and "
        f"{persons['val']} to validate with; {manifest['left_out']} left out, "
        f"{len(manifest['near_duplicates'])} near-duplicates."
    )
    rejects = ", ".join(f"{count} {reason}" for reason, count in manifest["rejects"].items())
    typer.echo(f"Rejected and drawn anew: {rejects or 'none'}.")
