"""``cutis train skin``: the network that finds facial skin."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def train_skin_network(
    pack: Annotated[
        Path, typer.Argument(metavar="PACK", help="A pack of cutis synth skin-labels (.npz).")
    ],
    *,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder for weights, log and metrics.")
    ],
    minutes: Annotated[
        float, typer.Option("--minutes", min=0.01, help="Time budget in minutes.")
    ] = 40.0,
    backbone: Annotated[
        str,
        typer.Option(
            "--backbone",
            metavar="NAME[:WEIGHTS]",
            help="efficientnet_lite0, resnet50 or mobilenetv3_small; from random or imagenet.",
        ),
    ] = "efficientnet_lite0",
    side: Annotated[
        int, typer.Option("--side", metavar="PX", min=128, max=640, help="Side of the input.")
    ] = 320,
    batch: Annotated[int, typer.Option("--batch", min=1, help="Faces in a batch.")] = 8,
    seed: Annotated[int, typer.Option("--seed", help="Equal seeds draw equal batches.")] = 0,
    start: Annotated[
        Path | None,
        typer.Option(
            "--start", metavar="DIR", help="Train on from the exported skin network in a folder."
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where the folder's training stopped.")
    ] = False,
) -> None:
    """Train Mask R-CNN on labelled faces, measure it, and write what assessment runs."""
    from dataclasses import replace

    from cutis.cli.train import _require_torch, _started, _watching

    _require_torch()
    from cutis.datasets.skin_labels.skin_pack import load_skin_pack
    from cutis.networks.mask_rcnn import STRIDE, Backbone
    from cutis.networks.unet import Weights
    from cutis.training.skin import METRICS, finish, skin_recipe, train_skin

    if side % STRIDE:
        raise typer.BadParameter(f"--side is a multiple of {STRIDE}.")
    loaded = load_skin_pack(pack)
    body, weights = _started(Backbone, Weights, backbone, "--backbone")
    recipe = skin_recipe(
        minutes=minutes,
        seed=seed,
        backbone=body,
        weights=weights,
        further=start is not None,
    )
    recipe = replace(recipe, side_px=side, batch_size=batch)
    with _watching() as watch:
        outcome = train_skin(recipe, loaded, out, resume=resume, start=start, watch=watch)
    if not outcome.complete:
        typer.echo(f"{outcome.steps} steps: stopped; go on with --resume")
        return
    found = finish(loaded, out)["validation"]
    typer.echo(
        f"{outcome.steps} steps: mask AP {found['mask_ap']:.3f}, skin IoU "
        f"{found['skin_iou']:.3f}; see {METRICS}"
    )
