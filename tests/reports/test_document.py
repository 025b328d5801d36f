"""What a report says: the right things first, in calm words, and nothing that was not measured."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from drawn_visits import assessment_of

from cutis.core.advice import Profile, Sign
from cutis.core.assessment import Assessment, Examination
from cutis.core.scores import Interval, NotMeasured, NotMeasuredCode, Quantity, Score
from cutis.core.vocabulary import (
    Condition,
    ItaGroup,
    LesionType,
    MeasureName,
    Region,
    Strictness,
    Verdict,
)
from cutis.history import Timeline, Visit, build_timeline
from cutis.reports import wording
from cutis.reports.document import Background, Document, compose
from cutis.reports.tables import LISTED_FINDINGS, listed_findings
from cutis.reports.visits import LISTED_VISITS
from cutis.testing import sample_assessment, sample_examination

UPDATE = os.environ.get("CUTIS_UPDATE_GOLDEN") == "1"
GOLDEN = Path(__file__).resolve().parents[1] / "golden"
SHAMING = re.compile(
    r"\b(bad|ugly|poor|terrible|awful|flaw\w*|imperfect\w*|problem skin|suffer\w*|unfortunately|"
    r"abnormal|old-looking|aged|dirty|worse skin|sorry)\b",
    re.IGNORECASE,
)


def document_of(**changes: Any) -> Document:
    """Compose the sample with parts of its assessment changed."""
    sample = sample_examination()
    assessment = dataclasses.replace(sample.assessment, **changes)
    return compose(dataclasses.replace(sample, assessment=assessment))


def weekly(*redness: float) -> Timeline:
    """Return a timeline of visits a week apart, with these scores of redness and no others."""
    start = datetime(2026, 3, 1, 10, tzinfo=UTC)
    days = [start + i * timedelta(days=7) for i in range(len(redness))]
    shots = [assessment_of({Condition.REDNESS: value}) for value in redness]
    return build_timeline([Visit(a, at) for a, at in zip(shots, days, strict=True)])


def score(value: float, low: float | None = None, high: float | None = None) -> Score:
    interval = Interval(value - 5 if low is None else low, value + 5 if high is None else high)
    return Score(value, interval, Quantity("share", 0.1, "1"), "f", "classical")


def texts(node: Any) -> list[str]:
    """Return every text in a document."""
    if isinstance(node, str):
        return [node]
    if isinstance(node, dict):
        return [text for value in node.values() for text in texts(value)]
    return [t for value in node for t in texts(value)] if isinstance(node, (list, tuple)) else []


@pytest.mark.parametrize("refused", [False, True])
def test_the_document_is_the_golden_one(*, refused: bool):
    path = GOLDEN / ("document-refused.json" if refused else "document.json")
    document = dataclasses.asdict(compose(sample_examination(refused=refused)))
    text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    if UPDATE:
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8"), "Run with CUTIS_UPDATE_GOLDEN=1 if this is meant."


@pytest.mark.parametrize("refused", [False, True])
def test_no_sentence_shames(*, refused: bool):
    for text in texts(dataclasses.asdict(compose(sample_examination(refused=refused)))):
        assert not SHAMING.search(text), text


def test_our_own_words_do_not_shame_either():
    for name, value in vars(wording).items():
        if name.isupper():
            for text in texts(list(value.values()) if isinstance(value, dict) else value):
                assert not SHAMING.search(text), text


@pytest.mark.parametrize(
    ("words", "every"),
    [
        (wording.CONDITIONS, Condition),
        (wording.REGIONS, Region),
        (wording.TYPES, LesionType),
        (wording.MEASURES, MeasureName),
        (wording.VERDICTS, Verdict),
        (wording.STRICTNESS, Strictness),
        (wording.ITA_GROUPS, ItaGroup),
        (wording.NOT_MEASURED, NotMeasuredCode),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_every_word_of_the_vocabulary_has_its_words(words: dict[Any, Any], every: Any):
    assert set(words) == set(every)


def test_a_refused_photo_says_why_first_and_measures_nothing():
    document = compose(sample_examination(refused=True))
    assert not document.usable
    assert document.refusal == sample_assessment(refused=True).reasons
    assert "says nothing about the skin" in document.lead
    assert document.tips
    assert document.scores == ()
    assert document.summary is document.overall is None
    assert [figure.key for figure in document.figures] == ["photo"]


def test_a_refusal_without_reasons_tells_what_the_quality_says():
    sample = sample_examination(refused=True)
    bare = dataclasses.replace(sample.assessment, reasons=())
    document = compose(dataclasses.replace(sample, assessment=bare))
    assert document.refusal == (bare.quality.sentence,)


def test_scores_come_strongest_first_and_unmeasured_last():
    values = [line.value for line in compose(sample_examination()).scores]
    assert values == [63, 52, 41, 34, 27, 21, 18, 8, None, None]


def test_the_headline_names_what_matters_most_not_what_is_highest():
    document = compose(sample_examination())
    assert document.headline == "To look at first: redness and acne"
    assert document.summary is not None
    assert [p.about for p in document.summary.seen[:3]] == ["Redness", "Acne", "Pigmentation"]


def test_many_spots_come_before_darker_circles():
    circles = {c: score(4.0) for c in Condition} | {Condition.DARK_CIRCLES: score(54.0)}
    document = document_of(scores=circles | {Condition.ACNE: score(29.0)})
    assert document.headline == "To look at first: acne and dark circles"
    assert document.summary is not None
    assert document.summary.seen[0].text.startswith("noticeable")
    for acne, headline in ((20.0, "acne and dark circles"), (12.0, "dark circles")):
        slighter = document_of(scores=circles | {Condition.ACNE: score(acne)})
        assert slighter.headline == f"To look at first: {headline}"


def test_without_a_profile_the_guidance_is_gentle_and_says_what_it_needs():
    guidance = compose(sample_examination()).guidance
    assert guidance is not None
    assert guidance.lead == "This plan holds gentle everyday care."
    summary = compose(sample_examination()).summary
    assert summary is not None
    assert summary.next_steps[0].text == guidance.referral[0]
    assert guidance.morning[0].about == "Gentle cleanser without soap"
    assert guidance.more[0].startswith("Not stated: your age;")
    assert any("Benzoyl peroxide" in line for line in guidance.held_back)
    assert guidance.first is not None
    assert [row[0].text for row in guidance.first.rows][:2] == ["Redness", "Acne"]
    assert guidance.first.rows[1][1].text == "0.34\u00a0×\u00a03\u00a0×\u00a02"


def test_with_distress_stated_nothing_distracts_from_help():
    stated = Background(profile=Profile(age_years=19, signs=(Sign.SELF_HARM,)))
    guidance = compose(sample_examination(), stated).guidance
    assert guidance is not None
    assert guidance.referral[0].startswith("Please get help today")
    assert guidance.morning == guidance.evening == guidance.avoid == guidance.held_back == ()
    assert guidance.first is None
    assert guidance.more == guidance.watch_for == ()


def test_only_sources_of_what_is_shown_are_named():
    guidance = compose(sample_examination()).guidance
    assert guidance is not None
    assert guidance.sources
    assert not any("Retinoids in the treatment" in line for line in guidance.sources)


def test_earlier_visits_are_told_with_verdicts_and_a_picture():
    past = compose(sample_examination(), Background(timeline=weekly(40, 41, 43, 42, 80))).past
    assert past is not None
    assert [p.about for p in past.verdicts] == ["Since the first visit", "Since the visit before"]
    assert past.verdicts[0].text == "Redness: more than before."
    assert [cell.text for cell in past.table.rows[0]] == [
        "Redness", "40 base", "41 same", "43 same", "42 same", "80 more",
    ]  # fmt: skip
    assert past.table.rows[0][5].spoken == "80, more than at the baseline"
    assert past.picture_uri.startswith("data:image/svg+xml;base64,")
    assert [p.about for p in past.forecasts] == ["Redness"]


def test_of_many_visits_the_table_shows_the_base_and_the_latest():
    past = compose(sample_examination(), Background(timeline=weekly(*range(40, 50)))).past
    assert past is not None
    assert len(past.table.columns) == 1 + LISTED_VISITS
    assert past.table.columns[1] == "2026-03-01"
    assert past.table.notes[1] == "4 visits in between are in the picture only."


def test_a_first_visit_has_no_past():
    assert compose(sample_examination()).past is None
    assert compose(sample_examination(), Background(timeline=weekly(40))).past is None


def test_the_headline_of_a_quiet_face():
    quiet = {condition: score(12.0) for condition in Condition}
    document = document_of(scores=quiet)
    assert document.headline == "Nothing stands out in this photo"
    assert document.summary is not None
    assert [point.about for point in document.summary.seen] == ["Slight", "Marked places"]


def test_a_face_on_which_nothing_could_be_measured():
    reason = NotMeasured(NotMeasuredCode.NO_COLOUR, "The photo is grey.")
    document = document_of(
        scores=dict.fromkeys(Condition, reason), overall=reason, findings=(), labels={}
    )
    assert document.headline == "Nothing could be measured in this photo"
    assert document.summary is not None
    assert document.summary.seen == ()
    assert [p.text for p in document.summary.unsure if "grey" in p.text] == [
        "Not measured. The photo is grey."
    ]
    assert document.table("regions") is None


def test_unmeasured_conditions_are_told_together_where_the_reason_is_of_one_kind():
    scores = sample_assessment().scores | {  # type: ignore[operator]
        Condition.PORES: NotMeasured(NotMeasuredCode.TOO_COARSE, "Pores are too fine."),
        Condition.TEXTURE: NotMeasured(NotMeasuredCode.TOO_COARSE, "Texture is too fine."),
    }
    summary = document_of(scores=scores).summary
    assert summary is not None
    told = {point.about: point.text for point in summary.unsure}
    assert told["Pores, texture and dryness"] == (
        "Not measured. Finer than this photo shows. Move closer or use the rear camera."
    )


def test_a_wide_interval_is_named_as_unsure_and_a_narrow_one_is_not():
    summary = compose(sample_examination()).summary
    assert summary is not None
    told = {point.about: point.text for point in summary.unsure}
    assert told["Wide ranges"] == "Pores (20–66) could not be told more closely."


def test_a_region_is_named_only_where_it_stands_out():
    regions = {
        region: dataclasses.replace(seen, scores={Condition.REDNESS: score(40.0)})
        for region, seen in sample_assessment().regions.items()
    }
    seen = document_of(scores={Condition.REDNESS: score(40.0)}, regions=regions).summary
    assert seen is not None
    assert seen.seen[0].text == "noticeable"
    regions[Region.NOSE] = dataclasses.replace(
        regions[Region.NOSE], scores={Condition.REDNESS: score(70.0)}
    )
    seen = document_of(scores={Condition.REDNESS: score(40.0)}, regions=regions).summary
    assert seen is not None
    assert seen.seen[0].text == "noticeable, most on the nose"


def test_the_warning_signs_are_always_told():
    for scores in (sample_assessment().scores, {c: score(0.0) for c in Condition}):
        summary = document_of(scores=scores).summary
        assert summary is not None
        assert summary.next_steps[-1].text == wording.RED_FLAG


def test_left_is_the_left_of_the_person():
    table = compose(sample_examination()).table("findings")
    assert table is not None
    sample = sample_assessment()
    by_number = dict(enumerate(listed_findings(sample), start=1))
    for row in table.rows:
        if row[2].text == "Left cheek":
            x0 = by_number[int(row[0].text)].bbox_xyxy[0]
            assert x0 > 440, "the person's left is on the right of the picture"


def test_a_cell_without_a_score_says_why():
    table = compose(sample_examination()).table("regions")
    assert table is not None
    nose = next(row for row in table.rows if row[0].text == "3 Nose")
    dryness = nose[1 + list(Condition).index(Condition.DRYNESS)]
    assert dryness.spoken == "not measured: finer than this photo shows"
    assert f"{dryness.text}: finer than this photo shows." in table.notes


def test_only_the_largest_likely_places_are_listed():
    finding = sample_assessment().findings[0]
    many = tuple(dataclasses.replace(finding, area_mm2=float(area)) for area in range(40))
    patch = dataclasses.replace(finding, type=LesionType.PATCH, area_mm2=1e4)
    doubtful = dataclasses.replace(finding, probability=0.3, area_mm2=1e3)
    document = document_of(findings=(*many, patch, doubtful))
    table = document.table("findings")
    assert table is not None
    assert len(table.rows) == LISTED_FINDINGS
    assert table.rows[0][4].text == "39.0"
    assert table.caption == f"Single places, the largest first: {LISTED_FINDINGS} of 42"


def test_nothing_found_leaves_no_empty_table():
    document = document_of(findings=(), grades={}, measures=())
    keys = {table.key for table in document.tables}
    assert keys == {"provenance", "quality", "colours", "regions"}


@pytest.mark.parametrize("value", [-3.0, 0.0, 9.4, 9.6, 29.6, 60.0, 100.0, 140.0])
def test_the_word_fits_the_number_that_is_shown(value: float):
    word, shown = wording.level(value), round(value)
    bands = {"barely visible": (-99, 9), "slight": (10, 29), "noticeable": (30, 59)}
    low, high = bands.get(word, (60, 999))
    assert low <= shown <= high


def test_a_date_is_told_in_utc():
    made = dataclasses.replace(
        sample_assessment().provenance, assessed_at="2026-01-01T01:30:00+02:00"
    )
    assert document_of(provenance=made).date == "2025-12-31 23:30"
    unknown = dataclasses.replace(made, assessed_at="yesterday")
    assert document_of(provenance=unknown).date is None


def test_several_faces_and_a_damaged_file_are_told():
    sample = sample_assessment()
    assert sample.face is not None
    capture = dataclasses.replace(sample.capture, damaged=True)
    summary = document_of(faces=(sample.face,) * 3, capture=capture).summary
    assert summary is not None
    assert [point.about for point in summary.unsure][:2] == ["Faces", "File"]


def test_the_sample_is_left_as_it_was():
    before: Assessment = sample_assessment()
    compose(sample_examination())
    assert isinstance(sample_examination(), Examination)
    assert sample_examination().assessment == before
