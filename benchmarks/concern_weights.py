"""Make the weights of concerns from the written sentences; ``--check`` compares with the shipped.

    python benchmarks/concern_weights.py [--check]

Logistic regression per concern on sentence vectors, L2-regularised, by Newton's method; the
strength is chosen by four-fold cross-validation on the training sentences alone. No chance takes
part, and the numbers are rounded to four decimals: the same runtime on the same processor gives
the same bytes.
"""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path

import numpy as np

from cutis.core.concerns import Concern
from cutis.models.runtime import Runtime
from cutis.models.sentence_encoder import NAME, SHA256, SentenceEncoder
from cutis.steps.concerns.classify import digest_of

HERE = Path(__file__).resolve().parent
SENTENCES = HERE / "concerns.toml"
WEIGHTS = HERE.parent / "src" / "cutis" / "steps" / "concerns" / "weights.json"
STRENGTHS = (0.001, 0.003, 0.01, 0.03)
FOLDS, STEPS, BINS = 4, 400, 10


def sentences(part: str) -> tuple[list[str], np.ndarray]:
    """Return the sentences of ``train`` or ``test`` and the number of each one's concern."""
    tables = tomllib.loads(SENTENCES.read_text(encoding="utf-8"))
    rows = [(s, i) for i, c in enumerate(Concern) for s in tables[c.value][part]]
    return [s for s, _ in rows], np.array([i for _, i in rows])


def fit(x: np.ndarray, labels: np.ndarray, strength: float) -> tuple[np.ndarray, np.ndarray]:
    """Return W and b of one logistic regression per concern; b is not held small.

    Newton's method with the bound on the curvature of Böhning and Lindsay 1988
    (doi:10.1007/BF00049423), which is the same for every concern and step.
    """
    wide = np.hstack([x, np.ones((len(x), 1))])
    held = np.full(wide.shape[1], strength)
    held[-1] = 1e-6
    inverse = np.linalg.inv(wide.T @ wide / 4 + np.diag(held))
    wanted = (labels[:, None] == np.arange(len(Concern))).astype(float)
    table = np.zeros((len(Concern), wide.shape[1]))
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-(wide @ table.T)))
        table -= ((p - wanted).T @ wide + table * held) @ inverse
    return table[:, :-1], table[:, -1]


def probabilities(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return σ(Wx + b)."""
    return 1 / (1 + np.exp(-(x @ w.T + b)))


def log_loss(p: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean binary log loss over sentences and concerns."""
    wanted = labels[:, None] == np.arange(len(Concern))
    return float(-np.mean(np.log(np.clip(np.where(wanted, p, 1 - p), 1e-12, 1))))


def choose_strength(x: np.ndarray, labels: np.ndarray) -> float:
    """Return the strength with the least cross-validated log loss."""
    fold = np.arange(len(x)) % FOLDS
    losses = {}
    for strength in STRENGTHS:
        parts = []
        for k in range(FOLDS):
            w, b = fit(x[fold != k], labels[fold != k], strength)
            parts.append(log_loss(probabilities(x[fold == k], w, b), labels[fold == k]))
        losses[strength] = float(np.mean(parts))
    return min(losses, key=lambda s: losses[s])


def calibration_error(p: np.ndarray, labels: np.ndarray) -> float:
    """Return the expected calibration error of the leading answer (Guo et al. 2017), ten bins."""
    sure, right = p.max(axis=1), p.argmax(axis=1) == labels
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    parts = [(bins == k) for k in range(BINS) if np.any(bins == k)]
    return float(sum(m.mean() * abs(sure[m].mean() - right[m].mean()) for m in parts))


def make() -> str:
    """Return the text of the file of weights, card included."""
    encoder = SentenceEncoder(Runtime())
    (texts, labels), (held_out, truth) = sentences("train"), sentences("test")
    x, other = encoder.embed(texts).astype(float), encoder.embed(held_out).astype(float)
    strength = choose_strength(x, labels)
    w, b = (np.round(v, 4).tolist() for v in fit(x, labels, strength))
    p = probabilities(other, np.array(w), np.array(b))
    right = p.argmax(axis=1) == truth
    card = {
        "name": "concerns-1",
        "task": "stated concerns in English: sigma(Wx + b), each concern for itself",
        "licence": "Apache-2.0",
        "data": "sentences written for Cutis, benchmarks/concerns.toml; no person's words",
        "recipe": "benchmarks/concern_weights.py",
        "embedding": {"name": NAME, "sha256": SHA256},
        "training_sentences": len(texts),
        "held_out_sentences": len(held_out),
        "l2_strength": strength,
        "held_out_accuracy": round(float(right.mean()), 3),
        "held_out_calibration_error": round(calibration_error(p, truth), 3),
        "held_out_log_loss": round(log_loss(p, truth), 4),
        "held_out_recall": {
            c.value: round(float(right[truth == i].mean()), 3) for i, c in enumerate(Concern)
        },
        "sha256": digest_of(w, b),
    }
    tree = {"card": card, "concerns": [c.value for c in Concern], "b": b, "w": w}
    return json.dumps(tree, indent=1, ensure_ascii=False).replace("\n   ", "") + "\n"


def main() -> int:
    """Write the weights, or compare; return the exit code."""
    text = make()
    if "--check" in sys.argv[1:]:
        same = WEIGHTS.read_text(encoding="utf-8") == text
        print("the same, byte for byte" if same else "another file comes out")
        return 0 if same else 1
    WEIGHTS.write_text(text, encoding="utf-8")
    print(json.dumps(json.loads(text)["card"], indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
