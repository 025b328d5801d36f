"""From the queue to the workers and back: one thread a worker, leases kept warm meanwhile.

The queue is the database's: a job that was taken and not finished comes back when its lease runs
out, even if the whole service died. What a worker cannot do is tried again, and put into quarantine
when it has taken workers down too often; the store counts.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

from cutis.core.errors import CutisError, RecordConflictError, RecordNotFoundError
from cutis.core.record_ports import RecordStore
from cutis.core.record_words import JobState, Role
from cutis.core.records import AssessmentDraft, Call, File, Job, Lease
from cutis.service.metrics import Metrics
from cutis.service.webhooks.outbox import Outbox
from cutis.service.workers.pool import Pool, WorkerFellError
from cutis.service.workers.reply import TaskLimits, read_reply
from cutis.service.workers.tasks import ASSESSMENT

_MEDIA_TYPES = {"html": "text/html; charset=utf-8", "png": "image/png", "json": "application/json"}
_LEASE_S = 60.0
_HEARTBEAT_S = 15.0
_LOOK_EVERY_S = 0.5
_MOST_ENDED = 5_000
_FINAL = "cancelled"


@dataclass(frozen=True, slots=True)
class _Ended:
    """How an attempt ended, for metrics and webhooks."""

    outcome: str
    job: Job


class Dispatcher:
    """Takes jobs from the queue and has them done."""

    def __init__(
        self,
        store: RecordStore,
        pool: Pool,
        *,
        limits: TaskLimits,
        outbox: Outbox,
        metrics: Metrics,
        log: Any,
    ) -> None:
        """Take what it stands on; `start` begins."""
        self._store, self._pool, self._limits = store, pool, limits
        self._outbox, self._metrics, self._log = outbox, metrics, log
        self._wake, self._over = threading.Condition(), threading.Event()
        self._lock = threading.Lock()
        self._ended: OrderedDict[str, str] = OrderedDict()
        self._threads: list[threading.Thread] = []
        self._waiting = 0

    def start(self) -> None:
        """Begin to take jobs."""
        for number in range(self._pool.options.size):
            name = f"cutis-dispatch-{number}"
            thread = threading.Thread(target=self._run, args=(name,), name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def close(self) -> None:
        """Stop taking jobs; those at work are broken off and go back into the queue."""
        self._over.set()
        self._pool.close()
        self.wake()
        for thread in self._threads:
            thread.join(timeout=30.0)

    def wake(self, added: int = 0) -> None:
        """Look into the queue now; so many jobs were added."""
        with self._wake:
            self._waiting += added
            self._wake.notify_all()

    def waiting(self) -> int:
        """Return how many jobs wait, as it was counted last; asks no disk."""
        return self._waiting

    def cancel(self, job_id: str) -> None:
        """End the work on a job that the store has cancelled."""
        self._pool.cancel(job_id)
        self._remember(job_id, JobState.CANCELLED)

    def has_ended(self, job_id: str) -> bool:
        """Tell whether a job ended here, lately."""
        with self._lock:
            return job_id in self._ended

    def _run(self, worker_id: str) -> None:
        while not self._over.is_set():
            try:
                lease = self._store.claim_job(worker_id, lease_s=_LEASE_S)
                self._waiting = self._store.job_counts().get(JobState.QUEUED, 0)
                if lease is not None:
                    self._serve(lease)
                    continue
            except CutisError as error:
                self._log.warning("dispatch waits", error=error)
            except Exception as error:  # noqa: BLE001  (one job must not end the thread)
                self._log.error("dispatch failed", error=error)
            with self._wake:
                self._wake.wait(_LOOK_EVERY_S)

    def _serve(self, lease: Lease) -> None:
        started_s = perf_counter()
        ended = self._attempt(lease)
        self._metrics.job(ended.outcome, perf_counter() - started_s)
        if ended.job.state in (JobState.DONE, JobState.FAILED, JobState.QUARANTINED):
            self._remember(ended.job.id, ended.job.state)
            event = "job.done" if ended.job.state is JobState.DONE else "job.failed"
            self._outbox.post(ended.job.tenant_id, event, job_id=ended.job.id)

    def _attempt(self, lease: Lease) -> _Ended:
        """Do one attempt and tell the store how it ended."""
        job = lease.job
        try:
            with _Heartbeat(self._store, lease, lambda: self._pool.cancel(job.id)):
                draft = self._assess(lease)
            record = self._store.finish_job(lease, draft)
        except WorkerFellError as error:
            if error.why == "cancelled":
                return _Ended(_FINAL, job)
            return self._failed(lease, f"worker.{error.why}", retry=True)
        except (RecordConflictError, RecordNotFoundError):
            return _Ended("lost", job)
        except CutisError as error:
            return self._failed(lease, error.code, retry=error.code.startswith("store"))
        return _Ended("done", _done(job, record.id))

    def _assess(self, lease: Lease) -> AssessmentDraft:
        job = lease.job
        photo = self._store.leased_file(lease)
        call = Call(job.tenant_id, lease.worker_id, Role.WORKER)
        facts = json.loads(self._store.photo(call, job.record_id).facts)
        words = self._limits.words("assess", capture=facts)
        message = self._pool.run(
            words, memoryview(photo.content), timeout_s=self._limits.timeout_s, name=job.id
        )
        _, files = read_reply(message)
        document = files.pop(ASSESSMENT).decode()
        kept = {name: File(_media_type(name), content) for name, content in files.items()}
        return AssessmentDraft(job.record_id, document, kept)

    def _failed(self, lease: Lease, code: str, *, retry: bool) -> _Ended:
        try:
            job = self._store.fail_job(lease, code, retry=retry)
        except (RecordConflictError, RecordNotFoundError):
            return _Ended("lost", lease.job)
        return _Ended(job.state.value, job)

    def _remember(self, job_id: str, state: JobState) -> None:
        with self._lock:
            self._ended[job_id] = state.value
            while len(self._ended) > _MOST_ENDED:
                self._ended.popitem(last=False)


class _Heartbeat:
    """Prolongs a lease while work goes on, and ends the work when the lease is lost."""

    def __init__(self, store: RecordStore, lease: Lease, lost: Callable[[], object]) -> None:
        self._store, self._lease, self._lost = store, lease, lost
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="cutis-heartbeat", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._over.wait(_HEARTBEAT_S):
            try:
                if self._store.heartbeat(self._lease, lease_s=_LEASE_S) is None:
                    self._lost()
                    return
            except CutisError:
                continue  # the lease runs on; the next beat tries again


def _done(job: Job, result_id: str) -> Job:
    return replace(job, state=JobState.DONE, result_id=result_id)


def _media_type(name: str) -> str:
    return _MEDIA_TYPES[name.rpartition(".")[2]]
