"""The page of targets names each one that is due, with a command that is there."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TARGETS = runpy.run_path(str(ROOT / "docs" / "targets.py"))
PROMISED, FOUND = TARGETS["PROMISES"], list(TARGETS["places"]())

DUE = (
    "R1 R2 R3 R5 R6 R7 R8 R9 R10 R11 R13 R14 S1 S2 S3 S4 S6 S7 S8 S9 S10 S11 S12 S13 S14 S15 S25"
).split()


def test_every_target_that_is_due_has_its_promise():
    assert sorted(PROMISED) == sorted(DUE)


@pytest.mark.parametrize("target", DUE)
def test_every_target_is_tried(target: str):
    assert any(place.target == target for place in FOUND)


@pytest.mark.parametrize("target", DUE)
def test_every_target_has_its_last_figure(target: str):
    mine = [place for place in FOUND if place.target == target]
    assert TARGETS["_figures"](target, mine), "run its long form, then make reference"


@pytest.mark.parametrize("place", FOUND, ids=lambda place: f"{place.target} {place.command}")
def test_every_command_leads_to_a_file_and_a_promise(place: object):
    path = place.command.split()[1].partition("::")[0]  # type: ignore[attr-defined]
    assert (ROOT / path).is_file()
    assert place.target in PROMISED  # type: ignore[attr-defined]
