"""The recipe of the graders: four families on the same rows, split by person, calibrated, compared.

Persons of the split ``train`` teach; their out-of-fold scores, five folds by person, choose the
family and fit the temperature. Persons of ``val`` report: neither a grader nor the condition
network has seen them. Every family sees the same columns, rows and folds.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64, Int64
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GroupKFold
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC

from cutis.core.errors import InputError
from cutis.evaluation.calibration import ReliabilityTable
from cutis.evaluation.fairness import TONE_THIRDS, tone_thirds
from cutis.evaluation.ranking import spearman
from cutis.steps.grading import NAMES
from cutis.steps.grading.predictors import (
    Form,
    Matrix,
    Predictor,
    Scaling,
    Scores,
    softmax,
    to_arrays,
)
from cutis.steps.grading.store import GraderWeights, save_graders
from cutis.steps.grading.vector import GRADES, READS, columns_of, face_matrix, main_columns
from cutis.synth.graded import Purpose
from cutis.training.grader_export import boosted_trees, perceptron, random_forest, support_vectors
from cutis.training.region_table import RegionTable

FOLDS = 5
FEWEST = 60
"""Fewer painted faces than this of the training persons are not learned from."""
LARGEST_BYTES = 250_000
"""A grader whose arrays take more is not shipped, however good."""
LEAST_GAIN = 0.05
"""A grader is shipped if its out-of-fold log loss is lower by this share than that of always
telling the shares of the classes: one that knows nothing is calibrated, too."""
TEMPERATURES = np.exp(np.linspace(np.log(0.2), np.log(5), 121))
_RESAMPLES = 400

Fit = Callable[[Matrix, Int64[np.ndarray, "n"], int, int], Form]


def fit_svm(rows: Matrix, classes: Int64[np.ndarray, "n"], count: int, seed: int) -> Form:
    """Fit one support vector machine per class against the rest, Gaussian kernel.

    Cortes & Vapnik 1995, doi:10.1007/BF00994018.
    """
    scaling = Scaling.fit(rows)
    scaled = scaling.apply(rows)
    gamma = 0.5 / scaled.shape[1]
    machines = [
        SVC(C=1.0, gamma=gamma, random_state=seed).fit(scaled, classes == k) for k in range(count)
    ]
    return support_vectors(machines, scaled, scaling)


def fit_forest(rows: Matrix, classes: Int64[np.ndarray, "n"], count: int, seed: int) -> Form:
    """Fit a random forest (Breiman 2001, doi:10.1023/A:1010933404324)."""
    del count
    model = RandomForestClassifier(
        100, min_samples_leaf=4, max_leaf_nodes=32, random_state=seed, n_jobs=1
    )
    return random_forest(model.fit(_known(rows), classes))


def fit_boosting(rows: Matrix, classes: Int64[np.ndarray, "n"], count: int, seed: int) -> Form:
    """Fit gradient-boosted trees on histograms (Friedman 2001, doi:10.1214/aos/1013203451)."""
    del count
    model = HistGradientBoostingClassifier(
        max_iter=40,
        learning_rate=0.06,
        max_leaf_nodes=6,
        min_samples_leaf=12,
        l2_regularization=3.0,
        early_stopping=False,
        random_state=seed,
    )
    return boosted_trees(model.fit(_known(rows), classes))


def _known(rows: Matrix) -> Matrix:
    """Return the rows with 0 in columns that are always missing, which scikit-learn refuses."""
    return np.where(np.isnan(rows).all(axis=0), np.float32(0), rows)


def fit_mlp(rows: Matrix, classes: Int64[np.ndarray, "n"], count: int, seed: int) -> Form:
    """Fit a perceptron with one hidden layer of 24 and weight decay."""
    del count
    scaling = Scaling.fit(rows)
    model = MLPClassifier((24,), alpha=30.0, solver="lbfgs", max_iter=200, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # its iterations are its budget
        model.fit(scaling.apply(rows), classes)
    return perceptron(model, scaling)


FAMILIES: Mapping[str, Fit] = {
    "svm": fit_svm,
    "random forest": fit_forest,
    "boosted trees": fit_boosting,
    "mlp": fit_mlp,
}


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """The rows of one grader: features, classes, persons, and what was painted as a number."""

    rows: Matrix
    classes: Int64[np.ndarray, "n"]
    persons: NDArray[np.str_]
    painted: Float64[np.ndarray, "n"]
    ita_deg: Float64[np.ndarray, "n"]


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A family fitted for one grader: the calibrated predictor, and its out-of-fold log loss."""

    family: str
    predictor: Predictor
    log_loss: float


