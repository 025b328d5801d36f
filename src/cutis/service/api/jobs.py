"""Jobs: ask for an analysis, see how it stands, cancel it."""

from __future__ import annotations

import asyncio
import time
from typing import Annotated

from fastapi import Query
from starlette.concurrency import run_in_threadpool

from cutis.core.record_words import JobState
from cutis.core.records import JobDraft
from cutis.service.access import Allowed
from cutis.service.api.base import ONCE_HEADER, Once, PageOf, RecordId, router
from cutis.service.wire.results import JobOut, JobsOut

routes = router("jobs")
_LOOK_EVERY_S = 0.05


@routes.post(
    "/photos/{photo_id}/jobs",
    operation_id="jobs.create",
    status_code=202,
    openapi_extra=ONCE_HEADER,
)
def create(access: Allowed, photo_id: RecordId, key: Once) -> JobOut:
    """Queue an analysis of a photo."""
    job = access.parts.store.enqueue(access.call(key), photo_id, JobDraft())
    access.parts.dispatcher.wake(1)
    return JobOut.of(job)


@routes.get("/jobs", operation_id="jobs.list")
def listing(
    access: Allowed,
    page: PageOf,
    state: Annotated[JobState | None, Query(description="Only those that stand so.")] = None,
) -> JobsOut:
    """List jobs of the clinic, the latest first."""
    return JobsOut.of(access.parts.store.jobs(access.call(), page, state=state))


@routes.get("/jobs/{job_id}", operation_id="jobs.read")
async def read(
    access: Allowed,
    job_id: RecordId,
    wait_s: Annotated[
        float, Query(ge=0, le=30, description="Answer when it has ended, or after this time.")
    ] = 0,
) -> JobOut:
    """Tell how a job stands."""
    until_s = time.monotonic() + wait_s
    has_ended = access.parts.dispatcher.has_ended
    while time.monotonic() < until_s and not has_ended(job_id):  # noqa: ASYNC110 - threads tell
        await asyncio.sleep(_LOOK_EVERY_S)
    job = await run_in_threadpool(access.parts.store.job, access.call(), job_id)
    return JobOut.of(job)


@routes.delete("/jobs/{job_id}", operation_id="jobs.cancel")
def cancel(access: Allowed, job_id: RecordId) -> JobOut:
    """Cancel a job; one that has ended stays as it is."""
    job = access.parts.store.cancel_job(access.call(), job_id)
    if job.state is JobState.CANCELLED:
        access.parts.dispatcher.cancel(job_id)
    return JobOut.of(job)
