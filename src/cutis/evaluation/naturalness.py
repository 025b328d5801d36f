"""NIQE: how unlike a natural photo a picture is, without the true one; lower is better.

Mittal, Soundararajan & Bovik 2013 (doi:10.1109/LSP.2012.2227726): 36 statistics of locally
normalised luma in blocks of 96 pixels, at two scales, held against their mean and covariance in
pristine photos. The published model of pristine photos is not at hand, so one is fitted on clean
photos: figures compare rows of one table, and not with those of other papers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import gamma

import cv2
import numpy as np
from jaxtyping import Float

from cutis.core.errors import InputError
from cutis.imaging.resample import resize_bicubic

BLOCK_PX = 96
_SHIFTS = ((0, 1), (1, 0), (1, 1), (1, -1))
_SHAPES = np.arange(0.2, 10.001, 0.001)
_RATIO = np.array([gamma(2 / a) ** 2 / (gamma(1 / a) * gamma(3 / a)) for a in _SHAPES.tolist()])
_KERNEL_PX, _SIGMA = 7, 7 / 6
_FEWEST_BLOCKS = 72


@dataclass(frozen=True, slots=True, eq=False)
class Pristine:
    """Mean and covariance of the 36 statistics in pristine photos."""

    mean: Float[np.ndarray, "36"]
    covariance: Float[np.ndarray, "36 36"]


def niqe(luma: Float[np.ndarray, "h w"], pristine: Pristine) -> float:
    """Return the distance of a picture from pristine photos.

    Args:
        luma: 0-255, at least 96 by 192 pixels; what exceeds whole blocks is cut off.
        pristine: the model of pristine photos.

    Raises:
        InputError: the picture holds fewer than two blocks.
    """
    known = _statistics(luma)
    if len(known) < 2:
        raise InputError(f"NIQE needs two blocks of {BLOCK_PX} pixels; {luma.shape} came.")
    difference = pristine.mean - known.mean(axis=0)
    covariance = (pristine.covariance + np.cov(known, rowvar=False)) / 2
    return float(np.sqrt(difference @ np.linalg.pinv(covariance) @ difference))


def fit_pristine(lumas: Iterable[Float[np.ndarray, "h w"]]) -> Pristine:
    """Return the model of photos that are taken for pristine, each of a block or more.

    Raises:
        InputError: there are too few blocks for a covariance of 36 statistics.
    """
    found = np.vstack([_statistics(luma) for luma in lumas])
    if len(found) < _FEWEST_BLOCKS:
        raise InputError(f"At least {_FEWEST_BLOCKS} blocks are needed; {len(found)} came.")
    return Pristine(found.mean(axis=0), np.cov(found, rowvar=False))


def _statistics(luma: Float[np.ndarray, "h w"]) -> Float[np.ndarray, "blocks 36"]:
    """Return the 36 statistics of every whole block in which they can be told."""
    rows, cols = (side // BLOCK_PX for side in luma.shape)
    whole = np.round(luma[: rows * BLOCK_PX, : cols * BLOCK_PX]).astype(np.float32)
    if not whole.size:
        return np.zeros((0, 36))
    half = resize_bicubic(whole, (whole.shape[0] // 2, whole.shape[1] // 2))
    features = np.hstack([_features(whole, BLOCK_PX), _features(half, BLOCK_PX // 2)])
    return features[~np.isnan(features).any(axis=1)]


def _features(luma: Float[np.ndarray, "h w"], side: int) -> Float[np.ndarray, "blocks 18"]:
    normal = _normalised(luma.astype(np.float64))
    blocks = [
        normal[top : top + side, left : left + side]
        for top in range(0, normal.shape[0], side)
        for left in range(0, normal.shape[1], side)
    ]
    return np.array([_block_features(block) for block in blocks])


def _normalised(luma: Float[np.ndarray, "h w"]) -> Float[np.ndarray, "h w"]:
    """Return luma less its local mean, over its local deviation plus 1."""
    size, edge = (_KERNEL_PX, _KERNEL_PX), cv2.BORDER_REPLICATE
    mean = cv2.GaussianBlur(luma, size, _SIGMA, borderType=edge)
    square = cv2.GaussianBlur(luma * luma, size, _SIGMA, borderType=edge)
    return np.asarray((luma - mean) / (np.sqrt(np.abs(square - mean * mean)) + 1))


def _block_features(block: Float[np.ndarray, "side side"]) -> list[float]:
    shape, left, right = _asymmetric_fit(block)
    found = [shape, (left + right) / 2]
    for shift in _SHIFTS:
        shape, left, right = _asymmetric_fit(block * np.roll(block, shift, axis=(0, 1)))
        mean = (right - left) * gamma(2 / shape) / gamma(1 / shape)
        found += [shape, mean, left, right]
    return found


def _asymmetric_fit(values: Float[np.ndarray, "side side"]) -> tuple[float, float, float]:
    """Fit an asymmetric generalised Gaussian by moments: its shape, left and right width."""
    low, high = values[values < 0], values[values > 0]
    if not low.size or not high.size:
        return float("nan"), float("nan"), float("nan")
    left, right = (float(np.sqrt(np.mean(side**2))) for side in (low, high))
    ratio = left / right
    moment = np.mean(np.abs(values)) ** 2 / np.mean(values**2)
    wanted = moment * (ratio**3 + 1) * (ratio + 1) / (ratio**2 + 1) ** 2
    shape = float(_SHAPES[np.argmin((_RATIO - wanted) ** 2)])
    width = float(np.sqrt(gamma(1 / shape) / gamma(3 / shape)))
    return shape, left * width, right * width
