"""On which skin a condition is looked for: the same rules for classical and learned maps."""

from __future__ import annotations

from cutis.core.arrays import Mask
from cutis.core.vocabulary import Condition, Region
from cutis.imaging.filters import shrink
from cutis.steps.conditions import colour, relief
from cutis.steps.conditions.maps import SkinMaps


def sought_on(condition: Condition, maps: SkinMaps) -> Mask:
    """Return the skin on which ``condition`` is looked for; not for dark circles."""
    if condition is Condition.REDNESS:
        return maps.inner_matte
    if condition in (Condition.ACNE, Condition.PIGMENTATION):
        return maps.spot_skin
    if condition is Condition.WRINKLES:
        lines: Mask = maps.within(*relief.WRINKLE_REGIONS) & ~maps.crop.creases
        return lines
    if condition is Condition.PORES:
        return maps.within(*relief.PORE_REGIONS)
    if condition is Condition.OILINESS:
        shiny = colour.clipped_highlights(maps) & (maps.crop.regions.labels > 0)
        return maps.within(*Region) | shiny
    return _flat(maps)


def shiny_spot_skin(maps: SkinMaps) -> Mask:
    """Return where spots are sought by a method that does not take shine for colour."""
    skin: Mask = maps.inner & ~maps.crop.creases
    return skin


def _flat(maps: SkinMaps) -> Mask:
    """Broad regions well inside the skin, where shade tells of relief and not of the face."""
    margin = maps.limits.relief_border_mm - maps.limits.border_mm
    return shrink(maps.within(*relief.TEXTURE_REGIONS), margin / maps.mm_per_px)
