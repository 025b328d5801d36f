"""Answers to questions, from given facts and from nothing else."""

from __future__ import annotations

from cutis.steps.answer.reply import DOCTOR, SCOPE, answer_from_facts
from cutis.steps.answer.support import is_supported

__all__ = ["DOCTOR", "SCOPE", "answer_from_facts", "is_supported"]
