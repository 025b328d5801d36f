"""A question about an assessment, answered from its facts and from what Cutis says of itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cutis.assistant.endpoint import Endpoint, SilentModelError
from cutis.assistant.knowledge import PREFIX, knowledge
from cutis.core.assessment import Assessment
from cutis.core.facts import Answer, AnswerKind, Fact, Writer
from cutis.core.ports import SentenceEmbedder
from cutis.steps.answer import answer_from_facts, is_supported
from cutis.steps.narrate import Catalogue, tell_facts


def gather_facts(assessment: Assessment, words: Catalogue) -> tuple[Fact, ...]:
    """Return all that may be said about an assessment; ids differ."""
    return (*tell_facts(assessment, words), *knowledge(assessment, words))


def ask(
    question: str,
    assessment: Assessment,
    words: Catalogue,
    *,
    embedder: SentenceEmbedder | None = None,
    endpoint: Endpoint | None = None,
) -> Answer:
    """Answer ``question``; a model at ``endpoint`` may word what is known, and nothing else.

    The model's words are taken only if the facts bear out every one of them.
    """
    facts = gather_facts(assessment, words)
    answer = answer_from_facts(
        question, facts, words.lexicon(), words.answer_words(), embedder=embedder
    )
    if answer.kind is not AnswerKind.KNOWN:
        return answer
    if endpoint is not None:
        cited = [fact for fact in facts if any(fact.id in s.cites for s in answer.statements)]
        answer = _worded(question, answer, cited, words=words, endpoint=endpoint)
    return _told_language(answer, words)


def _worded(
    question: str, answer: Answer, cited: Sequence[Fact], *, words: Catalogue, endpoint: Endpoint
) -> Answer:
    try:
        statements = endpoint.word(question, cited, words.language)
    except SilentModelError:
        return replace(answer, note=words.say("answers", "silent_note"))
    if not is_supported(statements, cited, words.lexicon()):
        return replace(answer, note=words.say("answers", "fallback_note"))
    note = words.say("answers", "model_note")
    return Answer(answer.kind, statements, Writer.MODEL, note)


def _told_language(answer: Answer, words: Catalogue) -> Answer:
    """Say so where an explanation is quoted in English in another language."""
    quoted = any(cite.startswith(PREFIX) for s in answer.statements for cite in s.cites)
    if words.language.value == "en" or not quoted or answer.writer is Writer.MODEL:
        return answer
    return replace(answer, note=f"{answer.note} {words.say('answers', 'english_note')}".strip())
