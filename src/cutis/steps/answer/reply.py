"""An answer out of facts alone.

A question is data: it is compared with words and never obeyed, and nothing of it is repeated. There
is nothing that an answer could do: it reads the facts that it was given, and returns sentences.
"""

from __future__ import annotations

from collections.abc import Sequence

from cutis.core.facts import Answer, AnswerKind, AnswerWords, Fact, Lexicon, Statement
from cutis.core.ports import SentenceEmbedder
from cutis.steps.answer.choose import MOST_CHARACTERS, choose_facts
from cutis.steps.answer.tokens import positions, tokens

SCOPE = "cutis.scope"
"""Id of the fact that tells what can be answered; every refusal cites it."""

DOCTOR = "cutis.doctor"
"""Id of the fact that tells when to see a clinician; every referral cites it."""


def answer_from_facts(
    question: str,
    facts: Sequence[Fact],
    lexicon: Lexicon,
    words: AnswerWords,
    *,
    embedder: SentenceEmbedder | None = None,
) -> Answer:
    """Answer ``question`` from ``facts``, or say that they do not tell.

    Words of danger or distress come first: their answer is a person who can help, and
    nothing else. ``embedder`` decides between facts that fit equally well.
    """
    asked = tokens(question[:MOST_CHARACTERS])
    for kind, phrases in (
        (AnswerKind.DISTRESS, lexicon.distress),
        (AnswerKind.REFER, lexicon.red_flags),
    ):
        if positions(asked, map(tokens, phrases)):
            text = words.distress if kind is AnswerKind.DISTRESS else words.refer
            return Answer(kind, (Statement(text, (DOCTOR,)),))
    chosen = choose_facts(question, facts, lexicon, embedder)
    if not chosen:
        said = (words.unknown, words.hint)
        return Answer(AnswerKind.UNKNOWN, tuple(Statement(text, (SCOPE,)) for text in said))
    return Answer(AnswerKind.KNOWN, tuple(Statement(fact.text, (fact.id,)) for fact in chosen))
