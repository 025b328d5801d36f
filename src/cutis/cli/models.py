"""``cutis models``: list, fetch and verify the models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cutis.core.errors import ModelError

if TYPE_CHECKING:
    from cutis.models.descriptor import Descriptor

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

    chosen = _chosen(names)
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
            typer.echo(f"{model.name}: ok (SHA-256 {model.file.sha256})")
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
        return "not here; run: cutis models pull"
    return "here, verified"


def _facts(model: Descriptor) -> list[tuple[str, str]]:
    return [
        ("task", model.task),
        ("by", model.authors),
        ("licence", model.licence),
        ("trained on", model.training_data),
        ("runs on", f"{model.runtime}, {model.precision}"),
        ("file", f"{model.file.name}, {model.file.size_bytes / 1e6:.1f} MB"),
        ("SHA-256", model.file.sha256),
        *(("limit", limit) for limit in model.limits),
    ]
