"""``cutis explain``: pictures and numbers of what gave most of a score."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from cutis.cli.app import app
from cutis.core.assessment import Contribution, Examination
from cutis.core.vocabulary import Condition, Region
from cutis.testing import FakeAttributor, sample_examination


def explained() -> Examination:
    """The sample, with its first spot and a region named as what gave most."""
    sample = sample_examination()
    answer = sample.assessment
    number = next(i for i, f in enumerate(answer.findings) if f.condition is Condition.ACNE)
    finding = answer.findings[number]
    parts = (
        Contribution(3.0, 26.0, finding.region, number, finding.area_mm2),
        Contribution(2.0, 27.0, Region.FOREHEAD, None),
    )
    told = tuple(replace(e, contributions=parts) for e in answer.explanations)
    return replace(sample, assessment=replace(answer, explanations=told))


@pytest.fixture(autouse=True)
def _fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cutis.wiring.examine", lambda _photo: explained())
    monkeypatch.setattr("cutis.wiring.attributor", lambda method, _: FakeAttributor(method))


def test_it_draws_each_part_by_each_method_and_writes_the_numbers(tmp_path: Path):
    words = ["explain", "face.jpg", "--method", "occlusion,lime", "--out", str(tmp_path)]
    answer = CliRunner().invoke(app, words)
    assert answer.exit_code == 0, answer.output
    tree = json.loads((tmp_path / "explanation.json").read_text(encoding="utf-8"))
    assert [row["picture"] for row in tree["pixels"]] == [
        "acne-1-occlusion.png",
        "acne-1-lime.png",
        "acne-2-occlusion.png",
        "acne-2-lime.png",
    ]
    assert tree["pixels"][0]["target"].startswith("The spot on ")
    assert tree["pixels"][2]["target"] == "What is seen on the forehead"
    for row in tree["pixels"]:
        assert row["share_within_target"] == 1
        picture = np.asarray(Image.open(tmp_path / row["picture"]))
        assert picture.shape == explained().crop.rgb.shape


def test_the_peak_lies_in_the_finding_in_photo_pixels(tmp_path: Path):
    CliRunner().invoke(app, ["explain", "face.jpg", "--out", str(tmp_path)])
    tree = json.loads((tmp_path / "explanation.json").read_text(encoding="utf-8"))
    x, y = tree["pixels"][0]["peak_xy"]
    spot = next(f for f in explained().assessment.findings if f.condition is Condition.ACNE)
    x0, y0, x1, y1 = spot.bbox_xyxy
    assert x0 <= x <= x1
    assert y0 <= y <= y1


def test_an_unknown_method_is_refused_with_the_known_ones(tmp_path: Path):
    answer = CliRunner().invoke(app, ["explain", "f.jpg", "--method", "magic"])
    assert answer.exit_code == 2
    assert "integrated_gradients; magic came" in answer.stderr


def test_without_a_map_there_are_words_and_no_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    bare = replace(explained(), maps={})
    monkeypatch.setattr("cutis.wiring.examine", lambda _photo: bare)
    answer = CliRunner().invoke(app, ["explain", "f.jpg", "--out", str(tmp_path / "none")])
    assert answer.exit_code == 0, answer.output
    assert answer.stdout.strip()
    assert not (tmp_path / "none").exists()
