"""``cutis enhance``: the picture, the mask, the audit and its report."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from cutis.cli.app import app
from cutis.imaging.resample import resize_rgb
from cutis.testing import FakeUpscaler, sample_examination, sample_photo


@pytest.fixture
def photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("cutis.wiring.examine", lambda *_, **__: sample_examination())
    monkeypatch.setattr(
        "cutis.wiring.build_upscaler", lambda _, fidelity: FakeUpscaler(texture=1 - fidelity)
    )
    path = tmp_path / "photo.png"
    Image.fromarray(resize_rgb(sample_photo(), (60, 50))).save(path)
    return path


def test_it_writes_the_picture_the_mask_and_the_audit(photo: Path, tmp_path: Path):
    out, mask, audit = tmp_path / "large.png", tmp_path / "mask.png", tmp_path / "audit"
    arguments = ["enhance", str(photo), "--out", str(out), "--scale", "2", "--fidelity", "0.4"]
    result = CliRunner().invoke(app, [*arguments, "--mask", str(mask), "--audit", str(audit)])
    assert result.exit_code == 0, result.output
    assert np.array(Image.open(out)).shape == (120, 100, 3)
    assert np.array(Image.open(mask)).shape == (120, 100)
    tree = json.loads((audit / "audit.json").read_text(encoding="utf-8"))
    assert tree["texture"] == pytest.approx(0.6)
    assert {row["ruling"] for row in tree["scores"]} >= {"stands", "invented"}
    page = (audit / "report.html").read_text(encoding="utf-8")
    assert "Not measured on enhanced pixels" in page


def test_other_files_than_png_are_refused(photo: Path, tmp_path: Path):
    result = CliRunner().invoke(app, ["enhance", str(photo), "--out", str(tmp_path / "a.jpg")])
    assert result.exit_code != 0
    assert "PNG" in result.output
