"""The graph over regions against the same network without edges: same rows, folds, budget, seeds.

Both are fitted on persons of ``train`` and report on persons of ``val``, several seeds each. The
graph ships only if its log loss is lower beyond the interval of the difference over persons.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from jaxtyping import Float32, Int64
from numpy.typing import NDArray
from torch import nn

from cutis.networks.region_graph import RegionGraph
from cutis.steps.grading import NAMES
from cutis.steps.grading.predictors import softmax
from cutis.steps.grading.vector import GRADES, READS
from cutis.synth.graded import Purpose
from cutis.training.graders import balanced_accuracy, log_loss, person_draws
from cutis.training.region_table import RegionTable

SEEDS = 3
STEPS = 300


def compare_graphs(table: RegionTable, grader: str, *, steps: int = STEPS) -> dict[str, Any]:
    """Return log loss and balanced accuracy with and without edges, and the difference."""
    train, held = (_rows(table, grader, split) for split in ("train", "val"))
    inputs, classes, _ = train
    answers = {}
    for edges in (True, False):
        logits = [
            _fit(inputs, classes, grader, edges=edges, seed=s, steps=steps)(torch.tensor(held[0]))
            for s in range(SEEDS)
        ]
        mean = torch.stack(logits).mean(dim=0).detach().numpy().astype(np.float64)
        answers[edges] = softmax(mean)
    gains = [
        log_loss(answers[False][i], held[1][i]) - log_loss(answers[True][i], held[1][i])
        for i in person_draws(held[2], seed=0)
    ]
    low, high = np.quantile(gains, [0.025, 0.975])
    return {
        "faces": len(held[1]),
        "log loss, graph": log_loss(answers[True], held[1]),
        "log loss, no edges": log_loss(answers[False], held[1]),
        "gain of the graph": [float(np.mean(gains)), float(low), float(high)],
        "balanced accuracy, graph": balanced_accuracy(answers[True], held[1]),
        "balanced accuracy, no edges": balanced_accuracy(answers[False], held[1]),
    }


_Rows = tuple[Float32[np.ndarray, "n regions features"], Int64[np.ndarray, "n"], NDArray[np.str_]]


def _rows(table: RegionTable, grader: str, split: str) -> _Rows:
    """Return inputs, classes and persons; what is missing is 0 with a flag, after scaling."""
    columns = [NAMES.index(name) for name in READS[grader]]
    graded = table.columns["purpose"] == Purpose.GRADED
    learn = graded & (table.columns["split"] == "train")
    usual = table.regions[learn][:, :, columns]
    middle, spread = np.nanmean(usual, axis=(0, 1)), np.nanstd(usual, axis=(0, 1))
    keep = graded & (table.columns["split"] == split)
    keep &= ~np.isnan(table.regions[:, :, columns[0]]).all(axis=1)
    values = np.clip((table.regions[keep][:, :, columns] - middle) / (spread + 1e-6), -8, 8)
    missing = np.isnan(values)
    inputs = np.concatenate([np.where(missing, 0, values), missing], axis=2).astype(np.float32)
    classes = table.columns[f"class_{grader}"][keep].astype(np.int64)
    return inputs, classes, table.columns["person"][keep]


def _fit(
    inputs: Float32[np.ndarray, "n regions features"],
    classes: Int64[np.ndarray, "n"],
    grader: str,
    *,
    edges: bool,
    seed: int,
    steps: int,
) -> RegionGraph:
    torch.manual_seed(seed)
    network = RegionGraph(inputs.shape[2], len(GRADES[grader]), edges=edges)
    optimiser = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=3e-2)
    x, y = torch.tensor(inputs), torch.tensor(classes)
    loss_of = nn.CrossEntropyLoss()
    draw = np.random.default_rng(seed)
    for _ in range(steps):
        batch = torch.tensor(draw.integers(0, len(x), min(64, len(x))))
        optimiser.zero_grad()
        loss_of(network(x[batch]), y[batch]).backward()
        optimiser.step()
    return network.eval()
