"""What is spread over an area: flush, pigment, roughness, flakes, shine, shade, stubble, pores."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from cutis.core.arrays import Gray, Mask
from cutis.core.vocabulary import Condition
from cutis.synth.layers import Layers, as_densities
from cutis.synth.noise import band_noise, cloud
from cutis.synth.parameters import Area, AreaKind

_ALL = (slice(None), slice(None))
_BLUSHES = tuple(
    as_densities(colour)
    for colour in ((0.0, 0.85, 0.53), (0.0, 0.5, 0.75), (0.25, 0.9, 0.45), (0.05, 0.8, 0.3))
)
"""Rose, peach, plum, cold pink: densities of red, green and blue."""
_SEEN_BLUSH = 0.02
_GREY = np.float32(3**0.5)
_VISIBLE_FLUSH = 0.055
_VISIBLE_MELASMA = 0.055


def paint_areas(layers: Layers, areas: tuple[Area, ...]) -> None:
    """Paint the areas in order."""
    for area in areas:
        extent = _extent(area, layers)
        if float(extent.max()) > 0:
            _PAINTERS[area.kind](layers, area, extent)


def _extent(area: Area, layers: Layers) -> Gray:
    """Return how far each pixel belongs to the area, 0–1; the border is a soft, ragged one."""
    shape, mm = layers.canvas.shape, layers.canvas.mm_per_px
    radius = area.radius_mm / mm
    ys = np.arange(shape[0], dtype=np.float32)[:, None] - np.float32(area.y)
    xs = np.arange(shape[1], dtype=np.float32)[None] - np.float32(area.x)
    turn = np.deg2rad(area.angle_deg)
    along = xs * np.float32(np.cos(turn)) + ys * np.float32(np.sin(turn))
    across = (ys * np.float32(np.cos(turn)) - xs * np.float32(np.sin(turn))) * area.elongation
    rho = np.sqrt(along**2 + across**2) / radius
    rho += 0.22 * cloud(shape, radius * 0.7, area.seed)
    soft = 0.1 + area.softness
    return np.clip((1 + soft / 2 - rho) / soft, 0, 1).astype(np.float32)


def _uneven(area: Area, layers: Layers) -> Gray:
    """Return a factor of mean about 1 that varies with the grain."""
    shape, mm = layers.canvas.shape, layers.canvas.mm_per_px
    pattern = cloud(shape, area.grain_mm / mm, area.seed + 11)
    return np.clip(1 + area.mottling * pattern, 0, 2.5).astype(np.float32)


def _flush(layers: Layers, area: Area, extent: Gray) -> None:
    amount = area.strength * extent * _uneven(area, layers) * layers.canvas.cover
    layers.haemoglobin += amount
    smooth = cv2.GaussianBlur(amount, (0, 0), max(1.0, 1.5 / layers.canvas.mm_per_px))
    _label_amount(layers, Condition.REDNESS, smooth, max(_VISIBLE_FLUSH, 0.4 * area.strength))


def _melasma(layers: Layers, area: Area, extent: Gray) -> None:
    amount = area.strength * extent * _uneven(area, layers) * layers.canvas.cover
    layers.melanin += amount
    smooth = cv2.GaussianBlur(amount, (0, 0), max(1.0, 1.0 / layers.canvas.mm_per_px))
    edge = max(_VISIBLE_MELASMA, 0.4 * area.strength)
    _label_amount(layers, Condition.PIGMENTATION, smooth, edge)


def _roughness(layers: Layers, area: Area, extent: Gray) -> None:
    """Raise fine relief; bumps of the grain's size."""
    shape, mm = layers.canvas.shape, layers.canvas.mm_per_px
    bumps = 0.6 * band_noise(shape, area.grain_mm / mm, area.seed + 5)
    bumps += 0.4 * band_noise(shape, 2.2 * area.grain_mm / mm, area.seed + 6)
    amount = area.strength * extent * layers.canvas.cover
    layers.height_mm += 0.12 * area.grain_mm * bumps * amount
    layers.haemoglobin += np.float32(0.02) * np.maximum(bumps, 0) * amount
    _label_amount(layers, Condition.TEXTURE, amount, max(0.3, 0.45 * area.strength))


def _flakes(layers: Layers, area: Area, extent: Gray) -> None:
    """Lay pale scales with lit edges over a dull, slightly red ground."""
    shape, mm = layers.canvas.shape, layers.canvas.mm_per_px
    amount = area.strength * extent * layers.canvas.cover
    field = band_noise(shape, area.grain_mm / mm, area.seed + 5)
    stretched = band_noise(shape, 0.5 * area.grain_mm / mm, area.seed + 6)
    scale = np.clip((field + 0.5 * stretched - 0.55) * 2.5, 0, 1)
    layers.grey -= np.float32(0.1) * _GREY * scale * amount
    layers.height_mm += 0.10 * scale * amount
    layers.haemoglobin += np.float32(0.02) * amount
    _label_amount(layers, Condition.DRYNESS, amount, max(0.3, 0.45 * area.strength))


