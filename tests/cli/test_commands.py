"""The commands, in this process and as a real program."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from drawn_networks import card, convolution, of_channel, write
from typer.testing import CliRunner

import cutis
from cutis.cli.app import app
from cutis.core.assessment import Examination
from cutis.core.errors import (
    MissingExtraError,
    ModelError,
    SettingsError,
    StoreError,
    UnreadablePhotoError,
)
from cutis.core.vocabulary import Condition, Strictness
from cutis.models.descriptor import Metric, ServedCondition
from cutis.models.registry import Registry
from cutis.reports.json import to_json
from cutis.settings import Settings
from cutis.testing import sample_examination

MOST_OVER_TYPER = 2.0
"""Processor time of --help over that of importing what draws it; slow machines are slow at both."""
Run = Callable[..., Any]


class FakeExaminer:
    """Stands in for `cutis.wiring.examine`: what a file's name says happens to it."""

    def __init__(self) -> None:
        self.settings: list[Settings] = []

    def __call__(self, source: Path, *, settings: Settings) -> Examination:
        self.settings.append(settings)
        if "broken" in source.stem:
            raise UnreadablePhotoError("The file ends early. Send the photo again.")
        if "raw" in source.stem:
            raise MissingExtraError("Camera RAW", "raw")
        if "interrupt" in source.stem:
            raise KeyboardInterrupt
        return sample_examination(refused="dark" in source.stem)


