"""Every operation that takes a call, as one table: how it is done, and whether it only reads."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from cutis.core.record_words import JobState, Judgement, Outcome, Purpose, Relation
from cutis.core.records import (
    AssessmentDraft,
    Call,
    ConsentDraft,
    File,
    JobDraft,
    Link,
    Page,
    PersonDraft,
    PhotoDraft,
    ReviewDraft,
)
from cutis.store.opening import open_parts
from cutis.store.options import StoreOptions
from cutis.store.repository import Repository
from cutis.testing import FakeClock

PIXELS, MAP = File("image/jpeg", b"the pixels of a photo"), File("image/png", b"a drawn map")
CONSENT = ConsentDraft(
    Purpose.ASSESSMENT, granted=True, text_version="v1", given_by="user1", evidence="form-77"
)


@dataclass(frozen=True, slots=True)
class Ids:
    """Records of one person, one of each kind."""

    person: str
    visit: str
    photo: str
    assessment: str
    review: str
    job: str


def fill(store: Repository, call: Call) -> Ids:
    """Keep one record of each kind, with known words in all of them."""
    person = store.add_person(call, PersonDraft("known-reference", 1990, "known-note")).id
    store.record_consent(call, person, CONSENT)
    visit = store.add_visit(call, person, note="known-visit").id
    draft = PhotoDraft(person, PIXELS, visit, '{"camera": "known-camera"}', job=JobDraft())
    photo = store.add_photo(call, draft)
    answer = AssessmentDraft(photo.photo.id, '{"answer": "known-answer"}', {"acne": MAP})
    assessment = store.add_assessment(call, answer).id
    written = ReviewDraft(
        assessment, Judgement.OVERRIDDEN, "known-reason", '{"grade": "known"}', {"mask": MAP}
    )
    review = store.add_review(call, written).id
    assert photo.job is not None
    return Ids(person, visit, photo.photo.id, assessment, review, photo.job.id)


def open_with(options: StoreOptions, clock: FakeClock) -> Repository:
    """Open a store by a given clock."""
    return Repository(replace(open_parts(options), clock=clock))


Operation = Callable[[Repository, Call, Ids], Any]

READS: dict[str, Operation] = {
    "person": lambda s, c, i: s.person(c, i.person),
    "links": lambda s, c, i: s.links(c, i.person),
    "consents": lambda s, c, i: s.consents(c, i.person),
    "visit": lambda s, c, i: s.visit(c, i.visit),
    "visits": lambda s, c, i: s.visits(c, i.person, Page()),
    "photo": lambda s, c, i: s.photo(c, i.photo),
    "photos": lambda s, c, i: s.photos(c, i.person, Page()),
    "assessment": lambda s, c, i: s.assessment(c, i.assessment),
    "assessments": lambda s, c, i: s.assessments(c, i.person, Page()),
    "reviews": lambda s, c, i: s.reviews(c, i.assessment),
    "file": lambda s, c, i: s.read_file(c, i.photo, "photo"),
    "job": lambda s, c, i: s.job(c, i.job),
    "export": lambda s, c, i: s.export(c, i.person, io.BytesIO()),
}
"""Operations on one person that read."""

WRITES: dict[str, Operation] = {
    "change_person": lambda s, c, i: s.change_person(
        c, i.person, PersonDraft("other"), expected_version=1
    ),
    "link": lambda s, c, i: s.link(c, Link("user2", i.person, Relation.CARE)),
    "unlink": lambda s, c, i: s.unlink(c, Link("user2", i.person, Relation.CARE)),
    "record_consent": lambda s, c, i: s.record_consent(c, i.person, CONSENT),
    "add_visit": lambda s, c, i: s.add_visit(c, i.person),
    "change_visit": lambda s, c, i: s.change_visit(c, i.visit, "other", expected_version=1),
    "add_photo": lambda s, c, i: s.add_photo(c, PhotoDraft(i.person, PIXELS)),
    "add_photo_of_visit": lambda s, c, i: s.add_photo(c, PhotoDraft(i.person, PIXELS, i.visit)),
    "add_assessment": lambda s, c, i: s.add_assessment(c, AssessmentDraft(i.photo, "{}")),
    "add_review": lambda s, c, i: s.add_review(
        c, ReviewDraft(i.assessment, Judgement.VALIDATED, "seen")
    ),
    "attach_files": lambda s, c, i: s.attach_files(c, i.assessment, {"report": MAP}),
    "enter_signature": lambda s, c, i: s.enter_signature(c, i.assessment, "5d" * 32),
    "enqueue": lambda s, c, i: s.enqueue(c, i.photo, JobDraft()),
    "cancel_job": lambda s, c, i: s.cancel_job(c, i.job),
    "erase": lambda s, c, i: s.erase(c, i.person),
}
"""Operations on one person that write; the last one leaves nothing."""

OF_TENANT: dict[str, Operation] = {
    "add_person": lambda s, c, _: s.add_person(c, PersonDraft(user_id="user3")),
    "people": lambda s, c, _: s.people(c, Page()),
    "jobs": lambda s, c, _: s.jobs(c, Page(), state=JobState.QUEUED),
    "note": lambda s, c, _: s.note(c, "policy.refuse", outcome=Outcome.REFUSED),
    "audit_entries": lambda s, c, _: s.audit_entries(c, Page()),
}
"""Operations on a tenant."""

ON_A_PERSON = {**READS, **WRITES}
EVERY = {**ON_A_PERSON, **OF_TENANT}
