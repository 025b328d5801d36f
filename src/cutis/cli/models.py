"""``cutis models``: list, fetch and verify the models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cutis.core.errors import ModelError

if TYPE_CHECKING:
    from cutis.models.descriptor import Descriptor, Metric, ModelFile, ServedCondition

app = typer.Typer(help="List, fetch and verify the models.", no_args_is_help=True)

_Names = Annotated[
    list[str] | None, typer.Argument(metavar="[MODEL]...", help="Which models; all by default.")
]


@app.command("list")
def list_models() -> None:
    """Show every model: what it does, its licence, its limits, and whether it is here."""
    for model in _chosen(None):
        typer.echo(f"{model.name} {model.version} ({_state(model)})")
        for label, text in _facts(model):
            typer.echo(f"  {label:<14}{text}")


@app.command("pull")
def pull_models(
    names: _Names = None,
    source: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="FILE", help="Take the model from this file instead, without network."
        ),
    ] = None,
) -> None:
    """Fetch models, check their SHA-256 and keep them; needed once, then all works offline."""
    from cutis.cli.progress import Meter
    from cutis.models.pull import pull, pull_from_file

    chosen = [model for model in _chosen(names) if names or not model.shipped]
    if source is not None and len(chosen) != 1:
        raise typer.BadParameter("name the one model that the file holds")
    for model in chosen:
        if source is not None:
            pulled = pull_from_file(model, source, directory=_directory())
        else:
            with Meter(model.name) as meter:
                pulled = pull(model, directory=_directory(), progress=meter.advance)
        typer.echo(f"{pulled.name}: ready ({pulled.origin})")


@app.command("verify")
def verify_models(names: _Names = None) -> None:
    """Check that each model file is there and is the one that was published."""
    failures = []
    for model in _chosen(names):
        try:
            _locate(model)
        except ModelError as error:
            failures.append(error)
        else:
            typer.echo(f"{model.name}: ok (SHA-256 {', '.join(f.sha256 for f in model.files)})")
    if failures:
        raise ModelError("\n".join(str(failure) for failure in failures))


def _chosen(names: list[str] | None) -> list[Descriptor]:
    from cutis.models.builtin import builtin_models

    known = builtin_models()
    return [known.get(name) for name in names] if names else list(known)


def _directory() -> Path | None:
    from cutis.settings import load_settings

    return load_settings().models.dir


def _locate(model: Descriptor) -> Path:
    from cutis.models.cache import locate

    return locate(model.name, _directory())


def _state(model: Descriptor) -> str:
    try:
        _locate(model)
    except ModelError:
        if model.shipped:
            return "missing or altered; install Cutis anew"
        return "not here; run: cutis models pull"
    return "comes with Cutis, verified" if model.shipped else "here, verified"


def _facts(model: Descriptor) -> list[tuple[str, str]]:
    return [
        ("task", model.task),
        ("by", model.authors),
        ("licence", model.licence),
        ("trained on", model.training_data),
        ("runs on", f"{model.runtime}, {model.precision}"),
        *(row for file in model.files for row in _file_facts(file)),
        *(("serves", _served(served)) for served in model.conditions),
        *(("tells apart", kind.replace("_", " ")) for kind in model.classes if model.lesions),
        *(("measured", _measured(metric)) for metric in model.metrics),
        *(("limit", limit) for limit in model.limits),
    ]


def _file_facts(file: ModelFile) -> list[tuple[str, str]]:
    return [("file", f"{file.name}, {file.size_bytes / 1e6:.1f} MB"), ("SHA-256", file.sha256)]


def _served(served: ServedCondition) -> str:
    """Say which condition a model maps, at which scale."""
    name = served.condition.replace("_", " ")
    return f"{name}, at {served.mm_per_px:g} mm per pixel, up to {served.coarsest_mm_per_px:g}"


def _measured(metric: Metric) -> str:
    """Say what was measured, and by how much the classical way is beaten."""
    group = "" if metric.group == "all" else f", {metric.group}"
    text = f"{metric.subject}: {metric.name} {metric.value:.4g} ({metric.data}{group})"
    if metric.classical is None:
        return text
    change = f"{metric.value - metric.classical:+.3g}".replace("-", "\u2212")
    return f"{text}; classical {metric.classical:.3g}, {change}"
