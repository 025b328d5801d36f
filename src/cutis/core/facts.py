"""What may be said and who says it: facts, questions' words, and answers that cite facts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is known, and the words by which people ask for it.

    ``id`` is what a citation names, such as ``assessment.scores.redness``. ``text`` is whole
    sentences. ``subject`` are words for what it is about and ``intent`` words for what is asked
    about that; an empty subject means that the intent alone points here.
    ``lead`` ranks a fact before others that fit as well; higher comes first.
    """

    id: str
    text: str
    subject: tuple[str, ...] = ()
    intent: tuple[str, ...] = ()
    lead: int = 0


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words of one language that a question is read with.

    ``stop`` carry no meaning of their own, ``negations`` turn a meaning round, ``red_flags`` ask
    for a clinician, ``distress`` for a person to talk to. ``segmented`` is False where a text has
    no spaces between words.
    """

    stop: frozenset[str]
    negations: frozenset[str]
    red_flags: tuple[str, ...]
    distress: tuple[str, ...]
    segmented: bool = True


@dataclass(frozen=True, slots=True)
class AnswerWords:
    """The sentences of an answer that are no facts."""

    unknown: str
    hint: str
    refer: str
    distress: str


class AnswerKind(StrEnum):
    """What an answer is.

    ``known`` tells facts, ``unknown`` says that the facts do not tell, ``refer`` sends to a
    clinician, ``distress`` to a person to talk to.
    """

    KNOWN = "known"
    UNKNOWN = "unknown"
    REFER = "refer"
    DISTRESS = "distress"


class Writer(StrEnum):
    """Who put the words of an answer together."""

    TEMPLATES = "templates"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class Statement:
    """Sentences of an answer with the ids of the facts that they rest on; never without one."""

    text: str
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: statements, each cited; ``note`` tells what happened to a model's answer."""

    kind: AnswerKind
    statements: tuple[Statement, ...]
    writer: Writer = Writer.TEMPLATES
    note: str = ""
