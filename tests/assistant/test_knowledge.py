"""What Cutis says of itself stands word for word in its documentation."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from cutis.assistant.ask import gather_facts
from cutis.assistant.knowledge import PREFIX, passages
from cutis.core.language import Language
from cutis.steps.answer import DOCTOR, SCOPE
from cutis.steps.narrate import read_catalogue
from cutis.testing import sample_assessment
from cutis.wiring import check_text

DOCS = Path(__file__).resolve().parents[2] / "docs"


def plain(page: str) -> str:
    """Return a page without its markup, on one line."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", page)
    return " ".join(re.sub(r"[*`]|^[#-] ", "", text, flags=re.MULTILINE).split())


@pytest.mark.parametrize("row", passages(), ids=lambda row: row["id"])
def test_a_passage_stands_in_the_docs(row: dict[str, Any]):
    assert row["text"] in plain((DOCS / row["page"]).read_text(encoding="utf-8"))


def test_own_texts_are_recognised_when_they_are_pasted():
    pasted = "My doctor says: make-up hides redness; blush, warm light from one side add to it."
    found = check_text(pasted, {"leaflet": "My doctor says: make-up hides redness."})
    assert found.known_share is not None
    assert found.known_share > 0.5
    assert set(found.by_source) == {"cutis.limits.redness", "leaflet"}
    assert check_text("I have had an itchy patch near my ear since May.").known_share == 0


@pytest.mark.parametrize("language", Language)
def test_ids_differ_and_the_fixed_ones_are_there(language: Language):
    ids = [fact.id for fact in gather_facts(sample_assessment(), read_catalogue(language))]
    assert len(set(ids)) == len(ids)
    assert {SCOPE, DOCTOR} <= set(ids)
    assert all(i.startswith((PREFIX, "assessment.")) for i in ids)
