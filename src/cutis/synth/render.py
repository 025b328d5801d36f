"""Parameters into pixels: deterministic, so that a record replayed gives the same picture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from cutis.core.arrays import RGB, Gray, LinearRGB, Mask
from cutis.core.vocabulary import Condition
from cutis.datasets.faces import PreparedFace
from cutis.imaging.chromophores import separate
from cutis.imaging.colour import rgb_to_linear
from cutis.imaging.filters import curvature
from cutis.imaging.skin_channels import skin_baseline
from cutis.synth.areas import area_mask, paint_areas
from cutis.synth.camera import photograph
from cutis.synth.layers import Layers, lit
from cutis.synth.lines import paint_lines
from cutis.synth.marks import paint_marks
from cutis.synth.noise import band_noise
from cutis.synth.parameters import SceneParameters, Style, Surface
from cutis.synth.view import Canvas, look
from cutis.synth.visible import drop_invisible

Box = tuple[int, int, int, int]
_LEAST_SKIN_PX = 200
WHOLE_FACE_MM_PER_PX = 0.45
"""Coarser views show most of a face, and their own median is that of the face."""


@dataclass(frozen=True, slots=True, eq=False)
class Rendering:
    """A painted face and what is painted on it.

    ``labels`` and ``ignore`` hold bit ``i`` for ``TARGETS[i]``; ``lesions`` the kind and box
    (``xyxy`` in pixels) of each labelled spot. ``baseline`` is the median density of the skin.
    """

    image: RGB
    clean: RGB
    labels: UInt8[np.ndarray, "h w"]
    ignore: UInt8[np.ndarray, "h w"]
    baseline: Float32[np.ndarray, "3"]
    lesions: tuple[tuple[str, Box], ...]


def render(face: PreparedFace, parameters: SceneParameters) -> Rendering:
    """Paint the parameters onto the face and photograph it, painted and clean."""
    canvas = look(face, parameters.view)
    layers = Layers(canvas)
    paint_areas(layers, parameters.areas)
    paint_marks(layers, parameters.marks)
    paint_lines(layers, parameters.lines)
    surface = parameters.surface
    image = photograph(_lay_over(layers, surface), parameters.camera)
    clean = photograph(_lay_over(Layers(canvas), surface), parameters.camera)
    if parameters.style is Style.PATCHES:
        _patch_labels(layers, parameters)
    else:
        _ignore_natural(layers, canvas)
    close = parameters.view.mm_per_px < WHOLE_FACE_MM_PER_PX
    baseline = _baseline(face, image, canvas, canvas.skin & ((layers.labels == 0) | (not close)))
    seen = tuple(layers.lesions)
    if parameters.style is Style.FIELD:
        seen = drop_invisible(
            image,
            clean,
            seen,
            labels=layers.labels,
            ignore=layers.ignore,
            mm_per_px=parameters.view.mm_per_px,
        )
    return Rendering(image, clean, layers.labels, layers.ignore, baseline, seen)


def _lay_over(layers: Layers, surface: Surface) -> LinearRGB:
    """Return the scene in linear light: skin under the layers, relief lit, gloss on top."""
    canvas = layers.canvas
    skin = canvas.linear
    bright = skin.mean(axis=2, keepdims=True)
    veil = np.float32(surface.veil) * bright
    relief, mirrored = lit(layers, surface)
    if surface.grain > 0:
        scale = surface.grain_mm / canvas.mm_per_px
        grain = band_noise(canvas.shape, scale, surface.seed)
        relief = relief * (1 + np.float32(surface.grain) * grain * canvas.cover)
    through = cv2.exp(layers.density() * np.float32(-np.log(10)))
    body = (skin - veil) * through + veil
    body = body * (relief * layers.shade)[..., None]
    gloss = (layers.gloss + mirrored)[..., None]
    scene = body + gloss * np.maximum(bright, np.float32(0.15))
    return np.clip(scene, 1e-4, 4.0).astype(np.float32)


def _patch_labels(layers: Layers, parameters: SceneParameters) -> None:
    """Label the affected area as a whole with the condition that the scene is named after."""
    layers.ignore[:] = 0
    layers.labels[:] = 0
    for area in parameters.areas[-1:]:
        layers.mark_label(Condition(parameters.severity), area_mask(layers, area))


def _ignore_natural(layers: Layers, canvas: Canvas) -> None:
    """Leave out what the clean face already has: nobody labelled it."""
    px = 1 / canvas.mm_per_px
    parts = separate(canvas.linear)
    dark = -np.log10(np.maximum(canvas.linear.mean(axis=2), 1e-4)).astype(np.float32)
    spots = _contrast(parts.haemoglobin, 0.9 * px)
    brown = _contrast(parts.melanin, 0.9 * px)
    sigma = max(1.0, 0.5 * px)
    ridges = -curvature(cv2.GaussianBlur(dark, (0, 0), sigma), sigma).low
    natural = {
        Condition.ACNE: spots > 0.055,
        Condition.PIGMENTATION: (brown > 0.05) | (spots > 0.07),
        Condition.WRINKLES: ridges > 0.035,
        Condition.PORES: _contrast(dark, 0.3 * px) > 0.03,
        Condition.SCARRING: np.abs(_contrast(dark, 0.8 * px)) > 0.06,
    }
    for condition, where in natural.items():
        layers.mark_ignore(condition, where & canvas.skin & ~layers.labelled(condition))


def _contrast(values: Gray, sigma: float) -> Gray:
    sigma = max(sigma, 0.6)
    narrow = cv2.GaussianBlur(values, (0, 0), sigma)
    return np.asarray(narrow - cv2.GaussianBlur(values, (0, 0), 2 * sigma))


def _baseline(
    face: PreparedFace, seen: RGB, canvas: Canvas, skin: Mask
) -> Float32[np.ndarray, "3"]:
    """Return the median density of the whole face as this camera would give it.

    The change from the face to the picture is measured on ``skin`` within the view and applied to
    the face's own baseline. Of a close view only what is not painted on counts: what is painted
    on it need not cover the rest of the face.
    """
    if int(skin.sum()) < _LEAST_SKIN_PX:
        return skin_baseline(rgb_to_linear(seen), canvas.skin)
    before = skin_baseline(canvas.linear, skin)
    after = skin_baseline(rgb_to_linear(seen), skin)
    return np.asarray(face.baseline + (after - before), np.float32)
