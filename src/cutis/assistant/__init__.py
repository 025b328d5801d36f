"""The assistant: facts gathered, a question answered, and, if wanted, a model that words it."""

from __future__ import annotations
