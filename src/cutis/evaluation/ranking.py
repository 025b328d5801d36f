"""How well a score orders people: area under the ROC curve, rank correlations, their intervals."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float64
from numpy.typing import ArrayLike

from cutis.core.errors import InputError


def auc(positive: ArrayLike, negative: ArrayLike) -> float:
    """Return the probability that a positive scores above a negative, ties counted half.

    The area under the ROC curve as the Mann–Whitney statistic (Hanley & McNeil 1982,
    doi:10.1148/radiology.143.1.7063747). NaN where either is empty.
    """
    p, n = _vector(positive), np.sort(_vector(negative))
    if not p.size or not n.size:
        return float("nan")
    below, up_to = np.searchsorted(n, p, "left"), np.searchsorted(n, p, "right")
    return float((below + up_to).mean() / (2 * n.size))


def ranks(values: ArrayLike) -> Float64[np.ndarray, "n"]:
    """Return ranks from 1; equal values share their mean rank."""
    v = _vector(values)
    ordered = np.sort(v)
    below, up_to = np.searchsorted(ordered, v, "left"), np.searchsorted(ordered, v, "right")
    return np.asarray((below + up_to + 1) / 2, np.float64)


def spearman(a: ArrayLike, b: ArrayLike) -> float:
    """Return Spearman's rank correlation with mean ranks for ties, -1 to 1.

    Spearman 1904 (doi:10.2307/1412159). NaN of fewer than two pairs, or where one side is constant.

    Raises:
        InputError: the two differ in length.
    """
    x, y = (r - r.mean() for r in map(ranks, _pair(a, b)))
    norm = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / norm if norm else float("nan")


def kendall(a: ArrayLike, b: ArrayLike) -> float:
    """Return Kendall's tau-b, -1 to 1.

    Kendall 1945 (doi:10.1093/biomet/33.3.239). NaN where one side is constant. Takes memory of the
    square of the length.

    Raises:
        InputError: the two differ in length.
    """
    x, y = (np.sign(v[:, None] - v[None]) for v in _pair(a, b))
    norm = float(np.sqrt((x * x).sum() * (y * y).sum()))
    return float((x * y).sum()) / norm if norm else float("nan")


def bootstrap_interval(
    statistic: Callable[..., float],
    samples: tuple[ArrayLike, ...],
    rng: np.random.Generator,
    *,
    paired: bool,
    resamples: int = 1000,
    level: float = 0.95,
) -> tuple[float, float]:
    """Return the percentile bootstrap interval of a statistic (Efron 1979).

    doi:10.1214/aos/1176344552. Resamples whose statistic is NaN are left out; NaN if all are.

    Args:
        statistic: takes the samples in their order.
        samples: one array per argument of the statistic.
        rng: draws the resamples; the same generator state gives the same interval.
        paired: whether all samples are redrawn by one index (as for a correlation), or each by its
            own (as positives and negatives are).
        resamples: how many are drawn.
        level: of the interval, 0–1.

    Raises:
        InputError: paired samples differ in length.
    """
    vectors = _pair(*samples) if paired else tuple(map(_vector, samples))
    if any(v.size == 0 for v in vectors):
        return float("nan"), float("nan")
    values = []
    for _ in range(resamples):
        index = [rng.integers(0, v.size, v.size) for v in (vectors[:1] if paired else vectors)]
        index = index * len(vectors) if paired else index
        values.append(statistic(*(v[i] for v, i in zip(vectors, index, strict=True))))
    found = np.array(values)[~np.isnan(values)]
    if not found.size:
        return float("nan"), float("nan")
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _vector(values: ArrayLike) -> Float64[np.ndarray, "n"]:
    return np.asarray(values, np.float64).ravel()


def _pair(*samples: ArrayLike) -> tuple[Float64[np.ndarray, "n"], ...]:
    vectors = tuple(map(_vector, samples))
    if len({v.size for v in vectors}) > 1:
        sizes = ", ".join(str(v.size) for v in vectors)
        raise InputError(f"Paired samples must be equally long; they have {sizes} values.")
    return vectors
