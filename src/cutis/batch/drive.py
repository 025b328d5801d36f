"""The driver of a batch: lists, hands out, writes results down, and can be killed at any moment."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cutis import __version__
from cutis.batch.assessor import Task
from cutis.batch.journal import Journal
from cutis.batch.photos import MANIFEST_COLUMN, find_addresses
from cutis.batch.plan import Item, Outcome, Result, Shard, items_of
from cutis.batch.results import put, quarantine_csv, require_parquet, write_parts
from cutis.core.errors import InputError, StoreError
from cutis.settings import Settings

Engine = Callable[[Iterable[Item], Task, int], Iterator[Result]]
"""What assesses items: `cutis.batch.local.run`, or that of `cutis.batch.ray`."""

Progress = Callable[[int, int], None]
"""Told how many items are finished, and of how many."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch: what goes in, where results go, and how it is done."""

    inputs: tuple[str, ...]
    out: Path
    settings: Settings
    json: bool = True
    maps: bool = False
    workers: int = 1
    resume: bool = False
    shard: Shard = field(default_factory=Shard)
    column: str = MANIFEST_COLUMN

    def task(self) -> Task:
        """Return what is done with each photo."""
        known = self.settings.batch
        return Task(
            json=self.json,
            maps=self.maps,
            attempts=known.attempts,
            timeout_s=known.task_timeout_s,
            memory_bytes=known.worker_memory_bytes,
            max_bytes=self.settings.intake.max_bytes,
        )


def run_batch(batch: Batch, engine: Engine, progress: Progress) -> dict[Outcome | None, int]:
    """Work through a batch, or through what an earlier run left of it.

    Returns:
        How many items have each outcome, those of earlier runs included; None counts those that
        could not be reached.

    Raises:
        InputError: no photo was found, or the folder holds another batch.
        StoreError: the disk refused, or another driver is at work there.
        MissingExtraError: Parquet, Ray or the storage is not installed.
        ModelError: no worker can be started.
    """
    require_parquet()
    with Journal(batch.out) as journal:
        journal.agree(_facts(batch), resume=batch.resume)
        found = find_addresses(batch.inputs, column=batch.column, leave_out=batch.out)
        journal.add(items_of(found, batch.shard))
        try:
            _work(batch, journal, engine, progress)
            put(batch.out, {"quarantine.csv": quarantine_csv(journal)})
        except OSError as error:
            raise StoreError(
                f"The results cannot be written ({error.strerror}). "
                "Free some space, then go on with --resume."
            ) from error
        return journal.counts()


def _work(batch: Batch, journal: Journal, engine: Engine, progress: Progress) -> None:
    counts = journal.counts()
    total = sum(counts.values())
    if not total:
        raise InputError("No photo was found. Name files, folders, patterns, manifests or URLs.")
    done = total - counts.get(None, 0)
    progress(done, total)
    size = batch.settings.batch.rows_per_part
    try:
        for result in engine(journal.waiting(), batch.task(), batch.workers):
            if result.outcome is not Outcome.UNREACHED:
                put(batch.out, result.files)
                done += journal.finish(result)
            progress(done, total)
            if done % size == 0:
                write_parts(journal, batch.out, batch.shard, size=size, last=False)
    finally:
        write_parts(journal, batch.out, batch.shard, size=size, last=True)


def _facts(batch: Batch) -> dict[str, str]:
    """Return what the results depend on; a run that is resumed must agree in all of it."""
    settings = batch.settings
    shown = repr((settings.quality, settings.intake, settings.models.learned, settings.runtime))
    return {
        "version": __version__,
        "settings": hashlib.sha256(shown.encode()).hexdigest(),
        "form": f"json={batch.json} maps={batch.maps}",
        "share": f"{batch.shard.index + 1}/{batch.shard.count}",
    }
