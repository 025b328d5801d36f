"""``cutis train``: train, compare and export condition networks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cutis.cli.graders import measure_features, train_graders
from cutis.cli.lesion_types import train_lesion_types
from cutis.cli.own_data import pack_own
from cutis.cli.skin import train_skin_network
from cutis.cli.upscale import train_upscale_network
from cutis.core.errors import MissingExtraError

if TYPE_CHECKING:
    from cutis.training.conditions import Recipe
    from cutis.training.loop import Moment, Outcome

app = typer.Typer(help="Train networks on a pack, compare and export them.", no_args_is_help=True)
app.command("pack")(pack_own)
app.command("lesions")(train_lesion_types)
app.command("skin")(train_skin_network)
app.command("features")(measure_features)
app.command("graders")(train_graders)
app.command("upscale")(train_upscale_network)

_Pack = Annotated[
    Path, typer.Argument(metavar="PACK", help="The training pool, a file of cutis synth.")
]
_Folder = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for weights and log.")]
_Minutes = Annotated[float, typer.Option("--minutes", min=0.01, help="Time budget in minutes.")]
_Seed = Annotated[int, typer.Option("--seed", help="Equal seeds draw equal batches.")]
_Kinds = Annotated[int, typer.Option("--kinds", help="Kinds of glowai-v1: 4 or 6.")]
_Resume = Annotated[
    bool, typer.Option("--resume", help="Go on where the folder's training stopped.")
]


@app.command("conditions")
def train_conditions(
    pack: _Pack,
    *,
    out: _Folder,
    recipe: Annotated[str, typer.Option("--recipe", help="glowai-v1 or cutis-v2.")] = "cutis-v2",
    minutes: _Minutes = 60.0,
    seed: _Seed = 0,
    kinds: _Kinds = 4,
    encoder: Annotated[
        str | None,
        typer.Option(
            "--encoder",
            metavar="NAME[:WEIGHTS]",
            help="resnet34, efficientnet_lite0, mit_b0 or cnn_rnn, and random or imagenet; "
            "the recipe's own.",
        ),
    ] = None,
    loss: Annotated[
        str | None,
        typer.Option(
            "--loss",
            metavar="PIXEL[+REGION]",
            help="cross_entropy, binary_cross_entropy, focal or none, "
            "and dice, jaccard or tversky; the recipe's own.",
        ),
    ] = None,
    resume: _Resume = False,
) -> None:
    """Train a condition network; Ctrl-C stops it, all saved, and --resume goes on."""
    _require_torch()
    from cutis.datasets.pack import PackedSet
    from cutis.training.conditions import recipe_named
    from cutis.training.conditions import train_conditions as train

    chosen = recipe_named(recipe, kinds=kinds, minutes=minutes).with_loop(seed=seed)
    chosen = _changed(chosen, encoder=encoder, loss=loss)
    with _watching() as watch:
        outcome = train(chosen, PackedSet.load(pack), out, resume=resume, watch=watch)
    _tell(outcome)


@app.command("refine")
def refine_conditions(
    pack: _Pack,
    *,
    start: Annotated[
        Path, typer.Option("--from", metavar="DIR", help="The folder of a finished training.")
    ],
    faces: Annotated[
        Path | None,
        typer.Option(
            "--faces", metavar="DIR", help="Prepared clean faces to mine false acne from."
        ),
    ] = None,
    out: _Folder,
    minutes: _Minutes = 30.0,
    seed: _Seed = 1,
    resume: _Resume = False,
) -> None:
    """Train on from the best weights of a training, with hard negatives from real clean faces."""
    _require_torch()
    from cutis.datasets.faces import load_faces
    from cutis.datasets.pack import PackedSet
    from cutis.training.conditions import load_trained, refined, train_conditions
    from cutis.training.mining import mine
    from cutis.training.precision import best_device

    trained = load_trained(start)
    trained.network.to(best_device())
    mined = mine(trained, load_faces(faces)) if faces is not None else []
    typer.echo(f"{len(mined)} windows mined")
    with _watching() as watch:
        outcome = train_conditions(
            refined(trained, minutes=minutes, seed=seed),
            PackedSet.load(pack),
            out,
            resume=resume,
            mined=mined,
            start_from=start,
            watch=watch,
        )
    _tell(outcome)


@app.command("compare")
def compare_variants(
    pack: _Pack,
    *,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Table, .csv or .json.")],
    minutes: _Minutes = 10.0,
    seed: _Seed = 0,
    kinds: _Kinds = 4,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Names of variants; all by default.")
    ] = None,
) -> None:
    """Train every variant of loss and network for equal minutes, and write one table."""
    _require_torch()
    from cutis.datasets.pack import PackedSet
    from cutis.training.compare import compare, variants

    chosen = variants(kinds=kinds, minutes=minutes, seed=seed, only=only)
    with _watching() as watch:
        rows = compare(PackedSet.load(pack), chosen, out, watch=watch)
    for row in rows:
        typer.echo(f"{row['variant']:<42} mIoU {row['mean_iou']:.4f}  {row['steps']} steps")


@app.command("export")
def export_network(
    checkpoint: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder of a finished training.")
    ],
    *,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the files.")],
    name: Annotated[
        str | None, typer.Option("--name", help="Name of the files; the recipe's by default.")
    ] = None,
    onnx: Annotated[bool, typer.Option("--onnx", help="Write ONNX, too.")] = False,
) -> None:
    """Write a trained network as OpenVINO IR and check that both compute the same."""
    _require_torch()
    from cutis.training.conditions import load_trained
    from cutis.training.export import export_onnx, export_openvino

    trained = load_trained(checkpoint)
    name = name or trained.recipe
    in_channels = trained.spec.in_channels
    exported = export_openvino(
        trained.network,
        out,
        name=name,
        in_channels=in_channels,
        channels=trained.objective.channels,
    )
    if onnx:
        export_onnx(trained.network, out / f"{name}.onnx", in_channels=in_channels)
    typer.echo(
        f"{name}: differs by {exported.max_difference_fp32:.2g} in fp32 and by "
        f"{exported.max_difference:.2g} with fp16 weights, of logits that span "
        f"{exported.logit_span:.3g}"
    )


def _changed(recipe: Recipe, *, encoder: str | None, loss: str | None) -> Recipe:
    from cutis.networks.unet import Encoder, Weights
    from cutis.training.objectives import PixelLoss, RegionLoss

    if encoder is not None:
        recipe = recipe.with_encoder(*_started(Encoder, Weights, encoder, "--encoder"))
    if loss is not None:
        pixel, _, region = loss.partition("+")
        losses = (
            _member(PixelLoss, pixel, "--loss"),
            _member(RegionLoss, region or "none", "--loss"),
        )
        recipe = recipe.with_loss(*losses)
    return recipe


def _started(kinds: Any, weights: Any, text: str, option: str) -> tuple[Any, Any]:
    """Read ``NAME[:WEIGHTS]``; None for weights that are not named."""
    name, _, start = text.partition(":")
    return _member(kinds, name, option), _member(weights, start, option) if start else None


def _member(kinds: Any, name: str, option: str) -> Any:
    try:
        return kinds(name)
    except ValueError as error:
        known = ", ".join(kind.value for kind in kinds)
        raise typer.BadParameter(f"{option} knows {known}; not {name}.") from error


@contextmanager
def _watching() -> Iterator[Callable[[Moment], None]]:
    """Show a bar on a terminal, and a line for each validation."""
    from cutis.cli.progress import Share

    with Share("training") as bar:

        def watch(moment: Moment) -> None:
            bar.show(moment.share, f"step {moment.step}  loss {moment.loss:.3f}")
            if moment.scores:
                shown = {k: v for k, v in moment.scores.items() if k.count("_") == 1}
                scores = "  ".join(f"{name} {value:.3f}" for name, value in shown.items())
                typer.echo(f"{moment.elapsed_s / 60:6.1f} min  step {moment.step}  {scores}")

        yield watch


def _tell(outcome: Outcome) -> None:
    state = "complete" if outcome.complete else "stopped; go on with --resume"
    typer.echo(f"{outcome.steps} steps, best mean IoU {outcome.best_score:.4f}: {state}")


def _require_torch() -> None:
    if find_spec("torch") is None or find_spec("segmentation_models_pytorch") is None:
        raise MissingExtraError(
            "Training",
            "train",
            message="Training needs an optional part that is not installed. Install torch first "
            "(on a machine without a GPU: pip install torch --index-url "
            'https://download.pytorch.org/whl/cpu), then: pip install "cutis[train]"',
        )
