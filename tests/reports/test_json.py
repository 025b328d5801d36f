"""JSON: what is written is read back, follows the published schema, and is refused kindly."""

from __future__ import annotations

import dataclasses
import json
import os
from enum import StrEnum
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from cutis.core.assessment import Assessment
from cutis.core.errors import InputError
from cutis.core.scores import NotMeasuredCode, Quantity
from cutis.core.vocabulary import Condition, ItaGroup, LesionType, Region
from cutis.reports.json import from_json, schema, schema_text, to_json
from cutis.reports.rounding import rounded
from cutis.testing import sample_assessment

UPDATE = os.environ.get("CUTIS_UPDATE_GOLDEN") == "1"
PUBLISHED = Path(__file__).resolve().parents[2] / "docs" / "reference" / "assessment.schema.json"

SAMPLES = {refused: sample_assessment(refused=refused) for refused in (False, True)}
TREES = {refused: json.loads(to_json(sample)) for refused, sample in SAMPLES.items()}

FINITE = st.floats(allow_nan=False, allow_infinity=False)
SHARE = st.floats(0, 1)
WORDS = st.text(max_size=6)


def any_of(words: type[StrEnum]) -> st.SearchStrategy[str]:
    return st.sampled_from([word.value for word in words])


def tree(**fields: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries(fields)


NOT_MEASURED = tree(code=any_of(NotMeasuredCode), reason=WORDS, value=st.none())
QUANTITIES = tree(name=WORDS, value=FINITE, unit=WORDS)
SCORES = tree(
    value=FINITE,
    interval=tree(low=FINITE, high=FINITE, level=SHARE),
    raw=QUANTITIES,
    formula=WORDS,
    method=WORDS,
    enhanced=st.booleans(),
)
ANSWERS = st.dictionaries(any_of(Condition), SCORES | NOT_MEASURED, max_size=2)
COLOURS = tree(
    lightness=FINITE, a_star=FINITE, b_star=FINITE, ita_deg=FINITE, ita_group=any_of(ItaGroup)
)
REGIONS = tree(area_mm2=FINITE, visible_share=SHARE, colour=COLOURS | NOT_MEASURED, scores=ANSWERS)
FINDINGS = tree(
    condition=any_of(Condition),
    type=any_of(LesionType),
    bbox_xyxy=st.lists(st.integers(), min_size=4, max_size=4),
    probability=SHARE,
    region=st.none() | any_of(Region),
    area_mm2=FINITE,
    length_mm=st.none() | FINITE,
    type_probability=st.none() | SHARE,
)
TONES = tree(colour=COLOURS, monk=st.integers(), monk_delta_e=FINITE, fitzpatrick=NOT_MEASURED)
GRADES = tree(scale=WORDS, grade=st.integers(), label=WORDS, basis=QUANTITIES, source=WORDS)
PARTS = tree(
    usable=st.booleans(),
    reasons=st.lists(WORDS, max_size=2),
    tone=TONES | NOT_MEASURED,
    overall=SCORES | NOT_MEASURED,
    scores=ANSWERS,
    regions=st.dictionaries(any_of(Region), REGIONS, max_size=1),
    measures=st.lists(QUANTITIES, max_size=1),
    grades=st.dictionaries(WORDS, GRADES | NOT_MEASURED, max_size=1),
    findings=st.lists(FINDINGS, max_size=1),
    labels=st.dictionaries(any_of(Condition), st.none() | SHARE, max_size=2),
)


def all_rounded(node: object) -> object:
    """Return a JSON tree with every number rounded as it is written."""
    if isinstance(node, float):
        return rounded(node)
    if isinstance(node, dict):
        return {key: all_rounded(value) for key, value in node.items()}
    return [all_rounded(value) for value in node] if isinstance(node, list) else node


def with_measure(value: object) -> Assessment:
    """Return the sample with one measure of ``value``."""
    measure = Quantity("a measure", value, "1")  # type: ignore[arg-type]
    return dataclasses.replace(sample_assessment(), measures=(measure,))


@pytest.mark.parametrize("refused", [False, True])
def test_the_sample_comes_back(*, refused: bool):
    assessment = sample_assessment(refused=refused)
    assert from_json(to_json(assessment)) == assessment


@settings(max_examples=100, deadline=None)
@given(refused=st.booleans(), parts=PARTS)
def test_any_assessment_is_read_and_written_without_loss(
    *, refused: bool, parts: dict[str, object]
):
    whole = TREES[refused] | parts
    assessment = from_json(json.dumps(whole))
    text = to_json(assessment)
    assert json.loads(text) == all_rounded(whole)
    assert to_json(from_json(text)) == text


@given(FINITE)
def test_rounding_is_close_and_done_once(value: float):
    once = rounded(value)
    assert rounded(once) == once
    assert once == pytest.approx(value, rel=5e-4, abs=5e-5)


def test_a_small_number_keeps_its_figures():
    assert [rounded(v) for v in (63.271188, 0.0123456, 0.0000123456)] == [
        63.2712,
        0.01235,
        1.235e-5,
    ]


@pytest.mark.parametrize("refused", [False, True])
def test_it_follows_the_published_schema(*, refused: bool):
    published = json.loads(PUBLISHED.read_text("utf-8"))
    Draft202012Validator.check_schema(published)
    whole = json.loads(to_json(sample_assessment(refused=refused)))
    Draft202012Validator(published).validate(whole)


def test_the_schema_is_the_published_one():
    if UPDATE:
        PUBLISHED.write_text(schema_text(), "utf-8")
    assert schema_text() == PUBLISHED.read_text("utf-8"), (
        "The schema changed. Raise SCHEMA_VERSION if a reader would break, and run the test with "
        "CUTIS_UPDATE_GOLDEN=1."
    )


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        (("scores", "acne", "value"), 101),
        (("scores", "dryness", "value"), 0),
        (("scores", "toenails"), {"code": "no_method", "reason": "", "value": None}),
        (("labels", "acne"), 1.5),
        (("findings", 0, "bbox_xyxy"), [1, 2, 3]),
        (("findings", 0, "region"), "left_cheek"),
        (("quality", "verdict"), "fine"),
    ],
)
def test_the_schema_refuses_what_is_wrong(path: tuple[str | int, ...], wrong: object):
    whole = json.loads(to_json(sample_assessment()))
    node = whole
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = wrong
    assert not Draft202012Validator(schema()).is_valid(whole)


