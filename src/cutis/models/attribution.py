"""Occlusion: a patch is hidden, and what is lost belongs to it. Runs on the shipped runtime.

Zeiler and Fergus 2014, arXiv:1311.2901. A hidden patch shows the person's own clear skin, so that a
spot is taken away and none is painted. Large patches come first; smaller ones go only where a
larger one made a difference. Over a broad target, patches far apart are hidden in one pass, each
answering for its surroundings: what a spot changes lies within millimetres of it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32

from cutis.core.arrays import Gray, Mask
from cutis.core.attribution import Attribution, AttributionMethod, AttributionTarget
from cutis.core.face import FaceCrop
from cutis.core.masks import SkinMask
from cutis.core.ports import ConditionSegmenter
from cutis.models.attribution_scene import BASELINE, Scene, SceneLimits, SceneMaker

_Centre = tuple[int, int]


@dataclass(frozen=True, slots=True)
class OcclusionLimits:
    """How finely patches are laid.

    Patches of ``patch_mm`` are laid ``step`` of their width apart, the largest everywhere, the
    smaller ones where a larger one lost ``keep`` of the most. Over a target wider than
    ``spacing_mm``, patches so far apart are hidden in one pass. One wider than ``broad_mm`` is
    searched with patches of ``broad_patch_mm``.
    """

    patch_mm: tuple[float, ...] = (5.0, 2.5, 1.5)
    broad_patch_mm: tuple[float, ...] = (6.0, 3.0)
    step: float = 0.7
    keep: float = 0.25
    broad_mm: float = 40.0
    spacing_mm: float = 12.0
    smallest_px: float = 3.0


class OcclusionAttributor:
    """Occlusion of any condition of a segmenter, behind the `Attributor` port."""

    def __init__(
        self,
        segmenter: ConditionSegmenter,
        limits: OcclusionLimits | None = None,
        scenes: SceneLimits | None = None,
    ) -> None:
        self.scenes = SceneMaker(segmenter, scenes)
        self.limits = limits or OcclusionLimits()

    @property
    def method(self) -> AttributionMethod:
        """Occlusion."""
        return AttributionMethod.OCCLUSION

    def attribute(self, crop: FaceCrop, skin: SkinMask, target: AttributionTarget) -> Attribution:
        """Return for each pixel the share of the amount that is lost with a patch around it.

        Raises:
            InputError: the target is empty, of another size, or of a condition without a map.
        """
        started = time.perf_counter()
        scene = self.scenes.scene(crop, skin, target)
        values = scene.in_crop(occlude(scene, self.limits), crop.shape)
        elapsed_s = time.perf_counter() - started
        return Attribution(target, self.method, values, scene.amount, BASELINE, elapsed_s)


def occlude(scene: Scene, limits: OcclusionLimits | None = None) -> Gray:
    """Return the map of a scene: the share of the amount lost, the mean over the sizes of patches.

    Small patches place what is lost; large ones take away spots that are wider than a small patch.
    """
    limits = limits or OcclusionLimits()
    width_mm = _width_px(scene.where) * scene.mm_per_px
    sizes = limits.broad_patch_mm if width_mm > limits.broad_mm else limits.patch_mm
    sides = [max(limits.smallest_px, size / scene.mm_per_px) for size in sizes]
    alone = width_mm <= limits.spacing_mm
    spacing = np.inf if alone else limits.spacing_mm / scene.mm_per_px
    values = np.zeros(scene.where.shape, np.float32)
    search = scene.near
    for side in sides:
        lost, covered = _level(scene, side, search, (limits.step * side, spacing))
        values += lost / np.float32(len(sides))
        most = np.abs(lost).max()
        if most == 0:
            break
        search = covered & (np.abs(lost) >= limits.keep * most)
    return values / np.float32(max(scene.amount, 1e-6))


def _level(
    scene: Scene, side: float, search: Mask, steps: tuple[float, float]
) -> tuple[Gray, Mask]:
    """Hide patches of one size; return the mean loss of the patches over each pixel, and where."""
    kernel = _patch(side)
    total, weights = np.zeros_like(scene.before), np.zeros_like(scene.before)
    for centres in _passes(search, *steps):
        cover = np.zeros_like(scene.before)
        for centre in centres:
            at, part = _placed(centre, kernel, cover.shape)
            cover[at] = np.maximum(cover[at], part)
        lost = np.where(scene.where, scene.before - scene.after(cover), np.float32(0))
        for centre in centres:
            at, part = _placed(centre, kernel, cover.shape)
            around = _around(centre, steps[1])
            total[at] += part * lost[around].sum()
            weights[at] += part
    covered = weights > 0.05
    return np.where(covered, total / np.maximum(weights, np.float32(1e-6)), np.float32(0)), covered


def _passes(search: Mask, step: float, spacing: float) -> Iterator[list[_Centre]]:
    """Yield the centres of the patches that are hidden together, on a grid over ``search``."""
    every = 1 if np.isinf(spacing) else max(1, int(np.ceil(spacing / step)))
    groups: dict[tuple[int, int], list[_Centre]] = {}
    near = cv2.dilate(search.astype(np.uint8), np.ones((int(step) | 1,) * 2, np.uint8)) > 0
    rows, cols = (np.arange(step / 2, side, step) for side in search.shape)
    for i, row in enumerate(rows):
        for j, col in enumerate(cols):
            if near[int(row), int(col)]:
                key = (i, j) if np.isinf(spacing) else (i % every, j % every)
                groups.setdefault(key, []).append((int(row), int(col)))
    yield from groups.values()


def _patch(side: float) -> Float32[np.ndarray, "n n"]:
    """Return a square of about ``side`` pixels with soft edges, 0-1."""
    half = int(np.ceil(side * 0.75))
    away = np.abs(np.arange(-half, half + 1, dtype=np.float32))
    along = np.clip((side * 0.65 - away) / max(side * 0.3, 1.0), 0, 1)
    return np.outer(along, along).astype(np.float32)


def _placed(
    centre: _Centre, kernel: Float32[np.ndarray, "n n"], shape: tuple[int, ...]
) -> tuple[tuple[slice, slice], Float32[np.ndarray, "_ _"]]:
    """Return where a patch lies in the window, and the part of it that lies inside."""
    half = kernel.shape[0] // 2
    at, inside = [], []
    for middle, length in zip(centre, shape, strict=True):
        low, high = max(0, middle - half), min(length, middle + half + 1)
        at.append(slice(low, high))
        inside.append(slice(low - middle + half, high - middle + half))
    return (at[0], at[1]), kernel[inside[0], inside[1]]


def _around(centre: _Centre, spacing: float) -> tuple[slice, slice]:
    """Return the surroundings that a patch answers for: all, if it is hidden alone."""
    if np.isinf(spacing):
        return slice(None), slice(None)
    half = spacing / 2
    rows, cols = (slice(max(0, int(m - half)), int(m + half)) for m in centre)
    return rows, cols


def _width_px(where: Mask) -> float:
    rows, cols = np.flatnonzero(where.any(axis=1)), np.flatnonzero(where.any(axis=0))
    return float(max(np.ptp(rows), np.ptp(cols))) + 1
