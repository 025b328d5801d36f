"""``cutis synth`` from end to end on drawn faces."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import pytest
from drawn_sets import drawn_face
from typer.testing import CliRunner

from cutis.cli.app import app
from cutis.datasets.faces import save_face
from cutis.datasets.pack import PackedSet


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    folder = tmp_path / "bank"
    folder.mkdir()
    for number in range(6):
        face = drawn_face(f"set/{number}", tone=130 + 15 * number, seed=number)
        save_face(face, folder / f"{number}.npz")
    return folder


def run(*words: object, code: int = 0) -> str:
    answer = CliRunner().invoke(app, ["synth", *map(str, words)])
    assert answer.exit_code == code, answer.output
    return answer.output


def test_make_show_and_pack(bank: Path, tmp_path: Path):
    made = tmp_path / "set"
    common = ("make", "--count", 4, "--faces", bank, "--size", 64, "--workers", 1)
    told = run(*common, "--out", made)
    assert "severity none" in told
    assert "Rejected and drawn anew" in told
    manifest = json.loads((made / "manifest.json").read_text())
    assert manifest["realism"] == "not checked: too few faces"
    assert manifest["count"] + manifest["left_out"] + len(manifest["near_duplicates"]) == 4
    run("show", made, "--out", tmp_path / "sheet.png", "--count", 2)
    assert cv2.imread(str(tmp_path / "sheet.png")) is not None
    told = run("pack", made, "--out", tmp_path / "a.npz", "--jpeg")
    assert told.startswith(f"{manifest['count']} of {manifest['count']} items")
    assert len(PackedSet.load(tmp_path / "a.npz")) == manifest["count"] > 1
    most = (tmp_path / "a.npz").stat().st_size - 1000
    run("pack", tmp_path / "a.npz", "--out", tmp_path / "b.npz", "--max-bytes", most)
    assert 0 < len(PackedSet.load(tmp_path / "b.npz")) < manifest["count"]


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--out", "a", "--pack", "b.npz"),
        ("--out", "a", "--style", "dots"),
    ],
)
def test_make_says_what_it_needs(
    bank: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[object, ...]
):
    monkeypatch.chdir(tmp_path)
    told = run("make", "--count", 1, "--faces", bank, *words, code=2)
    assert "--out DIR" in told or "field or patches" in told


def test_a_folder_without_faces_or_photos_is_told(tmp_path: Path):
    (tmp_path / "none").mkdir()
    told = run("make", "--count", 1, "--faces", tmp_path / "none", "--out", tmp_path / "a", code=2)
    assert "No photo was found" in told
