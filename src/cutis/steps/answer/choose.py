"""Which facts answer a question: those that together speak of every word that was asked about.

A fact is a candidate only if its subject is named. Facts are taken one by one, the one that covers
most of what is still open first; BM25, or nearness of meaning where an embedder is given, decides
between equals. A question with a word left over is not answered: a word that no fact knows may
turn the meaning of all the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cutis.core.facts import Fact, Lexicon
from cutis.core.ports import SentenceEmbedder
from cutis.steps.answer.bm25 import Bm25
from cutis.steps.answer.tokens import Tokens, is_number, positions, tokens

MOST_FACTS = 3
"""More facts than these are no answer to one question."""

MOST_CHARACTERS = 500
"""A longer question is not read; nobody asks so much at once."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    fact: Fact
    covers: frozenset[int]
    near: float

    def rank(self, still_open: frozenset[int]) -> tuple[int, int, int, float]:
        """Rank by open words covered, by all words covered, by lead, and by nearness."""
        return len(self.covers & still_open), len(self.covers), self.fact.lead, self.near


def choose_facts(
    question: str,
    facts: Sequence[Fact],
    lexicon: Lexicon,
    embedder: SentenceEmbedder | None = None,
) -> tuple[Fact, ...]:
    """Return the facts that answer ``question``, best first; none where it is not answerable."""
    if len(question) > MOST_CHARACTERS:
        return ()
    words = tokens(question)
    still_open = content(words, lexicon)
    candidates = _candidates(words, question, facts, embedder)
    chosen: list[_Candidate] = []
    while still_open and candidates and len(chosen) < MOST_FACTS:
        best = max(candidates, key=lambda c: c.rank(still_open))
        if not best.covers & still_open:
            break
        room = MOST_FACTS - len(chosen)
        chosen += [c for c in candidates if _as_good(c, best)][:room]
        still_open -= best.covers
        candidates = [c for c in candidates if c not in chosen]
    if still_open:
        return ()
    return tuple(candidate.fact for candidate in chosen)


def content(words: Tokens, lexicon: Lexicon) -> frozenset[int]:
    """Return the positions of words that carry meaning; a number alone asks nothing."""
    stop = positions(words, (tokens(phrase) for phrase in lexicon.stop))
    return frozenset(i for i, word in enumerate(words) if i not in stop and not is_number(word))


def _candidates(
    words: Tokens, question: str, facts: Sequence[Fact], embedder: SentenceEmbedder | None
) -> list[_Candidate]:
    named = [fact for fact in facts if positions(words, map(tokens, fact.subject))]
    if embedder is not None and len(named) > 1:
        near = _nearness(question, named, embedder)
    else:
        near = Bm25.of([tokens(_all_of(fact)) for fact in named]).scores(words)
    return [
        _Candidate(fact, positions(words, map(tokens, (*fact.subject, *fact.intent))), score)
        for fact, score in zip(named, near, strict=True)
    ]


def _nearness(
    question: str, facts: Sequence[Fact], embedder: SentenceEmbedder
) -> tuple[float, ...]:
    vectors = np.asarray(embedder.embed([question, *(fact.text for fact in facts)]))
    return tuple(float(near) for near in vectors[1:] @ vectors[0])


def _all_of(fact: Fact) -> str:
    return " ".join([*fact.subject, *fact.intent, fact.text])


def _as_good(candidate: _Candidate, best: _Candidate) -> bool:
    """Tell whether a candidate is the best, or its twin, such as the other cheek."""
    same_words = candidate.covers == best.covers and candidate.fact.lead == best.fact.lead
    return candidate is best or (same_words and _branch(candidate) == _branch(best))


def _branch(candidate: _Candidate) -> tuple[str, tuple[str, ...]]:
    return candidate.fact.id.rpartition(".")[0], candidate.fact.intent