_PAINTED = {
    "acne": "lesions",
    "redness": "flush",
    "wrinkles": "wrinkle_depth",
    "pores": "pores_per_cm2",
}


def lesson_of(table: RegionTable, grader: str, split: str) -> Lesson:
    """Return the rows of a grader that are painted, measured, and of a split."""
    matrix = face_matrix(table.regions, table.face)
    seen = ~np.isnan(matrix[:, main_columns(grader)]).all(axis=1)
    keep = seen & (table.columns["purpose"] == Purpose.GRADED) & (table.columns["split"] == split)
    part = table.where(keep)
    classes = part.columns[f"class_{grader}"].astype(np.int64)
    painted = part.columns[_PAINTED[grader]].astype(float) if grader in _PAINTED else classes * 1.0
    return Lesson(
        matrix[keep][:, columns_of(grader)],
        classes,
        part.columns["person"],
        painted,
        part.columns["ita_deg"].astype(float),
    )


def fit_family(family: str, lesson: Lesson, grader: str, *, seed: int = 0) -> Fitted:
    """Fit a family: five folds by person for the temperature, then once on all.

    Raises:
        InputError: there are too few rows or persons.
    """
    if len(lesson.rows) < FEWEST or len(set(lesson.persons)) < FOLDS:
        raise InputError(
            f"At least {FEWEST} painted faces of {FOLDS} persons were expected for {grader}; "
            f"{len(lesson.rows)} came. Measure more with `cutis train features`."
        )
    count, fit = len(GRADES[grader]), FAMILIES[family]
    scores = np.zeros((len(lesson.rows), count))
    for learn, hold in GroupKFold(FOLDS).split(lesson.rows, groups=lesson.persons):
        form = fit(lesson.rows[learn], lesson.classes[learn], count, seed)
        scores[hold] = form.scores(lesson.rows[hold])
    temperature = fit_temperature(scores, lesson.classes)
    form = fit(lesson.rows, lesson.classes, count, seed)
    loss = log_loss(softmax(scores / temperature), lesson.classes)
    return Fitted(family, Predictor(form, temperature), loss)


def fit_temperature(scores: Scores, classes: Int64[np.ndarray, "n"]) -> float:
    """Return the temperature of the least log loss (Guo et al. 2017, arXiv:1706.04599)."""
    losses = [log_loss(softmax(scores / t), classes) for t in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmin(losses))])


def log_loss(probability: Scores, classes: Int64[np.ndarray, "n"]) -> float:
    """Return the mean of minus the logarithm of the true class's probability."""
    own = probability[np.arange(len(classes)), classes]
    return float(-np.log(np.maximum(own, 1e-9)).mean())


def balanced_accuracy(probability: Scores, classes: Int64[np.ndarray, "n"]) -> float:
    """Return the mean over classes of the share that is found."""
    right = probability.argmax(axis=1) == classes
    return float(np.mean([right[classes == k].mean() for k in np.unique(classes)]))


def calibration_error(probability: Scores, classes: Int64[np.ndarray, "n"]) -> float:
    """Return the expected calibration error over all classes' probabilities, 10 bins."""
    truth = classes[:, None] == np.arange(probability.shape[1])[None]
    return ReliabilityTable.empty(10).update(probability, truth).expected_calibration_error()


def top_calibration_error(probability: Scores, classes: Int64[np.ndarray, "n"]) -> float:
    """Return the expected calibration error of the likeliest class, 10 bins."""
    likely = probability.max(axis=1)
    right = probability.argmax(axis=1) == classes
    return ReliabilityTable.empty(10).update(likely, right).expected_calibration_error()


def expected_grade(probability: Scores) -> Float64[np.ndarray, "n"]:
    """Return the mean grade, 0 to the last class."""
    return np.asarray(probability @ np.arange(probability.shape[1], dtype=np.float64))


