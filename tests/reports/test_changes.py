"""Comparisons and timelines in plain words, as JSON and as a picture."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

from drawn_visits import assessment_of

from cutis.core.vocabulary import Condition
from cutis.history import Timeline, Visit, build_timeline, compare
from cutis.reports.changes import (
    NOT_WHO,
    comparison_json,
    comparison_lines,
    timeline_json,
    timeline_lines,
)
from cutis.reports.timeline_svg import timeline_svg
from cutis.testing import sample_assessment

REDNESS = Condition.REDNESS
SHAMING = ("bad", "ugly", "flaw", "imperfection", "worse", "fail")


def timeline(*redness: float | None) -> Timeline:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    return build_timeline(
        [
            Visit(
                sample_assessment(refused=True)
                if value is None
                else assessment_of({REDNESS: value}),
                start + i * timedelta(days=7),
            )
            for i, value in enumerate(redness)
        ]
    )


def test_a_comparison_in_words():
    found = compare(assessment_of({REDNESS: 60.0}), assessment_of({REDNESS: 30.0}))
    lines = list(comparison_lines(found))
    assert lines[0] == "Redness: less than before."
    assert any(line.startswith("Redness       Less than before: 60 → 30") for line in lines)
    assert sum("Not measured in the earlier photo" in line for line in lines) == 9
    assert lines[-2].startswith("Compared: 1 of the whole face, 0 of single regions.")
    assert lines[-1] == NOT_WHO


def test_regions_are_told_where_they_changed():
    pair = [assessment_of({REDNESS: v}, regions=True) for v in (80.0, 10.0)]
    lines = list(comparison_lines(compare(*pair), regions=True))
    assert any(line.startswith("Left cheek, redness: Less than before") for line in lines)
    same = list(comparison_lines(compare(pair[0], pair[0]), regions=True))
    assert "No region shows a change you can trust." in same


def test_a_timeline_in_words():
    lines = list(timeline_lines(timeline(60.0, 58.0, None, 30.0, 31.0)))
    assert lines[0].split() == [f"2026-03-{day:02}" for day in (1, 8, 15, 22, 29)]
    row = next(line for line in lines if line.startswith("Redness"))
    assert row.split()[1:] == ["60", "base", "58", "same", "–", "30", "less", "31", "less"]
    assert any(line.startswith("2026-03-15: These cannot be compared.") for line in lines)
    assert "Last visit against the baseline: Redness: less than before." in lines
    assert any(line.startswith("  Redness: ") and "(90 %)" in line for line in lines)


def test_a_short_timeline_tells_why_nothing_is_forecast():
    lines = list(timeline_lines(timeline(60.0, 58.0)))
    assert any(line.startswith("  Not told: A forecast needs 4 visits") for line in lines)


def test_the_words_do_not_judge():
    lines = [*timeline_lines(timeline(20.0, None, 60.0))]
    lines += comparison_lines(
        compare(assessment_of({REDNESS: 10.0}), assessment_of({REDNESS: 60.0}))
    )
    assert not [word for word in SHAMING if word in " ".join(lines).lower()]


def test_json_holds_every_number():
    found = compare(assessment_of({REDNESS: 60.0}), assessment_of({REDNESS: 30.0}))
    tree = json.loads(comparison_json(found))
    change = tree["comparison"]["conditions"]["redness"]
    assert tree["schema_version"] == "1.0"
    assert (change["verdict"], change["before"], change["difference"]) == ("better", 60.0, -30.0)
    assert 0 < change["detectable"] <= change["needed"]
    hidden = tree["comparison"]["conditions"]["acne"]
    assert hidden["hindrance"]["obstacle"] == "not_measured"
    line = json.loads(timeline_json(timeline(60.0, 58.0, None, 59.0, 61.0)))["timeline"]
    points = line["series"]["redness"]["points"]
    assert [p["value"] for p in points] == [60.0, 58.0, None, 59.0, 61.0]
    assert points[0]["at"] == "2026-03-01T00:00:00+00:00"
    assert line["series"]["redness"]["forecast"]["visits"] == 4
    assert line["overall_since_baseline"][0] is None


def test_the_picture_shows_measured_conditions_and_every_point():
    drawn = timeline_svg(timeline(60.0, 58.0, None, 30.0, 31.0))
    tree = ET.fromstring(drawn)  # noqa: S314 - our own text
    texts = [node.text for node in tree.iter("{http://www.w3.org/2000/svg}text")]
    titles = [node.text for node in tree.iter("{http://www.w3.org/2000/svg}title")]
    lines = list(tree.iter("{http://www.w3.org/2000/svg}polyline"))
    assert "Redness" in texts
    assert "Acne" not in texts
    assert "2026-03-22: 30, less than at the baseline" in titles
    assert any(title.startswith("expected ") for title in titles)
    assert len(lines) == 2  # broken at the refused visit
    assert "script" not in drawn
