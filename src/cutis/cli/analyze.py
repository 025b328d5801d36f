"""``cutis analyze``: photos in, a folder of results out for each."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cutis.cli.errors import report, warn
from cutis.cli.photos import find_photos, result_names
from cutis.cli.plan import read_stated
from cutis.cli.writing import Format, parse_formats, prepare, render, write, write_tables
from cutis.core.errors import InputError, MissingExtraError, PhotoError
from cutis.core.vocabulary import Strictness

if TYPE_CHECKING:
    from cutis.core.advice import Profile
    from cutis.core.assessment import Assessment
    from cutis.reports.document import Background
    from cutis.settings import Settings

_ASSESSED, _REFUSED, _FAILED = "assessed", "refused", "failed"


@dataclass(frozen=True, slots=True)
class _Order:
    """What is done to every photo of one call."""

    settings: Settings
    formats: tuple[Format, ...]
    maps: bool
    profile: Profile | None = None
    earlier: tuple[tuple[datetime, Assessment], ...] = ()
    finished: list[tuple[str, Assessment]] = field(default_factory=list)


def analyze(
    photos: Annotated[
        list[Path],
        typer.Argument(metavar="PHOTO...", help="Photos, or folders that are searched for photos."),
    ],
    *,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="The folder for the results.")
    ] = Path("cutis-results"),
    formats: Annotated[
        str, typer.Option("--format", metavar="LIST", help="Any of json,html,pdf,csv.")
    ] = "json,html",
    maps: Annotated[
        bool, typer.Option("--maps", help="Also write the skin mask and a map per condition.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Ask more of a photo than usual.")
    ] = False,
    normal: Annotated[
        bool, typer.Option("--normal", help="Refuse photos that would mislead; the default.")
    ] = False,
    lenient: Annotated[
        bool, typer.Option("--lenient", help="Refuse only what cannot be measured.")
    ] = False,
    profile: Annotated[
        Path | None,
        typer.Option(
            "--profile", metavar="FILE.toml", help="What the person states, for the guidance."
        ),
    ] = None,
    history: Annotated[
        Path | None,
        typer.Option(
            "--history", metavar="DIR", help="The person's earlier assessments, for the report."
        ),
    ] = None,
) -> None:
    """Assess photos and write DIR/NAME/assessment.json, report.html, … for each.

    With --profile or --history all photos are taken to be of that one person.
    A refused photo gets its results, with the reasons, and a warning.
    A broken file gets an error on its own line; the others go on, and the exit code is 1.
    """
    from cutis.cli.progress import counted

    wanted = parse_formats(formats)
    strictness = _strictness(strict=strict, normal=normal, lenient=lenient)
    files = find_photos(photos, leave_out=out)
    if not files:
        raise InputError("No photo was found. Name photo files, or a folder that holds some.")
    order = _Order(
        _settings(strictness), wanted, maps, read_stated(profile), _read_earlier(history)
    )
    threading.Thread(target=prepare, args=(wanted,), daemon=True).start()
    outcomes: Counter[str] = Counter()
    started_s = time.perf_counter()
    try:
        for photo, name in counted(list(zip(files, result_names(files), strict=True))):
            outcomes[_analyze_one(photo, out / name, order)] += 1
    except KeyboardInterrupt:
        typer.echo(f"Stopped; what is finished is in {out}.", err=True)
        raise typer.Exit(130) from None
    finally:
        if Format.CSV in wanted and len(files) > 1:
            write_tables(order.finished, out)
        _sum_up(outcomes, len(files), time.perf_counter() - started_s)
    if outcomes[_FAILED]:
        raise typer.Exit(1)


def _strictness(*, strict: bool, normal: bool, lenient: bool) -> Strictness | None:
    """Return the strictness that was asked for, None where none was."""
    asked = {Strictness.STRICT: strict, Strictness.NORMAL: normal, Strictness.LENIENT: lenient}
    chosen = [strictness for strictness, wanted in asked.items() if wanted]
    if len(chosen) > 1:
        raise InputError("--strict, --normal and --lenient exclude each other. Give one of them.")
    return chosen[0] if chosen else None


def _settings(strictness: Strictness | None) -> Settings:
    from cutis.settings import load_settings, override

    settings = load_settings()
    if strictness is None:
        return settings
    return override(settings, {"quality": {"strictness": strictness}})


def _analyze_one(path: Path, folder: Path, order: _Order) -> str:
    """Assess one photo, write its results and tell the outcome."""
    from cutis.wiring import examine

    try:
        examination = examine(path, settings=order.settings)
    except (PhotoError, MissingExtraError) as error:
        report(error, str(path))
        return _FAILED
    known = _background(examination.assessment, order)
    files = render(examination, folder.name, order.formats, maps=order.maps, background=known)
    write(files, folder)
    order.finished.append((folder.name, examination.assessment))
    _tell(path, folder, examination.assessment)
    return _ASSESSED if examination.assessment.usable else _REFUSED


def _read_earlier(history: Path | None) -> tuple[tuple[datetime, Assessment], ...]:
    """Read the earlier assessments of a person; one that cannot be read stops the call."""
    from cutis.cli.visits import find_assessments, read_assessment, time_of_assessment

    if history is None:
        return ()
    if not history.is_dir():
        raise InputError("--history takes a folder of one person's assessments. Name that folder.")
    read = [read_assessment(path) for path in find_assessments(history)]
    return tuple((time_of_assessment(assessment), assessment) for assessment in read)


def _background(assessment: Assessment, order: _Order) -> Background | None:
    """Return what is known beside one photo; an earlier result of the same photo is left out."""
    if order.profile is None and not order.earlier:
        return None  # before history and guidance are loaded, which take their time
    from cutis.cli.visits import gather_visits, time_of_assessment
    from cutis.history import build_timeline
    from cutis.reports.document import Background

    now, sha = time_of_assessment(assessment), assessment.capture.sha256
    past = [(at, a) for at, a in order.earlier if a.capture.sha256 != sha and at < now]
    visits = gather_visits([*past, (now, assessment)], 0.0)
    return Background(order.profile, build_timeline(visits) if past else None)


def _tell(path: Path, folder: Path, assessment: Assessment) -> None:
    if assessment.usable:
        typer.echo(f"{path}: {assessment.quality.verdict.value}, results in {folder}")
    else:
        typer.echo(f"{path}: refused, results in {folder}")
        warn(str(path), " ".join(assessment.reasons) or assessment.quality.sentence)


def _sum_up(outcomes: Counter[str], expected: int, elapsed_s: float) -> None:
    done = outcomes.total()
    counts = ", ".join(f"{outcomes[kind]} {kind}" for kind in (_ASSESSED, _REFUSED, _FAILED))
    each = f", {elapsed_s / done:.2f} s each" if done else ""
    typer.echo(f"{done} of {expected} photos: {counts}; {elapsed_s:.1f} s{each}", err=True)
