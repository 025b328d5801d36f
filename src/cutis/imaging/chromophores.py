"""Melanin, haemoglobin and shading by separating optical densities.

Skin gives back what its chromophores leave over, so the optical density ``-log10(linear)`` of
each channel is close to a sum: melanin times its vector, plus haemoglobin times its vector, plus
a shading term that is alike in all channels (Tsumura 2003, doi:10.1145/882262.882344).
The vectors are not fitted to photos; `cutis.imaging.skin_optics` derives them from published
absorption. A density counts unit vectors: 0.1 is a visible change, 1 a very strong one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Float32

from cutis.core.arrays import Density, Gray, LinearRGB
from cutis.imaging.skin_optics import absorption_vectors

DARKEST = 1.0 / 4096.0
"""Linear light below which a density is not told apart from noise."""


@dataclass(frozen=True, slots=True, eq=False)
class Chromophores:
    """Density maps of one picture; their weighted vectors add up to the optical density."""

    melanin: Gray
    haemoglobin: Gray
    shading: Gray


def optical_density(linear: LinearRGB) -> Density:
    """Return ``-log10`` of linear light, bounded at `DARKEST`."""
    density: Density = -np.log10(np.maximum(linear, np.float32(DARKEST)))
    return density


@cache
def separation_matrix() -> Float32[np.ndarray, "3 3"]:
    """Return the matrix from densities (red, green, blue) to (melanin, haemoglobin, shading)."""
    shading = np.full(3, 3**-0.5)
    columns = np.column_stack([*absorption_vectors(), shading])
    return np.linalg.inv(columns).astype(np.float32)


def separate(linear: LinearRGB) -> Chromophores:
    """Separate a linear-light picture into melanin, haemoglobin and shading densities.

    The zero of melanin and haemoglobin depends on the photo's white balance; differences
    within one photo do not.
    """
    maps = optical_density(linear) @ separation_matrix().T
    melanin, haemoglobin, shading = (np.ascontiguousarray(maps[..., i]) for i in range(3))
    return Chromophores(melanin, haemoglobin, shading)
