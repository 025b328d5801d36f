"""The plan of a batch: the same for everybody, and nothing left out or done twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutis.batch.plan import (
    Shard,
    after_falls,
    item_of,
    items_of,
    json_file,
    map_file,
    parse_shard,
    part_file,
    waves,
)
from cutis.core.errors import InputError

ADDRESSES = st.lists(st.text(min_size=1, max_size=20), max_size=40)


def test_a_key_is_the_digest_of_the_address():
    assert (
        item_of("abc").key == "ba7816bf8f01cfea414140de5dae2223"
    )  # FIPS 180-4, example of SHA-256


@given(ADDRESSES, st.integers(1, 7))
def test_shares_divide_the_items(addresses: list[str], count: int):
    shares = [list(items_of(addresses, Shard(i, count))) for i in range(count)]
    together = [item for share in shares for item in share]
    assert sorted(i.address for i in together) == sorted(addresses)


@given(ADDRESSES, st.integers(1, 9))
def test_waves_hold_every_item_in_order(addresses: list[str], size: int):
    items = [item_of(address) for address in addresses]
    made = list(waves(items, size))
    assert [item for wave in made for item in wave] == items
    assert all(0 < len(wave) <= size for wave in made)


def test_waves_take_no_more_than_they_give():
    taken: list[int] = []
    endless = (taken.append(i) or item_of(str(i)) for i in range(10**9))
    assert len(next(waves(endless, 3))) == 3
    assert len(taken) == 3


@pytest.mark.parametrize("text", ["0/3", "4/3", "1/0", "1", "a/b", "1/3/5", "-1/3"])
def test_a_share_that_is_none_is_refused(text: str):
    with pytest.raises(InputError, match="K/N"):
        parse_shard(text)


def test_a_share_is_read():
    assert parse_shard("2/5") == Shard(1, 5)


def test_a_photo_is_tried_until_it_has_cost_enough_workers():
    assert after_falls(["killed", "killed"], 3) is None
    assert after_falls(["killed", "killed", "time"], 3) == "worker.time"


def test_files_are_named_by_key():
    assert json_file("abcd") == "json/ab/abcd.json"
    assert map_file("abcd", "skin") == "maps/ab/abcd/skin.png"
    assert part_file("photos", Shard(1, 4), 7) == "photos/part-00002-of-00004-000007.parquet"
