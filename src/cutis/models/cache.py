"""Where model files lie on this machine: found by name, verified by digest, stored in one move."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from cutis.core.errors import ModelError, StoreError
from cutis.models.builtin import builtin_models
from cutis.models.descriptor import Descriptor, ModelFile

MODELS_DIR_VARIABLE = "CUTIS_MODELS_DIR"
"""Environment variable that names another folder for model files."""

Progress = Callable[[int, int], None]
"""Told the bytes that have come and the bytes that are expected."""

_BLOCK_BYTES = 1 << 20


def models_dir() -> Path:
    """Return the folder of model files: `CUTIS_MODELS_DIR`, or ``models`` in the user's cache."""
    if chosen := os.environ.get(MODELS_DIR_VARIABLE):
        return Path(chosen).expanduser()
    from platformdirs import user_cache_dir  # noqa: PLC0415 - only where no folder is named

    return Path(user_cache_dir("cutis", appauthor=False)) / "models"


WEIGHTS_DIR = Path(__file__).with_name("weights")
"""Where the files of shipped models lie, inside the package."""

_PULL = "Run: cutis models pull"
_REINSTALL = "It comes with Cutis: install Cutis anew."


def folder_of(model: Descriptor, directory: Path | None = None) -> Path:
    """Return where the files of ``model`` belong; ``directory`` is that of pulled models."""
    return WEIGHTS_DIR if model.shipped else directory or models_dir()


def is_here(model: Descriptor, directory: Path | None = None) -> bool:
    """Tell whether all files of ``model`` are there, altered or not."""
    folder = folder_of(model, directory)
    return all((folder / file.name).is_file() for file in model.files)


def read_files(model: Descriptor, directory: Path | None = None) -> tuple[bytes, ...]:
    """Read every file of ``model`` and verify the very bytes that are returned.

    Raises:
        ModelError: a file is missing, unreadable or altered.
    """
    folder, fix = folder_of(model, directory), _REINSTALL if model.shipped else _PULL
    return tuple(read_file(file, folder / file.name, fix) for file in model.files)


def read_file(file: ModelFile, path: Path, fix: str = _PULL) -> bytes:
    """Read ``file`` at ``path`` and verify the very bytes that are returned.

    Raises:
        ModelError: the file is missing, unreadable or altered; ``fix`` is what messages advise.
    """
    content = b"".join(_read(file, path, fix))
    _check_digest(file, hashlib.sha256(content).hexdigest(), fix)
    return content


def locate(name: str, directory: Path | None = None) -> Path:
    """Find the first file of a model, and verify the SHA-256 of all of them.

    Args:
        name: a model of `cutis.models.builtin`, such as ``face_landmarker``.
        directory: where to look; `models_dir` by default.

    Returns:
        The path of the file, whose digest is the one on the card.

    Raises:
        ModelError: the file is missing or altered, or no model has this name.
    """
    model = builtin_models().get(name)
    verify_all(model, directory)
    return folder_of(model, directory) / model.file.name


def verify_all(model: Descriptor, directory: Path | None = None) -> None:
    """Check that every file of ``model`` is there, exactly as its card says.

    Raises:
        ModelError: there is nothing, or something else.
    """
    folder, fix = folder_of(model, directory), _REINSTALL if model.shipped else _PULL
    for file in model.files:
        verify(file, folder / file.name, fix)


def verify(file: ModelFile, path: Path, fix: str = _PULL) -> None:
    """Check that ``path`` holds exactly ``file``; ``fix`` is what messages advise.

    Raises:
        ModelError: there is nothing, or something else.
    """
    digest = hashlib.sha256()
    for block in _read(file, path, fix):
        digest.update(block)
    _check_digest(file, digest.hexdigest(), fix)


def _read(file: ModelFile, path: Path, fix: str) -> Iterator[bytes]:
    """Yield the blocks of a file."""
    try:
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK_BYTES):
                yield block
    except FileNotFoundError as error:
        raise ModelError(f"The model file {file.name} is not on this machine. {fix}") from error
    except OSError as error:
        raise ModelError(
            f"The model file {file.name} cannot be read ({error.strerror}). "
            f"Check who may read the models folder. {fix}"
        ) from error


def _check_digest(file: ModelFile, came: str, fix: str) -> None:
    if came != file.sha256:
        raise ModelError(
            f"The model file {file.name} is not the one that was checked: SHA-256 {file.sha256} "
            f"was expected, {came} came. {fix}"
        )


def store(
    file: ModelFile, blocks: Iterable[bytes], directory: Path, progress: Progress | None = None
) -> Path:
    """Store ``blocks`` as ``file``; the file appears whole and verified, or not at all.

    Args:
        file: what is expected.
        blocks: the bytes, in order; what gives them raises ModelError, never OSError.
        directory: the folder to store it in; made where it is missing.
        progress: told how far it is.

    Returns:
        The path of the stored file.

    Raises:
        ModelError: the bytes are not those of ``file``.
        StoreError: the disk refused.
    """
    part = directory / f".{file.name}.{os.getpid()}.part"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as stream:
            for block in _verified(file, blocks, progress):
                stream.write(block)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(directory / file.name)
        _sync_folder(directory)
    except OSError as error:
        raise StoreError(
            f"The model file {file.name} cannot be stored ({error.strerror}). "
            f"Free some space, or name another folder in {MODELS_DIR_VARIABLE}."
        ) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink()
    return directory / file.name


def _verified(
    file: ModelFile, blocks: Iterable[bytes], progress: Progress | None
) -> Iterable[bytes]:
    """Pass ``blocks`` on, and fail at the end unless they were ``file``; too many end it early."""
    digest, size_bytes = hashlib.sha256(), 0
    for block in blocks:
        size_bytes += len(block)
        if size_bytes > file.size_bytes:
            break
        digest.update(block)
        yield block
        if progress:
            progress(size_bytes, file.size_bytes)
    if size_bytes != file.size_bytes:
        came = f"more than {file.size_bytes}" if size_bytes > file.size_bytes else str(size_bytes)
        raise ModelError(f"{file.size_bytes} bytes were expected, {came} came")
    if digest.hexdigest() != file.sha256:
        raise ModelError(f"SHA-256 {file.sha256} was expected, {digest.hexdigest()} came")


def _sync_folder(directory: Path) -> None:
    """Make the new name survive a power cut; Windows has no such call and does without."""
    with contextlib.suppress(OSError):
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
