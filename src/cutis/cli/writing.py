"""Results on disk: made whole in memory, each file put in place in one move."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from cutis.core.errors import InputError, StoreError
from cutis.core.vocabulary import Condition

if TYPE_CHECKING:
    from cutis.core.assessment import Assessment, Examination
    from cutis.reports.document import Background


class Format(StrEnum):
    """A form in which an assessment is written."""

    JSON = "json"
    HTML = "html"
    PDF = "pdf"
    CSV = "csv"


FILE_NAMES = {
    Format.JSON: ("assessment.json",),
    Format.HTML: ("report.html",),
    Format.PDF: ("report.pdf",),
    Format.CSV: ("scores.csv", "findings.csv"),
}
"""The files of each form in a folder of results."""

_REPORTS = tuple(name for names in FILE_NAMES.values() for name in names)
_MAPS = tuple(f"maps/{name}.png" for name in ("skin", "enhanced", "enlarged", *Condition))


def parse_formats(text: str) -> tuple[Format, ...]:
    """Read a list such as ``json,html``.

    Raises:
        InputError: a word of it is no format.
    """
    words = [word.strip().lower() for word in text.split(",") if word.strip()]
    known = [form.value for form in Format]
    if not words or not set(words) <= set(known):
        raise InputError(f"--format takes any of {','.join(known)}, not {text!r}.")
    return tuple(Format(word) for word in dict.fromkeys(words))


def prepare(formats: Sequence[Format]) -> None:
    """Load what writes JSON and HTML, if wanted; done while the models load, it costs no time."""
    if Format.JSON in formats:
        from cutis.reports.json import prepare as prepare_json

        prepare_json()
    if Format.HTML in formats:
        import cutis.reports.html  # noqa: F401


def render(
    examination: Examination,
    name: str,
    formats: Sequence[Format],
    *,
    maps: bool,
    background: Background | None = None,
) -> dict[str, bytes]:
    """Make the files of one examination.

    Args:
        examination: what was found.
        name: what the photo is called in tables.
        formats: which forms to make.
        maps: whether to add ``maps/skin.png``, one map per measured condition and, of a small face,
            ``maps/enhanced.png``, which pixels a network drew larger to find it, and
            ``maps/enlarged.png``, the face before and after.
        background: what the person states and their earlier visits, for the reports.

    Returns:
        The bytes of each file by its name within the folder of results.

    Raises:
        MissingExtraError: PDF was asked for and its extra is not installed.
    """
    files: dict[str, bytes] = {}
    for form in formats:
        contents = _contents(examination, name, form, background)
        files |= dict(zip(FILE_NAMES[form], contents, strict=True))
    if maps:
        from cutis.reports.maps import map_files

        files |= {f"maps/{name}.png": data for name, data in map_files(examination).items()}
    return files


def _tables(assessments: Sequence[tuple[str, Assessment]]) -> dict[str, bytes]:
    """Make the CSV files over all ``(name of the photo, assessment)``."""
    from cutis.reports.table import assessments_csv, findings_csv

    texts = (assessments_csv(assessments), findings_csv(assessments))
    contents = (text.encode("utf-8") for text in texts)
    return dict(zip(FILE_NAMES[Format.CSV], contents, strict=True))


def _contents(
    examination: Examination, name: str, form: Format, background: Background | None
) -> tuple[bytes, ...]:
    """Make the files of one form, in the order of `FILE_NAMES`."""
    if form is Format.JSON:
        from cutis.reports.json import to_json

        return (to_json(examination.assessment).encode("utf-8"),)
    if form is Format.HTML:
        from cutis.reports.html import to_html

        return (to_html(examination, background).encode("utf-8"),)
    if form is Format.PDF:
        from cutis.reports.pdf import to_pdf

        return (to_pdf(examination, background),)
    return tuple(_tables([(name, examination.assessment)]).values())


def write(files: Mapping[str, bytes], folder: Path) -> None:
    """Put ``files`` into ``folder``, each whole or not at all; remove older results there.

    Only files that Cutis itself writes are removed, so that no map or report of an earlier run
    stands beside newer scores.

    Raises:
        StoreError: the disk refused.
    """
    with disk_errors():
        _put_all(files, folder)
        for name in {*_REPORTS, *_MAPS} - set(files):
            (folder / name).unlink(missing_ok=True)


def write_beside(files: Mapping[str, bytes], folder: Path) -> None:
    """Put ``files`` into ``folder``, each whole or not at all, and leave what else is there.

    Raises:
        StoreError: the disk refused.
    """
    with disk_errors():
        _put_all(files, folder)


def write_tables(assessments: Sequence[tuple[str, Assessment]], folder: Path) -> None:
    """Put one CSV of scores and one of findings, over all photos, into ``folder``.

    Raises:
        StoreError: the disk refused.
    """
    with disk_errors():
        _put_all(_tables(assessments), folder)


@contextlib.contextmanager
def disk_errors() -> Iterator[None]:
    """Turn errors of the disk into a `StoreError` that says what to do."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"The results cannot be written ({error.strerror}). "
            "Name another folder with --out, or free some space."
        ) from error


def _put_all(files: Mapping[str, bytes], folder: Path) -> None:
    for name, content in files.items():
        _put(folder / name, content)


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    finally:
        with contextlib.suppress(OSError):
            part.unlink()
