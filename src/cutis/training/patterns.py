"""Groups of skin and unusual faces among region features: what they find, and whether it is tone.

K-means and DBSCAN group clean faces. A group that only tells how light the skin or how good the
photo is would be a hidden judgement, so each grouping is measured against thirds of tone and
against the set that the photo comes from. The isolation forest is asked for painted marks that no
grader knows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import DBSCAN, KMeans
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.metrics import (
    adjusted_mutual_info_score,
    adjusted_rand_score,
    silhouette_score,
)
from sklearn.neighbors import NearestNeighbors

from cutis.core.errors import InputError
from cutis.evaluation.fairness import TONE_THIRDS, tone_thirds
from cutis.evaluation.ranking import auc, bootstrap_interval
from cutis.steps.grading import FACE_NAMES
from cutis.steps.grading.predictors import Scaling
from cutis.steps.grading.vector import face_matrix
from cutis.synth.graded import Purpose
from cutis.training.region_table import RegionTable

GROUPS = (2, 3, 4, 5, 6)
COMPONENTS = 10
_REPEATS = 10
FALSE_ALARMS = 0.05


def _scaled(table: RegionTable, learn: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the rows without scale and tone of the face, spread 1, missing at the median."""
    rows = face_matrix(table.regions, table.face)[:, : -len(FACE_NAMES)]
    scaling = Scaling.fit(rows[learn])
    return scaling.apply(rows)[:, : rows.shape[1]]


def group_faces(table: RegionTable, *, seed: int = 0) -> dict[str, Any]:
    """Return figures of K-means by number of groups, and of DBSCAN.

    ``silhouette`` is -1 to 1 (Rousseeuw 1987). ``stability`` is the adjusted Rand index of groups
    found in two halves of the faces, on all of them. ``tone`` and ``source`` are the adjusted
    mutual information of groups with thirds of tone, and with the set of photos.

    Raises:
        InputError: fewer than 40 clean faces were measured.
    """
    clean = table.columns["purpose"] == Purpose.CLEAN
    if int(clean.sum()) < 40:
        raise InputError(f"40 clean faces or more were expected; {int(clean.sum())} came.")
    rows = PCA(COMPONENTS, random_state=seed).fit_transform(_scaled(table, clean)[clean])
    own = table.where(clean)
    tone = tone_thirds(own.columns["ita_deg"].astype(float).tolist())
    source = [str(name).split("__")[0] for name in own.columns["face_file"]]
    figures: dict[str, Any] = {"faces": len(rows)}
    for k in GROUPS:
        labels = KMeans(k, n_init=5, random_state=seed).fit_predict(rows)
        figures[f"k-means, {k} groups"] = _judge(rows, labels, tone, source) | {
            "stability": _stability(rows, k, seed)
        }
    figures["DBSCAN"] = _density(rows, tone, source)
    return figures


def _judge(
    rows: NDArray[np.float64], labels: NDArray[np.int64], tone: list[str], source: list[str]
) -> dict[str, float]:
    several = len(set(labels.tolist())) > 1
    return {
        "silhouette": float(silhouette_score(rows, labels)) if several else float("nan"),
        "tone": float(adjusted_mutual_info_score(tone, labels)),
        "source": float(adjusted_mutual_info_score(source, labels)),
    }


def _stability(rows: NDArray[np.float64], k: int, seed: int) -> float:
    """Return the mean agreement of groupings learned on two random halves."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(_REPEATS):
        order = rng.permutation(len(rows))
        halves = order[: len(rows) // 2], order[len(rows) // 2 :]
        one, other = (KMeans(k, n_init=3, random_state=seed).fit(rows[h]) for h in halves)
        found.append(adjusted_rand_score(one.predict(rows), other.predict(rows)))
    return float(np.mean(found))


def _density(rows: NDArray[np.float64], tone: list[str], source: list[str]) -> dict[str, Any]:
    """Return figures of DBSCAN; its reach is the median distance to the fifth neighbour."""
    distances, _ = NearestNeighbors(n_neighbors=6).fit(rows).kneighbors(rows)
    labels = DBSCAN(eps=float(np.median(distances[:, -1])), min_samples=6).fit_predict(rows)
    grouped = labels >= 0
    figures: dict[str, Any] = {
        "groups": int(labels.max() + 1),
        "faces in no group": float((~grouped).mean()),
    }
    if int(labels.max()) > 0:
        inside = np.flatnonzero(grouped)
        figures |= _judge(
            rows[inside], labels[inside], [tone[i] for i in inside], [source[i] for i in inside]
        )
    return figures


def isolate(table: RegionTable, *, seed: int = 0) -> dict[str, Any]:
    """Return how well an isolation forest tells painted unusual marks from clean faces.

    Liu et al. 2008, doi:10.1109/ICDM.2008.17. It learns from clean faces of persons of ``train``;
    persons of ``val`` report. The threshold lets 5 % of the learned faces pass as unusual.
    """
    purpose, split = table.columns["purpose"], table.columns["split"]
    learn = (purpose == Purpose.CLEAN) & (split == "train")
    rows = _scaled(table, learn)
    forest = IsolationForest(n_estimators=200, random_state=seed).fit(rows[learn])
    scores = -forest.score_samples(rows)
    threshold = float(np.quantile(scores[learn], 1 - FALSE_ALARMS))
    held = split == "val"
    thirds = np.full(len(table), "", dtype="<U10")
    thirds[held] = tone_thirds(table.columns["ita_deg"][held].astype(float).tolist())
    figures: dict[str, Any] = {"faces to learn from": int(learn.sum())}
    for what in (Purpose.UNUSUAL, Purpose.GRADED):
        for group in ("all", *TONE_THIRDS):
            own = held & ((thirds == group) | (group == "all"))
            odd, clean = scores[own & (purpose == what)], scores[own & (purpose == Purpose.CLEAN)]
            figures[f"AUC, {what}, {group}"] = auc(odd, clean)
            figures[f"found, {what}, {group}"] = float((odd > threshold).mean())
            figures[f"false alarms, {group}"] = float((clean > threshold).mean())
    odd, clean = (scores[held & (purpose == w)] for w in (Purpose.UNUSUAL, Purpose.CLEAN))
    rng = np.random.default_rng(seed)
    figures["AUC interval, unusual"] = list(
        bootstrap_interval(auc, (odd, clean), rng, paired=False)
    )
    figures["unusual faces"], figures["clean faces"] = len(odd), len(clean)
    return figures
