"""Shingles held in common, on drawn texts and as laws."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutis.core.errors import InputError
from cutis.steps.originality import MOST_CHARACTERS, OriginalityLimits, check_originality

HELP = "Make-up hides redness; blush, warm light from one side and recent sun or sport add to it."
OWN = "Since last summer my cheeks sting whenever I come in from the cold."
words = st.lists(st.sampled_from("red dry cheek nose itch burn sun cold".split()), max_size=30)


def test_own_words_are_original():
    found = check_originality(OWN, {"help": HELP})
    assert (found.known_share, found.by_source, found.passages) == (0.0, {}, ())


def test_pasted_words_are_found_where_they_stand():
    text = f"Well: RECENT sun, or sport add to it! {OWN}"
    found = check_originality(text, {"help": HELP})
    assert [p.text for p in found.passages] == ["RECENT sun, or sport add to it"]
    passage = found.passages[0]
    assert text[passage.start : passage.end] == passage.text
    assert found.known_share == pytest.approx(3 / 17)
    assert found.by_source == {"help": pytest.approx(3 / 17)}


def test_two_sources_are_told_apart_and_counted_once():
    found = check_originality(HELP, {"a": HELP, "b": HELP})
    assert found.known_share == 1
    assert set(found.by_source) == {"a", "b"}
    assert len(found.passages) == 2


def test_a_short_text_says_nothing():
    assert check_originality("my skin is dry", {"help": HELP}).known_share is None


def test_chinese_is_compared_by_characters():
    found = check_originality("我的脸颊在寒冷的天气里发红", {"x": "在寒冷的天气里要小心"})
    assert [p.text for p in found.passages] == ["在寒冷的天气里"]


def test_too_long_is_refused():
    with pytest.raises(InputError, match="in parts"):
        check_originality("x" * (MOST_CHARACTERS + 1), {})


@given(words, words)
def test_a_text_inside_another_is_known(inner: list[str], outer: list[str]):
    known = " ".join([*outer, *inner, *outer])
    share = check_originality(" ".join(inner), {"x": known}).known_share
    assert share == (1.0 if len(inner) >= 5 else None)


@given(words, words, st.integers(2, 6))
def test_shares_and_passages_agree_by_brute_force(own: list[str], other: list[str], k: int):
    found = check_originality(" ".join(own), {"x": " ".join(other)}, OriginalityLimits(k))
    mine = [own[i : i + k] for i in range(len(own) - k + 1)]
    theirs = [other[i : i + k] for i in range(len(other) - k + 1)]
    held = sum(shingle in theirs for shingle in mine)
    assert found.known_share == (held / len(mine) if mine else None)
    assert bool(found.passages) == bool(held)
    assert all(f" {p.text} " in f" {' '.join(own)} " for p in found.passages)
