"""Guidance with reasons: rules with sources over what was measured and what a person states."""

from cutis.steps.recommend.check import Draft, find_contradictions
from cutis.steps.recommend.engine import Inference, Rule, infer
from cutis.steps.recommend.knowledge import Knowledge
from cutis.steps.recommend.loading import compile_knowledge, shipped_knowledge, shipped_texts
from cutis.steps.recommend.planning import recommend
from cutis.steps.recommend.profile import read_profile

__all__ = [
    "Draft",
    "Inference",
    "Knowledge",
    "Rule",
    "compile_knowledge",
    "find_contradictions",
    "infer",
    "read_profile",
    "recommend",
    "shipped_knowledge",
    "shipped_texts",
]
