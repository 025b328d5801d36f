"""Whether the words of a language model say nothing but the facts that they cite.

The test is strict on purpose: a model may shorten and recombine, no more. Every sentence cites
facts that were given; every number, every negation and every word of content in it occurs in those
facts. It cannot see a wrong order of right words, which is why a model is off unless someone wants
it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from cutis.core.facts import Fact, Lexicon, Statement
from cutis.steps.answer.tokens import Tokens, is_number, positions, tokens

MOST_STATEMENTS = 6
"""A longer answer is not wanted."""

_NUMBER_WORDS = frozenset(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety "
    "hundred thousand half third quarter double twice dozen".split()
)


def is_supported(statements: Sequence[Statement], facts: Sequence[Fact], lexicon: Lexicon) -> bool:
    """Tell whether each statement is borne out by the facts that it cites, and none is without."""
    by_id = {fact.id: fact for fact in facts}
    few = 0 < len(statements) <= MOST_STATEMENTS
    return few and all(_borne_out(s, by_id, lexicon) for s in statements)


def _borne_out(statement: Statement, by_id: Mapping[str, Fact], lexicon: Lexicon) -> bool:
    known = statement.cites and all(cite in by_id for cite in statement.cites)
    if not known or re.search(r"https?:|www\.|[<>{}\[\]`]", statement.text):
        return False
    said = tokens(statement.text)
    cited = tokens(" ".join(by_id[cite].text for cite in statement.cites))
    return bool(said) and all(said[i] in cited for i in _must_be_known(said, lexicon))


def _must_be_known(said: Tokens, lexicon: Lexicon) -> frozenset[int]:
    """Return the positions of numbers, negations and words of content."""
    stop = positions(said, map(tokens, lexicon.stop))
    turned = positions(said, map(tokens, lexicon.negations))
    counted = {i for i, w in enumerate(said) if is_number(w) or w in _NUMBER_WORDS}
    return frozenset(i for i in range(len(said)) if i not in stop) | turned | counted
