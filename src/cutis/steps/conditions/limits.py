"""Sizes and thresholds of the classical condition measures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edge:
    """A soft threshold: probability one half at ``middle``, 0.88 two ``width`` further."""

    middle: float
    width: float


@dataclass(frozen=True, slots=True)
class ConditionLimits:
    """Sizes in millimetres, thresholds in optical density unless named otherwise.

    Sizes follow the anatomy: papules and pustules of 1–5 mm, nodules above 5 mm, freckles and
    lentigines of 1–10 mm, visible pores of 0.25–0.5 mm, wrinkles wider than 0.2 mm.
    Thresholds are where a change becomes visible to the eye: a contrast of about 0.02 to 0.05
    in density of a spot against its surroundings.
    All but pores are looked for at ``work_mm_per_px``, whatever the camera, which is faster and
    makes photos of different cameras comparable.
    ``*_mm_per_px`` of a condition is the coarsest scale at which a condition can be seen at all.
    """

    spot_sigmas_mm: tuple[float, ...] = (0.6, 1.0, 1.7, 2.8)
    acne: Edge = Edge(0.08, 0.016)
    acne_mm_per_px: float = 0.7
    acne_roundness: float = 0.35
    redness: Edge = Edge(0.16, 0.03)
    redness_sigma_mm: float = 2.0
    redness_mm_per_px: float = 1.6
    neutral_quantile: float = 0.3
    pigment: Edge = Edge(0.09, 0.018)
    pigment_sigmas_mm: tuple[float, ...] = (0.5, 0.9, 1.6, 2.8)
    pigment_roundness: float = 0.15
    pigment_mm_per_px: float = 0.7
    wrinkle: Edge = Edge(0.022, 0.005)
    wrinkle_sigmas_mm: tuple[float, ...] = (0.3, 0.5, 0.8, 1.2)
    wrinkle_mm_per_px: float = 1.1
    pore: Edge = Edge(0.02, 0.005)
    pore_sigmas_mm: tuple[float, ...] = (0.15, 0.25)
    pore_mm_per_px: float = 0.2
    texture: Edge = Edge(0.03, 0.006)
    texture_band_mm: tuple[float, float] = (0.35, 1.2)
    texture_mm_per_px: float = 0.4
    flake: Edge = Edge(0.03, 0.007)
    flake_sigmas_mm: tuple[float, ...] = (0.3, 0.5, 0.8)
    flake_mm_per_px: float = 0.3
    scar: Edge = Edge(0.05, 0.011)
    scar_sigmas_mm: tuple[float, ...] = (0.8, 1.3, 2.0)
    scar_mm_per_px: float = 0.45
    shine: Edge = Edge(0.4, 0.08)
    shine_mm_per_px: float = 1.6
    dark_circle: Edge = Edge(0.06, 0.02)
    dark_circle_mm_per_px: float = 1.0
    work_mm_per_px: float = 0.3
    smallest_sigma_px: float = 0.7
    border_mm: float = 1.0
    fill_mm: float = 1.5
    matte_below: float = 0.3
    unrest: float = 3.5
    calmed_at_most: float = 5.0
    relief_border_mm: float = 3.0
