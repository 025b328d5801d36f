"""Concerns by drawn vectors: the logistic answer, the digest, and words left out."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

import numpy as np
import pytest

from cutis.core.arrays import Vectors
from cutis.core.assessment import ModelUse
from cutis.core.concerns import Concern
from cutis.core.errors import InputError, ModelError
from cutis.core.vocabulary import Condition
from cutis.steps.concerns import classify_concern, read_weights, shipped_weights
from cutis.steps.concerns.classify import MOST_CHARACTERS, digest_of

WORDS = ("red", "itchy")


class BagOfWords:
    """Stands in for an embedder: how often each of two words stands in a text."""

    def embed(self, sentences: Sequence[str]) -> Vectors:
        return np.array([[s.split().count(w) for w in WORDS] for s in sentences], np.float32)

    def uses(self) -> Sequence[ModelUse]:
        return ()


def weights_text(w: list[list[float]], b: list[float]) -> str:
    card = {"sha256": digest_of(w, b)}
    return json.dumps({"card": card, "concerns": ["redness", "irritation"], "w": w, "b": b})


DRAWN = read_weights(weights_text([[4.0, 0.0], [0.0, 4.0]], [-2.0, -2.0]))


def test_sigma_of_wx_plus_b_by_hand():
    stated = classify_concern("my red cheeks", BagOfWords(), DRAWN)
    assert stated.leading is Concern.REDNESS
    assert stated.probabilities[Concern.REDNESS] == pytest.approx(1 / (1 + math.exp(-2)))
    assert stated.probabilities[Concern.IRRITATION] == pytest.approx(1 / (1 + math.exp(2)))


def test_two_concerns_may_both_be_probable():
    stated = classify_concern("red and itchy", BagOfWords(), DRAWN)
    assert min(stated.probabilities.values()) > 0.8


def test_the_word_that_decided_is_shown():
    moved = dict(classify_concern("my red cheeks", BagOfWords(), DRAWN).words)
    assert moved["red"] == pytest.approx(1 / (1 + math.exp(-2)) - 1 / (1 + math.exp(2)))
    assert moved["my"] == moved["cheeks"] == 0


@pytest.mark.parametrize("text", ["", "  \n", "x" * (MOST_CHARACTERS + 1)])
def test_no_text_and_too_much_are_refused(text: str):
    with pytest.raises(InputError, match="a sentence or two"):
        classify_concern(text, BagOfWords(), DRAWN)


def test_altered_weights_are_refused():
    tree = json.loads(weights_text([[4.0, 0.0], [0.0, 4.0]], [-2.0, -2.0]))
    tree["b"][0] = 5.0
    with pytest.raises(ModelError, match="altered"):
        read_weights(json.dumps(tree))


def test_the_shipped_weights_know_every_concern_and_tell_where_they_are_from():
    weights = shipped_weights()
    assert weights.concerns == tuple(Concern)
    assert weights.w.shape == (len(Concern), 384)
    assert {"data", "licence", "recipe", "held_out_accuracy", "held_out_calibration_error"} <= set(
        weights.card
    )


def test_every_condition_is_a_concern():
    assert {c.condition for c in Concern} == {*Condition, None}
