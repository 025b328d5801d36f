"""S4: device trust goes from 1 down, never up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cutis.service.policy import POLICY
from cutis.service.trust import Signs, doubts, is_recent, trust_of

signs = st.builds(
    Signs,
    same_address=st.booleans(),
    same_agent=st.booleans(),
    encrypted=st.booleans(),
    strong=st.booleans(),
    age=st.timedeltas(timedelta(0), timedelta(days=2)),
    refused_lately=st.integers(0, 50),
)
WORSE = {
    "same_address": False,
    "same_agent": False,
    "encrypted": False,
    "strong": False,
    "age": timedelta(days=3),
    "refused_lately": 1000,
}


@given(signs, st.sampled_from(sorted(WORSE)))
def test_no_sign_raises_trust(seen: Signs, name: str):
    assert trust_of(replace(seen, **{name: WORSE[name]})) <= trust_of(seen)


@given(signs)
def test_trust_is_a_share(seen: Signs):
    assert 0 < trust_of(seen) <= 1
    assert (trust_of(seen) == 1) is (not list(doubts(seen)))


def test_a_token_that_moved_to_another_program_may_do_nothing_grave():
    moved = Signs(same_address=False, same_agent=False)
    assert trust_of(moved) < 0.4


def test_on_a_plain_way_nothing_is_written():
    """Whoever sits between could copy the token; what is read so is the operator's choice."""
    plain = trust_of(Signs(encrypted=False))
    assert plain < min(POLICY[name].min_trust for name in ("people.change", "photos.upload"))
    assert plain >= POLICY["people.read"].min_trust


def test_a_confirmation_counts_for_a_while():
    now = datetime(2026, 11, 26, tzinfo=UTC)
    assert is_recent("2026-11-25T23:59:00Z", now, 300)
    assert not is_recent("2026-11-25T23:00:00Z", now, 300)
    assert not is_recent("2026-11-26T00:01:00Z", now, 300)
    assert not is_recent(None, now, 300)
