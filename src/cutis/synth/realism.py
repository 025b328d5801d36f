"""Is it skin? A few statistics of a picture's skin against those of real faces.

Statistics of one picture: how strong haemoglobin, melanin and shading vary at spots of four sizes
in millimetres (differences of Gaussians), how far a* and b* spread, how heavy the tails of the
gradients are. A robust distance (Mahalanobis, from the spatial median of the faces and a shrunken
covariance of their central part) tells how far a picture is from what real faces show.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from jaxtyping import Float32, Float64

from cutis.core.arrays import RGB, Gray, LinearRGB, Mask
from cutis.core.errors import InputError
from cutis.imaging.chromophores import optical_density, separation_matrix
from cutis.imaging.colour import linear_to_lab, rgb_to_linear

SIGMAS_MM = (0.4, 0.8, 1.6, 3.2)
NAMES = (
    *(
        f"{map_}_{sigma}_mm"
        for map_ in ("melanin", "haemoglobin", "shading")
        for sigma in SIGMAS_MM
    ),
    "a_spread",
    "b_spread",
    "gradient_kurtosis",
    "log_mm_per_px",
)
LEAST_SKIN_PX = 1000
_LEAST_FACES = 40
_FINEST_PX, _WIDEST_PX, _SMALLEST_SIDE_PX = 0.7, 2.4, 24
_EVERY, _MANY = 4, 4000
_SHRINKAGE = 0.05
_CENTRAL = 75


@dataclass(frozen=True, slots=True, eq=False)
class Realism:
    """Where real faces lie: centre, inverse covariance, and the distance that is still accepted."""

    centre: Float64[np.ndarray, "statistics"]
    precision: Float64[np.ndarray, "statistics statistics"]
    limit: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for a manifest."""
        rounded = {"centre": self.centre.round(5), "precision": self.precision.round(5)}
        return {"statistics": list(NAMES), "limit": round(self.limit, 4)} | {
            name: values.tolist() for name, values in rounded.items()
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Realism:
        """Read what `to_dict` gave."""
        return cls(np.array(data["centre"]), np.array(data["precision"]), float(data["limit"]))


def skin_statistics(
    rgb: RGB, skin: Mask, mm_per_px: float
) -> Float64[np.ndarray, "statistics"] | None:
    """Return the statistics of a picture's skin, `NAMES` in order; None where there is too little.

    Sizes below what the picture's pixels show are measured at the pixel's own size.
    """
    inner = cv2.erode(skin.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    if int(inner.sum()) < LEAST_SKIN_PX:
        return None
    linear = rgb_to_linear(rgb)
    maps = cv2.transform(optical_density(linear), separation_matrix())
    spectrum = [np.log(max(v, 1e-5)) for v in _spectrum(maps, inner, mm_per_px)]
    lab = linear_to_lab(linear[inner][::_EVERY])
    spreads = [np.log(max(_spread(lab[:, i]), 1e-3)) for i in (1, 2)]
    tails = np.log(_kurtosis(_gradient(np.ascontiguousarray(maps[..., 2]))[inner][::_EVERY]))
    return np.array([*spectrum, *spreads, tails, np.log(mm_per_px)])


def fit_realism(
    statistics: Iterable[Float64[np.ndarray, "statistics"]], *, slack: float = 1.0
) -> Realism:
    """Fit where real faces lie.

    Args:
        statistics: `skin_statistics` of pictures of real faces, none of them painted on.
        slack: at how many times the 99th percentile of their own distances a picture is rejected.

    Raises:
        InputError: fewer than 40 pictures came.
    """
    rows = np.array([row for row in statistics if row is not None])
    if len(rows) < _LEAST_FACES:
        raise InputError(
            f"At least {_LEAST_FACES} faces with visible skin are needed to learn what real skin "
            f"looks like; {len(rows)} came. Prepare more faces."
        )
    centre = np.median(rows, axis=0)
    scale = np.maximum(1.4826 * np.median(np.abs(rows - centre), axis=0), 1e-3)
    nearest = np.linalg.norm((rows - centre) / scale, axis=1)
    central = rows[nearest <= np.percentile(nearest, _CENTRAL)]
    covariance = np.cov(central, rowvar=False)
    covariance = (1 - _SHRINKAGE) * covariance + _SHRINKAGE * np.diag(scale**2)
    precision = np.linalg.inv(covariance)
    distances = [realism_distance(row, Realism(centre, precision, 0.0)) for row in rows]
    return Realism(centre, precision, slack * float(np.percentile(distances, 99)))


def realism_distance(statistics: Float64[np.ndarray, "statistics"], realism: Realism) -> float:
    """Return the Mahalanobis distance of a picture from real faces; 0 is their centre."""
    away = statistics - realism.centre
    return float(np.sqrt(away @ realism.precision @ away))


def _spectrum(maps: LinearRGB, inner: Mask, mm_per_px: float) -> list[float]:
    """Return the spread of each map's difference of Gaussians at each size; only skin takes part.

    Wide blurs are made of pictures halved before, as often as the size allows.
    """
    cover = inner.astype(np.float32)
    stack = np.dstack([maps * cover[..., None], cover])
    spreads = []
    for sigma_mm in SIGMAS_MM:
        while sigma_mm / mm_per_px > _WIDEST_PX and min(stack.shape[:2]) > _SMALLEST_SIDE_PX:
            stack = cv2.resize(stack, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
            mm_per_px *= 2
        sigma = max(sigma_mm / mm_per_px, _FINEST_PX)
        contrast = _blurred(stack, sigma) - _blurred(stack, 2 * sigma)
        pixels = contrast[stack[..., 3] > 0.5]
        pixels = pixels[:: _EVERY if len(pixels) > _MANY else 1]
        spreads.append([_spread(pixels[:, channel]) for channel in range(3)])
    return [row[channel] for channel in range(3) for row in spreads]


def _blurred(stack: Float32[np.ndarray, "h w 4"], sigma: float) -> Float32[np.ndarray, "h w 3"]:
    blurred = cv2.GaussianBlur(stack, (0, 0), sigma)
    return np.asarray(blurred[..., :3] / np.maximum(blurred[..., 3:], 1e-3))


def _gradient(values: Gray) -> Gray:
    return np.asarray(cv2.Sobel(values, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8))


def _spread(values: np.ndarray[Any, Any]) -> float:
    """Return half the distance of the 16th and 84th percentile; a normal's deviation."""
    low, high = np.percentile(values, (16, 84))
    return float(high - low) / 2


def _kurtosis(values: np.ndarray[Any, Any]) -> float:
    """Return the fourth standardised moment; 3 for a normal distribution."""
    squares = (values - values.mean()) ** 2
    fourth, second = float((squares * squares).mean()), float(squares.mean())
    return max(fourth, 1e-20) / max(second**2, 1e-20)
