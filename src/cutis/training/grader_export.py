"""What scikit-learn fitted, as the plain arrays that assessment evaluates.

A threshold is rounded down to 32 bits: rows have 32 bits, and such a value is at most the threshold
exactly if it is at most the rounded one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC

from cutis.core.errors import InputError
from cutis.steps.grading.predictors import Kernels, Layers, Scaling, Trees


def boosted_trees(model: HistGradientBoostingClassifier) -> Trees:
    """Return gradient-boosted trees; raises InputError for fewer than three classes."""
    if len(model.classes_) < 3:
        raise InputError(f"Three classes or more were expected; {len(model.classes_)} came.")
    parts = []
    for iteration in model._predictors:  # noqa: SLF001 - there is no public way to the nodes
        for target, tree in enumerate(iteration):
            nodes = tree.nodes
            leaf = nodes["is_leaf"].astype(bool)
            value = np.zeros((len(nodes), len(model.classes_)), np.float32)
            value[leaf, target] = nodes["value"][leaf]
            parts.append(
                {
                    "feature": np.where(leaf, 0, nodes["feature_idx"]),
                    "threshold": np.where(leaf, 0, nodes["num_threshold"]),
                    "left": np.where(leaf, -1, nodes["left"].astype(np.int64)),
                    "right": np.where(leaf, -1, nodes["right"].astype(np.int64)),
                    "missing_left": nodes["missing_go_to_left"].astype(bool),
                    "value": value,
                }
            )
    base = np.asarray(model._baseline_prediction, np.float64).ravel()  # noqa: SLF001 - likewise
    return _trees(parts, base, averaged=False)


def random_forest(model: RandomForestClassifier) -> Trees:
    """Return a random forest."""
    parts = []
    for estimator in model.estimators_:
        tree = estimator.tree_
        leaf = tree.children_left < 0
        share = tree.value[:, 0] / tree.value[:, 0].sum(axis=1, keepdims=True)
        parts.append(
            {
                "feature": np.where(leaf, 0, tree.feature),
                "threshold": np.where(leaf, 0, tree.threshold),
                "left": tree.children_left,
                "right": tree.children_right,
                "missing_left": tree.missing_go_to_left.astype(bool),
                "value": np.where(leaf[:, None], share, 0),
            }
        )
    return _trees(parts, np.zeros(len(model.classes_)), averaged=True)


def perceptron(model: MLPClassifier, scaling: Scaling) -> Layers:
    """Return a multilayer perceptron with rectified units."""
    weights = tuple(w.astype(np.float32) for w in model.coefs_)
    return Layers(scaling, weights, tuple(b.astype(np.float32) for b in model.intercepts_))


def support_vectors(models: Sequence[SVC], rows: NDArray[Any], scaling: Scaling) -> Kernels:
    """Return machines of one class against the rest, fitted on the same scaled rows.

    Raises:
        InputError: the machines do not share one gamma.
    """
    gammas = {float(m._gamma) for m in models}  # noqa: SLF001 - there is no public way to it
    if len(gammas) != 1:
        raise InputError("Machines of one gamma were expected; theirs differ.")
    used = sorted({int(i) for m in models for i in m.support_})
    place = {row: i for i, row in enumerate(used)}
    weights = np.zeros((len(models), len(used)), np.float32)
    for k, model in enumerate(models):
        weights[k, [place[int(i)] for i in model.support_]] = model.dual_coef_[0]
    offsets = np.array([float(m.intercept_[0]) for m in models])
    return Kernels(scaling, rows[used].astype(np.float32), weights, offsets, gammas.pop())


def _trees(
    parts: Sequence[dict[str, NDArray[Any]]], base: NDArray[np.float64], *, averaged: bool
) -> Trees:
    """Lay trees one after the other."""
    starts = np.cumsum([0, *(len(p["left"]) for p in parts)])
    joined = {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}
    shift = np.concatenate(
        [np.full(len(p["left"]), s) for p, s in zip(parts, starts[:-1], strict=True)]
    )
    inner = joined["left"] >= 0
    return Trees(
        feature=joined["feature"].astype(np.int16),
        threshold=_rounded_down(joined["threshold"]),
        left=np.where(inner, joined["left"] + shift, -1).astype(np.int32),
        right=np.where(inner, joined["right"] + shift, -1).astype(np.int32),
        missing_left=joined["missing_left"],
        value=joined["value"].astype(np.float32),
        roots=starts[:-1].astype(np.int32),
        base=base,
        averaged=averaged,
    )


def _rounded_down(values: NDArray[Any]) -> NDArray[np.float32]:
    near = values.astype(np.float32)
    below = np.nextafter(near, np.float32(-np.inf))
    return np.where(near.astype(np.float64) > values, below, near)
