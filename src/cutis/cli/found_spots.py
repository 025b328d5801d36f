"""``cutis synth found-spots``: what is found on clean faces, as crops of what is no lesion."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cutis.core.errors import InputError


def cut_found_spots(
    photos: Annotated[
        list[Path],
        typer.Argument(metavar="PHOTOS...", help="Photos of clean faces, or folders of them."),
    ],
    *,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The file of crops (.npz).")],
    most: Annotated[
        int | None, typer.Option("--most", metavar="N", min=1, help="Draw so many photos; all.")
    ] = None,
    seed: Annotated[
        int,
        typer.Option("--seed", metavar="S", min=0, help="Of the draw; no other file's."),
    ] = 1000,
) -> None:
    """Cut out what an assessment takes for acne on clean faces, to teach that it is none."""
    import numpy as np

    from cutis.cli.photos import find_photos
    from cutis.cli.progress import Count
    from cutis.datasets.found_spots import FoundOrder, found_spots
    from cutis.datasets.lesion_crops import save_crops
    from cutis.settings import load_settings
    from cutis.synth.lesion_crops import CLASSES
    from cutis.synth.parameters import VERSION
    from cutis.wiring import build_tools

    files = find_photos(photos, leave_out=out)
    if not files:
        raise InputError("No photo was found. Name photo files, or a folder that holds some.")
    if most is not None and most < len(files):
        drawn = np.random.default_rng(seed).choice(len(files), most, replace=False)
        files = [files[number] for number in sorted(drawn)]
    order = FoundOrder(CLASSES, VERSION, seed)
    with Count("looking") as bar:
        crops = found_spots(files, build_tools(load_settings()), order, progress=bar.advance)
    save_crops(crops, out)
    people = len(np.unique(crops.person))
    typer.echo(f"{len(crops)} crops of {people} of {len(files)} faces, in {out}")
