"""An assessment in words: summaries and facts in seven languages, from templates.

Nothing is said that the assessment does not hold: templates are filled with its numbers and with
words of its vocabulary, and its free texts are never repeated.
"""

from __future__ import annotations

from cutis.steps.narrate.catalogue import Catalogue, read_catalogue
from cutis.steps.narrate.facts import tell_facts
from cutis.steps.narrate.summary import Narrative, Section, as_text, narrate

__all__ = [
    "Catalogue",
    "Narrative",
    "Section",
    "as_text",
    "narrate",
    "read_catalogue",
    "tell_facts",
]
