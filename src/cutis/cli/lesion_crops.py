"""``cutis synth lesions``: crops of single lesions to train a classifier with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def make_lesion_crops(
    *,
    faces: Annotated[
        Path, typer.Option("--faces", metavar="DIR", help="Prepared faces (cutis synth faces).")
    ],
    count: Annotated[
        int, typer.Option("--count", metavar="N", min=14, help="How many crops, at most.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The file of crops (.npz).")],
    seed: Annotated[
        int, typer.Option("--seed", metavar="S", min=0, help="The same seed, the same crops.")
    ] = 0,
) -> None:
    """Cut lesions of every type, and what only looks like one, out of painted close-ups."""
    from cutis.cli.progress import Count
    from cutis.datasets.lesion_crops import save_crops
    from cutis.synth.lesion_crops import CropOrder, make_crops

    with Count("cutting") as bar:
        crops = make_crops(faces, CropOrder(count, seed), progress=bar.advance)
    save_crops(crops, out)
    train, val = crops.counts("train"), crops.counts("val")
    for name in crops.classes:
        typer.echo(f"{name:<34}{train[name]:>7}{val[name]:>7}")
    typer.echo(f"{len(crops)} crops to train on and to validate with, in {out}")
