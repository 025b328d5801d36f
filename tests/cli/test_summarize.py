"""``cutis summarize`` and ``cutis ask`` on a written assessment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cutis.cli.app import app
from cutis.reports.json import to_json
from cutis.testing import sample_assessment

Run = Callable[..., Any]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    Path("a.json").write_text(to_json(sample_assessment()), encoding="utf-8")
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def test_a_summary_in_english(run: Run):
    result = run("summarize", "a.json")
    assert result.exit_code == 0, result.output
    assert "Redness: 52 of 100, noticeable." in result.stdout


def test_a_summary_in_arabic_runs_from_right_to_left(run: Run):
    result = run("summarize", "a.json", "--language", "ar", "--digits", "native")
    assert result.stdout.startswith("\u200fما نراه")
    assert "٥٢" in result.stdout


def test_an_answer_shows_its_source(run: Run):
    result = run("ask", "How much redness is there?", "--assessment", "a.json")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("Redness: 52 of 100")
    assert result.stdout.rstrip().endswith("[assessment.scores.redness]")


def test_what_is_not_known_is_said(run: Run):
    result = run("ask", "¿Qué crema debo comprar?", "--assessment", "a.json", "--language", "es")
    assert result.exit_code == 0
    assert "no lo sé" in result.stdout


def test_an_unknown_language_is_a_wrong_option(run: Run):
    assert run("summarize", "a.json", "--language", "tlh").exit_code == 2


@pytest.mark.parametrize("content", [b"\xff\xfe", b"{}", b"[1]", b""])
def test_another_file_is_refused(run: Run, content: bytes):
    Path("b.json").write_bytes(content)
    result = run("summarize", "b.json")
    assert result.exit_code == 2
    assert "error [input]" in result.stderr


def test_a_missing_file_is_refused(run: Run):
    result = run("ask", "redness?", "--assessment", "none.json")
    assert result.exit_code == 2
    assert "cannot be read" in result.stderr


def test_a_remote_model_is_refused(run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CUTIS_ASSISTANT_BASE_URL", "https://api.example.org/v1")
    monkeypatch.setenv("CUTIS_ASSISTANT_MODEL", "m")
    result = run("ask", "redness?", "--assessment", "a.json")
    assert result.exit_code == 3
    assert "assistant.allow_remote" in result.stderr
