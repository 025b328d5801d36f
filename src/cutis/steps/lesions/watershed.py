"""Touching spots of a learned map told apart: watershed on the probability.

Every pixel above the face's threshold climbs to the peak that it leads to (steepest ascent, which
gives the catchment basins of the watershed: Meyer 1994, doi:10.1016/0165-1684(94)90060-4). Basins
whose valley is shallow are one spot (dynamics of a peak: Grimaud 1992, doi:10.1117/12.60650).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float32, Int64

from cutis.core.arrays import Gray, InstanceMap, Mask
from cutis.core.masks import ConditionMap
from cutis.imaging.filters import blur, components
from cutis.steps.lesions.limits import SplitLimits

_HALF_OF_THE_NEIGHBOURS = ((0, 1), (1, -1), (1, 0), (1, 1))

_Roots = Int64[np.ndarray, "h w"]


def adaptive_threshold(found: ConditionMap, limits: SplitLimits) -> float:
    """Return the probability above which this face's skin belongs to a spot."""
    values = found.probability[found.looked_at]
    calm = values[values < limits.at_most]
    if calm.size == 0:
        return limits.floor
    return float(np.clip(np.quantile(calm, limits.background), limits.floor, limits.at_most))


def split_spots(found: ConditionMap, mm_per_px: float, limits: SplitLimits) -> InstanceMap:
    """Return the spots of a map, numbered from 1; 0 is skin without a spot."""
    inside = (found.probability >= adaptive_threshold(found, limits)) & found.looked_at
    smooth = blur(found.probability, limits.smooth_mm / mm_per_px)
    roots = _climb(smooth, inside)
    basins = _number_basins(roots, inside)
    return _merge_shallow(basins, smooth, limits.depth)


def _climb(values: Gray, inside: Mask) -> _Roots:
    """Return for each pixel inside the flat index of the peak that it climbs to."""
    height, width = values.shape
    low = np.pad(np.where(inside, values, -np.inf).astype(np.float32), 1, constant_values=-np.inf)
    best, towards = low[1:-1, 1:-1].copy(), np.arange(height * width).reshape(height, width)
    own = towards.copy()
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            there = low[1 + down : 1 + down + height, 1 + right : 1 + right + width]
            higher = there > best
            best[higher] = there[higher]
            towards[higher] = own[higher] + down * width + right
    flat = towards.ravel()
    while not np.array_equal(further := flat[flat], flat):
        flat = further
    return flat.reshape(height, width)


def _number_basins(roots: _Roots, inside: Mask) -> InstanceMap:
    """Number the basins from 1; a flat top of several pixels is one peak."""
    own = np.arange(roots.size).reshape(roots.shape)
    tops, _ = components((roots == own) & inside)
    numbers: InstanceMap = np.where(inside, tops.ravel()[roots], 0).astype(np.int32)
    return numbers


def _merge_shallow(basins: InstanceMap, values: Gray, depth: float) -> InstanceMap:
    """Join neighbouring basins, the highest passes first, where the lower peak hardly rises."""
    peaks = np.zeros(int(basins.max(initial=0)) + 1, np.float32)
    np.maximum.at(peaks, basins.ravel(), values.ravel())
    leads_to = list(range(len(peaks)))
    for first, second, level in _passes(basins, values):
        a, b = _end(leads_to, first), _end(leads_to, second)
        low, high = (a, b) if peaks[a] <= peaks[b] else (b, a)
        if low != high and level > (1 - depth) * peaks[low]:
            leads_to[low] = high
    ends = np.array([_end(leads_to, i) for i in range(len(peaks))])
    _, numbers = np.unique(ends, return_inverse=True)
    merged: InstanceMap = numbers.astype(np.int32)[basins]
    return merged


def _end(leads_to: list[int], number: int) -> int:
    while leads_to[number] != number:
        number = leads_to[number]
    return number


def _passes(basins: InstanceMap, values: Gray) -> Iterator[tuple[int, int, float]]:
    """Yield pairs of touching basins with their highest pass, the highest first."""
    found = [_touching(basins, values, step) for step in _HALF_OF_THE_NEIGHBOURS]
    pairs = np.concatenate([pair for pair, _ in found])
    levels = np.concatenate([level for _, level in found])
    order = np.argsort(-levels, kind="stable")
    _, first = np.unique(pairs[order], axis=0, return_index=True)
    for i in order[np.sort(first)]:
        yield int(pairs[i, 0]), int(pairs[i, 1]), float(levels[i])


def _touching(
    basins: InstanceMap, values: Gray, step: tuple[int, int]
) -> tuple[Int64[np.ndarray, "n 2"], Float32[np.ndarray, "n"]]:
    """Return the pairs of different basins one ``step`` apart, and how high each pass is."""
    down, right = step
    height, width = basins.shape
    here = (slice(0, height - down), slice(max(0, -right), width - max(0, right)))
    there = (slice(down, height), slice(max(0, right), width - max(0, -right)))
    apart = (basins[here] != basins[there]) & (basins[here] > 0) & (basins[there] > 0)
    pair = np.stack([basins[here][apart], basins[there][apart]], axis=1).astype(np.int64)
    level = np.minimum(values[here][apart], values[there][apart])
    return np.sort(pair, axis=1), level.astype(np.float32)
