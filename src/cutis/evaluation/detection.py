"""Detection of lesions: which predicted points meet which labelled ellipses, and the FROC curve.

Free-response ROC (Bunch 1978, doi:10.1117/12.955926): recall of lesions over the mean number of
false positives per picture, as the threshold on confidence falls. Rules of a match:

1. A predicted point meets a lesion if it lies in the lesion's ellipse, grown by a tolerance.
2. Points are taken in the order of confidence. One that lies in several lesions not met yet takes
   the nearest, by distance in units of the grown ellipse.
3. A point that lies only in lesions met already is a duplicate: neither hit nor false positive.
4. Every other point is a false positive.

What a point becomes depends on surer points only, so one pass serves every threshold.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float64

from cutis.core.errors import InputError


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How much each semi-axis of a labelled ellipse is grown: ``fixed_px + share · semi-axis``."""

    fixed_px: float = 2.0
    share: float = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Ellipses:
    """Labelled lesions of one picture.

    ``rows`` are ``(cx, cy, semi_major, semi_minor, angle_deg)`` in pixels and degrees; the angle is
    that of the major axis from x towards y.
    """

    rows: Float[np.ndarray, "n 5"]

    @property
    def radius_px(self) -> Float64[np.ndarray, "n"]:
        """Radius of the disc of equal area, in pixels."""
        return np.sqrt(self.rows[:, 2].astype(np.float64) * self.rows[:, 3])

    def distance(
        self, points: Float[np.ndarray, "m 2"], tolerance: Tolerance
    ) -> Float64[np.ndarray, "m n"]:
        """Return how far each point is from each centre; 1 on the rim of the grown ellipse."""
        x, y, major, minor, angle = (v[None] for v in self.rows.astype(np.float64).T)
        cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        dx, dy = points[:, :1] - x, points[:, 1:] - y
        grown = tolerance.fixed_px + np.array([major, minor]) * (1 + tolerance.share)
        return np.hypot((dx * cos + dy * sin) / grown[0], (dy * cos - dx * sin) / grown[1])

    def mask(self, shape: tuple[int, int]) -> Bool[np.ndarray, "h w"]:
        """Return the pixels of ``shape`` rows, columns whose centre a labelled ellipse holds."""
        inside: Bool[np.ndarray, "h w"] = np.zeros(shape, bool)
        for number in range(len(self.rows)):
            one = Ellipses(self.rows[number : number + 1])
            cx, cy, major = (float(v) for v in one.rows[0, :3])
            x0, y0 = max(0, int(cx - major) - 1), max(0, int(cy - major) - 1)
            ys, xs = np.mgrid[
                y0 : max(y0, min(shape[0], int(cy + major) + 2)),
                x0 : max(x0, min(shape[1], int(cx + major) + 2)),
            ]
            points = np.column_stack([xs.ravel() + 0.5, ys.ravel() + 0.5])
            hit = one.distance(points, Tolerance(0.0, 0.0))[:, 0] <= 1
            inside[ys.ravel()[hit], xs.ravel()[hit]] = True
        return inside


