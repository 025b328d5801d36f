"""Pieces of words, the sentence encoder, and the shipped weights on sentences kept for the test."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest

from cutis.assistant.ask import ask
from cutis.core.concerns import Concern
from cutis.core.language import Language
from cutis.models.runtime import Runtime
from cutis.models.sentence_encoder import MOST_PIECES, SHA256, SentenceEncoder
from cutis.models.sentence_files import is_installed
from cutis.steps.concerns import classify_concern, shipped_weights
from cutis.steps.narrate import read_catalogue
from cutis.testing import sample_assessment

QUESTIONS = Path(__file__).resolve().parents[1] / "assistant" / "questions.toml"
SENTENCES = Path(__file__).resolve().parents[2] / "benchmarks" / "concerns.toml"


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    if not is_installed():
        pytest.skip("the extra words is not installed")
    return SentenceEncoder(Runtime())


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        # published with BERT base, uncased: Google's documentation, and a common first example
        ("John Johanson's house", [2198, 13093, 3385, 1005, 1055, 2160]),
        ("Hello, my dog is cute", [7592, 1010, 2026, 3899, 2003, 10140]),
        # spaces, capitals, accents in one character or two, characters that are not shown
        (" \tHeLLo \n H\u00e9llo He\u0301llo", [7592, 7592, 7592]),
        ("wo\x00r\ufffdld", [2088]),
        # signs and Han characters stand alone
        ("hello!world", [7592, 999, 2088]),
        ("\u535ahello\u535a", [1786, 7592, 1786]),
        # 100 is for what is not known: a picture, a word longer than a hundred characters
        ("\u2603 world", [100, 2088]),
        ("x" * 101, [100]),
        # a mark that a person types is text
        ("[SEP]", [1031, 19802, 1033]),
        ("", []),
    ],
)
def test_numbers_of_pieces(text: str, numbers: list[int], encoder: SentenceEncoder):
    assert encoder.pieces(text) == [101, *numbers, 102]


def test_a_long_text_is_cut_and_closed(encoder: SentenceEncoder):
    assert encoder.pieces("skin " * 500) == [101, *[3096] * (MOST_PIECES - 2), 102]
    assert encoder.pieces("skin " * 3) == [101, 3096, 3096, 3096, 102]


def test_what_is_cut_off_changes_nothing(encoder: SentenceEncoder):
    whole, longer, shorter = encoder.embed(["skin " * n for n in (MOST_PIECES - 2, 500, 3)])
    assert np.array_equal(whole, longer)
    assert not np.array_equal(whole, shorter)


def test_a_text_may_be_empty(encoder: SentenceEncoder):
    assert np.linalg.norm(encoder.embed([""])) == pytest.approx(1, abs=1e-5)


def test_vectors_have_length_one_and_know_no_neighbours(encoder: SentenceEncoder):
    together = encoder.embed(["my skin is dry", "hello"])
    assert together.shape == (2, 384)
    assert np.linalg.norm(together, axis=1) == pytest.approx([1, 1], abs=1e-5)
    assert np.array_equal(together[1:], encoder.embed(["hello"]))
    assert encoder.uses()[0].sha256 == SHA256


def test_near_in_meaning_is_near(encoder: SentenceEncoder):
    """The pair of the first line shares no word but *my*, the other pair shares most."""
    a, b, c = encoder.embed(["my face is flaking", "my skin is peeling", "my face is painting"])
    assert a @ b > a @ c


def test_the_card_holds_on_the_sentences_kept_for_the_test(encoder: SentenceEncoder):
    tables = tomllib.loads(SENTENCES.read_text(encoding="utf-8"))
    rows = [(s, i) for i, c in enumerate(Concern) for s in tables[c.value]["test"]]
    weights = shipped_weights()
    p = weights.probabilities(encoder.embed([s for s, _ in rows]))
    right = np.mean(p.argmax(axis=1) == [i for _, i in rows])
    assert right == pytest.approx(weights.card["held_out_accuracy"], abs=0.02)
    assert all(len(tables[c.value]["test"]) >= 8 for c in Concern)
    assert all(len(tables[c.value]["train"]) >= 20 for c in Concern)


def test_no_sentence_is_in_both_parts():
    tables = tomllib.loads(SENTENCES.read_text(encoding="utf-8"))
    parts = [[s for c in Concern for s in tables[c.value][part]] for part in ("train", "test")]
    assert not set(parts[0]) & set(parts[1])
    assert all(len(set(part)) == len(part) for part in parts)


def test_meaning_decides_between_facts_as_well_as_words_do(encoder: SentenceEncoder):
    """With the encoder in place of BM25 the questions of the assistant keep their sources."""
    words, sample = read_catalogue(Language.ENGLISH), sample_assessment()
    rows = tomllib.loads(QUESTIONS.read_text(encoding="utf-8"))["question"]
    for row in [r for r in rows if r["kind"] == "answerable"]:
        answer = ask(row["ask"], sample, words, embedder=encoder)
        assert [c for s in answer.statements for c in s.cites] == row["cites"], row["ask"]


def test_the_example_of_the_docs(encoder: SentenceEncoder):
    stated = classify_concern("my cheeks get red when I eat hot peppers", encoder)
    assert stated.leading is Concern.REDNESS
    assert max(stated.words, key=lambda pair: pair[1])[0] in {"red", "cheeks"}
