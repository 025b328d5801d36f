"""R14: consent, upload, analyse, review, erase and roles in any order; model and system agree.

    python benchmarks/soak/races.py [--examples 200] [--out FILE]

A state machine (hypothesis) does what users do, on SQLite and on PostgreSQL, beside a model in
memory; after each step the two are compared, and at the end the storage is verified. Then threads
race: some upload, review and read while others erase the same people; whatever order it was, no
acknowledged record of a living person is lost, none of an erased one is left, and the log agrees.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from telling import tell
from workload import Workload, lost, open_at, options_in

from cutis.core.errors import RecordConflictError, RecordNotFoundError
from cutis.core.record_words import JobState, Judgement, Purpose, Relation, Role
from cutis.core.records import (
    AssessmentDraft,
    Call,
    ConsentDraft,
    File,
    JobDraft,
    Lease,
    Link,
    Page,
    PersonDraft,
    PhotoDraft,
    ReviewDraft,
)
from cutis.store.repository import Repository

USERS = ("user1", "user2", "user3")
PIXELS = File("image/jpeg", b"pixels")


@dataclass(slots=True)
class Known:
    """What the model knows of a person."""

    tenant_id: str
    consents: dict[Purpose, bool] = field(default_factory=dict)
    ties: set[tuple[str, Relation]] = field(default_factory=set)
    photos: set[str] = field(default_factory=set)
    assessments: dict[str, int] = field(default_factory=dict)
    erased: bool = False


class RecordMachine(RuleBasedStateMachine):
    """What users do with records, in any order."""

    make: ClassVar[Callable[[], Repository]]
    people, photos, assessments, leases = (
        Bundle(name) for name in ("people", "photos", "assessments", "leases")
    )

    def __init__(self) -> None:
        super().__init__()
        self.store = type(self).make()
        self.known: dict[str, Known] = {}
        self.entries = self.store.log_size()
        self.jobs: dict[str, JobState] = {}
        self.owners: dict[str, str] = {}

    @initialize()
    def two_tenants(self) -> None:
        names = ("One", "Two")
        self.tenants = [self.store.create_tenant(n, actor_id="x").id for n in names]
        self.entries += 2

    def call(self, person: str, *, foreign: bool = False) -> Call:
        """Return a call of the person's tenant, or of the other."""
        own = self.known[person].tenant_id
        other = next(t for t in self.tenants if t != own)
        return Call(other if foreign else own, "user1", Role.CLINICIAN)

    def attempt(self, person: str, work: Callable[[], Any], *, foreign: bool = False) -> Any:
        """Do something to a person; an erased or foreign one must not be found."""
        if self.known[person].erased or foreign:
            try:
                work()
            except RecordNotFoundError:
                return None
            raise AssertionError("a record that must not be found was found")
        self.entries += 1
        return work()

    @rule(target=people, tenant=st.sampled_from((0, 1)))
    def add_person(self, tenant: int) -> str:
        call = Call(self.tenants[tenant], "user1", Role.CLINICIAN)
        person = self.store.add_person(call, PersonDraft("ref", user_id="user1")).id
        self.known[person] = Known(call.tenant_id, ties={("user1", Relation.SELF)})
        self.entries += 1
        return person

    @rule(person=people, purpose=st.sampled_from(Purpose), granted=st.booleans())
    def consent(self, person: str, purpose: Purpose, granted: bool) -> None:  # noqa: FBT001
        draft = ConsentDraft(purpose, granted, "v1", "user1")
        if self.attempt(
            person, lambda: self.store.record_consent(self.call(person), person, draft)
        ):
            self.known[person].consents[purpose] = granted

    @rule(
        person=people,
        user=st.sampled_from(USERS),
        relation=st.sampled_from(Relation),
        tied=st.booleans(),
    )
    def change_role(self, person: str, user: str, relation: Relation, tied: bool) -> None:  # noqa: FBT001
        change = self.store.link if tied else self.store.unlink
        self.attempt(person, lambda: change(self.call(person), Link(user, person, relation)))
        ties = self.known[person].ties
        if not self.known[person].erased:
            (ties.add if tied else ties.discard)((user, relation))

    @rule(target=photos, person=people, foreign=st.booleans())
    def upload(self, person: str, foreign: bool) -> Any:  # noqa: FBT001
        call = self.call(person, foreign=foreign)
        draft = PhotoDraft(person, PIXELS, job=JobDraft(max_attempts=2))
        made = self.attempt(person, lambda: self.store.add_photo(call, draft), foreign=foreign)
        if made is None:
            return multiple()
        self.known[person].photos.add(made.photo.id)
        self.jobs[made.job.id] = JobState.QUEUED
        self.owners[made.job.id] = person
        return (person, made.photo.id)

    @rule(target=leases)
    def claim(self) -> Any:
        lease = self.store.claim_job("worker")
        waiting = [job for job, state in self.jobs.items() if state is JobState.QUEUED]
        if lease is None:
            assert not waiting
            return multiple()
        self.entries += 1
        assert lease.job.id in waiting
        assert not self.known[lease.job.person_id].erased
        self.jobs[lease.job.id] = JobState.RUNNING
        return lease

    @rule(target=assessments, lease=consumes(leases))
    def analyse(self, lease: Lease) -> Any:
        person, photo = lease.job.person_id, lease.job.record_id
        cancelled = self.jobs.get(lease.job.id) is not JobState.RUNNING
        draft = AssessmentDraft(photo, "{}", {"acne": PIXELS})
        try:
            made = self.store.finish_job(lease, draft)
        except (RecordNotFoundError, RecordConflictError):
            assert cancelled or self.known[person].erased
            return multiple()
        assert not self.known[person].erased
        self.entries += 1
        self.known[person].assessments[made.id] = 0
        self.jobs[lease.job.id] = JobState.DONE
        return (person, made.id)

    @rule(lease=leases)
    def cancel(self, lease: Lease) -> None:
        person = lease.job.person_id
        job = self.attempt(person, lambda: self.store.cancel_job(self.call(person), lease.job.id))
        if job is not None and self.jobs[lease.job.id] is JobState.RUNNING:
            self.jobs[lease.job.id] = JobState.CANCELLED
        assert job is None or job.state is self.jobs[lease.job.id]

    @rule(assessment=assessments, foreign=st.booleans())
    def review(self, assessment: tuple[str, str], foreign: bool) -> None:  # noqa: FBT001
        person, record = assessment
        draft = ReviewDraft(record, Judgement.OVERRIDDEN, "why", files={"mask": PIXELS})
        call = self.call(person, foreign=foreign)
        made = self.attempt(person, lambda: self.store.add_review(call, draft), foreign=foreign)
        if made is not None:
            self.known[person].assessments[record] += 1

    @rule(person=people)
    def erase(self, person: str) -> None:
        known = self.known[person]
        self.entries += not known.erased
        self.store.erase(self.call(person), person)
        known.erased = True
        for job, state in list(self.jobs.items()):
            if self.owners[job] == person and state in {JobState.QUEUED, JobState.RUNNING}:
                assert self.store.locate(known.tenant_id, job) is None
                del self.jobs[job]

    @rule(person=people)
    def compare(self, person: str) -> None:
        """Read everything of a person, and compare it with the model."""
        known, call = self.known[person], self.call(person)
        if known.erased:
            assert self.store.standing(call.tenant_id, person, user_id="user1") is None
            return
        standing = self.store.standing(call.tenant_id, person, user_id="user1")
        assert standing is not None
        assert standing.consents == {p for p, granted in known.consents.items() if granted}
        assert {(t.user_id, t.relation) for t in self.store.links(call, person)} == known.ties
        photos = self.store.photos(call, person, Page(500)).items
        assert {photo.id for photo in photos} == known.photos
        made = self.store.assessments(call, person, Page(500)).items
        assert {one.id for one in made} == set(known.assessments)
        for record, count in known.assessments.items():
            assert len(self.store.reviews(call, record)) == count
        self.entries += 3 + len(known.assessments)

    @invariant()
    def one_entry_each(self) -> None:
        assert self.store.log_size() == self.entries

    def teardown(self) -> None:
        problems = self.store.verify().problems
        self.store.close()
        assert problems == ()


