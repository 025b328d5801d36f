"""How a raw value becomes a score: straight lines between published or stated anchors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cutis.core.vocabulary import Condition


@dataclass(frozen=True, slots=True)
class Formula:
    """A score's formula: the raw value's name and unit, and ``anchors`` of (raw, score).

    Between anchors the score is interpolated linearly; beyond the last it stays at 100.
    ``why`` tells where the anchors come from.
    """

    name: str
    raw_name: str
    unit: str
    anchors: tuple[tuple[float, float], ...]
    why: str

    def score(self, raw: float) -> float:
        """Return the score 0–100 of a raw value."""
        x, y = zip(*self.anchors, strict=True)
        return float(np.interp(raw, x, y))

    def slope(self, raw: float) -> float:
        """Return score points per raw unit around a raw value; the steeper side at a corner."""
        x, y = (np.array(v) for v in zip(*self.anchors, strict=True))
        slopes = np.diff(y) / np.diff(x)
        i = int(np.clip(np.searchsorted(x, raw) - 1, 0, len(slopes) - 1))
        return float(slopes[i])


def _share(name: str, raw_name: str, full: float, why: str) -> Formula:
    return Formula(name, raw_name, "%", ((0.0, 0.0), (full, 100.0)), why)


FORMULAS: dict[Condition, Formula] = {
    Condition.ACNE: Formula(
        "acne-density-v1",
        "inflamed spots, each weighted by how sure it is",
        "per 100 cm² of visible skin",
        ((0.0, 0.0), (5.0, 25.0), (20.0, 50.0), (50.0, 75.0), (100.0, 100.0)),
        "Grade limits of Hayashi 2008 (5, 20 and 50 inflammatory lesions on half a face; "
        "half a face shows about 100 cm²).",
    ),
    Condition.REDNESS: _share(
        "redness-area-v1",
        "share of skin redder than the own neutral skin",
        60.0,
        "Straight to 60 %: flushing of cheeks, nose, chin and forehead together.",
    ),
    Condition.PIGMENTATION: _share(
        "pigmentation-area-v1",
        "share of skin darker in melanin than its surroundings",
        25.0,
        "Straight to 25 %: confluent spots over cheeks and forehead.",
    ),
    Condition.WRINKLES: Formula(
        "wrinkle-length-v1",
        "length of wrinkles, each weighted by how sure it is",
        "mm per cm²",
        ((0.0, 0.0), (12.0, 100.0)),
        "Straight to 12 mm per cm²: lines 8 mm apart over all wrinkle-prone skin.",
    ),
    Condition.PORES: Formula(
        "pore-count-v1",
        "visible pores",
        "per cm²",
        ((0.0, 0.0), (80.0, 100.0)),
        "Straight to 80 per cm² on nose and cheeks.",
    ),
    Condition.TEXTURE: _share("texture-area-v1", "share of rough skin", 100.0, "The share itself."),
    Condition.DRYNESS: _share(
        "dryness-area-v1", "share of flaking skin", 40.0, "Straight to 40 % of broad regions."
    ),
    Condition.SCARRING: _share(
        "scarring-area-v1", "share of pitted skin", 12.0, "Straight to 12 % of broad regions."
    ),
    Condition.OILINESS: _share(
        "shine-area-v1", "share of shiny skin", 50.0, "Straight to 50 %: shine beyond the T-zone."
    ),
    Condition.DARK_CIRCLES: _share(
        "dark-circles-area-v1",
        "share of under-eye skin with more pigment than the cheek",
        100.0,
        "The share itself, soft-edged, so that it grows with the depth of the colour too.",
    ),
}