def test_the_schema_requires_every_field():
    whole = json.loads(to_json(sample_assessment()))
    for field in whole:
        less = {key: value for key, value in whole.items() if key != field}
        assert not Draft202012Validator(schema()).is_valid(less), field


def test_the_layout_that_readers_rely_on():
    whole = json.loads(to_json(sample_assessment()))
    assert whole["usable"] is True
    assert whole["reasons"] == []
    assert set(whole["scores"]) == {condition.value for condition in Condition}
    assert whole["scores"]["redness"]["value"] == 52.5
    assert whole["scores"]["dryness"]["value"] is None
    assert whole["scores"]["dryness"]["reason"]
    assert set(whole["labels"]) == set(whole["scores"])
    assert whole["labels"]["dryness"] is None
    finding = whole["findings"][0]
    assert {"condition", "type", "bbox_xyxy", "probability", "region", "area_mm2"} <= set(finding)
    assert all(isinstance(edge, int) for edge in finding["bbox_xyxy"])
    assert finding["region"] in {region.value for region in Region}


def test_what_a_later_version_added_is_left_out():
    whole = json.loads(to_json(sample_assessment()))
    whole |= {"schema_version": "1.9", "horoscope": "fair"}
    back = from_json(json.dumps(whole))
    assert back == dataclasses.replace(sample_assessment(), schema_version="1.9")


def test_numpy_s_double_is_a_number():
    assert from_json(to_json(with_measure(np.float64(3.5)))) == with_measure(3.5)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (float("nan"), "finite numbers only; nan came"),
        (float("inf"), "finite numbers only; inf came"),
        (np.float32(1), "value of another type came"),
        ("3", "value of another type came"),
    ],
)
def test_what_is_no_number_is_not_written(value: object, message: str):
    with pytest.raises(InputError, match=message):
        to_json(with_measure(value))


def sample_with(old: str, new: str) -> str:
    return to_json(sample_assessment()).replace(old, new, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "cannot be read: Expecting value at line 1, column 1. Give the whole content"),
        ("[" * 100_000, "nested too deeply"),
        ('{"schema_version": "1.0", "a": 1e999}', "not finite"),
        ('{"schema_version": "1.0", "a": NaN}', "not finite"),
        ("[]", "a JSON object; a list came"),
        ("{}", "schema version 1.x; no version came"),
        ('{"schema_version": "2.0"}', "schema version 1.x; version '2.0' came"),
        ('{"schema_version": "1.0"}', "at 'usable': Field required"),
        (sample_with('"usable": true', '"usable": "yes"'), "at 'usable': Input should be a valid"),
        (sample_with('"medium"', '"none"').replace('"nose"', '"beak"'), "should be 'forehead'"),
    ],
)
def test_unreadable_text_is_refused_with_what_to_do(text: str, message: str):
    with pytest.raises(InputError) as caught:
        from_json(text)
    assert message in str(caught.value)


def test_a_refusal_never_repeats_what_came():
    text = sample_with('"usable": true', '"usable": "Jane Doe, 12 Elm Street"')
    with pytest.raises(InputError) as caught:
        from_json(text)
    assert "Jane" not in str(caught.value)


def test_an_assessment_of_version_1_0_is_read():
    """It knows no probability of a type."""
    whole = json.loads(to_json(sample_assessment()))
    whole["schema_version"] = "1.0"
    assert whole["findings"]
    for finding in whole["findings"]:
        del finding["type_probability"]
    read = from_json(json.dumps(whole))
    assert [f.type_probability for f in read.findings] == [None] * len(read.findings)
