"""Graders: arrays against scikit-learn, calibration, the split by person, the whole run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn")
pytest.importorskip("pyarrow")

from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC

from cutis.core.errors import InputError, ModelError
from cutis.core.vocabulary import Region
from cutis.steps.grading import FACE_NAMES, GRADES, NAMES, columns_of, face_matrix, load_graders
from cutis.steps.grading.predictors import Predictor, Scaling, from_arrays, softmax, to_arrays
from cutis.training import graders as recipe
from cutis.training.grader_export import boosted_trees, perceptron, random_forest, support_vectors
from cutis.training.region_table import RegionTable


def rows(n: int = 240, *, gaps: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Return rows with three classes that depend on them, some values missing."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(n, 6)).astype(np.float32)
    classes = np.digitize(x[:, 0] + 0.5 * x[:, 1] ** 2 + 0.3 * rng.normal(size=n), [0.0, 1.0])
    if gaps:
        x[rng.random(x.shape) < 0.1] = np.nan
    return x, classes


def test_boosted_trees_equal_scikit_learn():
    x, y = rows()
    model = HistGradientBoostingClassifier(max_iter=20, max_leaf_nodes=8).fit(x, y)
    found = Predictor(boosted_trees(model), 1.0).predict(x)
    assert np.abs(found - model.predict_proba(x)).max() < 1e-6


def test_boosted_trees_go_the_same_way_at_a_threshold():
    x, y = rows(gaps=False)
    x = np.round(x, 1).astype(np.float32)
    model = HistGradientBoostingClassifier(max_iter=20).fit(x, y)
    found = Predictor(boosted_trees(model), 1.0).predict(x)
    assert np.abs(found - model.predict_proba(x)).max() < 1e-6


def test_two_classes_are_refused():
    x, y = rows()
    with pytest.raises(InputError, match="Three classes"):
        boosted_trees(HistGradientBoostingClassifier(max_iter=2).fit(x, y > 0))


def test_a_forest_equals_scikit_learn():
    x, y = rows()
    model = RandomForestClassifier(30, min_samples_leaf=3, random_state=0).fit(x, y)
    found = Predictor(random_forest(model), 1.0).predict(x)
    assert np.abs(found - model.predict_proba(x)).max() < 1e-5


def test_a_perceptron_equals_scikit_learn():
    x, y = rows()
    scaling = Scaling.fit(x)
    model = MLPClassifier((8,), solver="lbfgs", alpha=5.0, max_iter=2000, random_state=0)
    model.fit(scaling.apply(x), y)
    found = Predictor(perceptron(model, scaling), 1.0).predict(x)
    assert np.abs(found - model.predict_proba(scaling.apply(x))).max() < 1e-6


def test_support_vectors_equal_scikit_learn():
    x, y = rows()
    scaling = Scaling.fit(x)
    scaled = scaling.apply(x).astype(np.float32).astype(np.float64)
    machines = [SVC(gamma=0.1).fit(scaled, y == k) for k in range(3)]
    found = support_vectors(machines, scaled, scaling).scores(x)
    expected = np.stack([m.decision_function(scaled) for m in machines], 1)
    assert np.abs(found - expected).max() < 1e-4


def test_scaling_flags_what_is_missing():
    x = np.array([[1, np.nan], [3, 5], [5, np.nan]], np.float32)
    scaled = Scaling.fit(x).apply(x)
    assert scaled.shape == (3, 3)
    assert scaled[:, 2].tolist() == [1, 0, 1]
    assert np.allclose(scaled[:, :2].mean(axis=0), 0)


@pytest.mark.parametrize("family", recipe.FAMILIES)
def test_every_family_survives_its_arrays(family: str):
    x, y = rows(120)
    form = recipe.FAMILIES[family](x, y, 3, 0)
    again = from_arrays(to_arrays(form))
    assert np.array_equal(form.scores(x), again.scores(x))
    assert np.allclose(softmax(form.scores(x)).sum(axis=1), 1)


def test_arrays_of_nothing_are_refused():
    with pytest.raises(ModelError, match="lacks the array"):
        from_arrays({"roots": np.zeros(1, np.int32)})


def test_the_temperature_of_overconfident_scores_is_found():
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(4000, 3))
    truth = np.array([rng.choice(3, p=p) for p in softmax(scores)])
    assert recipe.fit_temperature(3 * scores, truth) == pytest.approx(3, rel=0.15)
    assert recipe.calibration_error(softmax(scores), truth) < 0.02
    assert recipe.calibration_error(softmax(6 * scores), truth) > 0.1


def drawn_table(n: int = 200) -> RegionTable:
    """Return a table whose first measure of each grader tells its class."""
    rng = np.random.default_rng(1)
    regions = rng.normal(size=(n, len(Region), len(NAMES))).astype(np.float32)
    face = np.tile(np.array([30, 0.2, np.nan], np.float32), (n, 1))
    columns: dict[str, np.ndarray] = {
        "person": np.array([f"p{i // 2}" for i in range(n)]),
        "split": np.array(["val" if i % 10 < 4 else "train" for i in range(n)]),
        "purpose": np.array(["graded"] * n),
        "ita_deg": rng.uniform(-50, 50, n),
    }
    for grader, names in GRADES.items():
        classes = rng.integers(0, len(names), n)
        columns[f"class_{grader}"] = classes
        for read in recipe.READS[grader][:2]:
            regions[:, :, NAMES.index(read)] += 3 * classes[:, None]
    for name in ("lesions", "flush", "wrinkle_depth", "pores_per_cm2"):
        columns[name] = rng.random(n)
    return RegionTable(regions, face, columns)


def test_lessons_share_no_person():
    table = drawn_table()
    train, held = (recipe.lesson_of(table, "acne", split) for split in ("train", "val"))
    assert not set(train.persons) & set(held.persons)


def test_what_is_not_measured_teaches_nothing():
    table = drawn_table(20)
    table.regions[:5, :, NAMES.index("pores_share")] = np.nan
    assert len(recipe.lesson_of(table, "pores", "val").rows) == 8 - 4


def test_too_few_faces_are_refused():
    lesson = recipe.lesson_of(drawn_table(40), "acne", "train")
    with pytest.raises(InputError, match="cutis train features"):
        recipe.fit_family("mlp", lesson, "acne")


def test_the_recipe_learns_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(recipe, "_RESAMPLES", 20)
    monkeypatch.setattr(
        recipe, "FAMILIES", {k: recipe.FAMILIES[k] for k in ("mlp", "boosted trees")}
    )
    table = drawn_table(300)
    figures = recipe.train_graders(table, tmp_path)
    chosen = figures["acne"]["families"][figures["acne"]["chosen"]]
    value, low, high = chosen["balanced accuracy"]
    assert low <= value <= high
    assert value > 0.6
    assert chosen["log loss"][0] < figures["acne"]["log loss of the classes' shares"]
    loaded = load_graders((tmp_path / "graders.npz").read_bytes())
    assert set(loaded) == set(GRADES)
    matrix = face_matrix(table.regions, table.face)
    table.regions[0] = np.nan
    graded = loaded["acne"].grade(face_matrix(table.regions, table.face))
    assert np.isnan(graded[0]).all()
    assert np.allclose(graded[1:], loaded["acne"].predict(matrix[:, columns_of("acne")])[1:])


def test_a_file_of_something_else_is_refused(tmp_path: Path):
    np.savez(tmp_path / "x.npz", a=np.zeros(3))
    with pytest.raises(ModelError, match="file of graders"):
        load_graders((tmp_path / "x.npz").read_bytes())


def test_face_features_have_their_names():
    with pytest.raises(InputError, match=f"{len(FACE_NAMES)} of the face"):
        face_matrix(np.zeros((1, 2, 3), np.float32), np.zeros((1, 1), np.float32))
