"""Where on a face things occur."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from jaxtyping import Float

from cutis.core.arrays import Gray, Mask
from cutis.core.vocabulary import Region
from cutis.synth.view import Canvas

CHEEKS = (Region.SUBJECT_LEFT_CHEEK, Region.SUBJECT_RIGHT_CHEEK)
JAWS = (Region.SUBJECT_LEFT_JAW, Region.SUBJECT_RIGHT_JAW)
T_ZONE = (Region.FOREHEAD, Region.GLABELLA, Region.NOSE, Region.CHIN)

ACNE_PLACES: Mapping[Region, float] = {
    Region.FOREHEAD: 1.2,
    Region.GLABELLA: 0.7,
    Region.NOSE: 0.8,
    Region.CHIN: 1.4,
    Region.PERIORAL: 0.8,
    **dict.fromkeys(CHEEKS, 1.4),
    **dict.fromkeys(JAWS, 1.2),
}
COMEDONE_PLACES: Mapping[Region, float] = {
    Region.FOREHEAD: 1.3,
    Region.GLABELLA: 1.0,
    Region.NOSE: 2.2,
    Region.CHIN: 1.5,
    **dict.fromkeys(CHEEKS, 0.8),
}
SUN_PLACES: Mapping[Region, float] = {
    Region.FOREHEAD: 0.9,
    Region.NOSE: 1.3,
    **dict.fromkeys(CHEEKS, 1.6),
    Region.PERIORAL: 0.5,
}
ANY_PLACE: Mapping[Region, float] = dict.fromkeys(Region, 1.0)
_ELSEWHERE = 0.35


def weights(canvas: Canvas, places: Mapping[Region, float]) -> Gray:
    """Return how likely something occurs at each pixel of skin; 0 outside skin."""
    table = np.full(256, _ELSEWHERE, np.float32)
    for region in Region:
        table[region.label] = places.get(region, 0.1)
    return table[canvas.regions] * canvas.skin


def pick_points(
    canvas: Canvas, rng: np.random.Generator, likely: Gray, count: int
) -> Float[np.ndarray, "count 2"]:
    """Draw points (x, y) by their likelihood; none where there is no skin."""
    step = 2
    flat = likely[::step, ::step].ravel()
    total = float(flat.sum())
    if total <= 0 or count <= 0:
        return np.zeros((0, 2))
    summed = np.cumsum(flat, dtype=np.float64)
    at = np.searchsorted(summed, rng.uniform(0, summed[-1], count))
    cols = (canvas.shape[1] + step - 1) // step
    jitter = rng.uniform(-0.5, 0.5, (count, 2)) * step
    return np.column_stack([at % cols, at // cols]) * step + jitter


def clustered(
    canvas: Canvas, rng: np.random.Generator, likely: Gray, count: int
) -> Float[np.ndarray, "n 2"]:
    """Draw points of which about half gather in clusters of some millimetres (Thomas process)."""
    single = pick_points(canvas, rng, likely, count - count // 2)
    parents = pick_points(canvas, rng, likely, max(1, count // 10))
    if len(parents) == 0 or count < 2:
        return single
    spread = rng.uniform(4, 12) / canvas.mm_per_px
    own = parents[rng.integers(len(parents), size=count // 2)]
    near = own + rng.normal(0, spread, own.shape)
    inside = [p for p in near if on(canvas.skin, p)]
    return np.vstack([single, *inside]) if inside else single


def on(mask: Mask, point: np.ndarray) -> bool:
    """Tell whether a point lies on a mask."""
    x, y = int(point[0]), int(point[1])
    rows, cols = mask.shape
    return bool(0 <= x < cols and 0 <= y < rows and mask[y, x])


def near_skin(canvas: Canvas, reach_px: int) -> Mask:
    """Return what lies beside the skin, not on it."""
    kernel = np.ones((2 * reach_px + 1, 2 * reach_px + 1), np.uint8)
    grown = cv2.dilate(canvas.skin.astype(np.uint8), kernel) > 0
    beside: Mask = grown & ~canvas.skin
    return beside


def skin_cm2(canvas: Canvas) -> float:
    """Return the area of skin in view in cm²."""
    return float(canvas.skin.sum()) * canvas.mm_per_px**2 / 100
