"""Where to paint: one irregular area on visible skin, of a wanted size."""

from __future__ import annotations

import cv2
import numpy as np

from cutis.core.arrays import Mask
from cutis.core.errors import InputError

_ROUGHNESS = 0.35
"""Weight of the noise that frays the outline, against the distance from the centre."""


def draw_area(allowed: Mask, share: float, rng: np.random.Generator) -> Mask:
    """Return an area of ``share`` (0–1) of the allowed pixels, in one frayed patch around a centre.

    Args:
        allowed: where painting may happen: visible skin without lips, eyes, brows, nostrils.
        share: of the allowed pixels.
        rng: draws the centre, the elongation and the outline.

    Raises:
        InputError: nothing is allowed, or the share is not within 0–1.
    """
    rows, columns = np.nonzero(allowed)
    if not len(rows) or not 0 < share <= 1:
        raise InputError("An area needs visible skin and a share of it above 0, at most 1.")
    centre = int(rng.integers(len(rows)))
    distance = _elliptic_distance(rows - rows[centre], columns - columns[centre], rng)
    noise = _smooth_noise(allowed.shape, rng)[rows, columns]
    rank = distance / np.sqrt(len(rows)) + _ROUGHNESS * noise
    wanted = max(1, round(share * len(rows)))
    chosen = np.argpartition(rank, wanted - 1)[:wanted]
    area = np.zeros(allowed.shape, np.uint8)
    area[rows[chosen], columns[chosen]] = 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    closed = cv2.morphologyEx(area, cv2.MORPH_CLOSE, disc)
    return _largest_part(closed.astype(bool) & allowed)


def _elliptic_distance(down: np.ndarray, right: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    angle, stretch = rng.uniform(0, np.pi), rng.uniform(1.0, 1.8)
    along = right * np.cos(angle) + down * np.sin(angle)
    across = down * np.cos(angle) - right * np.sin(angle)
    return np.hypot(along / stretch, across * stretch)


def _smooth_noise(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Return noise of standard deviation 1 with structures of a tenth of the side."""
    white = rng.standard_normal(shape).astype(np.float32)
    smooth = cv2.GaussianBlur(white, (0, 0), max(1.0, min(shape) / 20))
    return smooth / max(float(smooth.std()), 1e-6)


def _largest_part(area: Mask) -> Mask:
    _, parts, stats, _ = cv2.connectedComponentsWithStats(area.astype(np.uint8))
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    return np.asarray(parts == largest)
