"""Progress on a terminal; silence elsewhere. Imported only by commands that have work to show."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Self, TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.text import Text

_Item = TypeVar("_Item")


def counted(items: Sequence[_Item]) -> Iterator[_Item]:
    """Yield ``items`` and show how many are done, how many a second, and how long is left."""
    columns = (BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    with _progress(*columns) as bar:
        yield from bar.track(items, description="")


class Meter:
    """Shows how far a download is; ``advance`` is told the bytes come and expected."""

    def __init__(self, title: str) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
        self._bar = _progress(*columns, TransferSpeedColumn())
        self._task = self._bar.add_task(title, total=None)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._bar.stop()

    def advance(self, come_bytes: int, expected_bytes: int) -> None:
        """Show that ``come_bytes`` of ``expected_bytes`` are here."""
        self._bar.update(self._task, completed=come_bytes, total=expected_bytes)


class Share:
    """Shows which share of a long task is over, with a line of text that changes."""

    def __init__(self, title: str) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
        self._bar = _progress(*columns)
        self._task = self._bar.add_task(title, total=1.0)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._bar.stop()

    def show(self, share: float, text: str) -> None:
        """Show that ``share`` (0–1) is over."""
        self._bar.update(self._task, completed=share, description=text)


class Count:
    """Shows how many items are done; ``advance`` is told how many, and of how many."""

    def __init__(self, title: str) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        self._bar = _progress(*columns, _Rate(), TimeRemainingColumn())
        self._task = self._bar.add_task(title, total=None)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._bar.stop()

    def advance(self, done: int, expected: int) -> None:
        """Show that ``done`` of ``expected`` are done."""
        self._bar.update(self._task, completed=done, total=expected)


class _Rate(ProgressColumn):
    """Photos a second."""

    def render(self, task: Task) -> Text:
        """Return the rate, empty until one is known."""
        return Text(f"{task.speed:.2f}/s" if task.speed else "")


def _progress(*columns: ProgressColumn) -> Progress:
    """Make a bar on standard error; lines printed meanwhile stand above it."""
    console = Console(stderr=True)
    return Progress(
        *columns,
        console=console,
        disable=not console.is_terminal,
        transient=True,
        redirect_stdout=sys.stdout.isatty(),
    )
