"""The shipped graders: what their card says is true of them and of the figures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from cutis.core.scores import Grade
from cutis.models.builtin import builtin_models
from cutis.models.cache import WEIGHTS_DIR
from cutis.models.graders import shipped_graders
from cutis.pipeline import describe_regions
from cutis.steps.grading import GRADES, VECTOR_NAMES, face_matrix, grade_face
from cutis.testing.samples import sample_examination

CARD = builtin_models().get("graders")
RESULTS = Path(__file__).resolve().parents[2] / "benchmarks" / "results" / "graders.json"
LARGEST_BYTES = 300_000


def test_the_file_is_small_and_is_the_one_on_the_card():
    found = shipped_graders(builtin_models())
    assert CARD.file.size_bytes == (WEIGHTS_DIR / CARD.file.name).stat().st_size < LARGEST_BYTES
    assert found.use is not None
    assert found.use.sha256 == CARD.sha256
    assert set(found.graders) < set(GRADES)
    for name, grader in found.graders.items():
        assert grader.classes == GRADES[name] == CARD.classes


@pytest.mark.parametrize("metric", CARD.metrics, ids=lambda m: f"{m.subject} {m.name} {m.group}")
def test_the_card_tells_the_figures(metric):  # noqa: ANN001 - a Metric
    part = json.loads(RESULTS.read_text(encoding="utf-8"))["graders"][metric.subject]
    row = part["families"][part["chosen"]]
    value = row[metric.name][0] if metric.group == "all" else row[f"{metric.name}, {metric.group}"]
    assert metric.value == pytest.approx(value, abs=5e-5)


def test_only_graders_that_know_something_are_shipped():
    figures = json.loads(RESULTS.read_text(encoding="utf-8"))["graders"]
    shipped = {name for name, part in figures.items() if part.get("shipped")}
    assert set(shipped_graders(builtin_models()).graders) == shipped
    for name in shipped:
        row = figures[name]["families"][figures[name]["chosen"]]
        assert row["log loss"][2] < figures[name]["log loss of the classes' shares"]
        assert row["calibration error"][0] <= 0.05


def test_probabilities_are_probabilities_whatever_is_missing():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(50, len(VECTOR_NAMES))).astype(np.float32)
    rows[:, ::3][rng.random(rows[:, ::3].shape) < 0.5] = np.nan
    for grader in shipped_graders(builtin_models()).graders.values():
        answer = grader.predict(rows[:, grader.columns])
        assert np.isfinite(answer).all()
        assert np.allclose(answer.sum(axis=1), 1)


def test_the_drawn_face_is_graded():
    features = describe_regions(sample_examination())
    graders = shipped_graders(builtin_models()).graders
    grades = grade_face(features, graders)
    assert all(isinstance(grade, Grade) for grade in grades.values())
    one = face_matrix(features.values[None], features.face[None])
    assert [g.grade for g in grades.values()] == [
        int(g.grade(one)[0].argmax()) for g in graders.values()
    ]