@dataclass(frozen=True, slots=True, eq=False)
class FrocTally:
    """All that the FROC curve of any split by size needs; tallies of shards add up.

    ``hit_confidence`` and ``hit_radius_px`` are of lesions that were met, ``false_confidence`` of
    false positives, ``lesion_radius_px`` of every labelled lesion.
    """

    images: int
    lesion_radius_px: Float64[np.ndarray, "lesions"]
    hit_confidence: Float64[np.ndarray, "hits"]
    hit_radius_px: Float64[np.ndarray, "hits"]
    false_confidence: Float64[np.ndarray, "false"]

    @classmethod
    def empty(cls) -> FrocTally:
        """Return a tally of no picture."""
        return cls(0, *(np.zeros(0) for _ in range(4)))

    def update(
        self,
        points: Float[np.ndarray, "m 2"],
        confidence: Float[np.ndarray, "m"],
        lesions: Ellipses,
        tolerance: Tolerance | None = None,
    ) -> FrocTally:
        """Return the tally with one more picture.

        Args:
            points: predicted ``(x, y)`` in the pixels of ``lesions``.
            confidence: how sure each point is; any scale.
            lesions: what is labelled.
            tolerance: 2 px + 0.25 of each semi-axis by default.

        Raises:
            InputError: there are not as many confidences as points.
        """
        if len(points) != len(confidence):
            raise InputError(
                f"Every point needs a confidence; there are {len(points)} points and "
                f"{len(confidence)} confidences."
            )
        met, false = match(points, confidence, lesions, tolerance)
        radius = lesions.radius_px
        hit_by = np.asarray(confidence, np.float64)[met[:, 0]]
        own = FrocTally(1, radius, hit_by, radius[met[:, 1]], np.asarray(confidence)[false])
        return self + own

    def __add__(self, other: FrocTally) -> FrocTally:
        return FrocTally(
            self.images + other.images,
            np.concatenate([self.lesion_radius_px, other.lesion_radius_px]),
            np.concatenate([self.hit_confidence, other.hit_confidence]),
            np.concatenate([self.hit_radius_px, other.hit_radius_px]),
            np.concatenate([self.false_confidence, other.false_confidence]),
        )

    def threshold_at(self, false_per_image: float) -> float:
        """Return the confidence that a point must exceed for at most so many false positives.

        ``-inf`` where even all points make fewer. Equally sure false positives count together.
        """
        falling = np.sort(self.false_confidence)[::-1]
        allowed = int(np.floor(false_per_image * self.images + 1e-9))
        return float(falling[allowed]) if allowed < len(falling) else float("-inf")

    def recall_at(
        self, false_per_image: float, *, radius_px: tuple[float, float] = (0.0, np.inf)
    ) -> float:
        """Return the share of lesions met at a mean number of false positives per picture, 0–1.

        ``radius_px`` counts lesions of a radius in that half-open range only; the false positives
        are those of all sizes. NaN where there is no such lesion.
        """
        return self.recall_above(self.threshold_at(false_per_image), radius_px=radius_px)

    def recall_above(
        self, threshold: float, *, radius_px: tuple[float, float] = (0.0, np.inf)
    ) -> float:
        """Return the share of lesions met by points surer than ``threshold``, 0–1."""
        low, high = radius_px
        wanted = np.count_nonzero((self.lesion_radius_px >= low) & (self.lesion_radius_px < high))
        right_size = (self.hit_radius_px >= low) & (self.hit_radius_px < high)
        hits = np.count_nonzero(right_size & (self.hit_confidence > threshold))
        return hits / wanted if wanted else float("nan")

    def false_per_image_above(self, threshold: float) -> float:
        """Return the mean number of false positives surer than ``threshold``; NaN of no picture."""
        count = np.count_nonzero(self.false_confidence > threshold)
        return count / self.images if self.images else float("nan")


def match(
    points: Float[np.ndarray, "m 2"],
    confidence: Float[np.ndarray, "m"],
    lesions: Ellipses,
    tolerance: Tolerance | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Match points to lesions, greedily by confidence; the rules are the module's.

    Returns:
        Rows ``(point, lesion)`` of hits, and the indices of false positives; the surest first.
    """
    far = lesions.distance(np.asarray(points, np.float64).reshape(-1, 2), tolerance or Tolerance())
    free = np.ones(len(lesions.rows), bool)
    hits: list[tuple[int, int]] = []
    false: list[int] = []
    for index in np.argsort(-np.asarray(confidence, np.float64), kind="stable"):
        near = far[index] <= 1
        if (near & free).any():
            lesion = int(np.where(near & free, far[index], np.inf).argmin())
            free[lesion] = False
            hits.append((int(index), lesion))
        elif not near.any():
            false.append(int(index))
    return np.array(hits, np.int64).reshape(-1, 2), np.array(false, np.int64)
