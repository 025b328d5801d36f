"""Results on disk: the files asked for, whole, and nothing left over from before."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from cutis.cli.writing import Format, parse_formats, render, write, write_tables
from cutis.core.assessment import Examination
from cutis.core.errors import InputError, StoreError
from cutis.testing import sample_assessment, sample_examination


@pytest.fixture(scope="module")
def examination() -> Examination:
    return sample_examination()


@pytest.mark.parametrize(
    ("text", "formats"),
    [
        ("json", (Format.JSON,)),
        ("html, JSON,html", (Format.HTML, Format.JSON)),
        ("json,html,pdf,csv", tuple(Format)),
    ],
)
def test_formats_are_read(text: str, formats: tuple[Format, ...]):
    assert parse_formats(text) == formats


@pytest.mark.parametrize("text", ["", ",", "json,docx"])
def test_other_formats_are_refused(text: str):
    with pytest.raises(InputError, match="takes any of json,html,pdf,csv"):
        parse_formats(text)


def test_each_format_has_its_files(examination: Examination):
    files = render(examination, "selfie", (Format.JSON, Format.HTML, Format.CSV), maps=False)
    assert list(files) == ["assessment.json", "report.html", "scores.csv", "findings.csv"]
    assert json.loads(files["assessment.json"])["usable"] is True
    assert files["report.html"].lstrip().lower().startswith(b"<!doctype html")
    rows = list(csv.DictReader(files["scores.csv"].decode().splitlines()))
    assert [row["photo"] for row in rows] == ["selfie"]


def test_maps_have_the_size_of_the_photo(examination: Examination):
    files = render(examination, "selfie", (), maps=True)
    measured = {f"maps/{condition.value}.png" for condition in examination.maps}
    assert set(files) == {"maps/skin.png"} | measured
    size = (examination.photo.height_px, examination.photo.width_px)
    for name, content in files.items():
        picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
        assert picture.shape == size, name
    assert set(np.unique(_decoded(files["maps/skin.png"]))) == {0, 255}


def _decoded(png: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)


def test_a_refused_photo_has_reports_and_no_maps():
    files = render(
        sample_examination(refused=True), "selfie", (Format.JSON, Format.HTML), maps=True
    )
    assert set(files) == {"assessment.json", "report.html"}
    assert json.loads(files["assessment.json"])["usable"] is False


def test_older_results_do_not_linger(tmp_path: Path):
    write({"assessment.json": b"1", "report.html": b"1", "maps/acne.png": b"1"}, tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    write({"assessment.json": b"2"}, tmp_path)
    left = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    assert left == {"assessment.json", "notes.txt"}
    assert (tmp_path / "assessment.json").read_bytes() == b"2"


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write({"assessment.json": b"old"}, tmp_path)

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StoreError, match="No space left on device") as refusal:
        write({"assessment.json": b"new"}, tmp_path)
    assert str(tmp_path) not in str(refusal.value)
    assert [p.name for p in tmp_path.iterdir()] == ["assessment.json"]
    assert (tmp_path / "assessment.json").read_bytes() == b"old"


def test_files_can_be_read_by_whom_the_umask_allows(tmp_path: Path):
    write({"assessment.json": b"1"}, tmp_path)
    (tmp_path / "other").touch()
    assert (tmp_path / "assessment.json").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_tables_over_all_photos(tmp_path: Path):
    assessment = sample_assessment()
    write_tables([("=a", assessment), ("b", assessment)], tmp_path)
    rows = list(csv.DictReader((tmp_path / "scores.csv").read_text().splitlines()))
    assert [row["photo"] for row in rows] == ["'=a", "b"]
    assert (tmp_path / "findings.csv").is_file()
