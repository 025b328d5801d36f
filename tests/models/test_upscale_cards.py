"""The cards of enhancement tell what its training told; no figure on them is typed by hand."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cutis.models.builtin import builtin_models

TOLD = Path(__file__).parents[2] / "benchmarks" / "results" / "upscale_training.json"


@pytest.mark.parametrize("stage", ["fidelity", "texture"])
def test_a_card_holds_the_figures_of_its_training(stage: str):
    run = json.loads(TOLD.read_text(encoding="utf-8"))[stage]
    card = builtin_models().get(f"upscale_{stage}")
    values = {metric.name: metric.value for metric in card.metrics}
    assert values["steps of training"] == run["steps"]
    assert values["windows in a step"] == run["batch"]
    assert values["gain over bicubic on luma, dB"] == run["curve"][-1]["gain_db"]
    assert {metric.subject for metric in card.metrics} == {stage}
    assert not [limit for limit in card.limits if re.search(r"\d", limit)]