@pytest.fixture
def examiner(monkeypatch: pytest.MonkeyPatch) -> FakeExaminer:
    fake = FakeExaminer()
    monkeypatch.setattr("cutis.wiring.examine", fake)
    return fake


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in an empty folder and return its result."""
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def photos(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def program(*words: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cutis", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload] # noqa: S603


@pytest.mark.usefixtures("examiner")
def test_each_photo_gets_its_folder(run: Run, tmp_path: Path):
    photos(tmp_path, "in/a.jpg", "in/b.png")
    result = run("analyze", "in", "--out", "out", "--format", "json,html,csv")
    assert result.exit_code == 0, result.output
    written = {p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*.*")}
    files = ("assessment.json", "report.html", "scores.csv", "findings.csv")
    assert written == {f"{n}/{f}" for n in "ab" for f in files} | {"scores.csv", "findings.csv"}
    assert "2 of 2 photos: 2 assessed, 0 refused, 0 failed" in result.stderr


@pytest.mark.usefixtures("examiner")
def test_json_and_html_are_the_default(run: Run, tmp_path: Path):
    photos(tmp_path, "a.jpg")
    assert run("analyze", "a.jpg", "--out", "out").exit_code == 0
    assert sorted(p.name for p in (tmp_path / "out/a").iterdir()) == [
        "assessment.json",
        "report.html",
    ]


@pytest.mark.usefixtures("examiner")
def test_a_profile_and_earlier_visits_go_into_the_report(run: Run, tmp_path: Path):
    photos(tmp_path, "a.jpg")
    (tmp_path / "me.toml").write_text("age_years = 30\nsigns = []\n")
    sample = sample_examination().assessment
    made = dataclasses.replace(sample.provenance, assessed_at="2026-01-01T10:00:00+00:00")
    for name, sha in (("before", "0" * 64), ("same-photo", sample.capture.sha256)):
        capture = dataclasses.replace(sample.capture, sha256=sha)
        earlier = dataclasses.replace(sample, provenance=made, capture=capture)
        (tmp_path / "past" / name).mkdir(parents=True)
        (tmp_path / "past" / name / "assessment.json").write_text(to_json(earlier), "utf-8")
    words = ("analyze", "a.jpg", "--out", "out", "--profile", "me.toml", "--history", "past")
    assert run(*words).exit_code == 0
    page = (tmp_path / "out/a/report.html").read_text("utf-8")
    assert "Over time" in page
    assert page.count("2026-01-01") == 1, "the same photo is no earlier visit"
    assert "your age" not in page
    assert "which medicines you use" in page
    result = run("analyze", "a.jpg", "--history", "nowhere")
    assert (result.exit_code, "takes a folder" in result.stderr) == (2, True)


@pytest.mark.usefixtures("examiner")
def test_maps_on_request(run: Run, tmp_path: Path):
    photos(tmp_path, "a.jpg")
    run("analyze", "a.jpg", "--out", "out", "--format", "json", "--maps")
    names = {path.stem for path in (tmp_path / "out/a/maps").iterdir()}
    assert "skin" in names
    assert names - {"skin"} <= {condition.value for condition in Condition}


@pytest.mark.usefixtures("examiner")
def test_a_refused_photo_is_an_answer(run: Run, tmp_path: Path):
    photos(tmp_path, "dark.jpg")
    result = run("analyze", "dark.jpg", "--out", "out")
    assert result.exit_code == 0
    answer = json.loads((tmp_path / "out/dark/assessment.json").read_text())
    assert answer["usable"] is False
    assert f"dark.jpg: warning: {answer['reasons'][0]}" in result.stderr


@pytest.mark.usefixtures("examiner")
def test_a_broken_file_does_not_stop_the_others(run: Run, tmp_path: Path):
    photos(tmp_path, "a.jpg", "broken.jpg", "raw.dng", "z.jpg")
    result = run("analyze", ".", "--out", "out")
    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    assert (
        "broken.jpg: error [photo.unreadable]: The file ends early. Send the photo again." in lines
    )
    assert any(line.startswith("raw.dng: error [missing_extra]:") for line in lines)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"a", "z"}


@pytest.mark.usefixtures("examiner")
def test_ctrl_c_keeps_what_is_finished(run: Run, tmp_path: Path):
    photos(tmp_path, "a.jpg", "interrupt.jpg", "z.jpg")
    result = run("analyze", ".", "--out", "out", "--format", "json,csv")
    assert result.exit_code == 130
    assert (tmp_path / "out/a/assessment.json").is_file()
    assert (tmp_path / "out/scores.csv").read_text().count("\n") == 2
    assert not (tmp_path / "out/z").exists()
    assert "1 of 3 photos" in result.stderr


@pytest.mark.parametrize(
    ("option", "strictness"),
    [
        ((), Strictness.NORMAL),
        (("--strict",), Strictness.STRICT),
        (("--normal",), Strictness.NORMAL),
        (("--lenient",), Strictness.LENIENT),
    ],
)
def test_strictness(
    run: Run,
    tmp_path: Path,
    examiner: FakeExaminer,
    option: tuple[str, ...],
    strictness: Strictness,
):
    photos(tmp_path, "a.jpg")
    run("analyze", "a.jpg", "--out", "out", *option)
    assert examiner.settings[0].quality.strictness is strictness


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("analyze", "a.jpg", "--strict", "--lenient"), 2, "exclude each other"),
        (("analyze", "a.jpg", "--format", "docx"), 2, "takes any of json,html,pdf,csv"),
        (("analyze", "empty"), 2, "No photo was found"),
        (("analyze",), 2, "Missing argument"),
        (("diagnose",), 2, "No such command"),
        (("models", "pull", "nose"), 4, "No model is called nose"),
    ],
)
@pytest.mark.usefixtures("examiner")
def test_wrong_words(run: Run, tmp_path: Path, words: tuple[str, ...], code: int, message: str):
    (tmp_path / "empty").mkdir()
    photos(tmp_path, "a.jpg")
    result = run(*words)
    assert result.exit_code == code
    assert message in result.stderr
    assert not (tmp_path / "cutis-results").exists()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ModelError("Run: cutis models pull"), 4),
        (StoreError("The disk is full."), 5),
        (SettingsError("There is no setting x."), 3),
    ],
)
def test_what_concerns_every_photo_ends_the_run(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int
):
    def fail(*_arguments: object, **_options: object) -> None:
        raise error

    monkeypatch.setattr("cutis.wiring.examine", fail)
    photos(tmp_path, "a.jpg", "b.jpg")
    result = run("analyze", ".")
    assert result.exit_code == code
    assert f"cutis: error [{error.code}]: {error}" in result.stderr  # type: ignore[attr-defined]


@pytest.mark.parametrize("condition", Condition)
def test_every_score_is_explained(run: Run, condition: Condition):
    result = run("explain-score", condition.value)
    assert result.exit_code == 0
    for heading in ("Method: ", "Raw value: ", "Formula ", "Limits: "):
        assert heading in result.stdout


def test_schema_is_the_published_one(run: Run):
    page = Path(__file__).resolve().parents[2] / "docs" / "reference" / "assessment.schema.json"
    assert json.loads(run("schema").stdout) == json.loads(page.read_text(encoding="utf-8"))


def test_version(run: Run):
    assert run("--version").stdout == f"cutis {cutis.__version__}\n"


def test_models_without_a_bundle(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CUTIS_MODELS_DIR", str(tmp_path / "models"))
    assert "not here; run: cutis models pull" in run("models", "list").stdout
    verified = run("models", "verify")
    assert verified.exit_code == 4
    assert "Run: cutis models pull" in verified.stderr
    checked = run("doctor")
    assert checked.exit_code == 1
    assert "missing: face model" in checked.stdout


def test_models_from_a_wrong_file(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CUTIS_MODELS_DIR", str(tmp_path / "models"))
    photos(tmp_path, "wrong.task")
    result = run("models", "pull", "--from", "wrong.task")
    assert result.exit_code == 4
    assert "not the model face_landmarker" in result.stderr


@pytest.mark.model
def test_models_from_a_file(
    run: Run, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("CUTIS_MODELS_DIR", str(tmp_path / "models"))
    result = run("models", "pull", "--from", bundle)
    assert result.stdout == "face_landmarker: ready (a file)\n"
    assert run("models", "verify").stdout.startswith("face_landmarker: ok")


@pytest.mark.model
@pytest.mark.usefixtures("bundle")
def test_the_doctor_is_content(run: Run):
    result = run("doctor")
    assert result.exit_code == 0, result.stdout
    assert "Photos can be assessed." in result.stdout


def test_the_doctor_sees_wrong_settings(run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CUTIS_RUNTIME_THREADS", "many")
    result = run("doctor")
    assert result.exit_code == 1
    assert "settings" in result.stdout.splitlines()[-1]


def cpu_of_children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_help_is_quick_and_tells_no_more_than_needed(tmp_path: Path):
    """Best of five in fresh processes, all compiled before, as where the program was called once.

    Processor time is compared, since other tests may run beside.
    """
    env = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "PYTHONPYCACHEPREFIX": str(tmp_path)}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    times, bare = [], []
    for _ in range(6):
        started_s = cpu_of_children_s()
        answer = program("--help", env=env)
        times.append(cpu_of_children_s() - started_s)
        assert answer.returncode == 0
        started_s = cpu_of_children_s()
        subprocess.run(
            [sys.executable, "-c", "import typer, typer.rich_utils"], check=True, env=env
        )
        bare.append(cpu_of_children_s() - started_s)
    assert min(times[1:]) < MOST_OVER_TYPER * min(bare[1:]), (times, bare)
    for command in ("analyze", "explain-score", "models", "schema", "doctor", "demo"):
        assert re.search(rf"^\W*{command}\b", answer.stdout, re.MULTILINE), command


@pytest.mark.model
@pytest.mark.usefixtures("bundle")
def test_the_demo_as_a_program(tmp_path: Path):
    pytest.importorskip("skimage", reason="the demo's photo comes with the extra demo")
    answer = program("demo", "--out", str(tmp_path / "demo"))
    assert answer.returncode == 0, answer.stderr
    report = Path(re.search(r"Report: (.*)\n", answer.stdout)[1])  # type: ignore[index]
    assert report == tmp_path / "demo" / "astronaut" / "report.html"
    assert report.stat().st_size > 10_000
    assert json.loads((report.parent / "assessment.json").read_text())["face"] is not None


@pytest.mark.model
@pytest.mark.usefixtures("bundle")
def test_a_real_run_over_good_and_broken_files(tmp_path: Path):
    """The whole way, in a process of its own, with the shown exit code and streams."""
    skimage = pytest.importorskip("skimage", reason="the photo comes with the extra demo")
    photo = Path(skimage.__file__).parent / "data" / "astronaut.png"
    (tmp_path / "good.png").write_bytes(photo.read_bytes())
    (tmp_path / "cut.png").write_bytes(photo.read_bytes()[:5000])
    (tmp_path / "text.jpg").write_text("no picture")
    answer = program("analyze", ".", "nothing.jpg", "--out", "out", "--maps", cwd=tmp_path)
    assert answer.returncode == 1
    failed = re.findall(r"^(\S+): error \[photo\.\w+\]: ", answer.stderr, re.MULTILINE)
    assert sorted(failed) == ["cut.png", "nothing.jpg", "text.jpg"]
    assert (tmp_path / "out/good/assessment.json").is_file()
    assert not (tmp_path / "out/cut").exists()
    assert "Traceback" not in answer.stderr


def _heed_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.model
@pytest.mark.usefixtures("bundle")
@pytest.mark.skipif(sys.platform == "win32", reason="signals differ")
def test_an_interrupt_of_a_real_run(tmp_path: Path):
    """Ctrl-C after the first photo: exit code 130, the first result whole, no leftovers."""
    skimage = pytest.importorskip("skimage", reason="the photo comes with the extra demo")
    photo = (Path(skimage.__file__).parent / "data" / "astronaut.png").read_bytes()
    for number in range(40):
        (tmp_path / f"{number:02}.png").write_bytes(photo)
    command = [sys.executable, "-m", "cutis", "analyze", ".", "--out", "out"]
    with subprocess.Popen(  # noqa: S603 - fixed words
        command,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A test run in the background is started with Ctrl-C ignored, and would hand that on.
        preexec_fn=_heed_ctrl_c,  # noqa: PLW1509 - no thread runs yet
    ) as running:
        assert running.stdout is not None
        running.stdout.readline()
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=30)
    assert running.returncode == 130, errors
    assert "Traceback" not in errors
    assert json.loads((tmp_path / "out/00/assessment.json").read_text())
    assert not list((tmp_path / "out").rglob("*.part"))
    assert not (tmp_path / "out" / "39").exists()


def test_a_shipped_model_tells_what_it_serves_and_by_how_much_it_wins(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    files = convolution(of_channel("acne", 4))
    metrics = (
        Metric("acne", "pixel AP", "real photos", 0.41, classical=0.16),
        Metric("acne", "false lesions per face", "clean faces", 3.2, "dark third", 4.5),
        Metric("acne", "IoU", "synthetic people", 0.7),
    )
    model = replace(card(files, ServedCondition("acne", 0.25, 0.5)), metrics=metrics)
    known = Registry()
    known.add(model)
    monkeypatch.setattr("cutis.models.builtin.builtin_models", lambda: known)
    monkeypatch.setattr("cutis.models.cache.builtin_models", lambda: known)
    monkeypatch.setattr("cutis.models.cache.WEIGHTS_DIR", tmp_path)
    assert "missing or altered; install Cutis anew" in run("models", "list").stdout
    write(model, files, tmp_path)
    told = run("models", "list").stdout
    assert "conditions 1 (comes with Cutis, verified)" in told
    assert "acne, at 0.25 mm per pixel, up to 0.5" in told
    assert "acne: pixel AP 0.41 (real photos); classical 0.16, +0.25" in told
    assert "3.2 (clean faces, dark third); classical 4.5, −1.3" in told
    assert "acne: IoU 0.7 (synthetic people)\n" in told
    assert model.more_files[0].sha256 in run("models", "verify").stdout
