"""``cutis batch``: many photos in, Parquet, JSON and maps out, each photo exactly once."""

from __future__ import annotations

import os
import time
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cutis.cli.errors import warn

if TYPE_CHECKING:
    from cutis.batch.drive import Engine
    from cutis.batch.plan import Outcome


class EngineName(StrEnum):
    """Who does the work."""

    LOCAL = "local"
    RAY = "ray"


def batch(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...",
            help="Folders, patterns, CSV or Parquet manifests, photos, or URLs (s3://bucket/dir/).",
        ),
    ],
    *,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder for the results.")],
    engine: Annotated[
        EngineName,
        typer.Option("--engine", metavar="NAME", help="local: this machine; ray: a cluster."),
    ] = EngineName.LOCAL,
    workers: Annotated[
        int,
        typer.Option("--workers", metavar="N", min=0, help="Photos at once; 0: one a processor."),
    ] = 0,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the batch that DIR holds.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json/--no-json", help="Whether to write a JSON file a photo.")
    ] = True,
    maps: Annotated[
        bool, typer.Option("--maps", help="Also write the skin mask and a map per condition.")
    ] = False,
    column: Annotated[
        str, typer.Option("--column", metavar="NAME", help="The manifest's column of addresses.")
    ] = "photo",
    shard: Annotated[
        str, typer.Option("--shard", metavar="K/N", help="Do the K-th of N shares only.")
    ] = "1/1",
) -> None:
    """Assess many photos and write DIR/photos and DIR/findings (Parquet), and JSON files.

    Each photo is done exactly once, also when workers or this command are killed and it is started
    again with --resume. What cannot be read is listed in DIR/quarantine.csv with the reason.
    The exit code is 1 where photos could not be reached; --resume tries those again.
    """
    from cutis.batch.drive import Batch, run_batch
    from cutis.batch.plan import parse_shard
    from cutis.cli.progress import Count
    from cutis.models.cache import locate
    from cutis.settings import load_settings

    settings = load_settings()
    locate("face_landmarker", settings.models.dir)
    chosen = Batch(
        inputs=tuple(inputs),
        out=out,
        settings=settings,
        json=json,
        maps=maps,
        workers=workers or os.cpu_count() or 1,
        resume=resume,
        shard=parse_shard(shard),
        column=column,
    )
    started_s = time.perf_counter()
    try:
        with Count("") as bar:
            counts = run_batch(chosen, _engine(engine, settings.batch.ray_address), bar.advance)
    except KeyboardInterrupt:
        typer.echo(f"Stopped; go on with --resume. What is finished is in {out}.", err=True)
        raise typer.Exit(130) from None
    _sum_up(counts, time.perf_counter() - started_s)
    if counts.get(None):
        warn("cutis", f"{counts[None]} photos could not be reached. Try again with --resume.")
        raise typer.Exit(1)


def _engine(name: EngineName, ray_address: str) -> Engine:
    if name is EngineName.RAY:
        from cutis.batch import ray

        return partial(ray.run, address=ray_address)
    from cutis.batch import local

    return local.run


def _sum_up(counts: dict[Outcome | None, int], elapsed_s: float) -> None:
    named = ", ".join(f"{number} {outcome}" for outcome, number in counts.items() if outcome)
    typer.echo(
        f"{sum(counts.values())} photos: {named or 'none done'}; {elapsed_s:.1f} s", err=True
    )