def report(probability: Scores, lesson: Lesson, *, seed: int = 0) -> dict[str, Any]:
    """Return the figures of one grader's probabilities, with intervals over persons."""
    figures: dict[str, Any] = {"faces": len(lesson.rows), "persons": len(set(lesson.persons))}
    measures: dict[str, Callable[[NDArray[Any]], float]] = {
        "balanced accuracy": lambda i: balanced_accuracy(probability[i], lesson.classes[i]),
        "log loss": lambda i: log_loss(probability[i], lesson.classes[i]),
        "calibration error": lambda i: calibration_error(probability[i], lesson.classes[i]),
        "calibration error, likeliest class": lambda i: top_calibration_error(
            probability[i], lesson.classes[i]
        ),
        "rank correlation with what was painted": lambda i: spearman(
            expected_grade(probability[i]), lesson.painted[i]
        ),
    }
    everyone = np.arange(len(lesson.rows))
    draws = person_draws(lesson.persons, seed)
    for name, measure in measures.items():
        values = np.array([measure(draw) for draw in draws])
        low, high = np.nanquantile(values, [0.025, 0.975])
        figures[name] = [measure(everyone), float(low), float(high)]
    thirds = np.array(tone_thirds(lesson.ita_deg.tolist()))
    for third in TONE_THIRDS:
        own = np.flatnonzero(thirds == third)
        figures[f"balanced accuracy, {third}"] = measures["balanced accuracy"](own)
        figures[f"calibration error, {third}"] = measures["calibration error"](own)
    return figures


def person_draws(persons: NDArray[np.str_], seed: int) -> list[NDArray[np.intp]]:
    """Draw persons with replacement; each brings all their rows (Efron 1979)."""
    rng = np.random.default_rng(seed)
    names, of = np.unique(persons, return_inverse=True)
    rows = [np.flatnonzero(of == i) for i in range(len(names))]
    drawn = [rng.integers(0, len(names), len(names)) for _ in range(_RESAMPLES)]
    return [np.concatenate([rows[i] for i in draw]) for draw in drawn]


def size_bytes(fitted: Fitted) -> int:
    """Return how many bytes the arrays of a fitted family take."""
    return sum(a.nbytes for a in to_arrays(fitted.predictor.form).values())


def choose(fitted: Sequence[Fitted]) -> Fitted:
    """Return the family of the least out-of-fold log loss among those small enough to ship."""
    small = [f for f in fitted if size_bytes(f) <= LARGEST_BYTES]
    return min(small or fitted, key=lambda f: f.log_loss)


def train_graders(
    table: RegionTable,
    out: Path,
    *,
    seed: int = 0,
    progress: Callable[[str], None] = lambda _line: None,
) -> dict[str, Any]:
    """Compare the families for every grader, and write the chosen ones to a folder.

    Returns:
        Figures: grader → family → measure → value, low, high; and which was chosen.

    Raises:
        InputError: too few faces were measured.
    """
    figures: dict[str, Any] = {}
    kept: list[GraderWeights] = []
    for grader in GRADES:
        lesson, held = (lesson_of(table, grader, split) for split in ("train", "val"))
        if min(len(lesson.rows), len(held.rows)) < FEWEST:
            figures[grader] = {"faces to learn from": len(lesson.rows), "faces": len(held.rows)}
            progress(f"{grader}: too few faces, {len(lesson.rows)} and {len(held.rows)}")
            continue
        fitted = [fit_family(family, lesson, grader, seed=seed) for family in FAMILIES]
        best = choose(fitted)
        knows = best.log_loss <= (1 - LEAST_GAIN) * _share_loss(lesson, lesson)
        figures[grader] = _compared(fitted, lesson, held, seed=seed)
        figures[grader] |= {"chosen": best.family, "shipped": bool(knows)}
        if knows:
            kept.append(GraderWeights(grader, GRADES[grader], best.family, best.predictor))
        progress(f"{grader}: {best.family}{'' if knows else ', learned nothing'}")
    out.mkdir(parents=True, exist_ok=True)
    save_graders(kept, out / "graders.npz")
    text = json.dumps({"features": list(NAMES), "reads": dict(READS), "figures": figures}, indent=1)
    (out / "graders.json").write_text(text + "\n", encoding="utf-8")
    return figures


def _compared(
    fitted: Sequence[Fitted], lesson: Lesson, held: Lesson, *, seed: int
) -> dict[str, Any]:
    """Return the figures of all families on the held-out persons."""
    rows = {}
    for one in fitted:
        rows[one.family] = report(one.predictor.predict(held.rows), held, seed=seed) | {
            "out-of-fold log loss": one.log_loss,
            "temperature": one.predictor.temperature,
            "size in bytes": size_bytes(one),
        }
    return {
        "families": rows,
        "faces to learn from": len(lesson.rows),
        "persons to learn from": len(set(lesson.persons)),
        "log loss of the classes' shares": _share_loss(lesson, held),
    }


def _share_loss(lesson: Lesson, held: Lesson) -> float:
    """Return the log loss of always telling the classes' shares: what must be beaten."""
    count = int(max(lesson.classes.max(), held.classes.max())) + 1
    share = (np.bincount(lesson.classes, minlength=count) + 1) / (len(lesson.classes) + count)
    return log_loss(np.broadcast_to(share, (len(held.rows), count)), held.classes)
