"""Learned grades in an assessment: the likeliest class and its probability, or why none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cutis.core.errors import ModelError
from cutis.core.scores import LEARNED_GRADE, Grade, NotMeasured
from cutis.models.graders import shipped_graders
from cutis.pipeline import add_grades, describe_regions
from cutis.reports.tables import detail_tables
from cutis.steps.grading import GRADES, NAMES, GraderWeights, Predictor, columns_of, grade_face
from cutis.steps.grading.predictors import Layers, Scaling, from_arrays, to_arrays
from cutis.testing.samples import sample_examination


def grader(name: str = "acne") -> GraderWeights:
    """Return a grader whose answer never depends on the face: 70 % of the second class."""
    columns, count = len(columns_of(name)), len(GRADES[name])
    share = np.full(count, 0.3 / (count - 1))
    share[1] = 0.7
    zeros = np.zeros(columns, np.float32)
    scaling = Scaling(zeros, zeros, zeros + 1, np.zeros(0, np.int16))
    weights = (np.zeros((columns, count), np.float32),)
    form = Layers(scaling, weights, (np.log(share).astype(np.float32),))
    return GraderWeights(name, GRADES[name], "mlp", Predictor(form, 1.0))


def test_the_likeliest_class_is_told_with_its_probability():
    found = add_grades(sample_examination(), {"acne": grader()})
    grade = found.assessment.grades["learned acne"]
    assert isinstance(grade, Grade)
    assert (grade.grade, grade.label) == (1, "mild")
    assert grade.basis.value == pytest.approx(0.7, abs=1e-6)
    assert "no published clinical scale" in grade.source


def test_the_grades_of_scales_stay_and_have_their_own_table():
    before = sample_examination()
    found = add_grades(before, {"acne": grader()})
    assert set(found.assessment.grades) == {*before.assessment.grades, "learned acne"}
    tables = {t.key: t for t in detail_tables(found.assessment)}
    assert len(tables["learned-grades"].rows) == 1
    assert len(tables["grades"].rows) == len(before.assessment.grades)
    assert not any(
        row[0].text.lower().startswith(LEARNED_GRADE.strip()) for row in tables["grades"].rows
    )


def test_without_graders_nothing_changes():
    before = sample_examination()
    assert add_grades(before, {}) is before


def test_without_its_main_measure_there_is_no_grade():
    features = describe_regions(sample_examination())
    values = features.values.copy()
    values[:, NAMES.index("acne_share")] = np.nan
    grade = grade_face(replace(features, values=values), {"acne": grader()})["learned acne"]
    assert isinstance(grade, NotMeasured)
    assert "acne share" in grade.reason


def test_without_a_card_there_are_no_graders():
    found = shipped_graders(())
    assert (found.graders, found.use) == ({}, None)


def test_forms_come_back_from_their_arrays():
    form = grader().predictor.form
    again = from_arrays(to_arrays(form))
    rows = np.zeros((2, len(columns_of("acne"))), np.float32)
    assert np.array_equal(form.scores(rows), again.scores(rows))
    with pytest.raises(ModelError, match="lacks the array"):
        from_arrays({"vectors": np.zeros((1, 1))})
