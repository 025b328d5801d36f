"""BM25: how well texts fit a question, by the words they share.

Source: S. Robertson and H. Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond,
Foundations and Trends in Information Retrieval 3 (2009) 333–389, doi:10.1561/1500000019,
equation 3.15 with the weight of equation 3.3 kept above zero by adding one inside the logarithm.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bm25:
    """The statistics of a set of texts, each a sequence of tokens.

    ``k1`` says how soon a repeated word stops to count, ``b`` how much a long text is discounted;
    both lie in the range that the source found to work (1.2–2 and 0.5–0.8).
    """

    counts: tuple[Counter[str], ...]
    k1: float = 1.2
    b: float = 0.75

    @classmethod
    def of(cls, texts: Sequence[Sequence[str]]) -> Bm25:
        """Count the words of ``texts``."""
        return cls(tuple(Counter(text) for text in texts))

    def scores(self, question: Sequence[str]) -> tuple[float, ...]:
        """Return the score of every text for ``question``; 0 where no word is shared."""
        weights = {word: self._weight(word) for word in set(question)}
        mean = sum(count.total() for count in self.counts) / max(1, len(self.counts))
        return tuple(
            sum(weights[word] * self._share(count, word, mean) for word in weights)
            for count in self.counts
        )

    def _weight(self, word: str) -> float:
        """Return how much a word tells: the rarer, the more."""
        n, having = len(self.counts), sum(word in count for count in self.counts)
        return math.log(1 + (n - having + 0.5) / (having + 0.5))

    def _share(self, count: Counter[str], word: str, mean: float) -> float:
        often = count[word]
        length = 1 - self.b + self.b * count.total() / max(mean, 1e-9)
        return often * (self.k1 + 1) / (often + self.k1 * length) if often else 0.0
