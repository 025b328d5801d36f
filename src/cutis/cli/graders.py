"""``cutis train features`` and ``cutis train graders``: measure painted faces, compare graders."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cutis.core.errors import MissingExtraError

if TYPE_CHECKING:
    from cutis.pipeline import Tools


def measure_features(
    faces: Annotated[
        Path, typer.Argument(metavar="FACES", help="Prepared faces, from cutis synth faces.")
    ],
    *,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the table.")],
    count: Annotated[int, typer.Option("--count", min=1, help="Painted faces to measure.")] = 2000,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes at work.")] = 1,
) -> None:
    """Paint faces with known degrees and measure their regions; run again, it goes on."""
    _require("pyarrow")
    from cutis.cli.progress import Share
    from cutis.training.region_table import measure_faces

    with Share("measuring") as bar:
        done = measure_faces(
            faces,
            out,
            measuring_tools,
            count=count,
            workers=workers,
            progress=lambda made, of: bar.show(made / of, f"{made} of {of}"),
        )
    typer.echo(f"{done} painted faces measured")


def train_graders(
    features: Annotated[
        Path, typer.Argument(metavar="FEATURES", help="The table of cutis train features.")
    ],
    *,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the graders.")],
    seed: Annotated[int, typer.Option("--seed", help="Equal seeds give equal graders.")] = 0,
) -> None:
    """Compare four families of graders, split by person, and write the best of each, calibrated."""
    _require("sklearn", "pyarrow")
    from cutis.training.graders import train_graders as train
    from cutis.training.region_table import read_table

    figures = train(read_table(features), out, seed=seed, progress=typer.echo)
    for grader, found in figures.items():
        for family, row in found.get("families", {}).items():
            value, low, high = row["balanced accuracy"]
            mark = " *" if family == found["chosen"] else ""
            typer.echo(
                f"{grader:<14}{family:<16}balanced accuracy {value:.3f} ({low:.3f}–{high:.3f})  "
                f"log loss {row['log loss'][0]:.3f}  "
                f"calibration error {row['calibration error'][0]:.3f}{mark}"
            )


def measuring_tools() -> Tools:
    """Return tools that refuse no photo; networks in bf16, whose noise the camera's hides."""
    from cutis.core.vocabulary import Strictness
    from cutis.models.runtime import RuntimeOptions
    from cutis.settings import QualitySettings, Settings
    from cutis.wiring import build_tools

    quality = QualitySettings(strictness=Strictness.OFF)
    runtime = RuntimeOptions(precision="bf16", threads=1)
    return build_tools(Settings(quality=quality, runtime=runtime))


def _require(*modules: str) -> None:
    if any(find_spec(module) is None for module in modules):
        raise MissingExtraError("Training graders", "train")
