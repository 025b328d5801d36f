"""``cutis compare`` and ``cutis track``."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from drawn_visits import assessment_of
from typer.testing import CliRunner

from cutis.cli.app import app
from cutis.cli.visits import gather_visits, time_of_name
from cutis.core.assessment import Assessment, Examination
from cutis.core.errors import InputError, UnreadablePhotoError
from cutis.core.vocabulary import Condition
from cutis.reports.json import to_json
from cutis.testing import sample_examination

Run = Callable[..., Any]
REDNESS = Condition.REDNESS


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def examiner(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in for the assessment of photos: what a file's name says happens to it."""

    def examine(source: Path) -> Examination:
        if "broken" in source.stem:
            raise UnreadablePhotoError("The file ends early. Send the photo again.")
        return sample_examination(refused="dark" in source.stem)

    monkeypatch.setattr("cutis.wiring.examine", examine)


def save(path: Path, assessment: Assessment, at: str | None = None) -> None:
    if at is not None:
        made = replace(assessment.provenance, assessed_at=at)
        assessment = replace(assessment, provenance=made)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(to_json(assessment), encoding="utf-8")


def weekly(folder: Path, *redness: float) -> None:
    start = datetime(2026, 3, 1, 10, tzinfo=UTC)
    for i, value in enumerate(redness):
        at = (start + i * timedelta(days=7)).isoformat()
        save(folder / f"visit-{i}" / "assessment.json", assessment_of({REDNESS: value}), at)


def test_saved_assessments_are_compared(run: Run, tmp_path: Path):
    save(tmp_path / "a.json", assessment_of({REDNESS: 42.0}))
    save(tmp_path / "b.json", assessment_of({REDNESS: 45.0}))
    result = run("compare", "a.json", "b.json")
    assert result.exit_code == 0, result.output
    assert "No change you can trust: 42 → 45, a difference below " in result.stdout
    told = json.loads(run("compare", "a.json", "b.json", "--json").stdout)
    assert told["comparison"]["overall"]["verdict"] == "no_change_you_can_trust"


@pytest.mark.usefixtures("examiner")
def test_photos_are_compared_with_a_picture(run: Run, tmp_path: Path):
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).touch()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "assessment.json").write_text("kept")
    result = run("compare", "a.jpg", "b.jpg", "--out", "out", "--regions")
    assert result.exit_code == 0, result.output
    assert "No region shows a change you can trust." in result.stdout
    assert (tmp_path / "out/comparison.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads((tmp_path / "out/comparison.json").read_text())["schema_version"] == "1.0"
    assert (tmp_path / "out" / "assessment.json").read_text() == "kept"


@pytest.mark.usefixtures("examiner")
def test_a_refused_photo_is_an_answer_without_a_picture(run: Run, tmp_path: Path):
    for name in ("a.jpg", "dark.jpg"):
        (tmp_path / name).touch()
    result = run("compare", "a.jpg", "dark.jpg", "--out", "out")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("These cannot be compared. The later photo could not")
    assert not (tmp_path / "out/comparison.png").exists()


def test_a_folder_is_a_burst(run: Run, tmp_path: Path):
    for i, value in enumerate((10.0, 40.0, 90.0)):
        save(tmp_path / "burst" / f"{i}.json", assessment_of({REDNESS: value}))
    save(tmp_path / "b.json", assessment_of({REDNESS: 60.0}))
    told = json.loads(run("compare", "burst", "b.json", "--json").stdout)
    change = told["comparison"]["conditions"]["redness"]
    assert (change["before"], change["verdict"]) == (40.0, "no_change_you_can_trust")


@pytest.mark.usefixtures("examiner")
@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("a.json", "broken.jpg"), 1, "broken.jpg: error [photo.unreadable]"),
        (("a.json", "nothing.json"), 2, "nothing.json: error [input]: A saved assessment"),
        (("a.json", "text.json"), 2, "text.json: error [input]"),
        (("a.json", "empty"), 2, "empty: error [input]: No photo and no assessment"),
        (("a.json",), 2, "Missing argument"),
    ],
)
def test_what_cannot_be_read(
    run: Run, tmp_path: Path, words: tuple[str, ...], code: int, message: str
):
    save(tmp_path / "a.json", assessment_of({REDNESS: 42.0}))
    (tmp_path / "text.json").write_text("no assessment")
    (tmp_path / "empty").mkdir()
    result = run("compare", *words)
    assert result.exit_code == code
    assert message in result.stderr


