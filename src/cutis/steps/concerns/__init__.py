"""Stated concerns: free text into the vocabulary, with the words that decided."""

from __future__ import annotations

from cutis.steps.concerns.classify import (
    ConcernWeights,
    classify_concern,
    read_weights,
    shipped_weights,
)

__all__ = ["ConcernWeights", "classify_concern", "read_weights", "shipped_weights"]
