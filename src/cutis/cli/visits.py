"""What compares over time reads: photos, saved assessments, and the times of visits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cutis.cli.photos import find_photos
from cutis.core.errors import InputError

if TYPE_CHECKING:
    from cutis.core.assessment import Assessment, Examination
    from cutis.history import Visit

_STAMP = re.compile(
    r"(?<!\d)((?:19|20)\d\d)[-_.]?([01]\d)[-_.]?([0-3]\d)"
    r"(?:[T _-]+([0-2]\d)[-_.:h]?([0-5]\d)(?:[-_.:]?([0-5]\d))?)?(?!\d)"
)
"""A date, and perhaps a time, in a name: 2026-03-01, 20260301_1015, IMG_20260301_101500."""


def read_shots(path: Path) -> tuple[Visit, Examination | None]:
    """Return one moment: a photo, a saved assessment, or a folder of several of either.

    The pictures come with photos; of several, those of the shot whose scores were taken.

    Raises:
        InputError: there is nothing of either kind, or a file is no assessment.
        PhotoError: a photo cannot be read.
    """
    from cutis.history import combine_shots

    files = _files(path)
    if files[0].suffix.lower() == ".json":
        return combine_shots([read_assessment(file) for file in files]), None
    from cutis.wiring import examine

    shots = [examine(file) for file in files]
    visit = combine_shots([shot.assessment for shot in shots])
    sha = visit.assessment.capture.sha256
    middle = next((s for s in shots if s.assessment.capture.sha256 == sha), shots[0])
    return visit, middle


def read_assessment(path: Path) -> Assessment:
    """Read a saved assessment.

    Raises:
        InputError: the file cannot be read or is no assessment.
    """
    from cutis.reports.json import from_json

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            "A saved assessment (JSON) was expected; the file cannot be read as text. "
            "Name an assessment.json that Cutis wrote."
        ) from error
    return from_json(text)


def find_assessments(folder: Path) -> list[Path]:
    """List the JSON files of a folder and its subfolders, hidden ones left out, sorted by path."""
    return [
        path
        for path in sorted(folder.rglob("*.json"))
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]


def time_of_assessment(assessment: Assessment) -> datetime:
    """Return when a photo was assessed, in UTC.

    Raises:
        InputError: the assessment does not say, or not in a way that can be read.
    """
    told = assessment.provenance.assessed_at
    try:
        at = datetime.fromisoformat(told or "")
    except ValueError as error:
        raise InputError(
            "The assessment does not say when it was made. Put the date into the file's name, "
            "such as 2026-03-01.json, and give --times."
        ) from error
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def time_of_name(path: Path, folder: Path) -> datetime:
    """Return the time in a file's name or, without one, in the folders that hold it; taken as UTC.

    Raises:
        InputError: no name holds a date.
    """
    inside = path.relative_to(folder)
    for name in (inside.stem, *reversed(inside.parts[:-1])):
        for found in _STAMP.finditer(name):
            numbers = [int(number) for number in found.groups() if number]
            try:
                return datetime(*numbers, tzinfo=UTC)  # type: ignore[arg-type,misc]
            except ValueError:
                continue
    raise InputError(
        "No date was found in the name. Name files or their folders by date, such as "
        "2026-03-01.json or 2026-03-01-1015/assessment.json."
    )


def gather_visits(
    dated: Sequence[tuple[datetime, Assessment]], burst_minutes: float
) -> list[Visit]:
    """Return assessments as visits; those within ``burst_minutes`` of the first are one visit."""
    from cutis.history import combine_shots

    groups: list[list[tuple[datetime, Assessment]]] = []
    for at, assessment in sorted(dated, key=lambda pair: pair[0]):
        if groups and (at - groups[-1][0][0]).total_seconds() <= 60 * burst_minutes:
            groups[-1].append((at, assessment))
        else:
            groups.append([(at, assessment)])
    return [combine_shots([a for _, a in group], group[0][0]) for group in groups]


def _files(path: Path) -> list[Path]:
    """Return the files of one moment: of a folder its assessments or, without any, its photos."""
    found = [path]
    if path.is_dir():
        found = find_assessments(path) or find_photos([path])
    if not found:
        raise InputError("No photo and no assessment was found. Name one, or a folder of some.")
    return found
