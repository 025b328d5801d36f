"""The queue: leases, heartbeats, retries, quarantine, on both engines."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from operations_of_records import MAP, PIXELS

from cutis.core.errors import InputError, RecordConflictError
from cutis.core.record_words import JobState
from cutis.core.records import AssessmentDraft, Call, JobDraft, Lease, Page, PhotoDraft, Upload
from cutis.store.job_rows import pause_s
from cutis.store.queue import WORKER_LOST
from cutis.store.repository import Repository
from cutis.testing import FakeClock


@pytest.fixture
def queued(store: Repository, call: Call, person_id: str) -> Upload:
    """A photo with a job that is tried twice at most."""
    draft = PhotoDraft(person_id, PIXELS, job=JobDraft(max_attempts=2))
    return store.add_photo(call, draft)


def claim(store: Repository) -> Lease:
    lease = store.claim_job("worker1", lease_s=60)
    assert lease is not None
    return lease


def test_a_job_is_done_once(store: Repository, call: Call, queued: Upload):
    lease = claim(store)
    assert (lease.job.state, lease.job.attempts) == (JobState.RUNNING, 1)
    assert store.claim_job("worker2") is None
    assert store.leased_file(lease) == PIXELS
    made = store.finish_job(lease, AssessmentDraft(queued.photo.id, "{}", {"acne": MAP}))
    job = store.job(call, lease.job.id)
    assert (job.state, job.result_id) == (JobState.DONE, made.id)
    assert store.read_file(call, made.id, "acne") == MAP
    with pytest.raises(RecordConflictError, match="lease"):
        store.finish_job(lease, AssessmentDraft(queued.photo.id, "{}"))
    assert len(store.assessments(call, made.person_id, Page()).items) == 1


def test_jobs_come_in_their_order(store: Repository, call: Call, upload: Upload):
    made = [store.enqueue(call, upload.photo.id, JobDraft()).id for _ in range(3)]
    assert [claim(store).job.id for _ in range(3)] == made
    assert store.job_counts()[JobState.RUNNING] == 3


def test_an_empty_queue_makes_no_entry(store: Repository, call: Call):
    size = store.log_size()
    assert store.claim_job("worker1") is None
    assert store.log_size() == size


def test_a_lease_lives_by_its_heartbeats(store: Repository, queued: Upload, clock: FakeClock):
    lease = claim(store)
    for _ in range(3):
        clock.move(seconds=50)
        prolonged = store.heartbeat(lease, lease_s=60)
        assert prolonged is not None
        lease = prolonged
        assert store.claim_job("worker2") is None
    clock.move(seconds=61)
    second = claim(store)
    assert (second.job.id, second.job.attempts) == (lease.job.id, 2)
    assert store.heartbeat(lease) is None
    with pytest.raises(RecordConflictError):
        store.leased_file(lease)
    with pytest.raises(RecordConflictError):
        store.fail_job(lease, "late", retry=True)


def test_what_takes_workers_down_goes_into_quarantine(
    store: Repository, call: Call, queued: Upload, clock: FakeClock
):
    for _ in range(2):
        lease = claim(store)
        clock.move(seconds=61)
    assert store.claim_job("worker1") is None
    job = store.job(call, lease.job.id)
    assert (job.state, job.error_code) == (JobState.QUARANTINED, WORKER_LOST)
    assert store.jobs(call, Page(), state=JobState.QUARANTINED).items == (job,)
    clock.move(days=1)
    assert store.claim_job("worker1") is None


def test_a_failed_attempt_rests_and_is_tried_again(
    store: Repository, call: Call, queued: Upload, clock: FakeClock
):
    job = store.fail_job(claim(store), "model.hang", retry=True)
    assert (job.state, job.error_code) == (JobState.QUEUED, "model.hang")
    assert store.claim_job("worker1") is None
    clock.move(seconds=pause_s(1) + 1)
    assert store.fail_job(claim(store), "model.hang", retry=True).state is JobState.QUARANTINED


def test_a_failure_for_good_is_not_tried_again(store: Repository, call: Call, queued: Upload):
    assert store.fail_job(claim(store), "photo.unreadable", retry=False).state is JobState.FAILED
    assert store.claim_job("worker1") is None


def test_pauses_grow_to_five_minutes():
    assert [pause_s(n) for n in (1, 2, 3, 8, 9, 20)] == [2, 4, 8, 256, 300, 300]


def test_a_cancelled_job_stops(store: Repository, call: Call, queued: Upload):
    lease = claim(store)
    assert store.cancel_job(call, lease.job.id).state is JobState.CANCELLED
    assert store.heartbeat(lease) is None
    with pytest.raises(RecordConflictError):
        store.finish_job(lease, AssessmentDraft(queued.photo.id, "{}"))
    assert store.cancel_job(call, lease.job.id).state is JobState.CANCELLED


def test_a_false_token_has_no_lease(store: Repository, queued: Upload):
    false = replace(claim(store), token="0" * 32)
    assert store.heartbeat(false) is None
    with pytest.raises(RecordConflictError):
        store.leased_file(false)


@pytest.mark.parametrize("attempts", [0, 21])
def test_attempts_have_a_limit(store: Repository, call: Call, upload: Upload, attempts: int):
    with pytest.raises(InputError):
        store.enqueue(call, upload.photo.id, JobDraft(max_attempts=attempts))


def test_an_erased_person_has_no_jobs(store: Repository, call: Call, queued: Upload):
    lease = claim(store)
    store.erase(call, queued.photo.person_id)
    assert store.heartbeat(lease) is None
    assert store.claim_job("worker1") is None
    assert store.jobs(call, Page()).items == ()


def test_workers_side_by_side_take_each_job_once(store: Repository, call: Call, upload: Upload):
    wanted = {store.enqueue(call, upload.photo.id, JobDraft()).id for _ in range(24)}
    taken: list[str] = []

    def work(name: str) -> None:
        while lease := store.claim_job(name):
            taken.append(lease.job.id)
            store.finish_job(lease, AssessmentDraft(upload.photo.id, "{}"))

    threads = [threading.Thread(target=work, args=(f"worker{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(wanted)
    assert store.job_counts()[JobState.DONE] == len(wanted)
