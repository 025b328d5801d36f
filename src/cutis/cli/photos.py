"""Which photos to assess, and the folder that each one's results go to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from cutis.steps.intake.suffixes import SUFFIXES


def find_photos(paths: Iterable[Path], *, leave_out: Path | None = None) -> list[Path]:
    """List the photos that ``paths`` name, each once.

    Args:
        paths: files, taken as they are, and folders, searched through for photos.
        leave_out: a folder that is not searched, such as that of the results.

    Returns:
        The files in the order given; those of a folder sorted by path.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        for photo in _in_folder(path, leave_out) if path.is_dir() else (path,):
            found.setdefault(photo.absolute(), photo)
    return list(found.values())


def result_names(photos: Sequence[Path]) -> list[str]:
    """Name the folder of results for each photo: its stem, with ``-2``, ``-3`` … for a repeat.

    Names differ also where upper and lower case are the same.
    """
    stems = [photo.stem for photo in photos]
    taken = {stem.casefold() for stem in stems}
    names, seen = [], set[str]()
    for stem in stems:
        name = stem
        if stem.casefold() in seen:
            name = next(n for n in _numbered(stem) if n.casefold() not in taken)
            taken.add(name.casefold())
        seen.add(stem.casefold())
        names.append(name)
    return names


def _in_folder(folder: Path, leave_out: Path | None) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        inside = leave_out is not None and path.absolute().is_relative_to(leave_out.absolute())
        if path.suffix.lower() in SUFFIXES and path.is_file() and not hidden and not inside:
            yield path


def _numbered(stem: str) -> Iterator[str]:
    number = 2
    while True:
        yield f"{stem}-{number}"
        number += 1
