"""Rows of the queue: put in, read, changed; and how long a job rests after a failure."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, select, update

from cutis.core.errors import InputError
from cutis.core.record_words import JobState
from cutis.core.records import Job, JobDraft
from cutis.store import tables
from cutis.store.bodies import job_of
from cutis.store.operation import Opened, Operation, not_found

MAX_ATTEMPTS = 20
_LONGEST_PAUSE_S = 300.0

FINAL = frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED, JobState.QUARANTINED})


def pause_s(attempts: int) -> float:
    """Return how long a job rests after so many attempts: 2, 4, 8 … at most 300 seconds."""
    return min(2.0 ** min(attempts, 16), _LONGEST_PAUSE_S)


def insert_job(operation: Operation, record: Opened, draft: JobDraft) -> Job:
    """Queue a job on a record.

    Raises:
        InputError: the number of attempts is none.
    """
    if not 1 <= draft.max_attempts <= MAX_ATTEMPTS:
        raise InputError(f"A job is tried 1 to {MAX_ATTEMPTS} times, not {draft.max_attempts}.")
    job = Job(
        id=operation.new_id(),
        tenant_id=operation.tenant_id,
        person_id=record.person_id,
        record_id=record.id,
        task=draft.task,
        options=draft.options,
        state=JobState.QUEUED,
        attempts=0,
        max_attempts=draft.max_attempts,
        available_at=operation.now,
        created_at=operation.now,
    )
    names = ("id", "tenant_id", "person_id", "record_id", "task", "options", "attempts")
    more = ("max_attempts", "available_at", "created_at")
    row = {name: getattr(job, name) for name in (*names, *more)}
    operation.connection.execute(insert(tables.jobs), [{**row, "state": job.state.value}])
    return job


def read_job(operation: Operation, job_id: str) -> Job:
    """Return a job of the tenant; the entry then tells of it.

    Raises:
        RecordNotFoundError: there is none, or its person was erased.
    """
    return job_of(read_job_row(operation, job_id))


def read_job_row(operation: Operation, job_id: str) -> Any:
    """Return the row of a job of the tenant, lease and all."""
    table = tables.jobs
    statement = select(table).where(table.c.tenant_id == operation.tenant_id, table.c.id == job_id)
    row = operation.connection.execute(statement).first()
    if row is None:
        raise not_found()
    operation.subject(row.person_id)
    operation.record_id = job_id
    return row


def change_job(operation: Operation, job_id: str, **values: Any) -> Job:
    """Change a job's columns and return it as it stands then."""
    table = tables.jobs
    chosen = (table.c.tenant_id == operation.tenant_id, table.c.id == job_id)
    operation.connection.execute(update(table).where(*chosen).values(**values))
    return job_of(operation.connection.execute(select(table).where(*chosen)).one())


def job_of_record(operation: Operation, record_id: str) -> Job | None:
    """Return the first job that was queued on a record, or None."""
    table = tables.jobs
    statement = (
        select(table)
        .where(table.c.tenant_id == operation.tenant_id, table.c.record_id == record_id)
        .order_by(table.c.created_at, table.c.id)
    )
    row = operation.connection.execute(statement).first()
    return None if row is None else job_of(row)