def test_a_person_is_tracked(run: Run, tmp_path: Path):
    weekly(tmp_path / "p", 60.0, 58.0, 33.0, 31.0, 30.0)
    result = run("track", "p", "--plot", "plots/p.svg", "--horizon", "14")
    assert result.exit_code == 0, result.output
    assert "2026-03-29" in result.stdout
    assert "Expected 14 days after the last visit:" in result.stdout
    assert (tmp_path / "plots/p.svg").read_text().startswith("<svg")
    told = json.loads(run("track", "p", "--json").stdout)["timeline"]
    assert [p["value"] for p in told["series"]["redness"]["points"]] == [60, 58, 33, 31, 30]


def test_times_come_from_names(run: Run, tmp_path: Path):
    for name, value in (("2026-04-02.json", 30.0), ("2026-03-02.json", 60.0)):
        save(tmp_path / "p" / name, assessment_of({REDNESS: value}))
    told = json.loads(run("track", "p", "--times", "--json").stdout)["timeline"]
    assert [p["value"] for p in told["series"]["redness"]["points"]] == [60, 30]
    assert [v["at"][:10] for v in told["visits"]] == ["2026-03-02", "2026-04-02"]


def test_shots_of_one_moment_are_one_visit(run: Run, tmp_path: Path):
    for i, value in enumerate((10.0, 40.0, 90.0)):
        at = f"2026-03-01T10:0{i}:00+00:00"
        save(tmp_path / "p" / f"{i}.json", assessment_of({REDNESS: value}), at)
    alone = run("track", "p", "--json")
    assert "within an hour" in alone.stderr
    assert len(json.loads(alone.stdout)["timeline"]["visits"]) == 3
    burst = run("track", "p", "--burst", "5", "--json")
    visits = json.loads(burst.stdout)["timeline"]["visits"]
    assert [v["shots"] for v in visits] == [3]
    assert "within an hour" not in burst.stderr


def test_other_files_are_told_and_left_out(run: Run, tmp_path: Path):
    weekly(tmp_path / "p", 60.0, 58.0)
    (tmp_path / "p" / "comparison.json").write_text("{}")
    result = run("track", "p")
    assert result.exit_code == 1
    assert "comparison.json: error [input]" in result.stderr
    assert "2026-03-08" in result.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("empty",), "No assessment was found"),
        (("nowhere",), "A folder of assessments was expected"),
        (("p", "--plot", "p.png"), "ends in .svg"),
    ],
)
def test_wrong_words(run: Run, tmp_path: Path, words: tuple[str, ...], message: str):
    (tmp_path / "empty").mkdir()
    weekly(tmp_path / "p", 60.0)
    result = run("track", *words)
    assert result.exit_code == 2
    assert message in result.stderr


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("2026-03-01.json", datetime(2026, 3, 1, tzinfo=UTC)),
        ("IMG_20260301_101559.json", datetime(2026, 3, 1, 10, 15, 59, tzinfo=UTC)),
        ("2026-03-01T10-15/assessment.json", datetime(2026, 3, 1, 10, 15, tzinfo=UTC)),
        ("2026-03-01/selfie/assessment.json", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2025-01-01/2026-03-01.json", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-13-01 then 2026-03-01.json", datetime(2026, 3, 1, tzinfo=UTC)),
    ],
)
def test_times_in_names(name: str, expected: datetime):
    assert time_of_name(Path("p") / name, Path("p")) == expected


@pytest.mark.parametrize("name", ["selfie.json", "123456789012.json", "2026-02-30.json"])
def test_no_time_in_a_name(name: str):
    with pytest.raises(InputError, match="No date was found"):
        time_of_name(Path("p") / name, Path("p"))


def test_a_burst_is_counted_from_its_first_shot():
    at = datetime(2026, 3, 1, tzinfo=UTC)
    shots = [(at + timedelta(minutes=m), assessment_of({REDNESS: 40.0})) for m in (0, 4, 8, 30)]
    assert [v.shots for v in gather_visits(shots, 5.0)] == [2, 1, 1]


def test_forecasts_are_kept_and_later_scored(run: Run, tmp_path: Path):
    weekly(tmp_path / "anna", 40, 41, 42, 40, 41)
    words = ("track", "anna", "--forecasts", "told.jsonl")
    assert "No kept forecast has met its day yet." in run(*words).stdout
    first = (tmp_path / "told.jsonl").read_text()
    run(*words)
    assert (tmp_path / "told.jsonl").read_text() == first, "each is kept once"
    weekly(tmp_path / "anna", 40, 41, 42, 40, 41, 42)
    result = run(*words)
    assert "Redness: 1 of 1 inside the 90 % interval" in result.stdout
    assert (tmp_path / "told.jsonl").read_text().startswith(first)
    (tmp_path / "told.jsonl").write_text(first.replace('"visits": 5', '"visits": 9'))
    assert "was changed after it was made" in run(*words).stderr
