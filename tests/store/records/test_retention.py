"""Retention: the clocks as a pure function, and what pruning does."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from operations_of_records import PIXELS, fill

from cutis.core.errors import RecordNotFoundError
from cutis.core.record_words import Purpose
from cutis.core.records import Call, ConsentDraft, IdempotencyKey, Page, PersonDraft
from cutis.store.pruning import Pruned
from cutis.store.repository import Repository
from cutis.store.retention import Due, HeldPerson, Reason, RetentionRules, due
from cutis.store.times import later
from cutis.testing import FakeClock

DAY0 = "2026-01-01T00:00:00.000000Z"
PERSON = HeldPerson("t", "p", DAY0, photos=(("photo", DAY0),))
days = st.integers(0, 400)


def on_day(day: float) -> str:
    return later(DAY0, days=day)


def test_each_clock_strikes_on_its_day():
    rules = RetentionRules(photo_days=10, person_days=100, withdrawn_days=30)
    gone = HeldPerson("t", "p", DAY0, on_day(5), photos=(("photo", DAY0),))
    photo = Due("t", "p", "photo", Reason.PHOTO_OLD)
    idle = Due("t", "p", None, Reason.PERSON_IDLE)
    withdrawn = Due("t", "p", None, Reason.CONSENT_WITHDRAWN)
    assert due(rules, [PERSON], on_day(9.99)) == ()
    assert due(rules, [PERSON], on_day(10)) == (photo,)
    assert due(rules, [PERSON], on_day(100)) == (idle,)
    assert due(rules, [gone], on_day(34.99)) == (photo,)
    assert due(rules, [gone], on_day(35)) == (withdrawn,)


def test_nought_keeps_for_good():
    rules = RetentionRules(0, 0, 0)
    held = HeldPerson("t", "p", DAY0, DAY0, (("photo", DAY0),))
    assert due(rules, [held], on_day(100_000)) == ()


@given(days, days, days, st.integers(0, 800), st.integers(0, 800))
def test_what_is_due_stays_due(photo: int, person: int, withdrawn: int, one: int, other: int):
    rules = RetentionRules(photo, person, withdrawn)
    held = HeldPerson("t", "p", DAY0, on_day(3), (("photo", on_day(1)),))
    early, late = sorted((one, other))
    before, after = due(rules, [held], on_day(early)), due(rules, [held], on_day(late))
    people = {d.person_id for d in after if d.photo_id is None}
    assert all(d in after or d.person_id in people for d in before)


def test_pixels_go_and_the_assessment_stays(store: Repository, call: Call, clock: FakeClock):
    ids = fill(store, call)
    rules = RetentionRules(photo_days=10)
    assert store.prune(rules) == Pruned()
    clock.move(days=11)
    size = store.log_size()
    assert store.prune(rules) == Pruned(photos=1)
    assert store.log_size() == size + 1
    assert store.photo(call, ids.photo).file is None
    with pytest.raises(RecordNotFoundError):
        store.read_file(call, ids.photo, "photo")
    assert store.assessment(call, ids.assessment).photo_id == ids.photo
    assert store.verify().problems == ()
    assert store.prune(rules) == Pruned()


def test_a_withdrawal_erases_in_time_unless_taken_back(
    store: Repository, call: Call, clock: FakeClock
):
    ids, other = fill(store, call), fill(store, call)
    no = ConsentDraft(Purpose.ASSESSMENT, granted=False, text_version="v1", given_by="user1")
    for one in (ids, other):
        store.record_consent(call, one.person, no)
    clock.move(days=20)
    store.record_consent(call, other.person, replace(no, granted=True))
    clock.move(days=11)
    assert store.prune(RetentionRules()).people == 1
    assert [person.id for person in store.people(call, Page()).items] == [other.person]
    assert store.erase(call, ids.person).entry_index > 0


def test_an_idle_person_goes(store: Repository, call: Call, clock: FakeClock):
    ids = fill(store, call)
    rules = RetentionRules(person_days=365)
    clock.move(days=300)
    store.add_visit(call, ids.person)
    clock.move(days=300)
    assert store.prune(rules).people == 0
    clock.move(days=66)
    assert store.prune(rules).people == 1


def test_keys_are_forgotten_and_orphans_swept(store: Repository, call: Call, clock: FakeClock):
    fill(store, replace(call, idempotency=None))
    store.add_person(replace(call, idempotency=IdempotencyKey("k", "0" * 64)), PersonDraft())
    store.parts.blobs.put("ab" * 16, PIXELS.content)
    _write_all_at(store, clock.now())
    assert store.prune(RetentionRules()) == Pruned(), "an hour is given to what is under way"
    clock.move(days=3)
    assert store.prune(RetentionRules()) == Pruned(keys=1, blobs=1)
    assert len(list(store.parts.blobs.ids())) == 3


def _write_all_at(store: Repository, moment: datetime) -> None:
    """Date the files as the clock of the test would have."""
    for blob_id, _ in list(store.parts.blobs.ids()):
        path = store.parts.blobs._path(blob_id)  # type: ignore[attr-defined]
        os.utime(path, (moment.timestamp(), moment.timestamp()))