def run_machine(make: Callable[[], Repository], *, examples: int, steps: int) -> None:
    """Try so many ways through the machine; raises where model and system disagree."""
    made = type("Machine", (RecordMachine,), {"make": staticmethod(make)})
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(made, settings=chosen)


def race(store: Repository, *, threads: int, steps: int, seed: int) -> list[str]:
    """Let threads work on the same people, two of them erasing; return what is wrong after it."""
    tenant_id = store.create_tenant("Race", actor_id="x").id
    works = [Workload(store, tenant_id, seed * 1000 + number) for number in range(threads)]
    shared: list[str] = []
    acknowledged, wrong = [], []

    def go(work: Workload, *, erases: bool) -> None:
        work.people = shared
        for _ in range(steps):
            steps_of = [work.add_person, work.add_photo, work.consent, work.review]
            step = work.random.choice([*steps_of, work.erase, work.erase] if erases else steps_of)
            try:
                acknowledged.extend(step())
            except (RecordNotFoundError, RecordConflictError, IndexError, ValueError):
                continue  # erased meanwhile, or there was nobody
            except Exception as error:  # noqa: BLE001 - told with what is wrong
                wrong.append(f"{type(error).__name__}: {error}")

    running = [
        threading.Thread(target=go, args=(work,), kwargs={"erases": number < 2})
        for number, work in enumerate(works)
    ]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return [*wrong, *lost(store, tenant_id, acknowledged), *store.verify().problems]


def main() -> None:
    """Run on both engines, print the figures, write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=200)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    figures: dict[str, Any] = {"examples_each": given.examples, "steps_each": 40}
    problems: list[str] = []
    with tempfile.TemporaryDirectory(prefix="cutis-races-") as folder:
        from kill import Server  # noqa: PLC0415 - starts a server

        server = Server(Path(folder) / "server")
        engines: dict[str, Callable[[], str]] = {"sqlite": str, "postgres": server.new_database}
        for engine, new_address in engines.items():
            problems += _try_engine(Path(folder), engine, new_address, given.examples)
            store = open_at(options_in(Path(folder) / f"{engine}-race", new_address()))
            for seed in range(10):
                problems += race(store, threads=8, steps=40, seed=seed)
            store.close()
        server.stop()
    figures |= {"races_each": 10, "threads": 8, "problems": len(problems)}
    tell("R14", {**figures, "first_problems": problems[:5], "passed": not problems}, given.out)


def _try_engine(
    folder: Path, engine: str, new_address: Callable[[], str], examples: int
) -> list[str]:
    """Run the state machine, each example over records of its own."""
    numbers = itertools.count()

    def make() -> Repository:
        return open_at(options_in(folder / f"{engine}-{next(numbers)}", new_address()))

    try:
        run_machine(make, examples=examples, steps=40)
    except Exception as error:  # noqa: BLE001 - a disagreement is the finding
        return [f"{engine}: {type(error).__name__}: {error}"]
    return []


if __name__ == "__main__":
    main()
