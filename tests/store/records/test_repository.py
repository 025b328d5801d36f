"""Records of every kind, on both engines, by one suite."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from operations_of_records import EVERY, MAP, ON_A_PERSON, PIXELS, fill
from sqlalchemy import text

from cutis.core.errors import (
    InputError,
    RecordConflictError,
    RecordNotFoundError,
    StoreUnavailableError,
)
from cutis.core.record_ports import LeafSource, RecordStore
from cutis.core.record_words import Judgement, Kind, Outcome, Purpose, Relation, Role
from cutis.core.records import (
    AssessmentDraft,
    Call,
    ConsentDraft,
    File,
    IdempotencyKey,
    JobDraft,
    Link,
    Page,
    PersonDraft,
    PhotoDraft,
    ReviewDraft,
    Upload,
)
from cutis.store.entries import decode_entry
from cutis.store.merkle import leaf_hash
from cutis.store.repository import Repository
from cutis.testing import FakeClock


def test_the_repository_is_the_port(store: Repository):
    assert isinstance(store, RecordStore)
    assert isinstance(store, LeafSource)
    assert store.ready()


def test_a_tenant_keeps_its_name_and_gets_new_keys(store: Repository):
    first, second = (store.create_tenant(name, actor_id="x") for name in ("One", "Zwei"))
    store.add_person(Call(first.id, "u", Role.ADMIN), PersonDraft("r"))
    assert store.rotate_tenant_key(first.id, actor_id="x") == 1
    assert [(t.id, t.name) for t in store.tenants()] == [(first.id, "One"), (second.id, "Zwei")]


def test_a_person_changes_by_versions(store: Repository, call: Call, person_id: str):
    person = store.person(call, person_id)
    assert (person.reference, person.birth_year, person.note) == ("ref-7", 1990, "note")
    changed = store.change_person(call, person_id, PersonDraft("ref-8"), expected_version=1)
    assert (changed.version, changed.reference, changed.birth_year) == (2, "ref-8", None)
    assert store.person(call, person_id) == changed
    with pytest.raises(RecordConflictError, match="Version 2"):
        store.change_person(call, person_id, PersonDraft("ref-9"), expected_version=1)


@pytest.mark.parametrize("year", [0, 99, 1700, 3000])
def test_a_birth_year_is_one(store: Repository, call: Call, year: int):
    with pytest.raises(InputError, match="birth year"):
        store.add_person(call, PersonDraft(birth_year=year))


def test_ties_decide_whom_a_user_sees(store: Repository, call: Call, person_id: str):
    other = store.add_person(call, PersonDraft("ref-9", user_id="user9")).id
    tie = Link("user9", person_id, Relation.GUARDIAN)
    for _ in range(2):
        store.link(call, tie)
    assert store.links(call, person_id) == [tie]
    mine = store.people(call, Page(), of_user="user9").items
    assert {person.id for person in mine} == {person_id, other}
    assert store.people(call, Page(), of_user="nobody").items == ()
    store.unlink(call, tie)
    store.unlink(call, tie)
    assert store.links(call, person_id) == []


def test_the_latest_consent_counts(store: Repository, call: Call, person_id: str, clock: FakeClock):
    def say(purpose: Purpose, *, granted: bool, until: str | None = None) -> None:
        draft = ConsentDraft(purpose, granted, "v1", "user1", expires_at=until)
        store.record_consent(call, person_id, draft)

    def granted() -> frozenset[Purpose]:
        standing = store.standing(call.tenant_id, person_id, user_id="user1")
        assert standing is not None
        return standing.consents

    say(Purpose.ASSESSMENT, granted=True)
    say(Purpose.RESEARCH, granted=True, until="2026-12-01T00:00:00+01:00")
    assert granted() == {Purpose.ASSESSMENT, Purpose.RESEARCH}
    say(Purpose.ASSESSMENT, granted=False)
    assert granted() == {Purpose.RESEARCH}
    clock.move(days=10)
    assert granted() == frozenset()
    told = [(c.given.purpose, c.given.granted) for c in store.consents(call, person_id)]
    assert told == [
        (Purpose.ASSESSMENT, True),
        (Purpose.RESEARCH, True),
        (Purpose.ASSESSMENT, False),
    ]


@pytest.mark.parametrize(("year", "adult"), [(None, None), (2000, True), (2008, False)])
def test_who_may_be_a_child_is_treated_as_one(
    store: Repository, call: Call, year: int | None, adult: object
):
    person = store.add_person(call, PersonDraft(birth_year=year, user_id="me")).id
    standing = store.standing(call.tenant_id, person, user_id="me")
    assert standing is not None
    assert (standing.adult, standing.relation) == (adult, Relation.SELF)
    assert store.standing("elsewhere", person, user_id="me") is None


def test_a_photo_an_assessment_and_its_review(store: Repository, call: Call):
    ids = fill(store, call)
    photo, assessment = store.photo(call, ids.photo), store.assessment(call, ids.assessment)
    assert photo.file is not None
    assert (photo.visit_id, photo.file.size_bytes) == (ids.visit, len(PIXELS.content))
    assert assessment.photo_id == ids.photo
    assert [file.name for file in assessment.files] == ["acne"]
    review = store.reviews(call, ids.assessment)[0]
    assert (review.judgement, review.reason, review.reviewer_id) == (
        Judgement.OVERRIDDEN,
        "known-reason",
        "user1",
    )
    assert store.read_file(call, ids.photo, "photo") == PIXELS
    assert store.read_file(call, ids.review, "mask") == MAP
    with pytest.raises(RecordNotFoundError):
        store.read_file(call, ids.photo, "other")
    assert store.assessment(call, ids.assessment).version == 1, "a review changes no assessment"


def test_a_file_is_attached_and_replaced(store: Repository, call: Call):
    ids = fill(store, call)
    for content in (b"first", b"second"):
        store.attach_files(call, ids.assessment, {"report": File("application/pdf", content)})
    record = store.assessment(call, ids.assessment)
    assert (record.version, [f.name for f in record.files]) == (3, ["acne", "report"])
    assert store.read_file(call, ids.assessment, "report").content == b"second"


def test_a_review_needs_a_reason(store: Repository, call: Call, upload: Upload):
    made = store.add_assessment(call, AssessmentDraft(upload.photo.id, "{}"))
    with pytest.raises(InputError, match="reason"):
        store.add_review(call, ReviewDraft(made.id, Judgement.VALIDATED, " "))


def test_a_photo_joins_only_a_visit_of_its_person(store: Repository, call: Call, upload: Upload):
    other = store.add_person(call, PersonDraft()).id
    with pytest.raises(RecordNotFoundError):
        store.add_photo(call, PhotoDraft(other, PIXELS, upload.visit.id))


def test_pages_hold_everything_once(store: Repository, call: Call, person_id: str):
    made = [store.add_visit(call, person_id, note=str(n)).id for n in range(7)]
    seen, cursor = [], None
    while True:
        page = store.visits(call, person_id, Page(3, cursor))
        seen += [visit.id for visit in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == made[::-1]
    for wrong in (Page(0), Page(501), Page(5, "???"), Page(5, "Zm9v"), Page(5, "\u00e9")):
        with pytest.raises(InputError):
            store.visits(call, person_id, wrong)
    with pytest.raises(InputError):
        store.audit_entries(call, Page(5, "Zm9v"))


@pytest.mark.parametrize("when", ["yesterday", "2026-11-26", "2026-11-26T09:30:00"])
def test_a_time_needs_its_offset(store: Repository, call: Call, person_id: str, when: str):
    with pytest.raises(InputError):
        store.add_visit(call, person_id, visited_at=when)


def test_a_time_is_told_in_utc(store: Repository, call: Call, person_id: str):
    visit = store.add_visit(call, person_id, visited_at="2026-11-26T09:30:00+05:30")
    assert visit.visited_at == "2026-11-26T04:00:00.000000Z"


def test_a_record_is_located_without_an_entry(store: Repository, call: Call):
    ids, size = fill(store, call), store.log_size()
    for record, kind in (
        (ids.review, Kind.REVIEW),
        (ids.job, Kind.PHOTO),
        (ids.person, Kind.PERSON),
    ):
        assert store.locate(call.tenant_id, record) == (kind, ids.person)
        assert store.locate("elsewhere", record) is None
    assert store.locate(call.tenant_id, "absent") is None
    assert store.log_size() == size


@pytest.mark.parametrize("name", EVERY)
def test_each_operation_makes_exactly_one_entry(store: Repository, call: Call, name: str):
    ids, size = fill(store, call), store.log_size()
    EVERY[name](store, replace(call, request_id="request-1"), ids)
    assert store.log_size() == size + 1
    entry, _ = decode_entry(next(store.log_entries(size, size + 1)))
    assert (entry.tenant_id, entry.actor_id, entry.role) == (call.tenant_id, "user1", call.role)
    assert entry.request_id == "request-1"
    assert name not in ON_A_PERSON or entry.subject_id == ids.person


@pytest.mark.parametrize("name", ON_A_PERSON)
def test_foreign_and_absent_records_answer_alike(store: Repository, call: Call, name: str):
    ids = fill(store, call)
    stranger = Call(store.create_tenant("Other", actor_id="x").id, "user1", Role.ADMIN)
    absent = replace(ids, **dict.fromkeys(ids.__slots__, "0" * 32))
    size, answers = store.log_size(), []
    for who, what in ((stranger, ids), (call, absent)):
        with pytest.raises(RecordNotFoundError) as refusal:
            ON_A_PERSON[name](store, who, what)
        answers.append(str(refusal.value))
    assert answers[0] == answers[1]
    assert store.log_size() == size, "what did not happen is the service's to tell"


@pytest.mark.parametrize("name", EVERY)
def test_without_its_entry_nothing_is_done_and_nothing_told(
    store: Repository, call: Call, name: str
):
    """Fail closed: the log refuses every new entry, so every operation is refused."""
    ids = fill(store, call)
    _break_log(store)
    with pytest.raises(StoreUnavailableError):
        EVERY[name](store, call, ids)
    _mend_log(store)
    assert store.verify().problems == ()
    assert store.person(call, ids.person).version == 1


def _break_log(store: Repository) -> None:
    """Let no row into the table of entries: what a log on a broken disk does."""
    on, body = "BEFORE INSERT ON log_entries", "BEGIN SELECT RAISE(ABORT, 'broken'); END"
    if not store.parts.database.embedded:
        raising = "$$ BEGIN RAISE EXCEPTION 'broken'; END $$"
        body = "EXECUTE FUNCTION broken()"
        _execute(store, f"CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS {raising}")
    _execute(store, f"CREATE TRIGGER broken {on} {body}")


def _mend_log(store: Repository) -> None:
    on = "" if store.parts.database.embedded else " ON log_entries"
    _execute(store, f"DROP TRIGGER broken{on}")


def _execute(store: Repository, words: str) -> None:
    with store.parts.database.writing() as connection:
        connection.execute(text(words))


def test_entries_are_read_by_tenant_and_subject(store: Repository, call: Call):
    ids = fill(store, call)
    other = Call(store.create_tenant("Other", actor_id="x").id, "user1", Role.AUDITOR)
    index = store.note(call, "policy.refuse", subject_id=ids.person, outcome=Outcome.REFUSED)
    first = store.audit_entries(call, Page(2), subject_id=ids.person)
    assert (first.items[0].index, first.items[0].outcome) == (index, Outcome.REFUSED)
    rest = store.audit_entries(call, Page(500, first.next_cursor), subject_id=ids.person)
    actions = [entry.action for entry in (*first.items, *rest.items)]
    assert actions == [
        "policy.refuse",
        "review.add",
        "assessment.add",
        "photo.add",
        "visit.add",
        "consent.record",
        "person.add",
    ]
    assert [e.action for e in store.audit_entries(other, Page()).items] == ["tenant.create"]


def test_leaves_are_the_hashes_of_entries(store: Repository, call: Call):
    fill(store, call)
    size = store.log_size()
    entries = list(store.log_entries(0, size))
    assert [decode_entry(entry)[0].index for entry in entries] == list(range(size))
    assert store.leaf_hashes(0, size) == [leaf_hash(entry) for entry in entries]
    assert store.leaf_hashes(2, 3) == [leaf_hash(entries[2])]


def test_a_checkpoint_is_kept(store: Repository):
    assert store.latest_checkpoint() is None
    for size, note in ((1, "one"), (3, "three"), (3, "three, joined"), (2, "two")):
        store.save_checkpoint(size, note)
    assert store.latest_checkpoint() == (3, "three, joined")


KEYED: dict[str, Callable[[Repository, Call, str], object]] = {
    "person": lambda s, c, _: s.add_person(c, PersonDraft("r")),
    "consent": lambda s, c, p: s.record_consent(
        c, p, ConsentDraft(Purpose.SHARING, granted=True, text_version="1", given_by="u")
    ),
    "visit": lambda s, c, p: s.add_visit(c, p),
    "photo": lambda s, c, p: s.add_photo(c, PhotoDraft(p, PIXELS, job=JobDraft())),
    "change": lambda s, c, p: s.change_person(c, p, PersonDraft("new"), expected_version=1),
    "link": lambda s, c, p: s.link(c, Link("u", p, Relation.CARE)),
}


@pytest.mark.parametrize("name", KEYED)
def test_a_key_sent_again_gets_the_first_answer(
    store: Repository, call: Call, person_id: str, name: str
):
    keyed = replace(call, idempotency=IdempotencyKey("key-1", "a" * 64))
    size = store.log_size()
    first = KEYED[name](store, keyed, person_id)
    assert KEYED[name](store, keyed, person_id) == first
    assert store.log_size() == size + 1
    other = replace(call, idempotency=IdempotencyKey("key-1", "b" * 64))
    with pytest.raises(RecordConflictError, match="another request"):
        KEYED[name](store, other, person_id)
    with pytest.raises(RecordConflictError, match="another request"):
        store.add_person(keyed, PersonDraft()) if name != "person" else store.add_visit(
            keyed, person_id
        )
    colleague = replace(keyed, actor_id="user2")
    if name != "change":
        assert name == "link" or KEYED[name](store, colleague, person_id) != first


def test_a_hundred_sends_of_one_key_make_one_record(store: Repository, call: Call, person_id: str):
    """R13: a hundred threads, one key: one photo, one entry, one file, one answer."""
    keyed = replace(call, idempotency=IdempotencyKey("key-1", "a" * 64))
    draft = PhotoDraft(person_id, PIXELS, job=JobDraft())
    size, answers, gate = store.log_size(), [], threading.Barrier(100)

    def send() -> None:
        gate.wait()
        answers.append(store.add_photo(keyed, draft))

    threads = [threading.Thread(target=send) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 100
    assert len(set(answers)) == 1
    assert store.log_size() == size + 1
    assert len(store.photos(call, person_id, Page()).items) == 1
    assert len(list(store.parts.blobs.ids())) == 1