def _blush(layers: Layers, area: Area, extent: Gray) -> None:
    """Lay make-up on, as smooth as a brush makes it.

    It looks like an even flush, so it teaches nothing about redness: neither that it is, nor that
    it is not. Taken as a counterexample it made the network blind to even flushes.
    """
    amount = area.strength * extent * layers.canvas.cover
    layers.add_colour(_ALL, amount, _BLUSHES[area.seed % len(_BLUSHES)])
    layers.mark_ignore(Condition.REDNESS, (amount > _SEEN_BLUSH) & layers.canvas.skin)


def _shine(layers: Layers, area: Area, extent: Gray) -> None:
    """Mirror the light: a smooth sheen and glitter on the fine relief."""
    shape, mm = layers.canvas.shape, layers.canvas.mm_per_px
    glitter = band_noise(shape, area.grain_mm / mm, area.seed + 3)
    lit = np.clip(glitter - 1.2, 0, 2) * area.mottling + 0.25 * (1 - area.mottling)
    layers.gloss += area.strength * extent**2 * lit * layers.canvas.cover


def _shadow(layers: Layers, area: Area, extent: Gray) -> None:
    layers.shade *= 1 - np.clip(area.strength, 0, 0.8) * extent


def _stubble(layers: Layers, area: Area, extent: Gray) -> None:
    """Set many short dark hairs, and the blue-grey shade of those under the skin."""
    shape, mm = layers.canvas.shape, layers.canvas.mm_per_px
    rng = np.random.default_rng(area.seed)
    follicles = rng.random(shape, dtype=np.float32) < min(0.2, 0.55 * mm * mm)
    hairs = np.zeros(shape, np.float32)
    hairs[follicles] = rng.uniform(0.3, 1.0, int(follicles.sum())).astype(np.float32)
    length = max(1, round(area.grain_mm / mm))
    kernel = np.zeros((2 * length + 1, 2 * length + 1), np.float32)
    lean = round(length * 0.4)
    cv2.line(kernel, (length - lean, 0), (length + lean, 2 * length), 1.0, 1, cv2.LINE_AA)
    hairs = np.minimum(cv2.filter2D(hairs, -1, kernel[:, ::-1]), 1.5)
    hairs = cv2.GaussianBlur(hairs, (0, 0), 0.6)
    amount = area.strength * extent * layers.canvas.cover
    layers.grey += _GREY * amount * (hairs * np.float32(0.5) + np.float32(0.12))


def _pores(layers: Layers, area: Area, extent: Gray) -> None:
    """Open pores: small dark pits, spaced by their grain."""
    mm, shape = layers.canvas.mm_per_px, layers.canvas.shape
    rng = np.random.default_rng(area.seed)
    spacing = max(2.0, area.grain_mm * 2.6 / mm)
    rows, cols = (int(n / spacing) + 1 for n in shape)
    grid = np.stack(np.meshgrid(np.arange(cols), np.arange(rows)), -1).reshape(-1, 2)
    centres = (grid + rng.uniform(0, 1, grid.shape)) * spacing
    dots = np.zeros(shape, np.float32)
    xs, ys = centres.astype(int).T
    inside = (xs < shape[1]) & (ys < shape[0])
    dots[ys[inside], xs[inside]] = rng.uniform(0.4, 1.0, int(inside.sum())).astype(np.float32)
    sigma = max(0.55, 0.42 * area.grain_mm / mm)
    pits = cv2.GaussianBlur(dots, (0, 0), sigma) * np.float32(2 * np.pi * sigma**2)
    pits = np.minimum(pits, 1.0)
    amount = area.strength * extent * layers.canvas.cover
    layers.grey += np.float32(0.1) * _GREY * pits * amount
    layers.height_mm -= 0.10 * area.grain_mm * pits * amount
    if sigma >= 0.6 and area.strength >= 0.3:
        layers.mark_label(Condition.PORES, (pits > 0.35) & (extent > 0.5) & layers.canvas.skin)
    layers.mark_ignore(Condition.PORES, (pits > 0.12) & (pits <= 0.35) & (extent > 0))
    layers.mark_ignore(Condition.PORES, (extent > 0) & (extent <= 0.5))


_PAINTERS: dict[AreaKind, Callable[[Layers, Area, Gray], None]] = {
    AreaKind.FLUSH: _flush,
    AreaKind.MELASMA: _melasma,
    AreaKind.ROUGHNESS: _roughness,
    AreaKind.FLAKES: _flakes,
    AreaKind.BLUSH: _blush,
    AreaKind.SHINE: _shine,
    AreaKind.SHADOW: _shadow,
    AreaKind.STUBBLE: _stubble,
    AreaKind.PORES: _pores,
}


def _label_amount(layers: Layers, condition: Condition, amount: Gray, edge: float) -> None:
    """Label where an amount is above ``edge``; between half of it and it, do not count."""
    skin = layers.canvas.skin
    sure: Mask = (amount >= edge) & skin
    layers.mark_label(condition, sure)
    layers.mark_ignore(condition, (amount > 0.45 * edge) & ~sure & skin)


def area_mask(layers: Layers, area: Area) -> Mask:
    """Return the pixels of skin that belong to an area."""
    mask: Mask = (_extent(area, layers) > 0.5) & layers.canvas.skin
    return mask
