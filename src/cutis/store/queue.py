"""The queue: leases, heartbeats, retries with a pause, and quarantine for what takes workers down.

A job is claimed for a while. A worker that lives prolongs its lease; one that died lets it run out,
and the job is claimed again. After ``max_attempts`` it is put in quarantine. A result is kept only
under a lease that still stands, in the transaction that ends the job: so each job ends once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import partial
from typing import Any

from sqlalchemy import and_, func, or_, select, update

from cutis.core.errors import RecordConflictError, RecordNotFoundError
from cutis.core.record_words import JobState, Kind, Role
from cutis.core.records import (
    AssessmentDraft,
    AssessmentRecord,
    Call,
    File,
    Job,
    JobDraft,
    Lease,
    Listing,
    Page,
)
from cutis.store import tables
from cutis.store.bodies import assessment_of, job_of
from cutis.store.foundation import Foundation
from cutis.store.job_rows import (
    FINAL,
    change_job,
    insert_job,
    pause_s,
    read_job,
    read_job_row,
)
from cutis.store.operation import Operation, Subject
from cutis.store.paging import page_of
from cutis.store.personal import PHOTO_FILE, insert_assessment, read_any
from cutis.store.tenancy import all_tenants
from cutis.store.times import later

_TRIES = 50
WORKER_LOST = "worker.lost"
"""The error code of a job whose worker went away with it."""


class Queue(Foundation):
    """Jobs of all tenants, in one queue."""

    def enqueue(self, call: Call, record_id: str, draft: JobDraft) -> Job:
        """Queue a job on a record."""

        def work(operation: Operation) -> Job:
            if operation.replayed is not None:
                return read_job(operation, operation.replayed)
            job = insert_job(operation, read_any(operation, record_id), draft)
            operation.result = job.id
            return job

        return self._run(call, "job.add", work, grows=True)

    def job(self, call: Call, job_id: str) -> Job:
        """Return a job as it stands."""
        return self._run(call, "job.read", lambda op: read_job(op, job_id))

    def jobs(self, call: Call, page: Page, *, state: JobState | None = None) -> Listing[Job]:
        """Return jobs of the tenant."""

        def work(operation: Operation) -> Listing[Job]:
            table = tables.jobs
            alive = select(tables.people.c.id).where(
                tables.people.c.tenant_id == call.tenant_id, tables.people.c.erased_at.is_(None)
            )
            statement = select(table).where(
                table.c.tenant_id == call.tenant_id, table.c.person_id.in_(alive)
            )
            if state is not None:
                statement = statement.where(table.c.state == state.value)
            rows, cursor = page_of(operation.connection, table, statement, page)
            return Listing(tuple(job_of(row) for row in rows), cursor)

        return self._run(call, "job.list", work)

    def cancel_job(self, call: Call, job_id: str) -> Job:
        """Cancel a job that is queued or running; a final one stays as it is."""

        def work(operation: Operation) -> Job:
            job = read_job(operation, job_id)
            if operation.replayed is not None or job.state in FINAL:
                return job
            ended = _ended(operation, JobState.CANCELLED)
            return change_job(operation, job_id, **ended)

        return self._run(call, "job.cancel", work)

    def claim_job(self, worker_id: str, *, lease_s: float = 60.0) -> Lease | None:
        """Lease the oldest job that is due, of any tenant; None where there is none."""
        for _ in range(_TRIES):
            found = self._next_due()
            if found is None:
                return None
            tenant_id, job_id = found
            call = Call(tenant_id, worker_id, Role.WORKER)
            lease = self._run(call, "job.claim", partial(self._claim, job_id, lease_s))
            if lease is not None:
                return lease
        return None

    def heartbeat(self, lease: Lease, *, lease_s: float = 60.0) -> Lease | None:
        """Prolong a lease; None where it is lost or the job was cancelled: stop the work."""
        until = later(self._now(), seconds=lease_s)
        table = tables.jobs
        statement = (
            update(table)
            .where(table.c.tenant_id == lease.job.tenant_id, table.c.id == lease.job.id)
            .where(table.c.state == JobState.RUNNING.value)
            .where(table.c.lease_sha256 == _digest(lease.token))
            .values(lease_until=until)
        )
        with self.parts.database.writing() as connection:
            stands = connection.execute(statement).rowcount == 1
        return Lease(lease.job, lease.worker_id, lease.token, until) if stands else None

    def leased_file(self, lease: Lease) -> File:
        """Return the photo that the job is about."""

        def work(operation: Operation) -> tuple[Subject, dict[str, Any]]:
            _refuse_lost(operation, lease)
            opened = read_any(operation, lease.job.record_id)
            entry = next((e for e in opened.body["files"] if e["name"] == PHOTO_FILE), None)
            if opened.kind is not Kind.PHOTO or entry is None:
                raise RecordConflictError("The job's photo was removed; there is nothing to do.")
            return opened.subject, entry

        return self._open_file(*self._run(_call_of(lease), "file.read", work))

    def finish_job(self, lease: Lease, draft: AssessmentDraft) -> AssessmentRecord:
        """Keep the result and end the job in one transaction: one entry."""

        def work(operation: Operation) -> AssessmentRecord:
            _refuse_lost(operation, lease)
            opened = insert_assessment(operation, draft, kept)
            ended = _ended(operation, JobState.DONE)
            change_job(operation, lease.job.id, **ended, result_id=opened.id)
            return assessment_of(opened)

        call = _call_of(lease)
        with self._kept(call, lease.job.person_id, draft.files) as kept:
            return self._run(call, "assessment.add", work, grows=True)

    def fail_job(self, lease: Lease, error_code: str, *, retry: bool) -> Job:
        """End an attempt: queued again after a pause, failed, or in quarantine."""

        def work(operation: Operation) -> Job:
            job = _refuse_lost(operation, lease)
            if retry and job.attempts < job.max_attempts:
                again = later(operation.now, seconds=pause_s(job.attempts))
                values = {"state": JobState.QUEUED.value, "available_at": again, **_NO_LEASE}
                return change_job(operation, job.id, **values, error_code=error_code)
            state = JobState.QUARANTINED if retry else JobState.FAILED
            return change_job(operation, job.id, **_ended(operation, state), error_code=error_code)

        return self._run(_call_of(lease), "job.fail", work)

    def job_counts(self) -> Mapping[JobState, int]:
        """Count jobs by state over all tenants, for the metrics."""
        statement = select(tables.jobs.c.state, func.count()).group_by(tables.jobs.c.state)
        with self.parts.database.reading() as connection:
            rows = connection.execute(all_tenants(statement)).all()
        found = {row[0]: int(row[1]) for row in rows}
        return {state: found.get(state.value, 0) for state in JobState}

    def _next_due(self) -> tuple[str, str] | None:
        table, now = tables.jobs, self._now()
        alive = select(tables.people.c.id).where(tables.people.c.erased_at.is_(None))
        statement = (
            select(table.c.tenant_id, table.c.id)
            .where(_due(now), table.c.person_id.in_(alive))
            .order_by(table.c.available_at, table.c.id)
            .limit(1)
        )
        with self.parts.database.reading() as connection:
            row = connection.execute(all_tenants(statement)).first()
        return None if row is None else (row.tenant_id, row.id)

    def _claim(self, job_id: str, lease_s: float, operation: Operation) -> Lease | None:
        """Claim a job if it is still due; none and no entry where another worker was quicker."""
        try:
            row = read_job_row(operation, job_id)
        except RecordNotFoundError:
            operation.silent = True
            return None
        if not _is_due(row, operation.now):
            operation.silent = True
            return None
        if row.state == JobState.RUNNING.value and row.attempts >= row.max_attempts:
            operation.action = "job.quarantine"
            ended = _ended(operation, JobState.QUARANTINED)
            change_job(operation, job_id, **ended, error_code=WORKER_LOST)
            return None
        token = operation.random(16).hex()
        until = later(operation.now, seconds=lease_s)
        job = change_job(
            operation,
            job_id,
            state=JobState.RUNNING.value,
            attempts=row.attempts + 1,
            lease_until=until,
            lease_sha256=_digest(token),
            worker_id=operation.call.actor_id,
        )
        return Lease(job, operation.call.actor_id, token, until)


_NO_LEASE = {"lease_until": None, "lease_sha256": None}


def _due(now: str) -> Any:
    table = tables.jobs
    return or_(
        and_(table.c.state == JobState.QUEUED.value, table.c.available_at <= now),
        and_(table.c.state == JobState.RUNNING.value, table.c.lease_until < now),
    )


def _is_due(row: Any, now: str) -> bool:
    if row.state == JobState.QUEUED.value:
        return bool(row.available_at <= now)
    return bool(row.state == JobState.RUNNING.value and row.lease_until < now)


def _ended(operation: Operation, state: JobState) -> dict[str, Any]:
    return {"state": state.value, "finished_at": operation.now, **_NO_LEASE}


def _refuse_lost(operation: Operation, lease: Lease) -> Job:
    """Return the leased job as it stands.

    Raises:
        RecordConflictError: the lease was lost to another worker, or the job was cancelled.
    """
    row = read_job_row(operation, lease.job.id)
    if row.state != JobState.RUNNING.value or row.lease_sha256 != _digest(lease.token):
        raise RecordConflictError(
            "The lease on this job was lost: it was cancelled, or another worker has it. "
            "Drop the work and claim the next job."
        )
    return job_of(row)


def _call_of(lease: Lease) -> Call:
    return Call(lease.job.tenant_id, lease.worker_id, Role.WORKER, request_id=lease.job.id)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("ascii", "replace")).hexdigest()
