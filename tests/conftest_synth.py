"""A patch of drawn skin to paint on."""

from __future__ import annotations

import numpy as np

from cutis.core.vocabulary import Region
from cutis.datasets.faces import PreparedFace


def drawn_skin(level: int, *, slope: float = 0.0, side: int = 300) -> PreparedFace:
    """Return even skin of sRGB about ``level``, half a cheek and half a forehead."""
    colour = np.array([level, level * 0.78, level * 0.68])
    across = 1 + slope * np.linspace(-0.5, 0.5, side)[None, :, None]
    rgb = np.clip(np.ones((side, side, 1)) * across * colour, 0, 255).astype(np.uint8)
    skin = np.zeros((side, side), bool)
    skin[20:-20, 20:-20] = True
    regions = np.full((side, side), Region.SUBJECT_LEFT_CHEEK.label, np.uint8)
    regions[: side // 2] = Region.FOREHEAD.label
    points = np.zeros((478, 2), np.float32)
    points[33], points[263] = (90, 150), (210, 150)
    return PreparedFace(
        rgb=rgb,
        skin=skin,
        regions=regions,
        excluded=~skin,
        creases=np.zeros_like(skin),
        points=points,
        mm_per_px=0.25,
        ita_deg=40.0,
        yaw_deg=0.0,
        person="drawn/1",
        source="drawn/1",
    )
