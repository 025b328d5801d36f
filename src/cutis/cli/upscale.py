"""``cutis synth upscale-patches`` and ``cutis train upscale``: super-resolution, learned."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def make_upscale_patches(
    photos: Annotated[
        list[Path],
        typer.Argument(metavar="DIRS...", help="Sharp photos, or folders of them."),
    ],
    *,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The file of windows (.npz).")],
    count: Annotated[
        int, typer.Option("--count", metavar="N", min=2, help="At most this many windows.")
    ] = 4000,
    seed: Annotated[
        int, typer.Option("--seed", metavar="S", min=0, help="The same seed, the same windows.")
    ] = 0,
) -> None:
    """Cut sharp windows of 128 pixels out of photos, to learn super-resolution from."""
    from cutis.cli.photos import find_photos
    from cutis.cli.progress import Count
    from cutis.datasets.upscale_patches import cut_patches, save_patches
    from cutis.steps.intake import open_photo

    with Count("cutting") as bar:
        patches = cut_patches(
            find_photos(photos),
            lambda path: open_photo(path).rgb,
            count=count,
            seed=seed,
            progress=bar.advance,
        )
    save_patches(patches, out)
    train, val = (len(patches.indices(split)) for split in ("train", "val"))
    typer.echo(f"{train} windows to train on and {val} to validate with, in {out}")


def train_upscale_network(
    pack: Annotated[
        Path, typer.Argument(metavar="PACK", help="A file of cutis synth upscale-patches (.npz).")
    ],
    *,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for weights and log.")],
    stage: Annotated[
        str, typer.Option("--stage", help="fidelity, or texture, which starts from it.")
    ] = "fidelity",
    start: Annotated[
        Path | None,
        typer.Option("--from", metavar="DIR", help="The folder of a training to start from."),
    ] = None,
    minutes: Annotated[
        float, typer.Option("--minutes", min=0.01, help="Time budget in minutes.")
    ] = 25.0,
    degradation: Annotated[
        str, typer.Option("--degradation", help="bicubic, as benchmarks do, or realistic.")
    ] = "bicubic",
    scale: Annotated[int, typer.Option("--scale", help="How many times larger: 2 or 4.")] = 4,
    seed: Annotated[int, typer.Option("--seed", help="Equal seeds draw equal batches.")] = 0,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where the folder's training stopped.")
    ] = False,
) -> None:
    """Train SRResNet for fidelity, or on from that against a discriminator for texture."""
    from cutis.cli.train import _member, _require_torch, _watching

    _require_torch()
    from cutis.datasets.upscale_patches import load_patches
    from cutis.synth.degradation import Degradation
    from cutis.training.upscale import Stage, train_upscale, upscale_recipe

    recipe = upscale_recipe(
        _member(Stage, stage, "--stage"),
        minutes=minutes,
        degradation=_member(Degradation, degradation, "--degradation"),
        scale=scale,
        seed=seed,
    )
    patches = load_patches(pack)
    with _watching() as watch:
        outcome = train_upscale(recipe, patches, out, start_from=start, resume=resume, watch=watch)
    state = "complete" if outcome.complete else "stopped; go on with --resume"
    typer.echo(f"{outcome.steps} steps, best {outcome.best_score:.3f}: {state}")
