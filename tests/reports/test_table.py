"""CSV: one row a photo, one row a finding, numbers as numbers, and nothing that runs."""

from __future__ import annotations

import csv
import dataclasses
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutis.core.scores import Score
from cutis.core.vocabulary import Condition
from cutis.reports.table import FINDING_COLUMNS, assessments_csv, findings_csv, safe_text
from cutis.testing import sample_assessment

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_one_row_for_each_photo():
    rows = read(
        assessments_csv([("a", sample_assessment()), ("b", sample_assessment(refused=True))])
    )
    assert [row["photo"] for row in rows] == ["a", "b"]
    assert [row["usable"] for row in rows] == ["true", "false"]
    assert rows[0].keys() == rows[1].keys()


def test_a_score_is_told_with_its_interval_and_raw_value():
    (row,) = read(assessments_csv([("a", sample_assessment())]))
    score = sample_assessment().scores[Condition.REDNESS]
    assert isinstance(score, Score)
    assert float(row["redness"]) == score.value
    assert (float(row["redness_low"]), float(row["redness_high"])) == (45.0, 60.5)
    assert (float(row["redness_raw"]), row["redness_unit"]) == (7.4, "EI")
    assert float(row["redness_probability"]) == sample_assessment().labels[Condition.REDNESS]
    assert row["redness_not_measured"] == ""


def test_what_was_not_measured_is_empty_and_says_why():
    (row,) = read(assessments_csv([("a", sample_assessment())]))
    assert row["dryness"] == row["dryness_low"] == row["dryness_raw"] == ""
    assert row["dryness_not_measured"] == "too_coarse"
    (refused,) = read(assessments_csv([("a", sample_assessment(refused=True))]))
    assert refused["overall"] == refused["monk"] == ""
    assert refused["reasons"].startswith("The photo is blurred.")


def test_every_finding_has_a_row():
    rows = read(findings_csv([("a", sample_assessment()), ("b", sample_assessment())]))
    assert len(rows) == 2 * len(sample_assessment().findings)
    assert tuple(rows[0]) == FINDING_COLUMNS
    first = sample_assessment().findings[0]
    box = tuple(int(rows[0][name]) for name in ("x0_px", "y0_px", "x1_px", "y1_px"))
    assert box == first.bbox_xyxy
    assert float(rows[0]["area_mm2"]) == first.area_mm2
    assert rows[0]["length_mm"] == ""


def test_no_photos_still_have_a_head():
    assert findings_csv([]) == ",".join(FINDING_COLUMNS) + "\r\n"


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_no_text_starts_a_formula(text: str):
    """S6: no cell is run by a spreadsheet, whatever a person wrote."""
    cell = safe_text(text)
    assert not cell.lstrip(" ").startswith(FORMULA_STARTS)
    assert text.replace("\x00", "") in cell


@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00")))
def test_a_hostile_name_stays_in_its_cell(name: str):
    rows = read(assessments_csv([(name, sample_assessment())]))
    assert len(rows) == 1
    assert rows[0]["photo"].removeprefix("'") == name.removeprefix("'")


@pytest.mark.parametrize("name", ["=1+1", "@SUM(A1)", "+49", "-x", "\tx", " =1", "＝1"])
def test_a_formula_is_made_plain(name: str):
    (row,) = read(assessments_csv([(name, sample_assessment())]))
    assert row["photo"] == "'" + name


def test_a_negative_number_stays_a_number():
    assessment = sample_assessment()
    tone = assessment.tone
    colour = dataclasses.replace(tone.colour, ita_deg=-12.5)  # type: ignore[union-attr]
    tone = dataclasses.replace(tone, colour=colour)  # type: ignore[type-var]
    (row,) = read(assessments_csv([("a", dataclasses.replace(assessment, tone=tone))]))
    assert row["ita_deg"] == "-12.5"
