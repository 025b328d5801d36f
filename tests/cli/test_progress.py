"""Progress: silent where there is no terminal, and never in the way of the work."""

from __future__ import annotations

import io

import pytest

from cutis.cli.progress import Meter, counted


def test_every_item_comes_through(capsys: pytest.CaptureFixture[str]):
    assert list(counted(["a", "b", "c"])) == ["a", "b", "c"]
    assert capsys.readouterr().out == ""


def test_a_meter_is_silent_elsewhere(capsys: pytest.CaptureFixture[str]):
    with Meter("model") as meter:
        meter.advance(1, 2)
        meter.advance(2, 2)
    assert capsys.readouterr().out == ""


def test_a_terminal_sees_the_count(monkeypatch: pytest.MonkeyPatch):
    terminal = io.StringIO()
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    assert list(counted(["a", "b"])) == ["a", "b"]
    assert "2/2" in terminal.getvalue()
