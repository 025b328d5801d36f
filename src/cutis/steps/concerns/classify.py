"""A stated concern, read by its meaning: σ(Wx + b), one logistic answer per concern.

x is the vector of the text, W and b ship with the package beside their card. Each concern is judged
for itself, so that a text may hold two, or none. What a word did is told by leaving it out
(occlusion: Zeiler and Fergus 2014, doi:10.1007/978-3-319-10590-1_53, on words instead of pixels).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from jaxtyping import Float64

from cutis.core.arrays import Vectors
from cutis.core.concerns import Concern, StatedConcern
from cutis.core.errors import InputError, ModelError
from cutis.core.ports import SentenceEmbedder

MOST_CHARACTERS = 500
"""A concern is a sentence or two; the network would not read a longer text to its end."""

MOST_WORDS = 40
"""Words beyond these are read, but not weighed one by one."""


@dataclass(frozen=True, slots=True, eq=False)
class ConcernWeights:
    """W and b: one row and one number per concern, with the card that tells where they are from."""

    concerns: tuple[Concern, ...]
    w: Float64[np.ndarray, "c d"]
    b: Float64[np.ndarray, "c"]
    card: Mapping[str, Any]

    def probabilities(self, vectors: Vectors) -> Float64[np.ndarray, "n c"]:
        """Return σ(Wx + b) for each vector."""
        return 1 / (1 + np.exp(-(vectors @ self.w.T + self.b)))


def classify_concern(
    text: str, embedder: SentenceEmbedder, weights: ConcernWeights | None = None
) -> StatedConcern:
    """Return how probable each concern is in ``text``, and which words moved the leading one.

    Raises:
        InputError: the text is empty or too long.
    """
    weights = weights or shipped_weights()
    words = text.split()
    if not words or len(text) > MOST_CHARACTERS:
        raise InputError(
            f"A concern is told in 1 to {MOST_CHARACTERS} characters; {len(text)} came. "
            "Say it in a sentence or two."
        )
    texts = [" ".join(words), *_without_each(words[:MOST_WORDS], words[MOST_WORDS:])]
    answers = weights.probabilities(embedder.embed(texts))
    lead = int(np.argmax(answers[0]))
    moved = zip(words[:MOST_WORDS], answers[0, lead] - answers[1:, lead], strict=False)
    return StatedConcern(
        {c: float(p) for c, p in zip(weights.concerns, answers[0], strict=True)},
        weights.concerns[lead],
        tuple((word, float(change)) for word, change in moved),
    )


def read_weights(text: str) -> ConcernWeights:
    """Read weights from JSON.

    Raises:
        ModelError: the numbers are not those that the card's digest was made of.
    """
    tree = json.loads(text)
    if digest_of(tree["w"], tree["b"]) != tree["card"]["sha256"]:
        raise ModelError("The weights of concerns were altered. Install Cutis again.")
    concerns = tuple(Concern(name) for name in tree["concerns"])
    return ConcernWeights(concerns, np.array(tree["w"]), np.array(tree["b"]), tree["card"])


def digest_of(w: list[list[float]], b: list[float]) -> str:
    """Return the SHA-256 of the numbers, as they stand in the file."""
    return hashlib.sha256(json.dumps([w, b]).encode()).hexdigest()


@cache
def shipped_weights() -> ConcernWeights:
    """Return the weights that ship with the package."""
    file = resources.files("cutis.steps.concerns").joinpath("weights.json")
    return read_weights(file.read_text(encoding="utf-8"))


def _without_each(words: list[str], rest: list[str]) -> list[str]:
    """Return the text without each of ``words``; a text of one word has nothing left to compare."""
    if len(words) == 1:
        return []
    return [" ".join([*words[:i], *words[i + 1 :], *rest]) for i in range(len(words))]
