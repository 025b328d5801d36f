"""The figures of enhancement: each section of the benchmark can be read; and the sheet of faces."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
SECTION = runpy.run_path(str(ROOT / "docs" / "figures_upscale.py"))["upscale_section"]
FACE = {"found": 1.0, "landmark_error": 1.25, "skin_iou": 0.95, "n": 2}
TIMES = {"elapsed_s": 3.21, "processor_s": 6.54, "peak_mib": 511.0, "side_px": 512.0}


def test_a_small_face_is_told_without_and_as_assessed():
    text = SECTION({"widths": {"portraits": 2, "60 px": {"without": FACE, "assessed": FACE}}})
    assert "| 60 px | assessed | 2 | 1.00 | 1.25 | 0.9500 |" in text


def test_time_names_the_tiles():
    text = SECTION({"time": {"cutis": TIMES, "eager": TIMES, "tile 64": TIMES}})
    assert "512 × 512 enlarged by 4" in text
    assert "| `cutis enhance`, tile 64 px | 3.2 | 6.5 | 511 |" in text


def test_the_audit_is_told_in_percent():
    row = {"portraits": 3, "moved_beyond_repeatability": 0.125, "after_guard": 0.0}
    assert "| fidelity | 3 | 12.5 % | 0.0 % |" in SECTION({"audit": {"fidelity": row}})


def test_what_was_measured_last_can_be_read():
    told = json.loads((ROOT / "benchmarks" / "results" / "upscale.json").read_text("utf-8"))
    assert "Set14 by 4" in SECTION(told)


def test_a_sheet_shows_four_faces_large_enough_to_be_judged(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    sheet = runpy.run_path(str(ROOT / "benchmarks" / "upscale_sheet.py"))
    pictures = [np.full((300, 300, 3), value, np.uint8) for value in (10, 90, 170, 250)]
    made = np.asarray(sheet["_side_by_side"](pictures))
    side, head = sheet["SHOWN_PX"], sheet["HEAD_PX"]
    assert side >= 400
    assert made.shape == (side + head, 4 * side, 3)
    assert [int(made[-1, side * i + side // 2, 0]) for i in range(4)] == [10, 90, 170, 250]
