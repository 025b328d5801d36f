"""Graders, groups and unusual marks: what is shipped, what is left out, with the same figures.

    python benchmarks/graders.py                       # paint, measure, train, report
    python benchmarks/graders.py --faces DIR --cache DIR --count 1200 --weights DIR

Faces of clean/ are painted with known degrees and measured by the pipeline, as `cutis train
features` does; four families learn from them, split by person. Real photos of dev/ only report.
Everything measured, and the figures of the autoencoder, are kept in the cache, which must lie
outside the repository; what is missing is made.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import platformdirs
from grader_rows import measure_photos, photo_table
from photo_sets import shared_dir

from cutis.cli.graders import measuring_tools
from cutis.datasets.bank import bank_files, survey
from cutis.datasets.faces import load_face
from cutis.evaluation.ranking import auc, bootstrap_interval, spearman
from cutis.steps.grading import GRADES, GraderWeights, face_matrix, load_graders
from cutis.training import anomaly
from cutis.training.graders import expected_grade, train_graders
from cutis.training.patterns import group_faces, isolate
from cutis.training.region_graphs import compare_graphs
from cutis.training.region_table import RegionTable, measure_faces, read_table

RESULT = Path("benchmarks/results/graders.json")
CLEAN_SETS = ("interfaces", "sfhq_t2i", "sfhq", "features")
LEARNED_FACES, HELD_FACES = 400, 110
REAL = {"acne": "acne", "redness": "redness", "age": "wrinkles"}
"""The grader that each set of real photos checks."""


def main() -> None:
    """Run, print and write the figures."""
    options = _options()
    faces = options.faces or options.cache / "faces"
    if not bank_files(faces):
        _prepare(faces)
    folder = options.table or options.cache / "table"
    if options.table is None:
        measure_faces(faces, folder, measuring_tools, count=options.count, workers=options.workers)
    measure_photos(options.cache / "photos", options.most)
    table = read_table(folder)
    weights = options.weights or options.cache / "weights"
    result: dict[str, object] = {"table": describe_table(table)}
    result["graders"] = train_graders(table, weights, progress=print)
    graders = load_graders((weights / "graders.npz").read_bytes())
    result["real"] = {s: real_rows(options.cache / "photos", s, graders) for s in REAL}
    trained = [name for name in GRADES if "families" in result["graders"][name]]
    result["graph"] = {name: compare_graphs(table, name) for name in trained}
    result["groups"] = group_faces(table)
    result["isolation"] = isolate(table)
    kept = options.cache / "autoencoder.json"
    if not kept.exists():
        rows = _plain(autoencoder_rows(faces, minutes=options.minutes))
        kept.write_text(json.dumps(rows), encoding="utf-8")
    result["autoencoder"] = json.loads(kept.read_text(encoding="utf-8"))
    text = json.dumps(_plain(result), indent=1, allow_nan=False)
    options.out.write_text(text + "\n", encoding="utf-8")
    print(text)


def describe_table(table: RegionTable) -> dict[str, object]:
    """Return how many faces of whom were measured, and how fine."""
    purpose, split = table.columns["purpose"], table.columns["split"]
    rows: dict[str, object] = {
        f"{p}, {s}": int(((purpose == p) & (split == s)).sum())
        for p in np.unique(purpose)
        for s in ("train", "val")
    }
    scale = table.face[:, 1]
    rows["persons"] = len(set(table.columns["person"]))
    rows["mm per px, 10, 50, 90 %"] = [float(v) for v in np.nanquantile(scale, [0.1, 0.5, 0.9])]
    return rows


def real_rows(folder: Path, name: str, graders: dict[str, GraderWeights]) -> dict[str, object]:
    """Return how a grade orders real photos, beside the score of the same condition.

    Both are compared on the photos that have both. Each photo counts as a person.
    """
    grader = REAL[name]
    if grader not in graders:
        return {"photos": 0}
    table = photo_table(folder, name)
    grades = graders[grader].grade(face_matrix(table.regions, table.face))
    scores = table.columns[f"score_{grader}"].astype(float)
    known = table.columns["known"].astype(float)
    both = ~np.isnan(grades[:, 0]) & ~np.isnan(scores)
    rows: dict[str, object] = {"photos with a face": len(table), "photos": int(both.sum())}
    values = {"grade": expected_grade(grades[both]), "score": scores[both]}
    for what, value in values.items():
        rows |= _ordered(name, what, value, known[both])
    shares = np.bincount(grades[both].argmax(axis=1), minlength=len(GRADES[grader]))
    rows["grades given"] = {g: int(n) for g, n in zip(GRADES[grader], shares, strict=True)}
    return rows


def _ordered(name: str, what: str, value: np.ndarray, known: np.ndarray) -> dict[str, object]:
    rng = np.random.default_rng(0)
    if name == "acne":
        pair = bootstrap_interval(spearman, (value, known), rng, paired=True)
        return {f"Spearman with labelled lesions, {what}": [spearman(value, known), *pair]}
    above, below = value[known == known.max()], value[known == known.min()]
    words = {"redness": "rosacea above normal", "age": "about 70 above about 16 years"}[name]
    pair = bootstrap_interval(auc, (above, below), rng, paired=False)
    return {f"AUC, {words}, {what}": [auc(above, below), *pair]}


def autoencoder_rows(faces: Path, *, minutes: float) -> dict[str, object]:
    """Train the autoencoder and its control, and report on held-out persons."""
    facts = survey(faces)
    learned = anomaly.split_facts(facts, "train")[:LEARNED_FACES]
    pictures = [anomaly.face_picture(load_face(faces / f.file)) for f in learned]
    network = anomaly.train_autoencoder(pictures, minutes=minutes)
    held = anomaly.split_facts(facts, "val")[:HELD_FACES]
    pairs = list(anomaly.painted_pairs(held, faces))
    maps = {
        "autoencoder": lambda picture: anomaly.surprise_map(network, picture),
        "blur": anomaly.blur_map,
    }
    return anomaly.evaluate(maps, pictures[: LEARNED_FACES // 2], pairs)


def _prepare(faces: Path) -> None:
    """Prepare the clean faces as the command line does."""
    folders = [str(shared_dir() / "clean" / name) for name in CLEAN_SETS]
    command = [sys.executable, "-m", "cutis", "synth", "faces", *folders, "--out", str(faces)]
    subprocess.run(command, check=True)


def _plain(value: object) -> object:
    """Return the value as JSON takes it: what is not finite becomes null."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    usual = platformdirs.user_cache_path("cutis") / "benchmarks" / "graders"
    parser.add_argument("--cache", type=Path, default=usual, help="outside the repository")
    parser.add_argument("--faces", type=Path, help="prepared faces; made in the cache by default")
    parser.add_argument("--table", type=Path, help="a table measured before, taken as it is")
    parser.add_argument("--count", type=int, default=1200, help="painted faces")
    parser.add_argument("--most", type=int, help="real photos of each set")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=6.0, help="of the autoencoder")
    parser.add_argument("--weights", type=Path, help="where the graders go")
    parser.add_argument("--out", type=Path, default=RESULT, help="where the figures go")
    return parser.parse_args()


if __name__ == "__main__":
    main()
