"""The table of OWASP ASVS 5, levels 1 and 2: every requirement once, with a test or a reason."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
with (ROOT / "docs" / "reference" / "asvs.csv").open(encoding="utf-8", newline="") as _stream:
    ROWS = list(csv.DictReader(_stream))
LEVELS = {"1": 70, "2": 183}
"""How many requirements of each level version 5.0.0 has."""


def test_every_requirement_is_there_once():
    ids = [row["requirement"] for row in ROWS]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"V\d+\.\d+\.\d+", one) for one in ids)
    for level, count in LEVELS.items():
        assert sum(row["level"] == level for row in ROWS) == count


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["requirement"])
def test_each_has_a_test_or_a_reason(row: dict[str, str]):
    assert row["state"] in {"met", "not applicable", "open"}
    assert bool(row["tests"]) != bool(row["reason"])
    assert not row["tests"] or row["state"] == "met"
    for test in row["tests"].split():
        path, _, name = test.partition("::")
        text = (ROOT / path).read_text(encoding="utf-8")
        assert f"def {name}(" in text or not name, test
