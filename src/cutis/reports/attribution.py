"""An attribution as a picture and as plain data."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from cutis.core.arrays import RGB, Gray
from cutis.core.attribution import Attribution
from cutis.core.face import FaceCrop

_ADDS, _LOWERS, _OUTLINE = (255, 40, 0), (0, 90, 255), (255, 255, 255)
_STRONGEST = 0.75
_SHOWN_FROM = 0.05


def draw_attribution(crop: FaceCrop, found: Attribution) -> RGB:
    """Return the crop with what adds to the amount in red, what lowers it in blue.

    The strongest pixel is the most opaque; the target is outlined in white.
    """
    most = max(float(np.abs(found.values).max()), 1e-9)
    strength = found.values / np.float32(most)
    picture: Any = crop.rgb.astype(np.float32)
    for sign, colour in ((1, _ADDS), (-1, _LOWERS)):
        opaque = np.clip(sign * strength, 0, 1)[..., None] ** 0.7 * _STRONGEST
        opaque = np.where(opaque > _SHOWN_FROM, opaque, 0)
        picture = picture * (1 - opaque) + np.array(colour, np.float32) * opaque
    drawn = np.ascontiguousarray(np.clip(picture, 0, 255).astype(np.uint8))
    where = found.target.where.astype(np.uint8)
    outlines, _ = cv2.findContours(where, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(drawn, outlines, -1, _OUTLINE, 1)
    return np.asarray(drawn, np.uint8)


def attribution_tree(crop: FaceCrop, found: Attribution) -> dict[str, Any]:
    """Return the numbers of an attribution; the peak is ``x, y`` in photo pixels."""
    row, col = np.unravel_index(int(found.values.argmax()), found.values.shape)
    x0, y0 = crop.box[:2]
    x = x0 + (int(col) + 0.5) / crop.crop_per_photo
    y = y0 + (int(row) + 0.5) / crop.crop_per_photo
    return {
        "method": found.method.value,
        "condition": found.target.condition.value,
        "target": found.target.name,
        "amount_mm2": round(found.amount * crop.mm_per_px**2, 3),
        "peak_xy": [round(float(x), 1), round(float(y), 1)],
        "highest": round(float(found.values.max()), 4),
        "share_within_target": round(_share_within(found), 4),
        "hidden_shows": found.baseline,
        "elapsed_s": round(found.elapsed_s, 2),
    }


def _share_within(found: Attribution) -> float:
    """Return the share 0-1 of all that adds to the amount that lies on the target itself."""
    adds: Gray = np.clip(found.values, 0, None)
    whole = float(adds.sum())
    return float(adds[found.target.where].sum()) / whole if whole > 0 else 0.0
