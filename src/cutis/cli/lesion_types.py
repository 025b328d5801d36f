"""``cutis train lesions``: the classifier that names single lesions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def train_lesion_types(
    crops: Annotated[
        list[Path],
        typer.Argument(metavar="CROPS...", help="Files of cutis synth lesions (.npz)."),
    ],
    *,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder for weights, log and metrics.")
    ],
    minutes: Annotated[
        float, typer.Option("--minutes", min=0.01, help="Time budget in minutes.")
    ] = 20.0,
    seed: Annotated[int, typer.Option("--seed", help="Equal seeds draw equal batches.")] = 0,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where the folder's training stopped.")
    ] = False,
) -> None:
    """Train the lesion classifier, calibrate and measure it, and write what assessment runs."""
    from cutis.cli.train import _require_torch, _watching

    _require_torch()
    from cutis.datasets.lesion_crops import joined, load_crops
    from cutis.training.lesion_types import METRICS, finish, lesion_recipe, train_lesions

    loaded = joined([load_crops(file) for file in crops])
    recipe = lesion_recipe(minutes=minutes, seed=seed)
    with _watching() as watch:
        outcome = train_lesions(recipe, loaded, out, resume=resume, watch=watch)
    if not outcome.complete:
        typer.echo(f"{outcome.steps} steps: stopped; go on with --resume")
        return
    metrics = finish(loaded, out)
    found, fitted = metrics["validation"], metrics["calibration"]
    typer.echo(
        f"{outcome.steps} steps: balanced accuracy {found['balanced_accuracy']:.3f}, accuracy "
        f"{found['accuracy']:.3f}, calibration error {fitted['ece_before']:.3f} to "
        f"{fitted['ece_after']:.3f} at temperature {fitted['temperature']:.3f}; see {METRICS}"
    )
